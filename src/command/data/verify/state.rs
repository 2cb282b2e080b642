//! Registry and sums: whole, in step with the ledger, and in balance.

use anyhow::Result;
use zartrux_actors::store::ledger::{DAY_MS, Day};
use zartrux_actors::store::state::StateBook;
use zartrux_models::ledger::rows::written_time;
use zartrux_models::ledger::{Cell, Level};

use super::findings::Findings;
use super::outcomes::Outcomes;
use super::volumes::Looked;
use crate::console::say;

/// Looks through the state; `days_from` is from when on sums by the day are kept.
pub(super) fn look(
    book: &StateBook,
    ledger: &Looked,
    days_from: u64,
    findings: &mut Findings,
) -> Result<()> {
    let mut damaged = Vec::new();
    let verified = book.verify(|damage| damaged.push(damage))?;
    for damage in &damaged {
        findings.fault(&format_args!(
            "the state, {} {}: {}",
            damage.tree, damage.key, damage.why
        ));
    }
    findings.state_is_damaged |= !damaged.is_empty();
    let through = book.through_seq();
    say(&format_args!(
        "state: {} rigs, {} pages of sums, {} marks, through share {through}",
        verified.rigs, verified.pages, verified.marks
    ));
    if damaged.is_empty() {
        balance(book, days_from, findings)?;
    }
    let end = ledger.share_numbers().map_or(0, |(_, last)| last);
    if through > end {
        findings.fault(&format_args!(
            "the state includes share {through}, but the ledger ends with {end}: the machine lost \
             its power, or files were removed"
        ));
        return Ok(());
    }
    compare(book, ledger, findings)
}

/// What all rigs together have done is what was done on all days.
fn balance(book: &StateBook, days_from: u64, findings: &mut Findings) -> Result<()> {
    let (mut of_rigs, mut first_seen, mut after) = (Cell::default(), u64::MAX, None);
    loop {
        let rigs = book.rigs_from(after, 256)?;
        let Some(last) = rigs.last() else { break };
        after = Some(last.key);
        for rig in &rigs {
            of_rigs.merge(&rig.lifetime);
            first_seen = first_seen.min(rig.first_seen_ms);
        }
    }
    if let Some(others) = book.others()? {
        of_rigs.merge(&others.lifetime);
        first_seen = first_seen.min(others.first_seen_ms);
    }
    let mut of_days = Cell::default();
    for (_, cell) in book.history(None, Level::Day, 0, u64::MAX)? {
        of_days.merge(&cell);
    }
    let (rigs, days) = (Outcomes::of(&of_rigs), Outcomes::of(&of_days));
    // Days that were dropped are in the rigs' sums still.
    let fits = rigs == days || (first_seen < days_from && rigs.covers(&days));
    if !fits {
        findings.state_is_damaged = true;
        findings.fault(&format_args!(
            "the state does not balance: all rigs together have {rigs}; all days, {days}"
        ));
    }
    Ok(())
}

/// The sums say what the ledger says, where it has all shares still; where it does not, at least
/// that.
fn compare(book: &StateBook, ledger: &Looked, findings: &mut Findings) -> Result<()> {
    let (Some((first, _)), Some(first_day)) = (ledger.share_numbers(), ledger.first_day()) else {
        return Ok(());
    };
    // Of the day on which the oldest volume was begun a part may have been in one before it.
    let all_from = match (ledger.is_complete, first) {
        (false, _) => u64::MAX,
        (true, 1) => 0,
        (true, _) => Day(first_day.0).begins_ms() + DAY_MS,
    };
    for (level, from, counted) in ledger.spans.levels() {
        let kept: std::collections::BTreeMap<u64, Outcomes> = book
            .history(None, level, from, u64::MAX)?
            .into_iter()
            .map(|(start, cell)| (start, Outcomes::of(&cell)))
            .collect();
        // What was pruned under other settings does not come back.
        let Some(begin) = kept.keys().next().copied() else {
            continue;
        };
        let starts: std::collections::BTreeSet<u64> =
            kept.keys().chain(counted.keys()).copied().collect();
        for start in starts.range(begin..) {
            let sum = kept.get(start).copied().unwrap_or_default();
            let shares = counted.get(start).copied().unwrap_or_default();
            let fits = if *start >= all_from {
                sum == shares
            } else {
                sum.covers(&shares)
            };
            if !fits {
                findings.state_is_damaged = true;
                findings.fault(&format_args!(
                    "the sums of the {} {} are {sum}, but the ledger has {shares}",
                    level.label(),
                    written_time(*start)
                ));
            }
        }
    }
    Ok(())
}
