//! A share that passed admission.

use std::sync::Arc;

use crate::work::{
    Difficulty, IssuedJob, Lateness, LeasedNonce, Nonce, NonceSetId, ResultHash, Slot,
};

/// What a share is worth, by the targets it claims to meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetClass {
    /// Meets only the miner's own, lower target: credited here, never sent to the pool.
    Local,
    /// Meets the pool's target.
    Upstream,
    /// Claims the network's difficulty: a block, if it is true.
    BlockCandidate,
}

impl TargetClass {
    /// A name for metrics and records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Upstream => "upstream",
            Self::BlockCandidate => "block_candidate",
        }
    }
}

/// A share that passed every exact check of admission; only its hash is still a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The upstream job it is for.
    pub job: Arc<IssuedJob>,
    /// The miner's lease: the top byte of its nonces, or its number where each lease has a blob of its
    /// own.
    pub slot: Slot,
    /// Within the miner's lease, new among the nonces of what it hashes.
    pub nonce: Nonce,
    /// Where its nonce is claimed: the same for all jobs of the same blob.
    pub nonce_set: NonceSetId,
    /// The claimed result, or the true one that a proof put in its place; meets the miner's target.
    pub result: ResultHash,
    /// The raw `RandomX` hash (version 2 only); its link to `result` was checked.
    pub raw_hash: Option<[u8; 32]>,
    /// By the targets it claims to meet.
    pub class: TargetClass,
    /// Whether its job is still the current one.
    pub lateness: Lateness,
    /// The difficulty the miner was asked for, the lowest if several.
    pub asked: Difficulty,
    /// It was asked for several on this job: for which of them it looked is not known.
    pub retargeted: bool,
    /// Another result was submitted for the same nonce and is not settled: this share waits for
    /// what becomes of that one.
    pub contested: bool,
}

impl Share {
    /// The bytes that were hashed.
    #[must_use]
    pub fn hashed_bytes(&self) -> Box<[u8]> {
        self.job.job.work.hashed_bytes(self.slot, self.nonce)
    }

    /// Its place among the nonces of its job.
    #[must_use]
    pub const fn leased_nonce(&self) -> LeasedNonce {
        LeasedNonce {
            slot: self.slot,
            nonce: self.nonce,
        }
    }

    /// How far a miner that counts upward from 0 under its lease has come: nonces tried.
    #[must_use]
    pub fn odometer(&self) -> u32 {
        self.job.job.work.odometer(self.nonce)
    }
}
