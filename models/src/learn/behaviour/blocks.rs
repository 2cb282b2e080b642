//! Blocks of shares, from the ledger.

use super::BehaviourRow;
use crate::filter::{Behaviour, BehaviourTrail, Verdict};
use crate::learn::coming::InOrderOfComing;
use crate::ledger::ShareEntry;
use crate::ledger::rows::seen::{RigsSeen, ScanNumbers, was_seen};
use crate::ledger::rows::{Replay, verdict_of};

/// Makes a row of every 64 shares of a rig: takes shares in the order of the ledger.
///
/// As [`Replay`] shows shares to the rigs' pasts, so this shows them to their trails, in the order
/// of their coming, without those that no filter saw. What verdicts say of a block is no part of
/// its behaviour.
#[derive(Debug)]
pub struct BehaviourBlocks {
    rigs: RigsSeen<Rig>,
    shares: InOrderOfComing,
}

#[derive(Debug, Default)]
struct Rig {
    trail: BehaviourTrail,
    scans: ScanNumbers,
    /// Whether a share of the block under way was wrong or sent before.
    wrong: bool,
}

impl BehaviourBlocks {
    /// Remembers at most so many rigs; the one seen longest ago gives way.
    #[must_use]
    pub fn new(rigs: usize) -> Self {
        Self {
            rigs: RigsSeen::new(rigs),
            shares: InOrderOfComing::default(),
        }
    }

    /// Takes the next share of the ledger; gives the rows that are complete by it.
    pub fn next(&mut self, entry: &ShareEntry, mut give: impl FnMut(BehaviourRow)) {
        self.shares.take(entry);
        while let Some((came_ms, entry)) = self.shares.next() {
            if let Some(row) = self.row(came_ms, &entry) {
                give(row);
            }
        }
    }

    /// Gives the rows of the shares that still wait for their place. Blocks that are not full make
    /// none.
    pub fn finish(&mut self, mut give: impl FnMut(BehaviourRow)) {
        while let Some((came_ms, entry)) = self.shares.next_of_rest() {
            if let Some(row) = self.row(came_ms, &entry) {
                give(row);
            }
        }
    }

    /// Shares that ended too long after they came to be put in their places, and are in no block.
    #[must_use]
    pub const fn out_of_order(&self) -> u64 {
        self.shares.out_of_order()
    }

    fn row(&mut self, came_ms: u64, entry: &ShareEntry) -> Option<BehaviourRow> {
        if !was_seen(entry) {
            return None;
        }
        let rig = self.rigs.of(entry);
        let (seen, _) = rig.scans.observed(entry);
        rig.wrong |= verdict_of(&entry.outcome) == Some(Verdict::Wrong);
        let behaviour = rig.trail.next(&seen)?;
        Some(BehaviourRow {
            rig: entry.rig,
            at_ms: came_ms,
            behaviour: kept(&behaviour),
            proven_bad: std::mem::take(&mut rig.wrong),
        })
    }
}

impl Default for BehaviourBlocks {
    fn default() -> Self {
        Self::new(Replay::RIGS)
    }
}

/// As rows have them.
pub(super) fn kept(behaviour: &Behaviour) -> [f32; Behaviour::LEN] {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a bounded feature; a row takes half the memory"
    )]
    behaviour.values().map(|value| value as f32)
}
