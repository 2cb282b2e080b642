//! Shares of several volumes, one after another.

use std::ops::ControlFlow;

use anyhow::Result;
use zartrux_actors::store::Damage;
use zartrux_actors::store::ledger::{LedgerReader, Reading, Volume};
use zartrux_models::ledger::{JournalEntry, ShareEntry};

use crate::console::complain;

/// Faults of one sort: the first are told as they are found, and the rest are counted.
#[derive(Debug, Default)]
pub(in crate::command) struct Told {
    count: u64,
}

impl Told {
    const AT_MOST: u64 = 10;

    /// Tells of one more.
    pub(in crate::command) fn tell(&mut self, text: &impl std::fmt::Display) {
        self.count += 1;
        if self.count <= Self::AT_MOST {
            complain(text);
        }
    }

    /// Tells how many were not told.
    pub(in crate::command) fn finish(&self, what: &str) {
        if self.count > Self::AT_MOST {
            complain(&format_args!(
                "and {} more {what}",
                self.count - Self::AT_MOST
            ));
        }
    }

    pub(in crate::command) const fn count(&self) -> u64 {
        self.count
    }
}

/// Reads shares in the order of the ledger until `share` breaks off; what cannot be read is told.
///
/// # Errors
/// A file cannot be read.
pub(in crate::command) fn each_share(
    reader: &LedgerReader,
    volumes: &[Volume],
    damage: &mut Told,
    mut share: impl FnMut(Volume, ShareEntry) -> ControlFlow<()>,
) -> Result<()> {
    for volume in volumes {
        let mut reading = Reading {
            share: |entry| share(*volume, entry),
            damage: |found: Damage| damage.tell(&found),
        };
        if reader.shares(*volume, 0, &mut reading)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Reads the journal in its order until `entry` breaks off; what cannot be read is told.
///
/// # Errors
/// A file cannot be read.
pub(in crate::command) fn each_entry(
    reader: &LedgerReader,
    volumes: &[Volume],
    damage: &mut Told,
    mut entry: impl FnMut(Volume, JournalEntry) -> ControlFlow<()>,
) -> Result<()> {
    for volume in volumes {
        let read = reader.journal(*volume, &mut |found| entry(*volume, found), &mut |found| {
            damage.tell(&found);
        })?;
        if read.is_break() {
            break;
        }
    }
    Ok(())
}
