//! Whether one model is better than another, on data that is later than both.
//!
//! For every share that comes after both were trained, what one model's answer cost is set against
//! what the other's did (the loss of each; see [`gain_of`]). Shares of the same minutes hang
//! together, so what counts is the mean of each stretch of time, and stretches are taken as
//! independent given the past. Of their mean there is an interval that holds at every look at once
//! (asymptotically: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit
//! theory and asymptotic confidence sequences", Annals of Statistics 52, 2024), so a
//! duel may be looked at whenever anybody likes and ended as soon as it is clear.
//!
//! What it can't see: a change that falls between two looks and lasts shorter than a stretch, and
//! bad data that both models are judged by. Whoever promotes a model by it asks for a stretch of
//! time that is longer than bad data is expected to last.

use serde::{Deserialize, Serialize};

/// A probability is taken as at least this far from 0 and 1: one share costs no more than 6.9.
const CERTAIN: f64 = 1e-3;

/// How much less the challenger's answer cost than the incumbent's: natural logarithms of what they
/// gave to what happened. Above 0 where the challenger was nearer.
#[must_use]
pub fn gain_of(happened: bool, challenger: f64, incumbent: f64) -> f64 {
    let cost = |probability: f64| {
        let given = if happened {
            probability
        } else {
            1.0 - probability
        };
        // What is no number is as bad as can be.
        if given.is_nan() {
            -CERTAIN.ln()
        } else {
            -given.clamp(CERTAIN, 1.0 - CERTAIN).ln()
        }
    };
    cost(incumbent) - cost(challenger)
}

/// Two models side by side, in constant space.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Duel {
    /// Time of the first share, milliseconds since 1970.
    first_ms: u64,
    /// Of the last.
    last_ms: u64,
    /// Shares.
    shares: u64,
    /// Stretches that are over, the sum of their means and of the squares.
    stretches: u64,
    sum: f64,
    squares: f64,
    /// The stretch under way: its number, its shares, the sum of their gains.
    under_way: (u64, u64, f64),
}

/// How far the challenger is ahead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Advantage {
    /// Mean gain of a stretch of time, in nats a share.
    pub mean: f64,
    /// It is above this, with a probability of 95 % at all looks together.
    pub low: f64,
    /// And below this.
    pub high: f64,
    /// Shares that were compared.
    pub shares: u64,
    /// Stretches of time.
    pub stretches: u64,
    /// From the first to the last, milliseconds.
    pub lasted_ms: u64,
}

impl Duel {
    /// Milliseconds of a stretch.
    pub const STRETCH_MS: u64 = 600_000;
    /// Fewer say nothing: the interval is one of large numbers.
    pub const STRETCHES: u64 = 36;
    /// On either side of the interval.
    const ALPHA: f64 = 0.025;
    /// Stretches for which the interval is narrowest: about a day.
    const NARROWEST_AT: f64 = 144.0;

    /// A share that both answered.
    pub fn note(&mut self, at_ms: u64, gain: f64) {
        if !gain.is_finite() {
            return;
        }
        if self.shares == 0 {
            self.first_ms = at_ms;
        }
        let stretch = at_ms / Self::STRETCH_MS;
        if self.under_way.0 != stretch {
            self.end_stretch();
            self.under_way.0 = stretch;
        }
        self.under_way.1 += 1;
        self.under_way.2 += gain;
        self.shares += 1;
        self.last_ms = self.last_ms.max(at_ms);
    }

    fn end_stretch(&mut self) {
        let (number, shares, sum) = std::mem::take(&mut self.under_way);
        self.under_way.0 = number;
        if shares > 0 {
            let mean = sum / as_f64(shares);
            self.stretches += 1;
            self.sum += mean;
            self.squares += mean * mean;
        }
    }

    /// Shares that were compared.
    #[must_use]
    pub const fn shares(&self) -> u64 {
        self.shares
    }

    /// Time of the last share, milliseconds since 1970; 0 before the first.
    #[must_use]
    pub const fn last_ms(&self) -> u64 {
        self.last_ms
    }

    /// Milliseconds from the first share to the last.
    #[must_use]
    pub const fn lasted_ms(&self) -> u64 {
        self.last_ms.saturating_sub(self.first_ms)
    }

    /// How far the challenger is ahead; none while there are too few stretches to say.
    #[must_use]
    pub fn advantage(&self) -> Option<Advantage> {
        if self.stretches < Self::STRETCHES {
            return None;
        }
        let n = as_f64(self.stretches);
        let mean = self.sum / n;
        let variance = (self.squares / n - mean * mean).max(0.0) * n / (n - 1.0);
        let half = variance.sqrt() * half_width(n);
        Some(Advantage {
            mean,
            low: mean - half,
            high: mean + half,
            shares: self.shares,
            stretches: self.stretches,
            lasted_ms: self.lasted_ms(),
        })
    }
}

/// In standard deviations of a stretch, after n stretches, on one side.
///
/// Robbins's mixture of normal tests, over the half of them that bets on the challenger: with the sum
/// S and v = nρ² + 1 its capital is 2Φ(ρS/√v) exp(ρ²S²/2v) / √v. As Φ(x) ≥ 1 − exp(−x²/2)/2, it has
/// passed 1/α once exp(ρ²S²/2v) ≥ 1 + √v/2α, and that is solved for S/n. ρ is what makes it about
/// narrowest at [`Duel::NARROWEST_AT`].
fn half_width(n: f64) -> f64 {
    let log = -2.0 * Duel::ALPHA.ln();
    let rho_squared = (log + (log + 1.0).ln()) / Duel::NARROWEST_AT;
    let scaled = n * rho_squared + 1.0;
    (2.0 * scaled / (n * n * rho_squared) * (1.0 + scaled.sqrt() / (2.0 * Duel::ALPHA)).ln()).sqrt()
}

#[expect(clippy::cast_precision_loss, reason = "a count of shares")]
const fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng as _, SeedableRng as _};
    use rand_xoshiro::Xoshiro256PlusPlus;

    const HOUR_MS: u64 = 3_600_000;

    /// Twenty shares a minute; one in twenty is refused, and the challenger knows a part of them.
    fn days(seed: u64, days: u64, mut both: impl FnMut(bool, bool) -> (f64, f64)) -> Vec<Duel> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut duel = Duel::default();
        let mut hours = Vec::new();
        for hour in 0..days * 24 {
            for share in 0..1_200 {
                let at_ms = hour * HOUR_MS + share * 3_000;
                let refused = random.gen_bool(0.05);
                let (challenger, incumbent) = both(refused, random.gen_bool(0.5));
                duel.note(at_ms, gain_of(refused, challenger, incumbent));
            }
            hours.push(duel);
        }
        hours
    }

    #[test]
    fn a_challenger_that_knows_more_is_found_ahead_within_a_day() {
        let hours = days(1, 1, |refused, seen| {
            let better = if seen && refused { 0.5 } else { 0.04 };
            (better, 0.05)
        });
        let advantage = hours.last().unwrap().advantage().unwrap();
        assert!(advantage.low > 0.0, "{advantage:?}");
        assert_eq!(advantage.shares, 24 * 1_200);
    }

    #[test]
    fn of_two_that_know_the_same_neither_is_ever_found_ahead_more_often_than_promised() {
        // The gain's mean is exactly 0: both are wrong by the same factor, on either side.
        let mut wrong = 0;
        for seed in 0..200 {
            let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
            let mut duel = Duel::default();
            let mut ever = false;
            for stretch in 0..1_000u64 {
                for share in 0..3 {
                    let gain = f64::from(random.gen_range(-10..=10)) * 0.1;
                    duel.note(stretch * Duel::STRETCH_MS + share, gain);
                }
                let advantage = duel.advantage();
                ever |= advantage.is_some_and(|found| found.low > 0.0 || found.high < 0.0);
            }
            wrong += u32::from(ever);
        }
        println!("duel: {wrong} of 200 found ahead or behind at any of 1000 looks");
        // Twice 2.5 %, so 10; with that, 20 are exceeded once in a thousand.
        assert!(wrong <= 20, "{wrong}");
    }

    #[test]
    fn a_few_stretches_say_nothing() {
        let hours = days(1, 1, |_, _| (0.01, 0.5));
        assert!(hours[4].advantage().is_none());
        assert!(hours[7].advantage().is_some());
    }

    #[test]
    fn a_certain_model_that_is_wrong_loses_no_more_than_is_bounded() {
        assert!((gain_of(true, 0.0, 0.5) + (0.5f64.ln() - CERTAIN.ln())).abs() < 1e-9);
        assert!(gain_of(true, f64::NAN, 0.5) < -6.0);
        let mut duel = Duel::default();
        duel.note(0, f64::NAN);
        assert_eq!(duel.shares(), 0);
    }

    #[test]
    fn the_boundary_is_narrowest_where_it_should_be() {
        // Compared with what a single look at that many would have, it is at most twice as wide.
        let single = 1.96 / Duel::NARROWEST_AT.sqrt();
        assert!(half_width(Duel::NARROWEST_AT) < 2.0 * single);
        assert!(half_width(10_000.0) < half_width(100.0));
    }
}
