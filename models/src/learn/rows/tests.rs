//! Rows of shares that end in another order than they came.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::*;
use crate::ledger::tests::any_entry;
use crate::ledger::{Flags, Outcome};
use crate::share::{RefusalReason, ShareId};
use crate::work::{Nonce, Slot};

const START_MS: u64 = 1_796_000_000_000;

/// Came after so many milliseconds, took so many, was bad.
type Came = (u64, u32, bool);

fn entry(blank: &ShareEntry, (after_ms, took_ms, bad): Came, at_ms: u64) -> ShareEntry {
    let mut entry = blank.clone();
    (entry.node, entry.run, entry.id) = (0, 1, Some(ShareId::new(0, 1)));
    entry.rig = RigKey(1 + after_ms % 2);
    entry.unix_ms = at_ms + u64::from(took_ms);
    entry.latencies.total_us = took_ms * 1000;
    entry.nonce = Some(Nonce::in_slot(Slot(1), 7));
    (entry.job_key, entry.found) = (Some(1), 1_000_000);
    entry.flags = Flags::default();
    entry.outcome = if bad {
        Outcome::Refused(RefusalReason::InvalidResult)
    } else {
        Outcome::Accepted
    };
    entry
}

/// As the ledger has them: by their ends.
fn ledger(blank: &ShareEntry, came: &[Came]) -> Vec<ShareEntry> {
    let mut at_ms = START_MS;
    let mut entries: Vec<ShareEntry> = came
        .iter()
        .map(|came| {
            at_ms += came.0;
            entry(blank, *came, at_ms)
        })
        .collect();
    entries.sort_by_key(|entry| entry.unix_ms);
    for (seq, entry) in (1..).zip(&mut entries) {
        entry.seq = seq;
    }
    entries
}

fn rows_of(entries: &[ShareEntry]) -> (Vec<OutcomeRow>, RowsSkipped) {
    let mut rows = Vec::new();
    let mut in_order = RowsInOrder::new(100);
    for entry in entries {
        in_order.next(entry, |row| rows.push(row));
    }
    in_order.finish(|row| rows.push(row));
    (rows, in_order.skipped())
}

proptest! {
    #[test]
    fn rows_come_in_the_order_of_their_coming_and_none_is_lost(
        blank in any_entry(),
        came in proptest::collection::vec((0..5_000u64, 0..50_000u32, any::<bool>()), 1..60),
    ) {
        let (rows, skipped) = rows_of(&ledger(&blank, &came));
        prop_assert_eq!(rows.len(), came.len());
        prop_assert_eq!(skipped, RowsSkipped::default());
        prop_assert!(rows.is_sorted_by_key(|row| row.at_ms));
    }

    /// The point of it all: whatever happens after a share came, its row is the same.
    #[test]
    fn no_row_knows_of_anything_that_fell_after_its_coming(
        blank in any_entry(),
        came in proptest::collection::vec((0..5_000u64, 0..50_000u32, any::<bool>()), 2..60),
        at: prop::sample::Index,
    ) {
        let entries = ledger(&blank, &came);
        let (rows, _) = rows_of(&entries);
        let row = rows[at.index(rows.len())];
        // Every verdict that fell at this moment or later turns out the other way.
        let mut otherwise = entries;
        for entry in &mut otherwise {
            if entry.unix_ms >= row.at_ms {
                entry.outcome = if entry.outcome == Outcome::Accepted {
                    Outcome::Refused(RefusalReason::InvalidResult)
                } else {
                    Outcome::Accepted
                };
            }
        }
        let (changed, _) = rows_of(&otherwise);
        let same = changed.iter().find(|other| other.seq == row.seq).unwrap();
        prop_assert_eq!(same.features.map(f32::to_bits), row.features.map(f32::to_bits));
        prop_assert_ne!(same.class, row.class);
    }
}

#[test]
fn a_share_that_ended_long_after_it_came_is_told_and_left_out() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let blank = any_entry().new_tree(&mut runner).unwrap().current();
    let mut came = vec![(0, 400_000, false)];
    came.extend([(1_000, 0, false); 300]);
    let (rows, skipped) = rows_of(&ledger(&blank, &came));
    assert_eq!(skipped.out_of_order, 1);
    assert_eq!(rows.len(), 300);
}

#[test]
fn what_teaches_nothing_is_told_and_left_out() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let blank = any_entry().new_tree(&mut runner).unwrap().current();
    let mut entries = ledger(&blank, &[(0, 0, false); 3]);
    entries[0].outcome = Outcome::Unanswered;
    entries[1].found = 0;
    let (rows, skipped) = rows_of(&entries);
    assert_eq!((skipped.unlabelled, skipped.unseen), (1, 1));
    assert_eq!(rows.len(), 1);
}
