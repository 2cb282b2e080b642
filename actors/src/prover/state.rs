//! What the threads of a prover share under one lock.

use std::time::Instant;

use zartrux_models::proof::Version;
use zartrux_models::work::{ResultHash, SeedHash};

use super::options::ProverOptions;
use super::pace::{Doubts, Outlook, Pace, capacity, expected_wait};
use super::pending::Pending;
use super::queue::Queue;
use super::request::{NotProved, Priority};
use super::supply::{Evicted, Order, Source, Supply};

/// One hash to compute.
#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) source: Source,
    pub(super) seed: SeedHash,
    pub(super) version: Version,
    pub(super) blob: Box<[u8]>,
    pub(super) expected: Option<ResultHash>,
}

/// Where a worker is. The request that it hashes stays here, so that the keeper can answer it
/// when its deadline passes, whatever the worker is doing.
pub(super) struct Desk<T> {
    pub(super) pending: Option<Pending<T>>,
    /// When the hash in hand was begun.
    pub(super) begun: Option<Instant>,
    /// The hash in hand is being computed a second time.
    pub(super) again: bool,
    /// Backing off after a fault.
    pub(super) resting: bool,
}

/// A request that is to be answered without a hash.
pub(super) struct Overdue<T> {
    pub(super) pending: Pending<T>,
    pub(super) outcome: NotProved,
    pub(super) begun: Option<Instant>,
}

pub(super) struct State<T> {
    pub(super) queue: Queue<Pending<T>>,
    /// Given up; the keeper answers them.
    pub(super) discarded: Vec<Overdue<T>>,
    pub(super) desks: Vec<Desk<T>>,
    pub(super) supply: Supply,
    pub(super) light: Pace,
    pub(super) fast: Pace,
    pub(super) doubts: Doubts,
    pub(super) hashes: u64,
    /// When the keeper looks next; never, if nothing waits.
    pub(super) keeper_looks: Option<Instant>,
    pub(super) stopping: bool,
}

impl<T> State<T> {
    pub(super) fn new(options: &ProverOptions) -> Self {
        let desk = || Desk {
            pending: None,
            begun: None,
            again: false,
            resting: false,
        };
        Self {
            queue: Queue::new(options.queue.get()),
            discarded: Vec::new(),
            desks: std::iter::repeat_with(desk)
                .take(options.threads.get())
                .collect(),
            supply: Supply::new(options),
            light: Pace::default(),
            fast: Pace::default(),
            doubts: Doubts::default(),
            hashes: 0,
            keeper_looks: None,
            stopping: false,
        }
    }

    pub(super) const fn pace(&mut self, fast: bool) -> &mut Pace {
        if fast {
            &mut self.fast
        } else {
            &mut self.light
        }
    }

    pub(super) fn discard(&mut self, pending: Pending<T>, outcome: NotProved) {
        self.discarded.push(Overdue {
            pending,
            outcome,
            begun: None,
        });
    }

    /// Notes interest in a seed and gives up the requests of seeds displaced by it. True if the
    /// thread that builds caches has to look.
    pub(super) fn want(&mut self, seed: SeedHash, asked: bool, now: Instant) -> bool {
        let newly_wanted = self.supply.seeds.want(seed, asked, now);
        if newly_wanted {
            self.give_up_unknown_seeds();
        }
        newly_wanted || (asked && self.supply.datasets.lacks(&seed))
    }

    /// Decides what to build; see [`Supply::next_order`].
    pub(super) fn next_order(&mut self, now: Instant) -> (Order, Evicted) {
        let decided = self.supply.next_order(now);
        if decided.1.is_some() {
            self.give_up_unknown_seeds();
        }
        decided
    }

    /// Gives up the requests whose seed has no cache and will not get one.
    fn give_up_unknown_seeds(&mut self) {
        let supply = &self.supply;
        for pending in self.queue.take_unless(|seed| supply.knows(seed)) {
            self.discard(pending, NotProved::SeedNotReady);
        }
    }

    /// Puts the next request on a worker's desk. Requests that cannot be done in time are given
    /// up on the way.
    pub(super) fn assign(&mut self, worker: usize, now: Instant) -> Option<Assignment> {
        loop {
            let supply = &self.supply;
            let mut pending = self.queue.pop(|seed| supply.serves(seed))?;
            let seed = pending.hashing.seed;
            let Some(source) = supply.source(&seed) else {
                self.discard(pending, NotProved::SeedNotReady);
                continue;
            };
            let pace = self.pace(source.is_fast());
            if pace.is_hopeless(pending.hashing.deadline, now) {
                self.discard(pending, NotProved::Late);
                continue;
            }
            let version = pending.hashing.version;
            let blob = std::mem::take(&mut pending.hashing.blob);
            let expected = pending.hashing.expected;
            let desk = &mut self.desks[worker];
            (desk.pending, desk.begun) = (Some(pending), Some(now));
            return Some(Assignment {
                source,
                seed,
                version,
                blob,
                expected,
            });
        }
    }

    /// Takes a worker's request off its desk; none if its deadline passed meanwhile.
    pub(super) fn clear_desk(&mut self, worker: usize) -> (Option<Pending<T>>, Option<Instant>) {
        let desk = &mut self.desks[worker];
        desk.again = false;
        (desk.pending.take(), desk.begun.take())
    }

    /// Whether the hash on a worker's desk is to be computed again: if somebody waits for it
    /// still.
    pub(super) fn begin_again(&mut self, worker: usize) -> bool {
        let desk = &mut self.desks[worker];
        desk.again = desk.pending.is_some();
        desk.again
    }

    /// Gives up what a wrong hash may have been computed from; see [`Supply::distrust`].
    pub(super) fn distrust(
        &mut self,
        seed: &SeedHash,
        source: &Source,
        cache_too: bool,
        cause: &str,
        now: Instant,
    ) -> Evicted {
        let evicted = self.supply.distrust(seed, source, cache_too, cause, now);
        self.give_up_unknown_seeds();
        evicted
    }

    /// Takes all that is to be answered now.
    pub(super) fn take_overdue(&mut self, now: Instant) -> Vec<Overdue<T>> {
        for pending in self.queue.take_expired(now) {
            let served = self.supply.serves(&pending.hashing.seed);
            let outcome = if served {
                NotProved::Late
            } else {
                NotProved::SeedNotReady
            };
            self.discard(pending, outcome);
        }
        let mut overdue = std::mem::take(&mut self.discarded);
        for desk in &mut self.desks {
            let is_late = |pending: &mut Pending<T>| pending.hashing.deadline <= now;
            if let Some(pending) = desk.pending.take_if(is_late) {
                overdue.push(Overdue {
                    pending,
                    outcome: NotProved::Late,
                    begun: desk.begun,
                });
            }
        }
        overdue
    }

    /// Takes all that waits: the prover stops.
    pub(super) fn take_all(&mut self) -> Vec<Overdue<T>> {
        for pending in self.queue.take_unless(|_| false) {
            self.discard(pending, NotProved::Stopped);
        }
        std::mem::take(&mut self.discarded)
    }

    /// When the next deadline passes, of requests that wait or are on a desk.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let desks = self.desks.iter().filter_map(|desk| desk.pending.as_ref());
        let desks = desks.map(|pending| pending.hashing.deadline);
        desks.chain(self.queue.next_deadline()).min()
    }

    /// What a new request of this seed and class can expect. What the prover manages is told by
    /// the way in which the seed is served, or in light mode while it is not ready.
    pub(super) fn outlook(&mut self, seed: &SeedHash, priority: Priority, now: Instant) -> Outlook {
        let source = self.supply.source(seed);
        let fast = source.as_ref().is_some_and(Source::is_fast);
        let Some(hash) = self.pace(fast).usual() else {
            return Outlook {
                expected_wait: None,
                capacity: 0.0,
            };
        };
        // A second hash is computed from a cache, whatever the first was computed from.
        let second = self.light.usual().unwrap_or(hash);
        let cost = self.doubts.cost(hash, second);
        // A thread that has been hashing ten times as long as usual is not counted on.
        let counts_on = |desk: &&Desk<T>| {
            let begun = desk.begun.unwrap_or(now);
            let usual = if desk.again { hash + second } else { hash };
            !desk.resting && now.saturating_duration_since(begun) < usual * 10
        };
        let (mut threads, mut busy) = (0, 0);
        for desk in self.desks.iter().filter(counts_on) {
            threads += 1;
            busy += usize::from(desk.begun.is_some());
        }
        let supply = &self.supply;
        let expected_wait = source.and_then(|_| {
            let ahead = self.queue.ahead(priority, |seed| supply.serves(seed));
            expected_wait(hash, cost, threads, busy, ahead)
        });
        Outlook {
            expected_wait,
            capacity: capacity(cost, threads),
        }
    }
}
