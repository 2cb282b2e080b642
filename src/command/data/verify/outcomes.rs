//! How many shares ended how, by the minute and the hour, as the ledger and as the sums have it.

use std::collections::BTreeMap;
use std::fmt;

use zartrux_models::ledger::{Cell, Level, Outcome, ShareEntry};

/// Shares by their outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Outcomes([u64; 7]);

const NAMES: [&str; 7] = [
    "accepted",
    "credited",
    "rejected",
    "refused",
    "unanswered",
    "held",
    "undeliverable",
];

impl Outcomes {
    pub(super) fn of(cell: &Cell) -> Self {
        let sum = |list: &[u64]| {
            list.iter()
                .fold(0u64, |sum, more| sum.saturating_add(*more))
        };
        Self([
            cell.accepted,
            cell.credited,
            sum(&cell.rejected),
            sum(&cell.refused),
            cell.unanswered,
            cell.held,
            cell.undeliverable,
        ])
    }

    fn add(&mut self, share: &ShareEntry) {
        let place = match share.outcome {
            Outcome::Accepted => 0,
            Outcome::Credited => 1,
            Outcome::Rejected { .. } => 2,
            Outcome::Refused(_) => 3,
            Outcome::Unanswered => 4,
            Outcome::Held => 5,
            Outcome::Undeliverable => 6,
        };
        self.0[place] += 1;
    }

    /// Whether there are at least as many of each.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.0
            .iter()
            .zip(other.0)
            .all(|(here, there)| *here >= there)
    }
}

impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut is_first = true;
        for (name, count) in NAMES.iter().zip(self.0).filter(|(_, count)| *count > 0) {
            let between = if is_first { "" } else { ", " };
            write!(f, "{between}{count} {name}")?;
            is_first = false;
        }
        if is_first {
            write!(f, "no share")?;
        }
        Ok(())
    }
}

/// What the ledger says of the spans of which sums are kept.
#[derive(Debug, Default)]
pub(super) struct Spans {
    /// The last share that counts.
    through: u64,
    /// From when on, ms since 1970, by the minute and by the hour.
    from: [u64; 2],
    counted: [BTreeMap<u64, Outcomes>; 2],
}

impl Spans {
    pub(super) const LEVELS: [Level; 2] = [Level::Minute, Level::Hour];

    pub(super) fn new(through: u64, from: [u64; 2]) -> Self {
        Self {
            through,
            from,
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, share: &ShareEntry) {
        if share.seq > self.through {
            return;
        }
        for ((level, from), counted) in Self::LEVELS.iter().zip(self.from).zip(&mut self.counted) {
            let start = level.cell_start(share.unix_ms);
            if start >= from {
                counted.entry(start).or_default().add(share);
            }
        }
    }

    /// By the minute and by the hour: from when on, and when each span began.
    pub(super) fn levels(&self) -> impl Iterator<Item = (Level, u64, &BTreeMap<u64, Outcomes>)> {
        let each = Self::LEVELS.into_iter().zip(self.from);
        each.zip(&self.counted)
            .map(|((level, from), counted)| (level, from, counted))
    }
}
