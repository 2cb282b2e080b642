//! The state against a plain fold of the same shares.

mod bounds;
mod fold;
mod open;
mod reading;

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use zartrux_models::ledger::{
    Arm, Cell, Evidence, Flags, Latencies, Level, Outcome, RigEntry, ShareEntry,
};
use zartrux_models::share::{RefusalReason, RigKey, ShareId, TargetClass};
use zartrux_models::work::{Difficulty, Nonce};

use super::{StateBook, StateBounds};

/// A day's begin, ms since 1970.
const T0: u64 = 1_795_996_800_000;

const BOUNDS: StateBounds = StateBounds {
    max_rigs: 1_000,
    keep_minutes: 120,
    keep_hours: 48,
    keep_days: 400,
    cache_bytes: 4 << 20,
};

fn open(folder: &Path) -> StateBook {
    StateBook::open(folder, BOUNDS).unwrap()
}

fn entry(seq: u64, rig: u64, at_ms: u64, outcome: Outcome) -> ShareEntry {
    let counter = u32::try_from(seq * 977 % (1 << 24)).unwrap();
    ShareEntry {
        seq,
        node: 0,
        run: 1,
        id: Some(ShareId::new(0, seq)),
        unix_ms: at_ms,
        rig: RigKey(rig),
        upstream: None,
        job_key: Some(1),
        job: "job".into(),
        height: None,
        nonce: Some(Nonce::new(counter.to_le_bytes())),
        age_s: 1,
        asked: Difficulty::new(1_000 + rig % 7),
        found: 2_000,
        rate: 100.0,
        class: TargetClass::Upstream,
        flags: Flags::default(),
        arm: Arm::None,
        evidence: Evidence::default(),
        ruled: None,
        proof: None,
        outcome,
        latencies: Latencies::default(),
        models: [None, None],
    }
}

/// Shares of a few rigs within some days, numbered as the ledger would.
fn shares() -> impl Strategy<Value = Vec<ShareEntry>> {
    let outcome = prop_oneof![
        Just(Outcome::Accepted),
        Just(Outcome::Credited),
        Just(Outcome::Held),
        Just(Outcome::Refused(RefusalReason::Duplicate)),
    ];
    let share = (0u64..12, 0u64..3 * 86_400_000, outcome);
    proptest::collection::vec(share, 1..60).prop_map(|shares| {
        let numbered = (1u64..).zip(shares);
        numbered
            .map(|(seq, (rig, after, outcome))| entry(seq, rig, T0 + after, outcome))
            .collect()
    })
}

type History = Vec<(u64, Cell)>;

/// Everything that is known, to be compared.
#[derive(Debug, PartialEq)]
struct Known {
    rigs: Vec<RigEntry>,
    others: Option<RigEntry>,
    histories: BTreeMap<(Option<RigKey>, &'static str), History>,
    rolled_up: u64,
}

fn known(book: &StateBook) -> Known {
    let rigs = book.rigs_from(None, usize::MAX).unwrap();
    assert_eq!(rigs.len(), book.len());
    let keys = rigs.iter().map(|rig| Some(rig.key));
    let keys = keys.chain([None, Some(RigEntry::OTHERS)]);
    let levels = |key| Level::ALL.map(|level| (key, level));
    let histories = keys.flat_map(levels).map(|(key, level)| {
        let cells = book.history(key, level, 0, u64::MAX).unwrap();
        ((key, level.label()), cells)
    });
    Known {
        histories: histories.collect(),
        others: book.others().unwrap(),
        rolled_up: book.rolled_up(),
        rigs,
    }
}

fn sum(cells: impl IntoIterator<Item = Cell>) -> Cell {
    cells.into_iter().fold(Cell::default(), |mut sum, cell| {
        sum.merge(&cell);
        sum
    })
}
