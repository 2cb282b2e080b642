//! `zartrux data journal`: what happened beside the shares.

mod fields;

use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;

use anyhow::Result;
use clap::{Args, ValueEnum};
use zartrux_actors::store::ledger::LedgerReader;
use zartrux_models::ledger::{JournalEntry, JournalEvent};
use zartrux_models::share::RigKey;

use super::export::{is_closed, rig_key};
use super::names::NamesThen;
use super::reading::{Told, each_entry};
use super::span::{Span, beginning, end};
use super::{LedgerArgs, Place};
use crate::node::ExitCode;
use fields::{as_json, as_text, rig_of};

/// Flags of `data journal`.
#[derive(Debug, Clone, Args)]
pub struct JournalArgs {
    /// Where the ledger is.
    #[command(flatten)]
    pub ledger: LedgerArgs,
    /// First day (2026-11-24, UTC) or time (2026-11-24T15:30:00Z)
    #[arg(long, value_name = "DAY|TIME", value_parser = beginning)]
    pub from: Option<u64>,
    /// Last day, or the time before which events happened
    #[arg(long, value_name = "DAY|TIME", value_parser = end)]
    pub to: Option<u64>,
    /// Events of one sort only
    #[arg(long, value_enum)]
    pub kind: Option<EventKind>,
    /// Events of one rig only: its 16 hex digits
    #[arg(long, value_name = "KEY", value_parser = rig_key)]
    pub rig: Option<RigKey>,
    /// text, a line for each event, or jsonl, an object for each
    #[arg(long, value_enum, default_value = "text")]
    pub format: JournalFormat,
}

/// Sorts of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EventKind {
    /// Who was given which nonces, and in which order
    Leases,
    /// Quarantine, suspicion, filters that are left out, upstreams
    Decisions,
    /// Blocks that were found for a node of our own, and what became of them
    Blocks,
    /// What the operator was told
    Alerts,
    /// Models that came and went
    Models,
    /// Starts and stops of the process, and gaps
    Runs,
}

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum JournalFormat {
    /// For people
    Text,
    /// A JSON object a line
    Jsonl,
}

impl EventKind {
    const fn of(event: &JournalEvent) -> Self {
        match event {
            JournalEvent::LeaseTaken { .. }
            | JournalEvent::LeaseGivenUp { .. }
            | JournalEvent::LeaseReturned { .. }
            | JournalEvent::PoolConnectionLost { .. }
            | JournalEvent::SlotsOrdered { .. }
            | JournalEvent::SlotsUnordered { .. }
            | JournalEvent::SlotsOrderedOutside { .. } => Self::Leases,
            JournalEvent::UpstreamServes { .. }
            | JournalEvent::Quarantined { .. }
            | JournalEvent::Released { .. }
            | JournalEvent::Suspected { .. }
            | JournalEvent::Cleared { .. }
            | JournalEvent::StageBypassed { .. }
            | JournalEvent::StageBack { .. } => Self::Decisions,
            JournalEvent::Block { .. } => Self::Blocks,
            JournalEvent::AlertRaised { .. } | JournalEvent::AlertCleared { .. } => Self::Alerts,
            JournalEvent::ModelEvent { .. }
            | JournalEvent::RankingInForce { .. }
            | JournalEvent::OutsideOrderInForce { .. } => Self::Models,
            JournalEvent::RunBegan { .. }
            | JournalEvent::RunEnded
            | JournalEvent::EventsMissed { .. } => Self::Runs,
        }
    }
}

impl JournalArgs {
    fn wants(&self, span: Span, entry: &JournalEntry) -> bool {
        span.has(entry.unix_ms)
            && self
                .kind
                .is_none_or(|kind| kind == EventKind::of(&entry.event))
            && self.rig.is_none_or(|rig| rig_of(&entry.event) == Some(rig))
    }
}

pub(super) fn journal(args: &JournalArgs, place: &Place) -> Result<ExitCode> {
    if !place.is_there() {
        return Ok(ExitCode::Failed);
    }
    match write(args, place, BufWriter::new(io::stdout().lock())) {
        Err(fault) if is_closed(&fault) => Ok(ExitCode::Done),
        other => other,
    }
}

fn write(args: &JournalArgs, place: &Place, mut out: impl Write) -> Result<ExitCode> {
    let reader = LedgerReader::new(&place.folders.shares);
    let names = NamesThen::read(&place.folders.state, place.bounds);
    let span = Span::new(args.from, args.to);
    let (mut damage, mut fault) = (Told::default(), None);
    each_entry(&reader, &reader.volumes(), &mut damage, |_, entry| {
        if !args.wants(span, &entry) {
            return ControlFlow::Continue(());
        }
        let line = match args.format {
            JournalFormat::Text => as_text(&entry, &names),
            JournalFormat::Jsonl => as_json(&entry, &names).to_string(),
        };
        match writeln!(out, "{line}") {
            Ok(()) => ControlFlow::Continue(()),
            Err(why) => {
                fault = Some(why);
                ControlFlow::Break(())
            }
        }
    })?;
    if let Some(why) = fault {
        return Err(why.into());
    }
    out.flush()?;
    damage.finish("places that can't be read");
    Ok(if damage.count() == 0 {
        ExitCode::Done
    } else {
        ExitCode::Failed
    })
}
