//! `zartrux data verify`: whether everything that is stored is whole.

mod findings;
mod journal;
mod mending;
mod outcomes;
mod state;
#[cfg(test)]
mod tests;
mod volumes;

use anyhow::Result;
use clap::Args;
use zartrux_actors::clock::Clock;
use zartrux_actors::store::ledger::LedgerReader;
use zartrux_actors::store::state::{StateBook, StateError};
use zartrux_models::ledger::Level;

use super::{LedgerArgs, Place};
use crate::console::say;
use crate::node::ExitCode;
use findings::Findings;
use outcomes::Spans;

/// Flags of `data verify`.
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    /// Where the ledger is.
    #[command(flatten)]
    pub ledger: LedgerArgs,
    /// Make anew what is damaged, from all that can be found; the daemon must be stopped
    #[arg(long)]
    pub mend: bool,
}

pub(super) fn verify(args: &VerifyArgs, place: &Place) -> Result<ExitCode> {
    if !place.is_there() {
        return Ok(ExitCode::Failed);
    }
    let mut findings = look(place)?;
    findings.tell();
    if args.mend && findings.faults() > 0 {
        mending::mend(place, &findings)?;
        findings = look(place)?;
        findings.tell();
    }
    Ok(if findings.faults() == 0 {
        ExitCode::Done
    } else {
        ExitCode::Failed
    })
}

/// Looks through everything.
fn look(place: &Place) -> Result<Findings> {
    /// How often a volume may be sealed or dropped while it is looked at.
    const TRIES: u32 = 5;
    let now_ms = Clock.unix_millis();
    let kept = |level: Level, cells: u64| {
        let age = cells.saturating_mul(level.span_ms());
        level.cell_start(now_ms.saturating_sub(age).saturating_add(level.span_ms()))
    };
    let reader = LedgerReader::new(&place.folders.shares);
    let mut tries = 0;
    loop {
        tries += 1;
        let mut findings = Findings::default();
        // First of all: while it is open, no daemon starts.
        let book = open(place, &mut findings)?;
        let from = [
            kept(Level::Minute, place.bounds.keep_minutes),
            kept(Level::Hour, place.bounds.keep_hours),
        ];
        let spans = Spans::new(book.as_ref().map_or(0, StateBook::through_seq), from);
        let Some(looked) = volumes::look(&reader, spans, &mut findings)? else {
            if tries < TRIES {
                continue;
            }
            anyhow::bail!("the ledger changes faster than it can be looked at");
        };
        looked.tell();
        if let Some(book) = book {
            let days_from = kept(Level::Day, place.bounds.keep_days);
            state::look(&book, &looked, days_from, &mut findings)?;
        }
        return Ok(findings);
    }
}

/// The state, if there is one and nobody else has it.
fn open(place: &Place, findings: &mut Findings) -> Result<Option<StateBook>> {
    if !place.folders.state.is_dir() {
        findings.note(&"there are no registry and no sums: they are made from the ledger");
        return Ok(None);
    }
    match StateBook::open(&place.folders.state, place.bounds) {
        Ok(book) => Ok(Some(book)),
        Err(StateError::InUse { .. }) => {
            say(&"state: in use by the daemon, which must be stopped to look at it");
            Ok(None)
        }
        Err(fault @ (StateError::Corrupt { .. } | StateError::NoCheckpoint { .. })) => {
            findings.state_is_damaged = true;
            findings.fault(&fault);
            Ok(None)
        }
        Err(fault) => Err(fault.into()),
    }
}
