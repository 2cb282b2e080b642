//! What is remembered of a rig's shares, to compute features of the next from nothing that was
//! not known when it came.

use serde::{Deserialize, Serialize};

use crate::work::{Difficulty, Slot};

use super::verdicts::UNKNOWN_LOG_ODDS;
use super::{Observation, OutcomeFeatures, ScanKey, Scanner};

/// A share counts this part less than the next one.
const FORGET: f32 = 1.0 / 64.0;

/// Intervals after which a rig's usual one is known well enough to compare with.
const INTERVALS_TO_KNOW: u32 = 8;

/// An interval counts as at most this many usual ones: by chance alone one in ten million is
/// longer, and what is longer is a rig that was off, not one that has become slow.
const INTERVALS_MAX: f32 = 16.0;

/// A rig's shares up to now, in constant space.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RigPast {
    /// When the last share came.
    #[serde(skip)]
    at_ms: u64,
    /// Its scan; `None` where the next share follows none.
    #[serde(skip)]
    scan: Option<ScanKey>,
    #[serde(skip)]
    counter: u32,
    /// Shares so far.
    shares: u32,
    /// Milliseconds that the work below took; both forget alike.
    spent: f32,
    /// Hashes that the intervals' shares stand for.
    work: f32,
    /// Part of shares that were late.
    late: f32,
}

/// How a share follows the rig's one before.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Step {
    /// Milliseconds since then, at most [`INTERVALS_MAX`] usual ones; `None` for the first share.
    pub interval_ms: Option<f32>,
    /// Natural logarithm of the interval over the usual one, once that is known.
    pub ln_interval: Option<f64>,
    /// The same scan, and the nonce is not above.
    pub backward: bool,
    /// Another scan.
    pub new_scan: bool,
}

impl RigPast {
    /// The features of a share, which then belongs to the past. Of verdicts nothing is known here;
    /// see [`OutcomePast`](super::OutcomePast).
    pub fn next(&mut self, seen: &Observation) -> OutcomeFeatures {
        let step = self.step(seen);
        let features = self.features(seen, step);
        self.note(seen, step);
        features
    }

    /// What is known of the rig's next share before it comes, in place of what is neutral.
    pub(super) fn usual(&self, asked: Difficulty, neutral: OutcomeFeatures) -> OutcomeFeatures {
        #[expect(clippy::cast_precision_loss, reason = "a logarithm of it is taken")]
        let asked = asked.get() as f64;
        OutcomeFeatures {
            ln_difficulty: asked.ln(),
            late_before: f64::from(self.late),
            ln_shares_before: f64::from(self.shares).ln_1p(),
            ..neutral
        }
        .clipped()
    }

    /// How a share follows, before it is noted.
    pub(super) fn step(&self, seen: &Observation) -> Step {
        let Some(scan) = self.scan else {
            return Step::default();
        };
        let interval = ms(seen.at_ms.saturating_sub(self.at_ms));
        let usual = hashes(seen) * self.spent / self.work;
        let known = self.shares > INTERVALS_TO_KNOW && usual.is_finite();
        let same_scan = scan == seen.scan;
        Step {
            interval_ms: Some(if known {
                interval.min(INTERVALS_MAX * (usual + 1.0))
            } else {
                interval
            }),
            // A millisecond on either side: the clock's grain, and no logarithm of zero.
            ln_interval: known.then(|| f64::from((interval + 1.0) / (usual + 1.0)).ln()),
            backward: same_scan && seen.counter <= self.counter,
            new_scan: !same_scan,
        }
    }

    /// Takes a share into the past; `step` is how it followed.
    pub(super) fn note(&mut self, seen: &Observation, step: Step) {
        if let Some(interval) = step.interval_ms {
            self.spent += interval - self.spent * FORGET;
            self.work += hashes(seen) - self.work * FORGET;
        }
        self.late += (f32::from(u8::from(seen.late)) - self.late) * FORGET;
        (self.at_ms, self.scan, self.counter) = (seen.at_ms, Some(seen.scan), seen.counter);
        self.shares = self.shares.saturating_add(1);
    }

    /// Goes on in another run of the process: the next share follows none.
    pub(super) const fn resume(&mut self) {
        (self.at_ms, self.scan, self.counter) = (0, None, 0);
    }

    fn features(&self, seen: &Observation, step: Step) -> OutcomeFeatures {
        let height = seen.height_below_target();
        OutcomeFeatures {
            ln_difficulty: f64::from(hashes(seen)).ln(),
            ln_interval: step.ln_interval.unwrap_or(0.0),
            height: height.unwrap_or(0.5),
            target_unclear: flag(height.is_none()),
            late: flag(seen.late),
            late_before: f64::from(self.late),
            progress: progress(seen),
            backward: flag(step.backward),
            scanner_unknown: flag(seen.scanner == Scanner::Unknown),
            ln_shares_before: f64::from(self.shares).ln_1p(),
            stale_before: UNKNOWN_LOG_ODDS,
            wrong_before: UNKNOWN_LOG_ODDS,
            mostly_wrong: 0.0,
        }
        .clipped()
    }
}

/// Position of the nonce within its slot, 0 to 1.
pub(super) fn progress(seen: &Observation) -> f64 {
    f64::from(seen.counter) / f64::from(Slot::NONCES)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a statistic of noisy work; 24 bits are plenty"
)]
pub(super) const fn hashes(seen: &Observation) -> f32 {
    seen.asked.get() as f32
}

#[expect(clippy::cast_precision_loss, reason = "a long interval's last bits")]
const fn ms(interval: u64) -> f32 {
    interval as f32
}

fn flag(set: bool) -> f64 {
    f64::from(u8::from(set))
}

#[cfg(test)]
mod tests {
    use super::super::toy::{ToyRig, share_at};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_first_share_has_neutral_features_of_the_past() {
        let features = RigPast::default().next(&share_at(5_000));
        assert!(features.ln_interval().abs() < 1e-12);
        assert!(features.backward().abs() < 1e-12);
        assert!(features.ln_shares_before().abs() < 1e-12);
    }

    #[test]
    fn an_interval_is_compared_with_the_rigs_usual_one_at_the_difficulty_asked() {
        let mut past = RigPast::default();
        for index in 0..200 {
            past.next(&share_at(index * 10_000));
        }
        let mut next = share_at(199 * 10_000 + 20_000);
        assert!((past.clone().next(&next).ln_interval() - 2f64.ln()).abs() < 0.01);
        // Twice the difficulty takes twice as long.
        next.asked = Difficulty::new(next.asked.get() * 2);
        assert!(past.clone().next(&next).ln_interval().abs() < 0.01);
        assert!(past.next(&share_at(0)).ln_interval() < -7.0, "clock back");
    }

    #[test]
    fn a_night_off_does_not_change_what_is_usual() {
        let mut past = RigPast::default();
        let mut at_ms = 0;
        for _ in 0..200 {
            at_ms += 10_000;
            past.next(&share_at(at_ms));
        }
        at_ms += 8 * 3_600_000;
        assert!(past.next(&share_at(at_ms)).ln_interval() > 6.0);
        at_ms += 10_000;
        let after = past.next(&share_at(at_ms)).ln_interval();
        assert!(after > -0.3 && after < 0.0, "{after}");
    }

    #[test]
    fn features_never_depend_on_what_comes_later() {
        let mut rig = ToyRig::honest(3);
        let shares: Vec<_> = (0..300).map(|_| rig.next()).collect();
        let mut whole = RigPast::default();
        let all: Vec<_> = shares.iter().map(|seen| whole.next(seen)).collect();
        let mut part = RigPast::default();
        let first: Vec<_> = shares[..150].iter().map(|seen| part.next(seen)).collect();
        assert_eq!(all[..150], first[..]);
    }

    proptest! {
        #[test]
        fn features_are_within_their_bounds_whatever_comes(
            shares in proptest::collection::vec((any::<u64>(), any::<u32>(), any::<u64>(), any::<bool>()), 1..60),
        ) {
            let mut past = RigPast::default();
            for (at_ms, counter, asked, late) in shares {
                let mut seen = share_at(at_ms);
                (seen.counter, seen.asked, seen.late) = (counter, Difficulty::new(asked), late);
                for (value, feature) in past.next(&seen).values().iter().zip(OutcomeFeatures::FEATURES) {
                    prop_assert!((feature.low..=feature.high).contains(value), "{}: {value}", feature.name);
                }
            }
        }
    }
}
