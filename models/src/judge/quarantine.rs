//! Quarantine: what a bad proof costs, and how a rig gets out.

use std::time::Instant;

use crate::share::ShareId;
use crate::work::Difficulty;

use super::{ProofNoted, QuarantineRemembered};

/// Whether a proof brought its rig into quarantine or out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuarantineChange {
    /// Neither.
    Unchanged,
    /// The rig has just entered.
    Entered,
    /// The rig has delivered the work asked for, and is out: unknown, as a new one.
    Left,
}

/// A rig's stay in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quarantine {
    share: ShareId,
    since: Instant,
    earlier: u32,
    bad_within: u32,
    needed: u64,
    delivered: u64,
}

impl Quarantine {
    /// Good work in a row that releases a rig the first time, in multiples of the difficulty of
    /// the bad share: three times what trust takes.
    pub(super) const WORK: u64 = 100;
    /// The work is doubled for each earlier quarantine, so many times at most: 64-fold.
    const DOUBLINGS: u32 = 6;

    /// Begins with a bad proof of a rig that had been in quarantine `earlier` times.
    pub(super) fn begin(proof: &ProofNoted, earlier: u32) -> Self {
        Self {
            share: proof.share,
            since: proof.now,
            earlier,
            bad_within: 0,
            needed: Self::work_for(proof.asked, earlier),
            delivered: 0,
        }
    }

    /// Goes on as it was written down; `since` is when it began, by this run's clock.
    pub(super) const fn resumed(kept: &QuarantineRemembered, since: Instant) -> Self {
        Self {
            share: kept.share_id(),
            since,
            earlier: kept.earlier,
            bad_within: kept.bad_within,
            needed: kept.needed,
            delivered: kept.delivered,
        }
    }

    /// As it is written down, by what the wall clock shows at a moment.
    pub(super) fn remembered(&self, unix: impl Fn(Instant) -> u64) -> QuarantineRemembered {
        QuarantineRemembered {
            share: self.share.to_bits(),
            since_ms: unix(self.since),
            earlier: self.earlier,
            bad_within: self.bad_within,
            needed: self.needed,
            delivered: self.delivered,
        }
    }

    /// A share was proved good; whether that was all that was asked for.
    pub(super) const fn good(&mut self, asked: Difficulty) -> bool {
        self.delivered = self.delivered.saturating_add(asked.get());
        self.delivered >= self.needed
    }

    /// One more was proved bad: the count starts again, and does not get easier.
    pub(super) fn bad(&mut self, asked: Difficulty) {
        self.bad_within = self.bad_within.saturating_add(1);
        self.needed = self.needed.max(Self::work_for(asked, self.earlier));
        self.delivered = 0;
    }

    /// The share that caused it.
    pub(super) const fn share(&self) -> ShareId {
        self.share
    }

    /// When that share was proved bad.
    pub(super) const fn since(&self) -> Instant {
        self.since
    }

    /// Bad proofs after the first.
    pub(super) const fn bad_within(&self) -> u32 {
        self.bad_within
    }

    /// Work asked for, in hashes.
    pub(super) const fn needed(&self) -> u64 {
        self.needed
    }

    /// Work delivered since the last bad proof, in hashes.
    pub(super) const fn delivered(&self) -> u64 {
        self.delivered
    }

    fn work_for(asked: Difficulty, earlier: u32) -> u64 {
        let times = Self::WORK << earlier.min(Self::DOUBLINGS);
        asked.get().saturating_mul(times)
    }
}
