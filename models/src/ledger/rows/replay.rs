//! What the filters knew of a share before its verdict, computed again from the ledger.

use std::collections::VecDeque;

use super::seen::{RigsSeen, ScanNumbers, was_seen};
use crate::filter::{OutcomeFeatures, OutcomePast, Verdict, VerdictsHeard};
use crate::ledger::{Outcome, ShareEntry};
use crate::share::RefusalReason;
use crate::stratum::ErrorClass;

/// The features of a stored share, in the order of [`OutcomeFeatures::FEATURES`]; none where the
/// share was refused before a filter saw it, or where what is stored does not tell.
pub type KnownFeatures = [Option<f64>; OutcomeFeatures::LEN];

/// Shows shares to the rigs' pasts once more, in the order of the ledger.
///
/// A share's features come from itself and from what stood before it, never from what follows;
/// verdicts are among it from the time on that they were known. They are what the filters saw, but for two things. Shares are stored
/// as they end, so that one that waited for its proof comes after others that it preceded. Where a
/// result lies below its target is known from its difficulty alone, to one part in it, and is that
/// of the true hash where this was put in place.
#[derive(Debug)]
pub struct Replay {
    rigs: RigsSeen<Rig>,
}

#[derive(Debug, Default)]
struct Rig {
    past: OutcomePast,
    /// Verdicts on its shares that no share of it has come after, with their times, ms.
    unheard: VecDeque<(u64, Verdict)>,
    scans: ScanNumbers,
}

impl Replay {
    /// Rigs that are remembered unless another number is asked for: some tens of megabytes.
    pub const RIGS: usize = 100_000;

    /// Remembers at most `most` rigs, at least one; the one seen longest ago gives way and begins
    /// anew when it comes again.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            rigs: RigsSeen::new(most),
        }
    }

    /// The features of the next share, which then belongs to its rig's past.
    pub fn next(&mut self, entry: &ShareEntry) -> KnownFeatures {
        if !was_seen(entry) {
            return [None; OutcomeFeatures::LEN];
        }
        let rig = self.rigs.of(entry);
        let (mut seen, followed) = rig.scans.observed(entry);
        seen.heard = rig.hear_until(seen.at_ms);
        if let Some(verdict) = verdict_of(&entry.outcome) {
            rig.will_hear(entry.unix_ms, verdict);
        }
        let features = rig.past.next(&seen).values();
        let mut known = [None; OutcomeFeatures::LEN];
        for ((place, value), feature) in known
            .iter_mut()
            .zip(features)
            .zip(OutcomeFeatures::FEATURES)
        {
            let is_known = match feature.name {
                "height" | "target_unclear" => entry.found > 0,
                "progress" => entry.nonce.is_some(),
                "backward" => followed,
                _ => true,
            };
            *place = is_known.then_some(value);
        }
        known
    }
}

impl Rig {
    /// Most verdicts that wait; a rig that sends nothing while they come in hears of the last.
    const UNHEARD: usize = 256;

    fn will_hear(&mut self, unix_ms: u64, verdict: Verdict) {
        if self.unheard.len() >= Self::UNHEARD {
            self.unheard.pop_front();
        }
        self.unheard.push_back((unix_ms, verdict));
    }

    /// Verdicts that were known before that time.
    fn hear_until(&mut self, unix_ms: u64) -> VerdictsHeard {
        let mut heard = VerdictsHeard::default();
        self.unheard.retain(|(known, verdict)| {
            let is_known = *known < unix_ms;
            if is_known {
                heard.hear(*verdict);
            }
            !is_known
        });
        heard
    }
}

impl Default for Replay {
    fn default() -> Self {
        Self::new(Self::RIGS)
    }
}

/// What is to be learnt from how a share ended; none where that says nothing of its rig.
#[must_use]
pub fn verdict_of(outcome: &Outcome) -> Option<Verdict> {
    match outcome {
        Outcome::Accepted | Outcome::Credited => Some(Verdict::Good),
        Outcome::Rejected {
            class: ErrorClass::Stale,
            ..
        } => Some(Verdict::Stale),
        Outcome::Rejected {
            class: ErrorClass::Rig,
            ..
        }
        | Outcome::Refused(RefusalReason::InvalidResult | RefusalReason::Duplicate) => {
            Some(Verdict::Wrong)
        }
        Outcome::Rejected { .. }
        | Outcome::Refused(_)
        | Outcome::Unanswered
        | Outcome::Held
        | Outcome::Undeliverable => None,
    }
}
