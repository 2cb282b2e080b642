//! How fast rigs were, for the difficulty that they begin with.

use std::sync::{Mutex, MutexGuard, PoisonError};

use zartrux_models::ledger::ShareEntry;
use zartrux_models::share::RigKey;

use crate::rig_map::RigMap;

/// The expected hash rates of rigs, read at logins from any lane.
#[derive(Debug)]
pub struct RateBook {
    rates: Mutex<RigMap<f32>>,
    most: usize,
}

impl RateBook {
    /// An empty one for at most so many rigs.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            rates: Mutex::default(),
            most: most.max(1),
        }
    }

    fn lock(&self) -> MutexGuard<'_, RigMap<f32>> {
        self.rates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hashes per second that a rig is to be expected to make; none if nothing is known.
    #[must_use]
    pub fn of(&self, rig: RigKey) -> Option<f64> {
        self.lock().get(&rig).map(|rate| f64::from(*rate))
    }

    /// Notes the rates of shares.
    pub fn note_all(&self, shares: &[ShareEntry]) {
        let mut rates = self.lock();
        for share in shares {
            Self::put(&mut rates, self.most, share.rig, share.rate);
        }
    }

    /// Notes the rate of a rig.
    pub fn note(&self, rig: RigKey, rate: f32) {
        Self::put(&mut self.lock(), self.most, rig, rate);
    }

    fn put(rates: &mut RigMap<f32>, most: usize, rig: RigKey, rate: f32) {
        if !(rate.is_finite() && rate > 0.0) {
            return;
        }
        // Any may give way: it costs a rig a few minutes at another difficulty.
        if rates.len() >= most
            && !rates.contains_key(&rig)
            && let Some(other) = rates.keys().next().copied()
        {
            rates.remove(&other);
        }
        rates.insert(rig, rate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded_and_takes_no_rate_that_is_none() {
        let book = RateBook::new(10);
        for rig in 0..1_000 {
            book.note(RigKey(rig), 5.0);
        }
        assert_eq!(book.lock().len(), 10);
        assert_eq!(book.of(RigKey(999)), Some(5.0));
        for rate in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            book.note(RigKey(999), rate);
        }
        assert_eq!(book.of(RigKey(999)), Some(5.0));
    }
}
