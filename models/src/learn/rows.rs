//! Shares as the outcome model sees them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::filter::{Feature, OutcomeFeatures};
use crate::ledger::rows::Replay;
use crate::ledger::{Arm, ShareEntry};
use crate::share::RigKey;

use super::OutcomeClass;

/// A share with what was known when it came, and what became of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutcomeRow {
    /// Its place in the ledger.
    pub seq: u64,
    /// When it came, milliseconds since 1970.
    pub at_ms: u64,
    /// Whose.
    pub rig: RigKey,
    /// What was known, in the order of [`OutcomeFeatures::FEATURES`]; within their bounds.
    pub features: [f32; OutcomeFeatures::LEN],
    /// How it ended.
    pub class: OutcomeClass,
    /// In which arm of the experiment it was.
    pub arm: Arm,
}

impl OutcomeRow {
    /// Its features as a model is shown them.
    #[must_use]
    pub fn features(&self) -> OutcomeFeatures {
        OutcomeFeatures::from_values(self.features.map(f64::from))
    }
}

/// Shares of the ledger that made no row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowsSkipped {
    /// No filter saw it, or what is stored does not tell all features.
    pub unseen: u64,
    /// How it ended says nothing of it.
    pub unlabelled: u64,
    /// It ended too long after it came to be put in its place.
    pub out_of_order: u64,
}

/// Makes rows of shares: takes them in the order of the ledger, as they ended, and gives them in
/// the order in which they came, so that no row knows of a verdict that fell after its coming.
#[derive(Debug)]
pub struct RowsInOrder {
    replay: Replay,
    waiting: BinaryHeap<Reverse<Waiting>>,
    /// The latest coming of a share that was given out.
    given_ms: u64,
    skipped: RowsSkipped,
}

/// A share that waits for those that came before it and have not ended yet; by time, and by place
/// where that is the same.
#[derive(Debug)]
struct Waiting {
    came_ms: u64,
    entry: Box<ShareEntry>,
}

impl Waiting {
    const fn order(&self) -> (u64, u64) {
        (self.came_ms, self.entry.seq)
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl RowsInOrder {
    /// Milliseconds from its coming to its end that a share may take to be put in its place.
    pub const LONGEST_MS: u64 = 60_000;
    /// Shares that wait at most; with more, the one that came first is given out early.
    const WAITING: usize = 65_536;

    /// Remembers at most so many rigs.
    #[must_use]
    pub fn new(rigs: usize) -> Self {
        Self {
            replay: Replay::new(rigs),
            waiting: BinaryHeap::new(),
            given_ms: 0,
            skipped: RowsSkipped::default(),
        }
    }

    /// Takes the next share of the ledger; gives the rows that are complete by it.
    pub fn next(&mut self, entry: &ShareEntry, mut give: impl FnMut(OutcomeRow)) {
        let came_ms = came_ms(entry);
        let safe_ms = entry.unix_ms.saturating_sub(Self::LONGEST_MS);
        if came_ms < self.given_ms {
            self.skipped.out_of_order += 1;
        } else {
            self.waiting.push(Reverse(Waiting {
                came_ms,
                entry: Box::new(entry.clone()),
            }));
        }
        while let Some(Reverse(first)) = self.waiting.peek()
            && (first.came_ms < safe_ms || self.waiting.len() > Self::WAITING)
        {
            self.give_first(&mut give);
        }
    }

    /// Gives the rows of all shares that still wait.
    pub fn finish(&mut self, mut give: impl FnMut(OutcomeRow)) {
        while !self.waiting.is_empty() {
            self.give_first(&mut give);
        }
    }

    /// Shares that made no row so far.
    #[must_use]
    pub const fn skipped(&self) -> RowsSkipped {
        self.skipped
    }

    fn give_first(&mut self, give: &mut impl FnMut(OutcomeRow)) {
        let Some(Reverse(Waiting { came_ms, entry })) = self.waiting.pop() else {
            return;
        };
        self.given_ms = self.given_ms.max(came_ms);
        let Some(features) = all_known(&self.replay.next(&entry)) else {
            self.skipped.unseen += 1;
            return;
        };
        let Some(class) = OutcomeClass::of(&entry.outcome) else {
            self.skipped.unlabelled += 1;
            return;
        };
        give(OutcomeRow {
            seq: entry.seq,
            at_ms: came_ms,
            rig: entry.rig,
            features,
            class,
            arm: entry.arm,
        });
    }
}

/// When a share came, and not when it ended.
fn came_ms(entry: &ShareEntry) -> u64 {
    let took_ms = u64::from(entry.latencies.total_us) / 1000;
    entry.unix_ms.saturating_sub(took_ms)
}

/// What the filters had for a feature that is open is its neutral value, but then what is stored
/// would not be what they saw: a share of which the ledger does not tell where it lay is no row.
fn all_known(known: &[Option<f64>; OutcomeFeatures::LEN]) -> Option<[f32; OutcomeFeatures::LEN]> {
    let mut features = [0.0; OutcomeFeatures::LEN];
    for ((place, value), feature) in features
        .iter_mut()
        .zip(known)
        .zip(OutcomeFeatures::FEATURES)
    {
        *place = kept(feature, (*value)?);
    }
    Some(features)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a bounded feature; a million rows take half the memory"
)]
fn kept(feature: &Feature, value: f64) -> f32 {
    value.clamp(feature.low, feature.high) as f32
}

#[cfg(test)]
mod tests;
