//! A bet on the nibbles of a result.

use serde::{Deserialize, Serialize};

use super::UNIFORM;

/// Krichevsky–Trofimov bet on all nibbles of a share at once: the product of the factors that
/// [`SymbolBet`](crate::filter::SymbolBet) would give one after another, with one division for
/// them all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NibbleBet {
    counts: [u8; 16],
}

impl NibbleBet {
    /// The factor of at most [`UNIFORM`] nibbles, not above 16²⁴ < 10²⁹, and the nibbles noted for
    /// the next share.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounded to a single; what is too small for one is zero"
    )]
    pub(super) fn factor(&mut self, nibbles: impl Iterator<Item = u8>) -> f32 {
        let most = self
            .counts
            .iter()
            .fold(0, |most: u8, count| most.max(*count));
        if usize::from(most) + UNIFORM > usize::from(u8::MAX) {
            for count in &mut self.counts {
                *count /= 2;
            }
        }
        // 16 (n + ½) ÷ (N + 8) = (2n + 1) ÷ (N ÷ 8 + 1).
        let total: u16 = self.counts.iter().copied().map(u16::from).sum();
        let mut whole = f64::from(total) / 8.0 + 1.0;
        let (mut numerator, mut denominator) = (1.0, 1.0);
        for nibble in nibbles.take(UNIFORM) {
            let count = &mut self.counts[usize::from(nibble & 0xf)];
            numerator *= f64::from(2 * u16::from(*count) + 1);
            *count += 1;
            denominator *= whole;
            whole += 0.125;
        }
        (numerator / denominator) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::SymbolBet;
    use proptest::prelude::*;

    fn low(share: &[u8]) -> impl Iterator<Item = u8> {
        share.iter().map(|byte| byte & 0xf)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// The chain rule: if each nibble's factor has mean 1 given those before it, so has their
        /// product.
        #[test]
        fn a_bet_on_the_next_nibble_is_fair_after_any_others(
            history in proptest::collection::vec(any::<[u8; UNIFORM]>(), 0..40),
            repeats in 1usize..40,
            share in any::<[u8; UNIFORM]>(),
        ) {
            let mut bet = NibbleBet::default();
            for _ in 0..repeats {
                for share in &history {
                    bet.factor(low(share));
                }
            }
            for known in 0..UNIFORM {
                let begun = || low(&share[..known]);
                let mean: f32 =
                    (0..16).map(|next| bet.clone().factor(begun().chain([next])) / 16.0).sum();
                let before = bet.clone().factor(begun());
                prop_assert!((mean / before - 1.0).abs() < 1e-5, "{mean} {before}");
            }
        }

        #[test]
        fn nibbles_are_bet_on_as_symbols_are(
            shares in proptest::collection::vec(any::<[u8; UNIFORM]>(), 1..10),
        ) {
            let (mut nibbles, mut symbols) = (NibbleBet::default(), SymbolBet::<16>::default());
            for share in shares {
                let one_by_one: f32 =
                    low(&share).map(|nibble| symbols.factor(usize::from(nibble))).product();
                let at_once = nibbles.factor(low(&share));
                prop_assert!((at_once / one_by_one - 1.0).abs() < 1e-4);
            }
        }
    }
}
