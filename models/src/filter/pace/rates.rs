//! How fast a rig is, recently and as usual.

use serde::{Deserialize, Serialize};

use crate::work::Difficulty;

/// Hash rates of a rig by the work of its shares, in hashes per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Over about the last quarter of an hour.
    pub now: f64,
    /// Over about the last twelve hours.
    pub usual: f64,
}

impl Rates {
    /// How long a rig is watched before anything is said, in seconds.
    pub const WATCHED_S: f64 = NOW_S as f64;
}

/// Time constants of forgetting, in seconds. With a share each half minute `now` rests on some
/// sixty shares, so it is uncertain by an eighth; `usual` outlasts a night.
const NOW_S: f32 = 15.0 * 60.0;
const USUAL_S: f32 = 12.0 * 3_600.0;

/// Work and time, both faded alike, so that their ratio is right from the start.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Average {
    work: f32,
    seconds: f32,
}

impl Average {
    fn after(self, memory: f32, seconds: f32, work: f32) -> Self {
        let keep = (-seconds / memory).exp();
        Self {
            work: self.work.mul_add(keep, work),
            // What fades within the step itself is left out too.
            seconds: self
                .seconds
                .mul_add(keep, -memory * (-seconds / memory).exp_m1()),
        }
    }

    fn rate(self) -> f64 {
        f64::from(self.work) / f64::from(self.seconds).max(1.0)
    }
}

/// Two averages of a rig's work per second. The clock begins with the first share, whose work is
/// not counted: when it was begun is not known.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct ShareRate {
    now: Average,
    usual: Average,
    #[serde(skip)]
    last_ms: Option<u64>,
}

impl ShareRate {
    /// One more share.
    pub(super) fn note(&mut self, asked: Difficulty, at_ms: u64) {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let work = asked.get() as f32;
        if self.last_ms.is_some() {
            let seconds = self.seconds_since(at_ms);
            self.now = self.now.after(NOW_S, seconds, work);
            self.usual = self.usual.after(USUAL_S, seconds, work);
        }
        self.last_ms = Some(self.last_ms.map_or(at_ms, |last| last.max(at_ms)));
    }

    /// The clock begins again with the next share.
    pub(super) const fn resume(&mut self) {
        self.last_ms = None;
    }

    /// The rates at a time; silence since the last share counts.
    pub(super) fn rates(&self, at_ms: u64) -> Option<Rates> {
        let silence = self.seconds_since(at_ms);
        let now = self.now.after(NOW_S, silence, 0.0);
        let usual = self.usual.after(USUAL_S, silence, 0.0);
        // Of the time watched, `usual` has forgotten next to nothing when this is decided.
        (f64::from(usual.seconds) >= Rates::WATCHED_S).then(|| Rates {
            now: now.rate(),
            usual: usual.rate(),
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds, to a part in 10⁷")]
    fn seconds_since(&self, at_ms: u64) -> f32 {
        let last = self.last_ms.unwrap_or(at_ms);
        at_ms.saturating_sub(last) as f32 / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::simulated_xmrig::{exponential, generator, whole};

    /// Shares of `difficulty` hashes at `rate`, for a time from `from_ms` on.
    fn mine(rates: &mut ShareRate, from_ms: f64, hours: f64, rate: f64) -> f64 {
        let mut random = generator(11);
        let difficulty = 300_000u32;
        let mut at = from_ms;
        while at < from_ms + hours * 3.6e6 {
            at += 1_000.0 * exponential(&mut random, f64::from(difficulty) / rate);
            rates.note(Difficulty::new(u64::from(difficulty)), whole(at));
        }
        at
    }

    #[test]
    fn both_rates_find_a_steady_rigs_rate_and_only_one_follows_a_change_soon() {
        let mut rates = ShareRate::default();
        let at = mine(&mut rates, 5e12, 24.0, 10_000.0);
        let steady = rates.rates(whole(at)).unwrap();
        assert!((steady.usual / 10_000.0 - 1.0).abs() < 0.1, "{steady:?}");
        assert!((steady.now / 10_000.0 - 1.0).abs() < 0.4, "{steady:?}");
        let at = mine(&mut rates, at, 1.0, 4_000.0);
        let slower = rates.rates(whole(at)).unwrap();
        assert!(slower.now < 6_000.0 && slower.usual > 8_500.0, "{slower:?}");
    }

    #[test]
    fn a_rig_that_falls_silent_slows_down_without_a_share() {
        let mut rates = ShareRate::default();
        let at = mine(&mut rates, 0.0, 6.0, 10_000.0);
        let silent = rates.rates(whole(at) + 3_600_000).unwrap();
        assert!(silent.now < 400.0 && silent.usual > 7_000.0, "{silent:?}");
    }

    #[test]
    fn nothing_is_said_of_a_rig_that_was_hardly_watched_and_a_clock_gone_back_does_no_harm() {
        let mut rates = ShareRate::default();
        assert_eq!(rates.rates(9), None);
        let at = mine(&mut rates, 0.0, 0.2, 10_000.0);
        assert_eq!(rates.rates(whole(at)), None);
        rates.note(Difficulty::new(u64::MAX), 0);
        let at = mine(&mut rates, at, 1.0, 10_000.0);
        assert!(rates.rates(whole(at)).unwrap().now.is_finite());
    }
}
