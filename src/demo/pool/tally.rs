//! What the pool counts: every share once, by outcome.

use std::collections::BTreeMap;
use std::fmt;

/// Why the pool refused a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// Sent before a login, or under a session id that is not the connection's.
    Unauthenticated,
    /// Parameters missing, or nonce or result not hex of the right length.
    Malformed,
    /// A job that this connection never got.
    UnknownJob,
    /// A job that a newer one has replaced.
    Expired,
    /// Another algorithm than the job's.
    Algorithm,
    /// A nonce that was sent for this job before.
    Duplicate,
    /// The result does not meet the job's target.
    LowDifficulty,
    /// The result is not the RandomX hash of the blob.
    WrongHash,
    /// More shares than the pool takes for a job or can check.
    TooMany,
    /// The pool could not compute the hash: its own fault.
    Unchecked,
}

impl Refusal {
    /// The text that the miner gets, in words that real pools use.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unauthenticated => "Unauthenticated",
            Self::Malformed => "Malformed share",
            Self::UnknownJob => "Invalid job id",
            Self::Expired => "Block expired",
            Self::Algorithm => "Incorrect algorithm",
            Self::Duplicate => "Duplicate share",
            Self::LowDifficulty => "Low difficulty share",
            Self::WrongHash => "Invalid share",
            Self::TooMany => "Too many share submissions for the current job",
            Self::Unchecked => "Couldn't check PoW",
        }
    }

    /// Whether whoever sent the share could have known that it is bad: what a real pool bans for.
    ///
    /// A late share is not bad, nor is one that the pool had no room for.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        !matches!(self, Self::Expired | Self::TooMany | Self::Unchecked)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Counts of shares; `received` = `accepted` + all of `refused` + those still being checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Submits that arrived, whatever became of them.
    pub received: u64,
    /// Good shares.
    pub accepted: u64,
    /// The others, by reason.
    pub refused: BTreeMap<Refusal, u64>,
}

impl Tally {
    /// Shares refused for one reason.
    #[must_use]
    pub fn refused_for(&self, reason: Refusal) -> u64 {
        self.refused.get(&reason).copied().unwrap_or(0)
    }

    /// Shares refused for any reason.
    #[must_use]
    pub fn refused_in_all(&self) -> u64 {
        self.refused.values().sum()
    }

    /// Shares that a real pool would hold against the farm.
    #[must_use]
    pub fn bad(&self) -> u64 {
        self.refused
            .iter()
            .filter(|(reason, _)| reason.is_bad())
            .map(|(_, count)| count)
            .sum()
    }

    /// Shares whose hash is still being computed.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.received
            .saturating_sub(self.accepted + self.refused_in_all())
    }

    pub(super) fn settle(&mut self, outcome: Result<(), Refusal>) {
        match outcome {
            Ok(()) => self.accepted += 1,
            Err(reason) => *self.refused.entry(reason).or_default() += 1,
        }
    }
}

/// A bad share, kept for the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadShare {
    /// Login of the connection that sent it; empty when there was none.
    pub login: String,
    /// Why it was refused.
    pub reason: Refusal,
    /// As sent, cut to 64 bytes.
    pub job_id: String,
    /// As sent, cut to 64 bytes.
    pub nonce: String,
    /// As sent, cut to 64 bytes.
    pub result: String,
    /// What the hash really is, where it was computed.
    pub randomx: Option<[u8; 32]>,
}

/// Everything the pool has counted so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PoolReport {
    /// All connections together.
    pub total: Tally,
    /// By login; after [`PoolReport::MAX_LOGINS`] different ones the rest goes under `(others)`.
    /// Shares sent before any login are under `(nobody)`.
    pub by_login: BTreeMap<String, Tally>,
    /// The first bad shares, at most [`PoolReport::MAX_BAD`]; `total.bad()` counts all.
    pub bad: Vec<BadShare>,
    /// Jobs made so far.
    pub jobs: u64,
    /// Connections open now.
    pub connections: usize,
    /// Connections accepted so far.
    pub connected: u64,
}

impl PoolReport {
    /// Most logins counted apart.
    pub const MAX_LOGINS: usize = 256;
    /// Most bad shares kept.
    pub const MAX_BAD: usize = 64;
}
