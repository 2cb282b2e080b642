//! Capital and bets as they are written down. What is read is what could have been written: a
//! game must not be entered with more than there can be, nor with knowledge that no shares left.

use serde::{Deserialize, Serialize};

use super::super::array;
use super::{CAPITAL_MAX, EProcess, EventBet, SymbolBet};

/// A process.
#[derive(Serialize, Deserialize)]
pub(super) struct Written<const N: usize> {
    #[serde(with = "array")]
    stakes: [f32; N],
    reserve: f32,
    rounds: u32,
}

impl<const N: usize> From<EProcess<N>> for Written<N> {
    fn from(process: EProcess<N>) -> Self {
        Self {
            stakes: process.stakes,
            reserve: process.reserve,
            rounds: process.rounds,
        }
    }
}

impl<const N: usize> TryFrom<Written<N>> for EProcess<N> {
    type Error = &'static str;

    fn try_from(written: Written<N>) -> Result<Self, Self::Error> {
        let bounded = |stake: &f32| (0.0..=CAPITAL_MAX).contains(stake);
        if !written.stakes.iter().all(bounded) || !(0.0..=0.5).contains(&written.reserve) {
            return Err("capital that cannot be");
        }
        Ok(Self {
            stakes: written.stakes,
            reserve: written.reserve,
            rounds: written.rounds,
        })
    }
}

impl From<EventBet> for (u8, u8) {
    fn from(bet: EventBet) -> Self {
        (bet.hits, bet.misses)
    }
}

impl TryFrom<(u8, u8)> for EventBet {
    type Error = &'static str;

    fn try_from((hits, misses): (u8, u8)) -> Result<Self, Self::Error> {
        if hits.saturating_add(misses) >= Self::MEMORY {
            return Err("more rounds than are remembered");
        }
        Ok(Self { hits, misses })
    }
}

/// The counts of symbols; their sum follows.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Counts<const K: usize>(#[serde(with = "array")] [u8; K]);

impl<const K: usize> From<SymbolBet<K>> for Counts<K> {
    fn from(bet: SymbolBet<K>) -> Self {
        Self(bet.counts)
    }
}

impl<const K: usize> TryFrom<Counts<K>> for SymbolBet<K> {
    type Error = &'static str;

    fn try_from(Counts(counts): Counts<K>) -> Result<Self, Self::Error> {
        if counts.contains(&u8::MAX) {
            return Err("more symbols than are remembered");
        }
        let total = counts.iter().copied().map(u16::from).sum();
        Ok(Self { counts, total })
    }
}
