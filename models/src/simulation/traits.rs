//! What kind of machine a rig is.

use rand::Rng;

use super::chance;
use super::scan::ScanOrder;
use crate::filter::Scanner;

/// A rig's machine, program and surroundings, apart from what it wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RigTraits {
    /// Hashes per second of all threads.
    pub hash_rate: f64,
    /// Threads that mine, 1 to 128.
    pub threads: u32,
    /// The fastest thread is at most this many times as fast as the slowest, 1 to 4: threads
    /// share caches and cores, and cores differ.
    pub speed_spread: f64,
    /// What the name of its program tells.
    pub scanner: Scanner,
    /// How the program scans.
    pub order: ScanOrder,
    /// Way of a line between proxy and rig, in seconds. Shares that are found this shortly before
    /// a job is replaced, or within the same time after, arrive late.
    pub latency: f64,
    /// Seconds between two restarts of the miner, on average: new lease, scan from 0.
    pub restart_every: f64,
    /// Seconds between two pauses, on average; a pause does not end the scan.
    pub pause_every: f64,
    /// Seconds of a pause, on average.
    pub pause: f64,
}

impl RigTraits {
    /// An honest rig as there may be one: from 100 H/s to 1 MH/s, 1 to 128 threads, mostly xmrig.
    #[must_use]
    pub fn random(rng: &mut impl Rng) -> Self {
        let xmrig = chance::happens(rng, 0.85);
        let order = if xmrig {
            ScanOrder::Blocks
        } else {
            match chance::below(rng, 4) {
                0 => ScanOrder::Blocks,
                1 => ScanOrder::Interleaved,
                2 => ScanOrder::Partitioned,
                _ => ScanOrder::Random,
            }
        };
        let (pause_every, pause) = if chance::happens(rng, 0.8) {
            // xmrig mines for its authors 1 minute in 100 and takes its scan up again.
            (6_000.0, 60.0)
        } else if chance::happens(rng, 0.5) {
            // A desktop whose owner comes and goes.
            (900.0, 300.0)
        } else {
            (f64::INFINITY, 0.0)
        };
        Self {
            hash_rate: chance::log_uniform(rng, 100.0, 1e6),
            threads: chance::whole(chance::log_uniform(rng, 1.0, 129.0)),
            speed_spread: 1.0 + 3.0 * chance::uniform(rng).powi(2),
            scanner: if xmrig {
                Scanner::XmrigBlocks
            } else {
                Scanner::Unknown
            },
            order,
            latency: chance::log_uniform(rng, 0.002, 2.0),
            restart_every: chance::log_uniform(rng, 1_500.0, 150_000.0),
            pause_every,
            pause,
        }
        .tamed()
    }

    /// An xmrig of a given speed on a machine with 8 like threads, near by.
    #[must_use]
    pub fn plain(hash_rate: f64) -> Self {
        Self {
            hash_rate,
            threads: 8,
            speed_spread: 1.1,
            scanner: Scanner::XmrigBlocks,
            order: ScanOrder::Blocks,
            latency: 0.03,
            restart_every: 100_000.0,
            pause_every: 6_000.0,
            pause: 60.0,
        }
        .tamed()
    }

    /// Within what can be simulated.
    pub(super) fn tamed(self) -> Self {
        let within = |value: f64, low: f64, high: f64| {
            if value.is_nan() {
                high
            } else {
                value.clamp(low, high)
            }
        };
        Self {
            hash_rate: within(self.hash_rate, 1.0, 1e9),
            threads: self.threads.clamp(1, 128),
            speed_spread: within(self.speed_spread, 1.0, 4.0),
            latency: within(self.latency, 0.0, 10.0),
            restart_every: within(self.restart_every, 60.0, f64::INFINITY),
            pause_every: within(self.pause_every, 60.0, f64::INFINITY),
            pause: within(self.pause, 0.0, 86_400.0),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    #[test]
    fn random_rigs_cover_the_stated_ranges() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let rigs: Vec<RigTraits> = (0..5_000).map(|_| RigTraits::random(&mut rng)).collect();
        let xmrig = rigs.iter().filter(|r| r.scanner == Scanner::XmrigBlocks);
        assert!(xmrig.clone().all(|r| r.order == ScanOrder::Blocks));
        assert!((4_100..4_400).contains(&xmrig.count()));
        for rig in &rigs {
            assert!((100.0..=1e6).contains(&rig.hash_rate));
            assert!((1..=128).contains(&rig.threads));
        }
        assert!(rigs.iter().any(|r| r.threads == 1) && rigs.iter().any(|r| r.threads > 120));
        let slow = rigs.iter().filter(|r| r.hash_rate < 10_000.0).count();
        assert!((2_300..2_700).contains(&slow), "{slow}");
    }

    #[test]
    fn nonsense_is_brought_within_what_can_be_simulated() {
        let traits = RigTraits {
            hash_rate: f64::NAN,
            threads: 0,
            speed_spread: f64::NEG_INFINITY,
            pause: f64::INFINITY,
            ..RigTraits::plain(0.0)
        }
        .tamed();
        assert!(traits.hash_rate.is_finite() && traits.pause.is_finite());
        assert_eq!(traits.threads, 1);
        assert!((traits.speed_spread - 1.0).abs() < 1e-12);
    }
}
