//! What came of one contest, counted.

/// One policy's account of one group of rigs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupOutcome {
    /// Good shares that went on their way, to the pool or credited.
    pub good_passed: u64,
    /// Good shares that stayed home.
    pub good_held: u64,
    /// Good shares that stayed home and would have gone to the pool.
    pub good_held_from_pool: u64,
    /// Bad shares that reached the pool.
    pub bad_at_pool: u64,
    /// Bad shares below the pool's target that were credited to their rig.
    pub bad_credited: u64,
    /// Bad shares that a proof found.
    pub bad_found: u64,
    /// Bad shares that stayed home unproved.
    pub bad_held: u64,
    /// Proofs spent on these rigs.
    pub proofs: u64,
    /// Rigs of which a proof found a bad share.
    pub rigs_found: u64,
    /// Shares that those rigs had sent from their first bad one on until then, that one
    /// included.
    pub shares_until_found: u64,
    /// The same counted in bad shares.
    pub bad_until_found: u64,
    /// Rigs that were ever in quarantine.
    pub rigs_quarantined: u64,
}

/// What the farm's stream held of one group, whatever the policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupStream {
    /// Rigs.
    pub rigs: u64,
    /// Shares sent.
    pub sent: u64,
    /// Bad ones.
    pub bad_sent: u64,
    /// Bad ones that claimed to meet the pool's target.
    pub bad_for_pool: u64,
    /// Rigs that sent any bad share.
    pub rigs_bad: u64,
    /// Rigs that the filters' evidence ever made suspect.
    pub rigs_suspected: u64,
    /// Shares that those rigs had sent until then.
    pub shares_until_suspected: u64,
}

/// One policy's account of a contest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Group by group, in the order of the farm's.
    pub groups: Vec<GroupOutcome>,
    /// Hashes recomputed.
    pub proofs: u64,
    /// Bans that the pool would have given.
    pub bans: u64,
    /// Good shares that the pool got.
    pub good_at_pool: u64,
}

impl Outcome {
    /// The sum of one count over all groups.
    #[must_use]
    pub fn total(&self, count: impl Fn(&GroupOutcome) -> u64) -> u64 {
        self.groups.iter().map(count).sum()
    }
}

/// A contest: what the farm sent, and what each policy made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// Group by group.
    pub stream: Vec<GroupStream>,
    /// In the order in which the contestants were named.
    pub outcomes: Vec<Outcome>,
}
