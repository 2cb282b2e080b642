//! What a rig sends when one of its hashes met the target.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::oracle::made_up;
use super::{Conduct, Place, ToyOracle, chance};
use crate::filter::ScanKey;
use crate::share::RigKey;
use crate::work::{ResultHash, Slot, Target};

/// Results that a replayer keeps.
const KEPT: usize = 32;

/// Nonces that a rig with constant nonces has: more would be duplicates within a job.
const CONSTANTS: u32 = 16;

/// Of those it keeps back a withholder must send some, or it would be no miner.
const WITHHELD_MAX: f64 = 0.999;

/// A hash that met the target, by its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) scan: ScanKey,
    pub(super) counter: u32,
    pub(super) target: Target,
}

/// What is sent for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) counter: u32,
    pub(super) result: ResultHash,
    pub(super) good: bool,
    pub(super) honest: bool,
}

/// What a copy does with the shares of the rig that it copies.
#[derive(Debug, Clone)]
pub(super) struct Copying {
    pub(super) key: RigKey,
    pub(super) place: Place,
    delay: f64,
    /// Its own, so that the copied rig goes on as it would.
    rng: Xoshiro256PlusPlus,
}

impl Copying {
    /// Sends under this name, after `delay` seconds on average.
    pub(super) fn new(key: RigKey, place: Place, delay: f64) -> Self {
        Self {
            key,
            place,
            delay,
            rng: Xoshiro256PlusPlus::seed_from_u64(key.0),
        }
    }

    pub(super) fn wait(&mut self) -> f64 {
        self.delay * chance::exponential(&mut self.rng)
    }

    pub(super) fn result(&mut self, target: Target) -> ResultHash {
        made_up(target, &mut self.rng)
    }
}

/// A rig's conduct, with what it needs to remember.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    conduct: Conduct,
    /// Shares sent since it behaves this way.
    sent: u64,
    sent_in_scan: u32,
    /// Honest results that may be sent again.
    kept: Vec<ResultHash>,
    /// What its constant nonces follow from.
    secret: u64,
    pub(super) copying: Option<Copying>,
}

impl Sender {
    pub(super) fn new(conduct: Conduct, rng: &mut impl Rng) -> Self {
        Self {
            conduct,
            sent: 0,
            sent_in_scan: 0,
            kept: Vec::new(),
            secret: rng.r#gen(),
            copying: None,
        }
    }

    pub(super) const fn begin_scan(&mut self) {
        self.sent_in_scan = 0;
    }

    /// Nonces claimed for each that is tried.
    pub(super) fn stride(&self) -> u32 {
        match self.conduct {
            Conduct::OdometerLiar { stride } => stride.max(1),
            Conduct::Honest
            | Conduct::Forger
            | Conduct::CarefulForger
            | Conduct::Replayer
            | Conduct::ConstantNonces
            | Conduct::Withholder { .. }
            | Conduct::WrongHashes { .. }
            | Conduct::CloneOf { .. }
            | Conduct::Sleeper { .. } => 1,
        }
    }

    /// What it sends for a share that it found, if anything.
    pub(super) fn send(
        &mut self,
        found: Found,
        oracle: &ToyOracle,
        rng: &mut impl Rng,
    ) -> Option<Sent> {
        self.wake_up();
        let Found {
            scan,
            counter,
            target,
        } = found;
        let hash = |counter, rng: &mut _| Sent {
            counter,
            result: oracle.hash(scan, counter, target, rng),
            good: true,
            honest: false,
        };
        let forge = |counter, rng: &mut _| Sent {
            counter,
            result: made_up(target, rng),
            good: false,
            honest: false,
        };
        let sent = match &self.conduct {
            Conduct::Honest | Conduct::CloneOf { .. } | Conduct::Sleeper { .. } => Sent {
                honest: true,
                ..hash(counter, rng)
            },
            Conduct::Forger => forge(chance::below(rng, Slot::NONCES), rng),
            Conduct::CarefulForger => forge(counter, rng),
            Conduct::Replayer => match self.again(target, rng) {
                Some(result) => Sent {
                    counter,
                    result,
                    good: false,
                    honest: false,
                },
                None => {
                    let sent = hash(counter, rng);
                    self.kept.push(sent.result);
                    sent
                }
            },
            Conduct::ConstantNonces => forge(self.constant()?, rng),
            Conduct::Withholder { above, part } => {
                let sent = hash(counter, rng);
                let worth = target.threshold() as f64 / sent.result.value().max(1) as f64;
                if worth > *above && chance::happens(rng, part.min(WITHHELD_MAX)) {
                    return None;
                }
                sent
            }
            Conduct::WrongHashes { part } => {
                if chance::happens(rng, *part) {
                    forge(counter, rng)
                } else {
                    hash(counter, rng)
                }
            }
            Conduct::OdometerLiar { stride } => {
                // It tried only the first of each so many nonces.
                hash(counter - counter % (*stride).max(1), rng)
            }
        };
        self.sent += 1;
        self.sent_in_scan = self.sent_in_scan.saturating_add(1);
        Some(sent)
    }

    /// A sleeper whose time has come shows its other face.
    fn wake_up(&mut self) {
        while let Conduct::Sleeper {
            honest_shares,
            then,
        } = &self.conduct
            && self.sent >= *honest_shares
        {
            self.conduct = (**then).clone();
            self.sent = 0;
        }
    }

    /// A result that it sent before and that meets this target too, once it has enough of them.
    fn again(&self, target: Target, rng: &mut impl Rng) -> Option<ResultHash> {
        if self.kept.len() < KEPT {
            return None;
        }
        let place = usize::try_from(chance::below(rng, 32)).unwrap_or(0);
        // The next one that will do, from anywhere.
        let (before, from) = self.kept.split_at(place.min(self.kept.len()));
        from.iter()
            .chain(before)
            .find(|result| target.is_met_by(result))
            .copied()
    }

    /// The next of its few nonces in this scan.
    fn constant(&self) -> Option<u32> {
        if self.sent_in_scan >= CONSTANTS {
            return None;
        }
        let [high, _] = chance::halves(chance::mix(self.secret ^ u64::from(self.sent_in_scan)));
        Some(chance::scaled(high, Slot::NONCES))
    }
}
