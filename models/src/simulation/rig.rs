//! A simulated rig: its shares, in the order of their time.

use std::time::Duration;

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::renewal::Renewal;
use super::scan::Scan;
use super::sending::{Copying, Found, Sender};
use super::{Conduct, JobWalk, Place, RigTraits, Surroundings, chance};
use crate::filter::{Observation, ScanKey};
use crate::plan::Vardiff;
use crate::share::{RigKey, TargetClass};
use crate::work::Difficulty;

/// Part of the scans in which the rig is asked for something else on the way.
const RETARGETED: f64 = 0.02;

/// A share as the lane sees it, and what only the simulation knows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulatedShare {
    /// What filters may see.
    pub seen: Observation,
    /// By the targets it claims to meet.
    pub class: TargetClass,
    /// When its rig was given what it was found in, milliseconds.
    pub given_ms: u64,
    /// Whether a proof would confirm it.
    pub good: bool,
    /// Whether the rig was honest still, or is always: false from the share on with which a
    /// hostile rig, or a sleeper, may begin.
    pub honest: bool,
}

/// There is no rig to copy here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rig on its own has no other to copy; nor has one that begins to copy later")]
pub struct NobodyToCopy;

/// A rig that mines for ever.
#[derive(Debug, Clone)]
pub struct SimulatedRig {
    rng: Xoshiro256PlusPlus,
    key: RigKey,
    traits: RigTraits,
    around: Surroundings,
    place: Place,
    walk: JobWalk,
    /// Leases it had in this job before.
    lease: u32,
    /// Seconds.
    clock: f64,
    /// When this scan began, in seconds.
    began: f64,
    /// Hashes tried in this scan.
    hashes: f64,
    /// Hashes to the next share, in expected shares. It has no memory and so survives every
    /// change of job and difficulty.
    luck: f64,
    /// Hashes per second, in this scan.
    rate: f64,
    scan: Scan,
    scan_key: ScanKey,
    asked: Difficulty,
    /// The lowest difficulty asked for in this scan, if there were several.
    lowest: Option<Difficulty>,
    vardiff: Vardiff,
    /// Work since the last look at the difficulty, and when that was.
    work: u64,
    noted: f64,
    renewal: Renewal,
    retarget_at: f64,
    pause_at: f64,
    restart_at: f64,
    sender: Sender,
    /// Nonce of the last share in this scan.
    last_counter: Option<u32>,
    /// Milliseconds; lines stay in order.
    last_arrival: u64,
}

/// What ends the wait for a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interruption {
    NewJob,
    Renewal,
    Retarget,
    Pause,
    Restart,
}

impl SimulatedRig {
    /// A rig whose shares follow from the seed.
    ///
    /// # Errors
    /// It is to copy another rig: [`super::Farm`] knows which.
    pub fn new(
        seed: u64,
        key: RigKey,
        traits: RigTraits,
        conduct: Conduct,
        around: Surroundings,
        place: Place,
    ) -> Result<Self, NobodyToCopy> {
        if conduct.copies() {
            return Err(NobodyToCopy);
        }
        let traits = traits.tamed();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let walk = around.jobs.walk();
        let (session, slot) = place.lease(0);
        let scan_key = ScanKey {
            job: walk.current().key(session),
            slot,
        };
        // What the proxy knew of it from earlier, within a factor of 4.
        let guess = traits.hash_rate * around.vardiff.goal.as_secs_f64();
        let guess = guess * chance::log_uniform(&mut rng, 0.25, 4.0);
        let first = Difficulty::new(chance::whole_u64(guess))
            .max(around.vardiff.floor)
            .min(around.pool);
        let scan = Scan::new(traits.order, traits.threads, traits.speed_spread, &mut rng);
        let mut rig = Self {
            key,
            traits,
            around,
            place,
            walk,
            lease: 0,
            clock: 0.0,
            began: 0.0,
            hashes: 0.0,
            luck: chance::exponential(&mut rng),
            rate: traits.hash_rate,
            scan,
            scan_key,
            asked: first,
            lowest: None,
            vardiff: Vardiff::new(&around.vardiff, first),
            work: 0,
            noted: 0.0,
            renewal: Renewal::new(0.0),
            retarget_at: f64::INFINITY,
            pause_at: traits.pause_every * chance::exponential(&mut rng),
            restart_at: traits.restart_every * chance::exponential(&mut rng),
            sender: Sender::new(conduct, &mut rng),
            last_counter: None,
            last_arrival: 0,
            rng,
        };
        // Rigs join within two minutes.
        rig.clock = 120.0 * chance::uniform(&mut rig.rng);
        rig.catch_up();
        rig.begin_scan();
        Ok(rig)
    }

    /// Another rig's copy, made of that rig itself before its first share: it does the same at
    /// the same times, and what comes of it is sent again under another name.
    pub(super) fn copying(original: &Self, key: RigKey, place: Place, delay: f64) -> Self {
        let mut copy = original.clone();
        copy.sender.copying = Some(Copying::new(key, place, delay));
        copy
    }

    /// Its name.
    #[must_use]
    pub fn key(&self) -> RigKey {
        match &self.sender.copying {
            Some(copying) => copying.key,
            None => self.key,
        }
    }

    /// The next share that the proxy admits.
    pub fn next_share(&mut self) -> SimulatedShare {
        loop {
            let (interruption, when) = self.next_interruption();
            // What fell into a pause happens at its end.
            let when = when.max(self.clock);
            let needed = self.luck * to_f64(self.asked);
            let found_at = self.clock + needed / self.rate;
            if found_at <= when {
                self.clock = found_at;
                self.hashes += needed;
                self.luck = chance::exponential(&mut self.rng);
                if let Some(share) = self.find() {
                    return share;
                }
            } else {
                let tried = (when - self.clock) * self.rate;
                self.clock = when;
                self.hashes += tried;
                self.luck = (self.luck - tried / to_f64(self.asked)).max(0.0);
                self.interrupt(interruption);
            }
        }
    }

    fn next_interruption(&self) -> (Interruption, f64) {
        let mut first = (Interruption::NewJob, self.hears_of_next_job_at());
        for other in [
            (Interruption::Renewal, self.renewal.due),
            (Interruption::Retarget, self.retarget_at),
            (Interruption::Pause, self.pause_at),
            (Interruption::Restart, self.restart_at),
        ] {
            if other.1 < first.1 {
                first = other;
            }
        }
        first
    }

    fn hears_of_next_job_at(&self) -> f64 {
        self.walk.current().until + self.traits.latency
    }

    fn interrupt(&mut self, interruption: Interruption) {
        match interruption {
            Interruption::NewJob => {
                self.catch_up();
                self.begin_scan();
            }
            Interruption::Renewal => {
                self.lease += 1;
                self.begin_scan();
            }
            Interruption::Retarget => {
                self.retarget_at = f64::INFINITY;
                let former = self.asked;
                let factor = chance::log_uniform(&mut self.rng, 0.4, 2.5);
                let asked = Difficulty::new(chance::whole_u64(to_f64(former) * factor));
                self.asked = asked.max(self.around.vardiff.floor).min(self.around.pool);
                self.lowest = Some(self.asked.min(former));
            }
            Interruption::Pause => {
                self.clock += self.traits.pause * chance::exponential(&mut self.rng);
                self.pause_at =
                    self.clock + self.traits.pause_every * chance::exponential(&mut self.rng);
                if self.catch_up() {
                    self.begin_scan();
                }
            }
            Interruption::Restart => {
                self.clock += 5.0 + 30.0 * chance::exponential(&mut self.rng);
                self.restart_at =
                    self.clock + self.traits.restart_every * chance::exponential(&mut self.rng);
                self.lease += 1;
                self.catch_up();
                self.begin_scan();
            }
        }
    }

    /// Takes the jobs that it heard of by now. With a new job it has its first lease again.
    fn catch_up(&mut self) -> bool {
        let mut new = false;
        while self.hears_of_next_job_at() <= self.clock {
            self.walk.advance();
            self.lease = 0;
            new = true;
        }
        new
    }

    fn begin_scan(&mut self) {
        let (session, slot) = self.place.lease(self.lease);
        self.scan_key = ScanKey {
            job: self.walk.current().key(session),
            slot,
        };
        let elapsed = Duration::from_secs_f64((self.clock - self.noted).max(0.0));
        let policy = &self.around.vardiff;
        self.vardiff.note(policy, elapsed, self.work);
        self.asked = self.vardiff.next(policy, self.asked, self.around.pool);
        self.lowest = None;
        self.noted = self.clock;
        self.work = 0;
        self.began = self.clock;
        self.hashes = 0.0;
        self.last_counter = None;
        // Machines do other things as well.
        self.rate = self.traits.hash_rate * (0.97 + 0.03 * chance::uniform(&mut self.rng));
        self.renewal = Renewal::new(self.clock);
        self.retarget_at = if chance::happens(&mut self.rng, RETARGETED) {
            let left = self.walk.current().until - self.clock;
            self.clock + left.max(0.0) * chance::uniform(&mut self.rng)
        } else {
            f64::INFINITY
        };
        self.scan.begin(&mut self.rng);
        self.sender.begin_scan();
    }

    /// One of its hashes met the target: what comes of it at the proxy, if anything does.
    fn find(&mut self) -> Option<SimulatedShare> {
        let thread = self.scan.thread(&mut self.rng);
        let claimed = self.hashes * f64::from(self.sender.stride());
        // A thread without nonces tries none: it did not find this one.
        let counter = self.scan.counter(thread, claimed, &mut self.rng)?;
        let found = Found {
            scan: self.scan_key,
            counter,
            target: self.asked.target(),
        };
        let sent = self
            .sender
            .send(found, &self.around.oracle, &mut self.rng)?;
        if self.last_counter.replace(sent.counter) == Some(sent.counter) {
            // Hashes are counted in fractions here; a nonce is a share once.
            return None;
        }
        let arrival = self.clock + self.traits.latency;
        if arrival < self.walk.next().until {
            self.work = self.work.saturating_add(self.asked.get());
            self.renewal
                .note(sent.counter, to_f64(self.asked), self.clock);
        }
        let mut seen = Observation {
            rig: self.key,
            scan: self.scan_key,
            counter: sent.counter,
            result: sent.result,
            target: self.lowest.is_none().then(|| self.asked.target()),
            asked: self.lowest.unwrap_or(self.asked),
            late: false,
            scanner: self.traits.scanner,
            heard: crate::filter::VerdictsHeard::default(),
            at_ms: 0,
        };
        let (mut arrival, mut good, mut honest) = (arrival, sent.good, sent.honest);
        if let Some(copying) = &mut self.sender.copying {
            arrival += copying.wait();
            seen.rig = copying.key;
            let (session, slot) = copying.place.lease(self.lease);
            seen.scan = ScanKey {
                job: self.walk.current().key(session),
                slot,
            };
            seen.result = copying.result(self.asked.target());
            (good, honest) = (false, false);
        }
        if arrival >= self.walk.next().until {
            // For a job older than the previous one: admission answers that it expired.
            return None;
        }
        seen.late = arrival >= self.walk.current().until;
        self.last_arrival = chance::whole_u64(arrival * 1e3).max(self.last_arrival);
        seen.at_ms = self.last_arrival;
        Some(SimulatedShare {
            seen,
            class: self.around.class(&seen.result),
            given_ms: chance::whole_u64((self.began - self.traits.latency).max(0.0) * 1e3),
            good,
            honest,
        })
    }
}

fn to_f64(difficulty: Difficulty) -> f64 {
    difficulty.get() as f64
}

#[cfg(test)]
mod tests;
