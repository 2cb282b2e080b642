//! What is written down of a rig, so that a restart of the process frees nobody from quarantine
//! and costs nobody the trust it has earned.

mod bytes;
mod file;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::filter::{Cause, Stage};
use crate::ledger::{BadRecord, wire};
use crate::share::{RigKey, ShareId};
use crate::work::Difficulty;

use super::{ProofCounts, ProofNoted};

/// A rig's file as plain data: times are those of the wall clock, in milliseconds since 1970, so
/// that they mean something in the next run of the process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RigRemembered {
    /// When its last share came.
    pub last_seen_ms: u64,
    /// The difficulty of that share.
    pub asked: Difficulty,
    /// Proven work since its last bad proof, in hashes.
    pub trust_work: u64,
    /// Good proofs since then.
    pub good_proofs: u32,
    /// Whether it was suspect at its last share.
    pub suspect: bool,
    /// Good proofs since it became so, while that is kept.
    pub vouched: Option<u32>,
    /// Its present quarantine.
    pub quarantine: Option<QuarantineRemembered>,
    /// How often it has been in quarantine, the present one included.
    pub quarantines: u32,
    /// Joined evidence at its last share.
    pub joined: Option<f64>,
    /// The filter that had most against it then, how much, and why.
    pub strongest: Option<(Stage, f64, Cause)>,
    /// Probability with which that share was to be proved.
    pub chance: f64,
    /// Proofs of its shares.
    pub proofs: ProofCounts,
}

/// A stay in quarantine, as it is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineRemembered {
    /// The number of the share that was proved bad. Numbers belong to a run of the process: in
    /// another one this names the share in words only, and finds none.
    pub share: u64,
    /// When it was.
    pub since_ms: u64,
    /// How often the rig had been in quarantine before.
    pub earlier: u32,
    /// Bad proofs after the first.
    pub bad_within: u32,
    /// Good work in a row that releases it, in hashes.
    pub needed: u64,
    /// Delivered of it, in hashes.
    pub delivered: u64,
}

impl RigRemembered {
    /// The schema that is written.
    const SCHEMA: u8 = 1;

    /// The bad proof that would bring a rig of which nothing else is known into this quarantine,
    /// for whoever has to tell a judge that has forgotten it. The work that it takes to be released
    /// is not less than what was needed.
    #[must_use]
    pub fn bad_proof(&self, rig: RigKey, now: Instant, unix_ms: u64) -> Option<ProofNoted> {
        self.quarantine.map(|quarantine| ProofNoted {
            rig,
            share: ShareId::from_bits(quarantine.share),
            asked: quarantine.worst_asked(),
            good: false,
            now: instant_of(quarantine.since_ms, now, unix_ms),
        })
    }

    /// When the rig was last heard of.
    #[must_use]
    pub fn last_heard_ms(&self) -> u64 {
        let since = self.quarantine.map_or(0, |quarantine| quarantine.since_ms);
        since.max(self.last_seen_ms)
    }
}

/// A moment as the wall clock shows it, if it shows `unix_ms` at `now`.
fn unix_of(then: Instant, now: Instant, unix_ms: u64) -> u64 {
    let ago = now.saturating_duration_since(then).as_millis();
    let ahead = then.saturating_duration_since(now).as_millis();
    let ms = |part: u128| u64::try_from(part).unwrap_or(u64::MAX);
    unix_ms.saturating_add(ms(ahead)).saturating_sub(ms(ago))
}

/// The same moment back. Where the wall clock was set back meanwhile, it counts as now: nobody was
/// seen in the future. Where the system's clock does not reach back so far, likewise.
fn instant_of(then_ms: u64, now: Instant, unix_ms: u64) -> Instant {
    let ago = Duration::from_millis(unix_ms.saturating_sub(then_ms));
    now.checked_sub(ago).unwrap_or(now)
}
