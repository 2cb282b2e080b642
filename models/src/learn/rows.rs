//! Shares as the outcome model sees them.

use crate::filter::{Feature, OutcomeFeatures};
use crate::ledger::rows::Replay;
use crate::ledger::{Arm, ShareEntry};
use crate::share::RigKey;

use super::OutcomeClass;
use super::coming::InOrderOfComing;

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
    shares: InOrderOfComing,
    skipped: RowsSkipped,
}

impl RowsInOrder {
    /// Milliseconds from its coming to its end that a share may take to be put in its place.
    pub const LONGEST_MS: u64 = InOrderOfComing::LONGEST_MS;

    /// Remembers at most so many rigs.
    #[must_use]
    pub fn new(rigs: usize) -> Self {
        Self {
            replay: Replay::new(rigs),
            shares: InOrderOfComing::default(),
            skipped: RowsSkipped::default(),
        }
    }

    /// Takes the next share of the ledger; gives the rows that are complete by it.
    pub fn next(&mut self, entry: &ShareEntry, mut give: impl FnMut(OutcomeRow)) {
        self.shares.take(entry);
        while let Some((came_ms, entry)) = self.shares.next() {
            self.give(came_ms, &entry, &mut give);
        }
    }

    /// Gives the rows of all shares that still wait.
    pub fn finish(&mut self, mut give: impl FnMut(OutcomeRow)) {
        while let Some((came_ms, entry)) = self.shares.next_of_rest() {
            self.give(came_ms, &entry, &mut give);
        }
    }

    /// Shares that made no row so far.
    #[must_use]
    pub const fn skipped(&self) -> RowsSkipped {
        RowsSkipped {
            out_of_order: self.shares.out_of_order(),
            ..self.skipped
        }
    }

    fn give(&mut self, came_ms: u64, entry: &ShareEntry, give: &mut impl FnMut(OutcomeRow)) {
        let Some(features) = all_known(&self.replay.next(entry)) else {
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
