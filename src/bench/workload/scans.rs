//! Which nonces miners have scanned, by the generator's own watch: what was scanned twice.

use std::collections::HashMap;
use std::time::Duration;

use crate::bench::work::Origin;

/// Hashes per second of a miner that hashes nothing here, but would: a good desktop.
pub(super) const RATE: f64 = 10_000.0;

/// How far each slot was scanned. A miner scans upward from the first nonce of its slot for as long
/// as it has it.
#[derive(Debug, Default)]
pub(super) struct Scans {
    /// By upstream and slot: in which round, and how many hashes from the first on.
    reached: HashMap<(u32, u8), (u32, f64)>,
    /// Hashes tried.
    pub(super) tried: f64,
    /// Of those: tried by an earlier miner of that slot before.
    pub(super) again: f64,
    /// Visits to a slot that another had in that round.
    pub(super) visits_again: usize,
}

impl Scans {
    /// A miner had a slot for so long.
    pub(super) fn note(&mut self, origin: Origin, held: Duration) {
        let tried = held.as_secs_f64() * RATE;
        self.tried += tried;
        let place = (origin.upstream, origin.slot);
        let known = self.reached.entry(place).or_insert((origin.round, -1.0));
        if known.0 != origin.round {
            *known = (origin.round, -1.0);
        }
        if known.1 >= 0.0 {
            self.visits_again += 1;
            self.again += tried.min(known.1);
        }
        known.1 = known.1.max(tried);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_scanned_is_counted_once_for_the_second_and_another_round_is_other_work() {
        let mut scans = Scans::default();
        let at = |round, slot| Origin {
            round,
            upstream: 0,
            slot,
        };
        let ms = Duration::from_millis;
        scans.note(at(0, 1), ms(100));
        scans.note(at(0, 2), ms(100));
        assert!(scans.again < 1e-9);
        scans.note(at(0, 1), ms(300));
        assert!((scans.again - 1_000.0).abs() < 1e-6, "{scans:?}");
        scans.note(at(0, 1), ms(200));
        assert!((scans.again - 3_000.0).abs() < 1e-6, "{scans:?}");
        scans.note(at(1, 1), ms(200));
        assert!((scans.again - 3_000.0).abs() < 1e-6, "{scans:?}");
        assert!((scans.tried - 9_000.0).abs() < 1e-6, "{scans:?}");
        assert_eq!(scans.visits_again, 2);
    }
}
