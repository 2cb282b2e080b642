//! For tests: rigs whose threads scan as xmrig's do, exactly, in time that is only counted.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Observation, ScanKey, Scanner};
use crate::share::RigKey;
use crate::work::{Difficulty, JobKey, ResultHash, Slot};

pub(crate) type Generator = Xoshiro256PlusPlus;

pub(crate) fn generator(seed: u64) -> Generator {
    Generator::seed_from_u64(seed)
}

pub(crate) fn exponential(random: &mut Generator, mean: f64) -> f64 {
    -mean * (1.0 - random.r#gen::<f64>()).ln()
}

pub(crate) fn log_uniform(random: &mut Generator, low: f64, high: f64) -> f64 {
    low * (high / low).powf(random.r#gen::<f64>())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounds down; simulated numbers are small and not negative"
)]
pub(crate) const fn whole(number: f64) -> u64 {
    number as u64
}

fn whole_32(number: f64) -> u32 {
    u32::try_from(whole(number)).unwrap_or(u32::MAX)
}

/// A share of rig 1 in slot 1, in time.
pub(crate) fn observation(job: u32, counter: u32, difficulty: u64) -> Observation {
    let asked = Difficulty::new(difficulty);
    Observation {
        rig: RigKey(1),
        scan: ScanKey {
            job: JobKey(job),
            slot: Slot(1),
        },
        counter,
        result: ResultHash::new([0; 32]),
        target: Some(asked.target()),
        asked,
        late: false,
        scanner: Scanner::XmrigBlocks,
        heard: crate::filter::VerdictsHeard::default(),
        at_ms: 0,
    }
}

#[derive(Debug, Clone)]
struct Thread {
    /// Hashes per second.
    speed: f64,
    block: u32,
    /// When it began its block.
    began: f64,
    /// Offset of the last share in its block.
    found: Option<u32>,
}

/// A rig: threads that reserve block after block.
#[derive(Debug, Clone)]
pub(crate) struct Rig {
    threads: Vec<Thread>,
    /// When each thread will be through with its block, as the bits of a positive number (they
    /// are ordered alike).
    ends: BinaryHeap<Reverse<(u64, usize)>>,
    now: f64,
    next_block: u32,
    /// Nonces between two that are tried, for a rig that skips some.
    stride: u32,
}

const BLOCK: f64 = Scanner::BLOCK as f64;

impl Rig {
    /// `rate` hashes per second by 1 to 128 threads (of 8,000 hashes per second at most), the
    /// fastest at most four times as fast as the slowest.
    pub(crate) fn new(random: &mut Generator, rate: f64) -> Self {
        let least = (rate / 8_000.0).max(1.0);
        let count = whole(log_uniform(random, least, 128.5f64.max(least)));
        let spread = random.gen_range(1.0..4.0);
        let speeds: Vec<f64> = (0..count).map(|_| random.gen_range(1.0..=spread)).collect();
        Self::of_speeds(&speeds, rate)
    }

    /// Threads of these relative speeds and of `rate` hashes per second together.
    pub(crate) fn of_speeds(speeds: &[f64], rate: f64) -> Self {
        let all: f64 = speeds.iter().sum();
        let threads = speeds.iter().map(|speed| Thread {
            speed: speed * rate / all,
            block: 0,
            began: 0.0,
            found: None,
        });
        Self {
            threads: threads.collect(),
            ends: BinaryHeap::new(),
            now: 0.0,
            next_block: 0,
            stride: 1,
        }
    }

    /// Claims `stride` nonces for each that it tries.
    pub(crate) const fn skipping(mut self, stride: u32) -> Self {
        self.stride = stride;
        self
    }

    /// Threads reserve their first blocks one after another, as each is through with its hash.
    pub(crate) fn begin_scan(&mut self, random: &mut Generator) {
        self.next_block = 0;
        self.ends.clear();
        let mut order: Vec<(f64, usize)> = (0..self.threads.len())
            .map(|thread| (random.r#gen::<f64>() / self.threads[thread].speed, thread))
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (wait, thread) in order {
            self.reserve(thread, self.now + wait);
        }
    }

    fn reserve(&mut self, thread: usize, at: f64) {
        let stride = f64::from(self.stride);
        let worker = &mut self.threads[thread];
        worker.block = self.next_block;
        worker.began = at;
        worker.found = None;
        self.next_block += 1;
        let end = at + BLOCK / (worker.speed * stride);
        self.ends.push(Reverse((end.to_bits(), thread)));
    }

    /// Lets time pass.
    pub(crate) fn advance(&mut self, to: f64) {
        while let Some(Reverse((end, thread))) = self.ends.peek().copied() {
            let end = f64::from_bits(end);
            if end > to {
                break;
            }
            self.ends.pop();
            self.reserve(thread, end);
        }
        self.now = to;
    }

    /// The nonce that a thread tries now, if the thread has begun its block and not found a share
    /// with that nonce before: one drawn by speed.
    pub(crate) fn find(&mut self, random: &mut Generator) -> Option<u32> {
        let mut at = random.r#gen::<f64>() * self.rate();
        let (now, stride) = (self.now, self.stride);
        let worker = self.threads.iter_mut().find(|worker| {
            at -= worker.speed;
            at < 0.0
        })?;
        if worker.began > now {
            return None;
        }
        let tried = whole_32((now - worker.began) * worker.speed);
        let offset = (tried * stride).min(Scanner::BLOCK - 1);
        if worker.found.is_some_and(|last| last >= offset) {
            return None;
        }
        worker.found = Some(offset);
        Some(worker.block * Scanner::BLOCK + offset)
    }

    /// The counter of the next share at this difficulty, time having passed; `None` when the slot
    /// is used up.
    pub(crate) fn next_share(&mut self, random: &mut Generator, difficulty: f64) -> Option<u32> {
        loop {
            let wait = exponential(random, difficulty / self.rate());
            self.advance(self.now + wait);
            if self.is_used_up() {
                return None;
            }
            if let Some(counter) = self.find(random) {
                return Some(counter);
            }
        }
    }

    /// Whether some thread is past the end of the slot.
    pub(crate) const fn is_used_up(&self) -> bool {
        self.next_block > Slot::NONCES / Scanner::BLOCK
    }

    pub(crate) fn rate(&self) -> f64 {
        self.threads.iter().map(|thread| thread.speed).sum()
    }

    /// Hashes tried since the scan began.
    pub(crate) fn tried(&self) -> f64 {
        let open: f64 = self
            .threads
            .iter()
            .map(|thread| ((self.now - thread.began) * thread.speed).max(0.0))
            .sum();
        let open_blocks = whole_32(self.threads.len() as f64);
        open + f64::from(self.next_block - open_blocks) * BLOCK / f64::from(self.stride)
    }
}

/// A rig's life: jobs, leases, targets, restarts.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) random: Generator,
    rig: Rig,
    rate: f64,
    /// What the proxy takes for its rate.
    believed: f64,
    key: RigKey,
    scan: ScanKey,
    asked: f64,
    job_ends: f64,
    /// When the difficulty changes within the scan, if it does.
    retarget: f64,
    retargeted: bool,
    /// Whether this rig is given jobs of five seconds.
    short_jobs: bool,
}

impl Life {
    pub(crate) fn new(key: u64, rate: f64) -> Self {
        let mut random = generator(key);
        let rig = Rig::new(&mut random, rate);
        Self::of(key, rig, 1.0, random)
    }

    /// A rig that sends a `part` of its shares, and is asked for what fits that.
    pub(crate) fn of(key: u64, rig: Rig, part: f64, random: Generator) -> Self {
        let rate = rig.rate();
        let mut life = Self {
            random,
            rig,
            rate,
            believed: rate * part,
            key: RigKey(key),
            scan: ScanKey {
                job: JobKey(0),
                slot: Slot(1),
            },
            asked: 0.0,
            job_ends: 0.0,
            retarget: f64::INFINITY,
            retargeted: false,
            short_jobs: key.is_multiple_of(5),
        };
        life.begin_job();
        life
    }

    /// The proxy starts again: the miner logs in anew and gets a job, whose number is low again.
    pub(super) fn restart(&mut self) {
        self.scan.job = JobKey(0);
        self.job_ends = self.rig.now;
        self.begin_job();
    }

    fn begin_job(&mut self) {
        self.scan.job.0 += self.random.gen_range(1..3);
        if self.random.gen_bool(0.1) {
            self.scan.slot = Slot(self.random.r#gen());
        }
        let mean = if self.short_jobs { 5.0 } else { 60.0 };
        let begins = self.job_ends;
        self.job_ends += exponential(&mut self.random, mean);
        if self.asked == 0.0 || self.random.gen_bool(0.3) {
            let factor = self.random.gen_range(0.5..2.0);
            self.asked = (self.believed * 30.0 * factor).max(1_000.0).floor();
        }
        self.retargeted = false;
        self.retarget = if self.random.gen_bool(0.03) {
            begins + exponential(&mut self.random, mean)
        } else {
            f64::INFINITY
        };
        if self.random.gen_bool(0.005) {
            let stride = self.rig.stride;
            self.rig = Rig::new(&mut self.random, self.rate).skipping(stride);
        }
        self.rig.now = begins;
        self.rig.begin_scan(&mut self.random);
    }

    fn seen(&self, scan: ScanKey, counter: u32, late: bool) -> Observation {
        let asked = Difficulty::new(whole(self.asked));
        Observation {
            rig: self.key,
            scan,
            target: (!self.retargeted).then(|| asked.target()),
            asked,
            late,
            at_ms: whole(self.rig.now * 1_000.0),
            ..observation(0, counter, 1)
        }
    }

    /// The next share that the proxy sees.
    pub(crate) fn next(&mut self) -> Observation {
        loop {
            let at = self.rig.now + exponential(&mut self.random, self.asked / self.rate);
            let next_event = self.job_ends.min(self.retarget);
            if at < next_event {
                self.rig.advance(at);
                if self.rig.is_used_up() {
                    // Renewed a little before, so nothing was found beyond.
                    self.scan.slot.0 = self.scan.slot.0.wrapping_add(1);
                    self.rig.begin_scan(&mut self.random);
                } else if let Some(counter) = self.rig.find(&mut self.random) {
                    return self.seen(self.scan, counter, false);
                }
                continue;
            }
            self.rig.advance(next_event);
            if next_event < self.job_ends {
                // xmrig begins anew; the proxy goes by the lowest difficulty.
                self.retarget = f64::INFINITY;
                self.retargeted = true;
                self.rig.begin_scan(&mut self.random);
                continue;
            }
            let last = if self.random.gen_bool(0.03) && !self.rig.is_used_up() {
                self.rig.find(&mut self.random)
            } else {
                None
            };
            let late = last.map(|counter| self.seen(self.scan, counter, true));
            self.begin_job();
            if let Some(late) = late {
                return late;
            }
        }
    }
}
