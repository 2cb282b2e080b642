//! The difficulty each miner is asked for, so that its shares come at a stated pace.

use std::time::Duration;

use crate::work::Difficulty;

/// Estimate of one miner's hash rate from its shares, and the difficulty that follows.
///
/// Shares are Poisson: `n` shares of total work `w` in time `t` estimate the rate as `w / t`. One
/// imagined share at the first difficulty, in one goal's time, is the prior (it keeps the estimate
/// finite and makes the first real shares count little); older work fades with a time constant of
/// [`Vardiff::MEMORY`] goals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vardiff {
    /// Work of the shares so far, in hashes, faded.
    work: f32,
    /// Time they took, seconds, faded.
    time: f32,
}

/// What all miners of a lane are asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VardiffPolicy {
    /// Time between two shares of a miner.
    pub goal: Duration,
    /// Nobody is asked for less.
    pub floor: Difficulty,
}

impl VardiffPolicy {
    /// The difficulty a miner of unknown speed starts with: twenty times the floor, the pool's at
    /// most.
    #[must_use]
    pub fn start(&self, upstream: Difficulty) -> Difficulty {
        self.clamp(self.floor.get().saturating_mul(20), upstream)
    }

    fn clamp(&self, hashes: u64, upstream: Difficulty) -> Difficulty {
        // The pool's difficulty is the ceiling even when it lies below the floor.
        Difficulty::new(hashes.max(self.floor.get()).min(upstream.get()))
    }
}

impl Vardiff {
    /// Time constant of forgetting, in goals.
    pub const MEMORY: f32 = 12.0;
    /// Shares that a remembered rate counts as much as. A rate that was far too high makes shares
    /// rare, and each more would have to be outweighed by waiting.
    pub const REMEMBERED: f32 = 2.0;
    /// A change smaller than this factor is not worth a message.
    pub const STEP: f64 = 1.3;

    /// Nothing known but the first difficulty.
    #[must_use]
    pub fn new(policy: &VardiffPolicy, first: Difficulty) -> Self {
        Self {
            work: to_f32(first.get()),
            time: policy.goal.as_secs_f32(),
        }
    }

    /// Begins with a hash rate that is remembered of the miner: the estimate, and what to ask for
    /// first. It counts as much as [`Vardiff::REMEMBERED`] shares, at the difficulty that floor and
    /// pool leave of it: so a miner that is another one by now, or a number that is none, is put
    /// right as soon as a wrong first difficulty is.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a difficulty need not be exact; float-to-int casts saturate"
    )]
    pub fn resumed(
        policy: &VardiffPolicy,
        rate_hashes_per_s: f64,
        upstream: Difficulty,
    ) -> (Self, Difficulty) {
        if !rate_hashes_per_s.is_finite() || rate_hashes_per_s <= 0.0 {
            let first = policy.start(upstream);
            return (Self::new(policy, first), first);
        }
        let wanted = rate_hashes_per_s * policy.goal.as_secs_f64();
        let first = policy.clamp(wanted as u64, upstream);
        let prior = Self {
            work: Self::REMEMBERED * to_f32(first.get()),
            time: Self::REMEMBERED * policy.goal.as_secs_f32(),
        };
        (prior, first)
    }

    /// Work and time that it goes by, to go on with elsewhere.
    #[must_use]
    pub const fn parts(&self) -> (f32, f32) {
        (self.work, self.time)
    }

    /// Goes on with what [`Vardiff::parts`] told.
    #[must_use]
    pub const fn from_parts((work, time): (f32, f32)) -> Self {
        Self { work, time }
    }

    /// Time passed, and the work of the shares that came in it.
    pub fn note(&mut self, policy: &VardiffPolicy, elapsed: Duration, work: u64) {
        let elapsed = elapsed.as_secs_f32();
        let memory = Self::MEMORY * policy.goal.as_secs_f32();
        let keep = (-elapsed / memory).exp();
        self.work = self.work.mul_add(keep, to_f32(work));
        self.time = self.time.mul_add(keep, elapsed);
    }

    /// Estimated hashes per second.
    #[must_use]
    pub fn hash_rate(&self) -> f64 {
        f64::from(self.work) / f64::from(self.time).max(1e-3)
    }

    /// The difficulty to ask for next; `current` unless the change is worth it.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a difficulty need not be exact; float-to-int casts saturate"
    )]
    pub fn next(
        &self,
        policy: &VardiffPolicy,
        current: Difficulty,
        upstream: Difficulty,
    ) -> Difficulty {
        let wanted = self.hash_rate() * policy.goal.as_secs_f64();
        let next = policy.clamp(wanted as u64, upstream);
        let ratio = next.get() as f64 / current.get() as f64;
        if current <= upstream && (Self::STEP.recip()..=Self::STEP).contains(&ratio) {
            current
        } else {
            next
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "work is an estimate; 24 bits are plenty"
)]
const fn to_f32(hashes: u64) -> f32 {
    hashes as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: VardiffPolicy = VardiffPolicy {
        goal: Duration::from_secs(30),
        floor: Difficulty::ONE,
    };

    /// Exponential waiting times from a fixed linear congruential sequence.
    struct Waits(u64);

    impl Waits {
        fn next(&mut self, mean: f64) -> f64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let uniform = ((self.0 >> 11) as f64 + 1.0) / (1u64 << 53) as f64;
            -mean * uniform.ln()
        }
    }

    const UPSTREAM: Difficulty = Difficulty::new(u64::MAX);

    /// Mean time between shares after five minutes, over one simulated hour; jobs each 30 s.
    fn settled_pace(rate: f64, seed: u64) -> f64 {
        let asked = Difficulty::new(20_000);
        settled_pace_from((Vardiff::new(&POLICY, asked), asked), rate, seed)
    }

    fn settled_pace_from(
        (mut vardiff, mut asked): (Vardiff, Difficulty),
        rate: f64,
        seed: u64,
    ) -> f64 {
        let mut waits = Waits(seed);
        let (mut now, mut next_job, mut last_note) = (0.0, 30.0, 0.0);
        let (mut shares, mut next_share) = (0u32, waits.next(asked.get() as f64 / rate));
        while now < 3900.0 {
            let found = next_share < next_job;
            now = if found { next_share } else { next_job };
            let elapsed = Duration::from_secs_f64(now - last_note);
            vardiff.note(&POLICY, elapsed, if found { asked.get() } else { 0 });
            last_note = now;
            if found {
                shares += u32::from(now > 300.0);
            } else {
                asked = vardiff.next(&POLICY, asked, UPSTREAM);
                next_job = now + 30.0;
            }
            // Memoryless: the wait may be drawn anew at any moment.
            next_share = now + waits.next(asked.get() as f64 / rate);
        }
        3600.0 / f64::from(shares)
    }

    #[test]
    fn rates_spread_over_a_hundredfold_come_within_30_percent_of_the_goal_in_five_minutes() {
        for rate in [100.0, 300.0, 1_000.0, 3_000.0, 10_000.0] {
            let paces: Vec<f64> = (1..=40).map(|seed| settled_pace(rate, seed)).collect();
            let mean = paces.iter().sum::<f64>() / paces.len() as f64;
            assert!(
                (21.0..=39.0).contains(&mean),
                "{rate} H/s: a share each {mean:.1} s"
            );
        }
    }

    #[test]
    fn a_remembered_rate_that_is_wrong_a_hundredfold_is_put_right_as_soon_as_a_first_difficulty() {
        for wrong in [0.01, 0.1, 1.0, 10.0, 100.0] {
            let paces: Vec<f64> = (1..=40)
                .map(|seed| {
                    let resumed = Vardiff::resumed(&POLICY, 1_000.0 * wrong, UPSTREAM);
                    settled_pace_from(resumed, 1_000.0, seed)
                })
                .collect();
            let mean = paces.iter().sum::<f64>() / paces.len() as f64;
            assert!(
                (21.0..=39.0).contains(&mean),
                "{wrong} times the rate: a share each {mean:.1} s"
            );
        }
    }

    #[test]
    fn a_remembered_miner_is_asked_at_once_for_what_its_rate_comes_to() {
        let (vardiff, first) = Vardiff::resumed(&POLICY, 1_000.0, UPSTREAM);
        assert_eq!(first.get(), 30_000);
        assert!((vardiff.hash_rate() - 1_000.0).abs() < 1e-3);
        assert_eq!(vardiff.next(&POLICY, first, UPSTREAM), first);
    }

    #[test]
    fn a_miner_that_finds_nothing_is_asked_for_less_and_never_for_less_than_the_floor() {
        let policy = VardiffPolicy {
            floor: Difficulty::new(500),
            ..POLICY
        };
        let upstream = Difficulty::new(1_000_000);
        let mut vardiff = Vardiff::new(&policy, upstream);
        vardiff.note(&policy, Duration::from_secs(3_000), 0);
        assert_eq!(vardiff.next(&policy, upstream, upstream).get(), 500);
    }

    proptest! {
        #[test]
        fn whatever_is_remembered_nobody_is_asked_for_less_than_the_floor_or_more_than_the_pool(
            rate in any::<f64>(), floor in 1u64.., upstream in 1u64..,
        ) {
            let policy = VardiffPolicy { floor: Difficulty::new(floor), ..POLICY };
            let (vardiff, first) = Vardiff::resumed(&policy, rate, Difficulty::new(upstream));
            prop_assert!(first.get() >= floor.min(upstream) && first.get() <= upstream);
            prop_assert!(vardiff.hash_rate().is_finite() && vardiff.hash_rate() > 0.0);
        }

        #[test]
        fn nobody_is_asked_for_more_than_the_pool_asks(
            work: u64, seconds in 0u64..1_000_000, upstream in 1u64.., current in 1u64..,
        ) {
            let mut vardiff = Vardiff::new(&POLICY, Difficulty::new(current));
            vardiff.note(&POLICY, Duration::from_secs(seconds), work);
            let next = vardiff.next(&POLICY, Difficulty::new(current), Difficulty::new(upstream));
            prop_assert!(next.get() <= upstream);
        }
    }
}
