//! A share as the ledger keeps it.

use crate::filter::ModelId;
use crate::share::{RigKey, ShareId, TargetClass};
use crate::work::{Difficulty, Nonce, Slot};

use super::{Arm, Evidence, Latencies, Outcome, Proof, Ruled, UpstreamId};

/// A share that ended, with everything that explains how.
#[derive(Debug, Clone, PartialEq)]
pub struct ShareEntry {
    /// Its place in the ledger, from 1, never used twice; 0 until the store has given it one.
    pub seq: u64,
    /// The machine that it came in at: several may bring their ledgers together.
    pub node: u16,
    /// Which start of that machine's process, from 1: share ids and job numbers belong to it.
    pub run: u32,
    /// What it is called in that run; none for one that was refused at once.
    pub id: Option<ShareId>,
    /// When it ended, milliseconds since 1970.
    pub unix_ms: u64,
    /// Whose it was.
    pub rig: RigKey,
    /// Where its job came from.
    pub upstream: Option<UpstreamId>,
    /// The lane's number of the job, within the run; none where it named no job that was known.
    pub job_key: Option<u32>,
    /// The pool's own name of the job, at most [`ShareEntry::TEXT_MAX`] bytes.
    pub job: Box<str>,
    /// Height of the block being mined, where the pool tells it.
    pub height: Option<u64>,
    /// None where it was no nonce.
    pub nonce: Option<Nonce>,
    /// Seconds from the moment at which its rig was given the job under its lease.
    pub age_s: u32,
    /// The difficulty that its rig was asked for.
    pub asked: Difficulty,
    /// The difficulty of its result, as sent on; 0 where there was no result to read.
    pub found: u64,
    /// Hashes per second that the rig's shares before this one let expect; 0 where nothing does.
    pub rate: f32,
    /// By the targets that it claimed to meet.
    pub class: TargetClass,
    /// What else is true of it.
    pub flags: Flags,
    /// In which arm of the experiment on the order of nonces it was.
    pub arm: Arm,
    /// What each filter said.
    pub evidence: Evidence,
    /// What the judge said; none if it did not come that far.
    pub ruled: Option<Ruled>,
    /// What came of its proof; none if it was not to be proved.
    pub proof: Option<Proof>,
    /// How it ended.
    pub outcome: Outcome,
    /// How long each step took.
    pub latencies: Latencies,
    /// The models that two filters went by: of behaviour, of outcomes.
    pub models: [Option<ModelId>; 2],
}

/// Yes or no, of a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// For the job before the current one.
    pub late: bool,
    /// The true hash was put in place of a wrong one.
    pub corrected: bool,
    /// Its rig was asked for several difficulties on this job.
    pub retargeted: bool,
    /// Read from a file, and not seen by this node.
    pub imported: bool,
    /// Its rig's program is known to scan nonces upward, in blocks.
    pub scan_known: bool,
    /// Its lease had a blob of its own with all nonces, and not one of 256 slots.
    pub own_blob: bool,
}

impl ShareEntry {
    /// Longest text kept of a job's name or of a pool's words, bytes.
    pub const TEXT_MAX: usize = 200;

    /// The slot that its nonce was in; none where its lease had all nonces.
    #[must_use]
    pub fn slot(&self) -> Option<Slot> {
        let sliced = self.nonce.filter(|_| !self.flags.own_blob);
        sliced.map(Nonce::slot)
    }

    /// Its odometer: hashes tried since its scan began, if the rig counts upward from 0.
    #[must_use]
    pub fn odometer(&self) -> Option<u32> {
        let counted = |nonce: Nonce| match self.flags.own_blob {
            false => nonce.counter(),
            true => nonce.whole_counter(),
        };
        self.nonce.map(counted)
    }

    /// Whether its miner was told OK.
    #[must_use]
    pub const fn was_acknowledged(&self) -> bool {
        matches!(self.outcome, Outcome::Accepted | Outcome::Credited)
    }
}

/// At most [`ShareEntry::TEXT_MAX`] bytes of a text, cut at a character.
#[must_use]
pub fn cut(text: &str) -> &str {
    let mut end = text.len().min(ShareEntry::TEXT_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
