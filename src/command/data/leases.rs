//! `zartrux data leases`: who held which nonces at a time.

use std::ops::ControlFlow;

use anyhow::Result;
use clap::Args;
use zartrux_actors::store::ledger::LedgerReader;
use zartrux_models::ledger::rows::written_time;
use zartrux_models::ledger::{Clash, Tenancy};

use super::reading::{Told, each_entry};
use super::span::beginning;
use super::{LedgerArgs, Place};
use crate::console::{complain, say};
use crate::node::ExitCode;

/// Flags of `data leases`.
#[derive(Debug, Clone, Args)]
pub struct LeasesArgs {
    /// Where the ledger is.
    #[command(flatten)]
    pub ledger: LedgerArgs,
    /// When: 2026-11-24T15:30:00Z
    #[arg(long, value_name = "TIME", value_parser = beginning)]
    pub at: u64,
}

pub(super) fn leases(args: &LeasesArgs, place: &Place) -> Result<ExitCode> {
    if !place.is_there() {
        return Ok(ExitCode::Failed);
    }
    let reader = LedgerReader::new(&place.folders.shares);
    let (mut tenancy, mut damage, mut clashes) =
        (Tenancy::default(), Told::default(), Told::default());
    let (mut first_seq, mut missed) = (None, 0);
    each_entry(&reader, &reader.volumes(), &mut damage, |_, entry| {
        if entry.unix_ms > args.at {
            return ControlFlow::Break(());
        }
        first_seq.get_or_insert(entry.seq);
        // Given up by who took it before the journal begins: nothing is wrong.
        if let Err(clash @ Clash::Overlap { .. }) = tenancy.apply(&entry) {
            clashes.tell(&clash);
        }
        missed = tenancy.missed();
        ControlFlow::Continue(())
    })?;
    say(&format_args!(
        "{:>4} {:>4} {:>12} {:>10} {:>4} {:>4}  {:<16}  since",
        "node", "lane", "pool session", "connection", "slot", "byte", "rig"
    ));
    let mut unknown = 0_usize;
    for (place, tenant) in tenancy.held() {
        let byte = tenancy.byte_of(place);
        unknown += usize::from(byte.is_none());
        say(&format_args!(
            "{:>4} {:>4} {:>12} {:>10} {:>4} {:>4}  {}  {}",
            place.node,
            place.lane,
            place.pool.0,
            tenant.connection,
            place.slot.0,
            byte.map_or_else(|| "?".to_owned(), |byte| byte.0.to_string()),
            tenant.rig,
            written_time(tenant.since_ms)
        ));
    }
    say(&format_args!("{} leases", tenancy.len()));
    if unknown > 0 {
        complain(&format_args!(
            "for {unknown} of them it is not known which top byte their nonces had in the last job"
        ));
    }
    if missed > 0 {
        complain(&format_args!(
            "{missed} events were not noted before that time: a lease may be missing, or be over"
        ));
    }
    if first_seq.is_some_and(|first| first > 1) {
        complain(&"what was before the oldest volume is not known: a lease may be missing");
    }
    damage.finish("places that can't be read");
    clashes.finish("clashes");
    let whole = damage.count() == 0 && clashes.count() == 0;
    Ok(if whole {
        ExitCode::Done
    } else {
        ExitCode::Failed
    })
}
