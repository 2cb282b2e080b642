//! Betting against a hypothesis.
//!
//! Before each share a filter stakes its capital on what it will look like. If the bets are fair
//! or worse under the null hypothesis, the capital is a non-negative supermartingale that starts
//! at 1, and by Ville's inequality it *ever* exceeds 1/α with probability at most α, however often
//! it is looked at (Shafer, "Testing by betting", JRSS A 184, 2021; Ramdas and others,
//! "Game-theoretic statistics and safe anytime-valid inference", Statistical Science 38, 2023).
//!
//! A miner may be honest for a week and fail then. Capital that has been lost until that day would
//! have to be won back first, so half of it is kept in reserve and enters the game little by
//! little: a mixture over the times at which things may have changed, still a supermartingale.

mod written;

use serde::{Deserialize, Serialize};

use self::written::{Counts, Written};

/// Capital is taken out of the game above this: what is won further would only have to be lost
/// again by a rig that has mended itself. Giving capital away keeps a supermartingale one.
const CAPITAL_MAX: f32 = 1e30;

/// Rounds between two times at which reserve enters the game.
const ROUNDS_PER_ENTRY: u32 = 16;

/// The capital of `N` bettors who share one starting capital of 1.
///
/// Its value is an e-process as long as each bet's factor has a mean of at most 1 under the null
/// hypothesis, given everything seen before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written<N>", into = "Written<N>")]
pub struct EProcess<const N: usize> {
    stakes: [f32; N],
    reserve: f32,
    rounds: u32,
}

impl<const N: usize> Default for EProcess<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> EProcess<N> {
    /// Half of the capital in the game, in equal parts; the rest in reserve.
    #[must_use]
    pub fn new() -> Self {
        let mut process = Self {
            stakes: [0.0; N],
            reserve: 1.0,
            rounds: 0,
        };
        process.enter(0.5);
        process
    }

    /// Takes a round: every bettor's stake is multiplied by its factor, after the reserve that is
    /// due has entered the game. What is no number, or negative, ruins that bettor: it is no bet.
    pub fn round(&mut self, factors: [f32; N]) {
        if self.rounds.is_multiple_of(ROUNDS_PER_ENTRY) {
            self.let_reserve_enter();
        }
        self.rounds = self.rounds.saturating_add(1);
        self.multiply(factors);
    }

    /// Begins a game of several shares, to be bet on as a whole: the reserve that is due enters
    /// now, and only now. For filters whose bets are fair from the start of such a game, and not
    /// from any share on; they use this and [`EProcess::multiply`] in place of
    /// [`EProcess::round`].
    pub fn begin_game(&mut self) {
        self.rounds = self.rounds.saturating_add(1);
        self.let_reserve_enter();
    }

    /// Multiplies every bettor's stake by its factor; none enters. What is no number, or
    /// negative, ruins that bettor: it is no bet.
    pub fn multiply(&mut self, factors: [f32; N]) {
        for (stake, factor) in self.stakes.iter_mut().zip(factors) {
            // Bounded, so that a ruined bettor (0) stays ruined whatever its factor.
            let factor = if factor > 0.0 {
                factor.min(CAPITAL_MAX)
            } else {
                0.0
            };
            *stake = (*stake * factor).min(CAPITAL_MAX);
        }
    }

    /// Rounds taken so far.
    #[must_use]
    pub const fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The logarithm of the capital.
    #[must_use]
    pub fn log_e(&self) -> f64 {
        f64::from(self.capital()).ln()
    }

    /// The logarithm of the capital of somebody who stakes this part of it, at most 1, and keeps
    /// the rest for good.
    #[must_use]
    pub fn log_e_of_part(&self, staked: f64) -> f64 {
        let staked = staked.clamp(0.0, 1.0);
        (1.0 - staked + staked * f64::from(self.capital())).ln()
    }

    fn capital(&self) -> f32 {
        self.stakes.iter().sum::<f32>() + self.reserve
    }

    /// The bettor that has won most: the alternative that fits best.
    #[must_use]
    pub fn leader(&self) -> usize {
        let mut leader = 0;
        for (index, stake) in self.stakes.iter().enumerate() {
            if *stake > self.stakes[leader] {
                leader = index;
            }
        }
        leader
    }

    /// The reserve after t rounds is ½ ÷ (1 + ln(1 + t/64)): so a change after t rounds costs
    /// about ln t nats.
    fn let_reserve_enter(&mut self) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a schedule; any deterministic one is valid"
        )]
        let rounds = self.rounds as f32;
        let due = 0.5 / (1.0 + (rounds / 64.0).ln_1p());
        let entering = self.reserve - due;
        if entering > 0.0 {
            self.enter(entering);
        }
    }

    fn enter(&mut self, part: f32) {
        self.reserve -= part;
        #[expect(clippy::cast_precision_loss, reason = "a handful of bettors")]
        let each = part / N as f32;
        for stake in &mut self.stakes {
            *stake += each;
        }
    }
}

/// Bets that an event comes more often than a ceiling allows.
///
/// Null hypothesis: given the past, the event's probability is at most `ceiling`. The bet is the
/// likelihood ratio of an adaptive estimate above the ceiling, so its mean is at most 1 for every
/// probability up to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(u8, u8)", into = "(u8, u8)")]
pub struct EventBet {
    hits: u8,
    misses: u8,
}

impl EventBet {
    /// Rounds after which the older half is forgotten.
    const MEMORY: u8 = 128;

    /// The factor of this round, and the outcome noted for the next.
    pub fn factor(&mut self, ceiling: f32, hit: bool) -> f32 {
        let (hits, misses) = (f32::from(self.hits), f32::from(self.misses));
        // Starts halfway between the ceiling and certainty: the alternatives are gross.
        let prior = 4.0;
        let hoped = (1.0 + ceiling) / 2.0;
        let estimate = (hits + prior * hoped) / (hits + misses + prior);
        self.note(hit);
        if estimate <= ceiling {
            return 1.0;
        }
        if hit {
            estimate / ceiling
        } else {
            (1.0 - estimate) / (1.0 - ceiling)
        }
    }

    const fn note(&mut self, hit: bool) {
        if hit {
            self.hits += 1;
        } else {
            self.misses += 1;
        }
        // Recent rounds count most: a rig may change.
        if self.hits.saturating_add(self.misses) >= Self::MEMORY {
            self.hits /= 2;
            self.misses /= 2;
        }
    }
}

/// Bets on symbols that should be uniform on `0..K`, by the Krichevsky–Trofimov estimate of what
/// was seen so far (Krichevsky and Trofimov, IEEE Trans. Inf. Theory 27, 1981), with forgetting.
///
/// Null hypothesis: given the past, each symbol has probability 1/K; the factor's mean is then
/// exactly 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Counts<K>", into = "Counts<K>")]
pub struct SymbolBet<const K: usize> {
    counts: [u8; K],
    total: u16,
}

impl<const K: usize> Default for SymbolBet<K> {
    fn default() -> Self {
        Self {
            counts: [0; K],
            total: 0,
        }
    }
}

impl<const K: usize> SymbolBet<K> {
    /// The factor of this symbol, and the symbol noted for the next. One outside `0..K` is not
    /// bet on.
    pub fn factor(&mut self, symbol: usize) -> f32 {
        let Some(count) = self.counts.get_mut(symbol) else {
            return 1.0;
        };
        #[expect(clippy::cast_precision_loss, reason = "K is a small number of symbols")]
        let symbols = K as f32;
        let factor = symbols * (f32::from(*count) + 0.5) / (f32::from(self.total) + symbols / 2.0);
        *count += 1;
        self.total += 1;
        if *count == u8::MAX {
            for count in &mut self.counts {
                *count /= 2;
            }
            self.total = self.counts.iter().copied().map(u16::from).sum();
        }
        factor
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn capital_starts_at_one_and_wins_as_the_bets_do() {
        let mut process = EProcess::<2>::new();
        assert!(process.log_e().abs() < 1e-6);
        for _ in 0..40 {
            process.round([2.0, 0.5]);
        }
        assert!(process.log_e() > 25.0, "{}", process.log_e());
        assert_eq!(process.leader(), 0);
    }

    #[test]
    fn a_change_late_costs_about_the_logarithm_of_its_time() {
        let mut process = EProcess::<1>::new();
        for _ in 0..5_000 {
            process.round([0.9]);
        }
        assert!(process.log_e() > -3.0, "the reserve stays");
        let mut shares = 0;
        while process.log_e() < 13.8 {
            process.round([2.0]);
            shares += 1;
        }
        assert!(shares < 45, "{shares}");
    }

    #[test]
    fn capital_is_bounded_and_nonsense_ruins_only_its_bettor() {
        let mut process = EProcess::<2>::new();
        for _ in 0..500 {
            process.round([1e9, f32::NAN]);
        }
        assert!(process.log_e().is_finite() && process.log_e() < 70.0);
        process.round([f32::NEG_INFINITY, f32::INFINITY]);
        assert!(process.log_e() < 1.0, "a ruined bettor wins nothing");
    }

    #[test]
    fn who_keeps_a_third_wins_two_thirds_and_never_loses_more() {
        let mut process = EProcess::<1>::new();
        assert!(process.log_e_of_part(2.0 / 3.0).abs() < 1e-6);
        process.multiply([1e9]);
        let given_up = process.log_e() - process.log_e_of_part(2.0 / 3.0);
        assert!((given_up - 1.5f64.ln()).abs() < 1e-6, "{given_up}");
        for _ in 0..100_000 {
            process.round([0.0]);
        }
        assert!(process.log_e_of_part(2.0 / 3.0) >= (1.0f64 / 3.0).ln());
        assert!(process.log_e_of_part(f64::NAN).is_nan(), "no evidence");
    }

    #[test]
    fn reserve_enters_at_the_start_of_a_game_and_not_within_it() {
        let mut process = EProcess::<1>::new();
        process.multiply([0.0]);
        let reserve = process.log_e();
        for _ in 0..100 {
            process.multiply([2.0]);
        }
        assert!((process.log_e() - reserve).abs() < 1e-6);
        process.begin_game();
        for _ in 0..100 {
            process.multiply([2.0]);
        }
        assert!(process.log_e() > 40.0, "{}", process.log_e());
    }

    proptest! {
        /// The sum over all outcomes of probability × factor, at any history: the definition of a
        /// fair bet, checked by enumeration.
        #[test]
        fn symbol_bets_are_fair_after_any_history(history in proptest::collection::vec(0usize..8, 0..600)) {
            let mut bet = SymbolBet::<8>::default();
            for symbol in history {
                bet.factor(symbol);
            }
            let mean: f32 = (0..8).map(|symbol| bet.clone().factor(symbol) / 8.0).sum();
            prop_assert!((mean - 1.0).abs() < 1e-5, "{mean}");
        }

        #[test]
        fn event_bets_are_fair_or_worse_after_any_history_up_to_the_ceiling(
            history in proptest::collection::vec(any::<bool>(), 0..300),
            ceiling in 0.001f32..0.9,
            below in 0f32..=1.0,
        ) {
            let mut bet = EventBet::default();
            for hit in history {
                bet.factor(ceiling, hit);
            }
            let probability = ceiling * below;
            let (mut win, mut lose) = (bet, bet);
            let mean = probability * win.factor(ceiling, true)
                + (1.0 - probability) * lose.factor(ceiling, false);
            prop_assert!(mean <= 1.0 + 1e-5, "{mean}");
        }
    }
}
