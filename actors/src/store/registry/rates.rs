//! How fast rigs were, for the difficulty that they begin with.

use std::sync::{Mutex, MutexGuard, PoisonError};

use zartrux_models::ledger::ShareEntry;
use zartrux_models::share::RigKey;
use zartrux_models::work::Algorithm;

use crate::miner_sessions::RateMemory;
use crate::rig_map::RigMap;

/// The expected hash rates of rigs, read at logins from any lane.
///
/// Of shares in the ledger it is not kept which algorithm they were of, so their rates stand for
/// Monero's: `rx/0` and `rx/2`, at which a rig is about as fast. What lanes say of a rig is by
/// algorithm, and goes before that; it ends with the process.
#[derive(Debug)]
pub struct RateBook {
    rates: Mutex<Rates>,
    most: usize,
}

#[derive(Debug, Default)]
struct Rates {
    /// By the ledger.
    ledger: RigMap<f32>,
    /// By what lanes saw, the last one last; at most [`RateBook::ALGORITHMS`] of a rig.
    seen: RigMap<Vec<(Algorithm, f32)>>,
}

impl RateBook {
    /// Algorithms of a rig whose rates are kept: it seldom has jobs of more.
    const ALGORITHMS: usize = 4;

    /// An empty one for at most so many rigs.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            rates: Mutex::default(),
            most: most.max(1),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Rates> {
        self.rates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hashes per second that a rig is to be expected to make of an algorithm; none if nothing is
    /// known.
    #[must_use]
    pub fn of(&self, rig: RigKey, algorithm: &Algorithm) -> Option<f64> {
        let rates = self.lock();
        let seen = rates.seen.get(&rig).map_or(&[][..], Vec::as_slice);
        let of = |wanted: &dyn Fn(&Algorithm) -> bool| {
            let mut newest = seen.iter().rev();
            newest.find(|(algorithm, _)| wanted(algorithm))
        };
        let found = of(&|known| known == algorithm).map(|(_, rate)| *rate);
        let found = found.or_else(|| {
            if !algorithm.is_moneros() {
                return None;
            }
            let other = of(&Algorithm::is_moneros).map(|(_, rate)| *rate);
            other.or_else(|| rates.ledger.get(&rig).copied())
        });
        found.map(f64::from)
    }

    /// Notes the rates of shares.
    pub fn note_all(&self, shares: &[ShareEntry]) {
        let mut rates = self.lock();
        for share in shares {
            put(&mut rates.ledger, self.most, share.rig, share.rate);
        }
    }

    /// Notes the rate of a rig as the ledger has it.
    pub fn note(&self, rig: RigKey, rate: f32) {
        put(&mut self.lock().ledger, self.most, rig, rate);
    }

    /// Notes how fast a lane saw a rig hash an algorithm.
    pub fn note_seen(&self, rig: RigKey, algorithm: &Algorithm, rate: f32) {
        if !is_rate(rate) {
            return;
        }
        let mut rates = self.lock();
        let seen = room_for(&mut rates.seen, self.most, rig).or_default();
        seen.retain(|(known, _)| known != algorithm);
        if seen.len() >= Self::ALGORITHMS {
            seen.remove(0);
        }
        seen.push((algorithm.clone(), rate));
    }
}

impl RateMemory for RateBook {
    fn rate(&self, rig: RigKey, algorithm: &Algorithm) -> Option<f64> {
        self.of(rig, algorithm)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "an estimate, which was made of singles"
    )]
    fn note(&self, rig: RigKey, algorithm: &Algorithm, rate: f64) {
        self.note_seen(rig, algorithm, rate as f32);
    }
}

fn is_rate(rate: f32) -> bool {
    rate.is_finite() && rate > 0.0
}

fn put(rates: &mut RigMap<f32>, most: usize, rig: RigKey, rate: f32) {
    if is_rate(rate) {
        room_for(rates, most, rig).insert_entry(rate);
    }
}

/// The place of a rig. Where there is no room any other may give way: it costs that one a few
/// minutes at another difficulty.
fn room_for<V>(
    rates: &mut RigMap<V>,
    most: usize,
    rig: RigKey,
) -> std::collections::hash_map::Entry<'_, RigKey, V> {
    if rates.len() >= most
        && !rates.contains_key(&rig)
        && let Some(other) = rates.keys().next().copied()
    {
        rates.remove(&other);
    }
    rates.entry(rig)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded_and_takes_no_rate_that_is_none() {
        let book = RateBook::new(10);
        let other = Algorithm::named("cn/r");
        for rig in 0..1_000 {
            book.note(RigKey(rig), 5.0);
            book.note_seen(RigKey(rig), &other, 7.0);
        }
        assert_eq!(book.lock().ledger.len(), 10);
        assert_eq!(book.lock().seen.len(), 10);
        let rig = RigKey(999);
        assert_eq!(book.of(rig, &Algorithm::Rx0), Some(5.0));
        for rate in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            book.note(rig, rate);
            book.note_seen(rig, &other, rate);
        }
        assert_eq!(book.of(rig, &Algorithm::Rx0), Some(5.0));
        for at in 0..1_000 {
            book.note_seen(rig, &Algorithm::named(&format!("x/{at}")), 1.0);
        }
        assert_eq!(book.lock().seen[&rig].len(), RateBook::ALGORITHMS);
    }

    #[test]
    fn each_algorithm_has_a_rate_of_its_own_and_moneros_stand_for_each_other() {
        let book = RateBook::new(10);
        let (rig, other) = (RigKey(1), Algorithm::named("cn/r"));
        book.note(rig, 8_000.0);
        assert_eq!(book.of(rig, &Algorithm::Rx2), Some(8_000.0));
        assert_eq!(book.of(rig, &other), None, "nothing follows from rx/0");
        book.note_seen(rig, &other, 90.0);
        assert_eq!(book.of(rig, &other), Some(90.0));
        assert_eq!(book.of(rig, &Algorithm::Rx2), Some(8_000.0));
        book.note_seen(rig, &Algorithm::Rx2, 6_500.0);
        assert_eq!(book.of(rig, &Algorithm::Rx2), Some(6_500.0));
        book.note_seen(rig, &Algorithm::Rx0, 8_100.0);
        assert_eq!(book.of(rig, &Algorithm::Rx0), Some(8_100.0));
        assert_eq!(book.of(rig, &Algorithm::Rx2), Some(6_500.0));
    }
}
