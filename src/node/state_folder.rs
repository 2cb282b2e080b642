//! Opening registry and sums, and putting damaged ones aside.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use zartrux_actors::store::state::{StateBook, StateBounds, StateError};
use zartrux_actors::store::{Damage, StoreStatus};

/// Registry and sums that were damaged, and where they are now.
#[derive(Debug)]
pub struct StatePutAside {
    /// What was wrong with them.
    pub why: StateError,
    /// Their folder.
    pub moved_to: PathBuf,
}

/// Opens registry and sums; where they are damaged they are put aside, and empty ones take their
/// place, which are to be brought in step with the ledger.
///
/// # Errors
/// Another process uses them, or the folder can't be used.
pub fn open_state(
    folder: &Path,
    bounds: StateBounds,
) -> Result<(StateBook, Option<StatePutAside>)> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    match StateBook::open(folder, bounds) {
        Ok(book) => Ok((book, None)),
        Err(why @ (StateError::Corrupt { .. } | StateError::NoCheckpoint { .. })) => {
            let moved_to = put_state_aside(folder)?;
            let book = StateBook::open(folder, bounds)?;
            Ok((book, Some(StatePutAside { why, moved_to })))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Tells that the registry is made anew.
pub(super) fn lost_state(folder: &Path, why: &str, status: &StoreStatus) {
    tracing::error!(
        why,
        "the registry of rigs is damaged: it is made anew from the ledger; sums older than the \
         ledger, trust and quarantine are lost"
    );
    status.damaged(&Damage {
        place: folder.display().to_string(),
        why: format!("{why}; made anew from the ledger"),
    });
}

/// Puts registry and sums, which nobody has open, aside; where they are now.
///
/// # Errors
/// The folder can't be used.
pub fn put_state_aside(folder: &Path) -> Result<PathBuf> {
    let aside = free_name(folder)?;
    fs::rename(folder, &aside).with_context(|| folder.display().to_string())?;
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    Ok(aside)
}

fn free_name(folder: &Path) -> Result<PathBuf> {
    for number in 1..10_000u32 {
        let aside = folder.with_extension(format!("damaged-{number}"));
        if !aside.exists() {
            return Ok(aside);
        }
    }
    bail!("{}: too many damaged ones beside it", folder.display())
}
