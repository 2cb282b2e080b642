//! Which seeds have a cache, and which gets the next one.
//!
//! Policy: at most [`LIMIT`] caches. A seed is wanted when it is announced or first asked for;
//! wanted seeds get their caches one at a time, those that were asked for first, else in order.
//! When both places are taken, one that was not asked for during the dwell gives way, the one
//! used least recently; if both were, the younger one, and only to a seed that is asked for
//! itself. None gives way before it had its place for the dwell. At most [`LIMIT`] seeds are
//! wanted: a further one displaces one that was only announced, else the oldest. So however
//! many seeds are named, honestly or not, one cache is built per dwell, and a seed in use for
//! long keeps its own.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use zartrux_models::work::SeedHash;

use crate::supervision::Backoff;

/// Caches that may exist at once, and seeds that may be wanted at once.
pub(super) const LIMIT: usize = 2;

/// The seeds of a prover; `C` is a cache.
#[derive(Debug)]
pub(super) struct SeedTable<C> {
    ready: Vec<Ready<C>>,
    building: Option<Building>,
    wanted: VecDeque<Wanted>,
    dwell: Duration,
    retry: Backoff,
    not_before: Option<Instant>,
    last_failure: Option<String>,
}

/// A seed whose cache is there.
#[derive(Debug)]
pub(super) struct Ready<C> {
    pub(super) seed: SeedHash,
    pub(super) cache: C,
    /// When it was last asked for; never, if it was only announced.
    pub(super) asked: Option<Instant>,
    used: Instant,
    since: Instant,
}

/// A seed whose cache is being built.
#[derive(Debug, Clone, Copy)]
pub(super) struct Building {
    pub(super) seed: SeedHash,
    pub(super) since: Instant,
    asked: Option<Instant>,
}

/// A seed that is to have a cache.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) seed: SeedHash,
    asked: Option<Instant>,
}

/// What to do next about caches.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NextCache<C> {
    /// Nothing, until something is wanted.
    Nothing,
    /// Nothing before this time.
    NotBefore(Instant),
    /// Build this seed's, after the evicted one is gone; tell the outcome by `built`.
    Build { seed: SeedHash, evicted: Option<C> },
}

impl<C> SeedTable<C> {
    pub(super) const fn new(dwell: Duration) -> Self {
        Self {
            ready: Vec::new(),
            building: None,
            wanted: VecDeque::new(),
            dwell,
            retry: Backoff::between(Duration::from_secs(1), Duration::from_secs(60)),
            not_before: None,
            last_failure: None,
        }
    }

    /// Notes that a seed was announced or, with `asked`, that a proof under it was asked for.
    /// True if it has become wanted by that.
    pub(super) fn want(&mut self, seed: SeedHash, asked: bool, now: Instant) -> bool {
        let asked = asked.then_some(now);
        if let Some(ready) = self.ready.iter_mut().find(|ready| ready.seed == seed) {
            ready.used = now;
            ready.asked = asked.or(ready.asked);
            return false;
        }
        if let Some(building) = self
            .building
            .as_mut()
            .filter(|building| building.seed == seed)
        {
            building.asked = asked.or(building.asked);
            return false;
        }
        if let Some(wanted) = self.wanted.iter_mut().find(|wanted| wanted.seed == seed) {
            wanted.asked = asked.or(wanted.asked);
            return false;
        }
        if self.wanted.len() == LIMIT {
            let announced = self.wanted.iter().position(|wanted| wanted.asked.is_none());
            self.wanted.remove(announced.unwrap_or(0));
        }
        self.wanted.push_back(Wanted { seed, asked });
        true
    }

    /// Whether the seed has a cache or will get one.
    pub(super) fn knows(&self, seed: &SeedHash) -> bool {
        self.cache(seed).is_some()
            || self.building.is_some_and(|building| building.seed == *seed)
            || self.wanted.iter().any(|wanted| wanted.seed == *seed)
    }

    /// The seed's cache, if it is ready.
    pub(super) fn cache(&self, seed: &SeedHash) -> Option<&C> {
        self.ready
            .iter()
            .find(|ready| ready.seed == *seed)
            .map(|ready| &ready.cache)
    }

    pub(super) fn ready(&self) -> &[Ready<C>] {
        &self.ready
    }

    pub(super) const fn building(&self) -> Option<&Building> {
        self.building.as_ref()
    }

    pub(super) const fn wanted(&self) -> &VecDeque<Wanted> {
        &self.wanted
    }

    pub(super) const fn last_failure(&self) -> Option<&String> {
        self.last_failure.as_ref()
    }

    /// Decides what to build; to be carried out by one thread only.
    pub(super) fn next(&mut self, now: Instant) -> NextCache<C> {
        if self.building.is_some() {
            return NextCache::Nothing;
        }
        let asked = self.wanted.iter().position(|wanted| wanted.asked.is_some());
        let Some(&Wanted { seed, asked }) = self.wanted.get(asked.unwrap_or(0)) else {
            return NextCache::Nothing;
        };
        if let Some(not_before) = self.not_before.filter(|not_before| *not_before > now) {
            return NextCache::NotBefore(not_before);
        }
        let mut evicted = None;
        if self.ready.len() == LIMIT {
            match self.victim(asked.is_some(), now) {
                Ok(index) => evicted = Some(self.ready.remove(index).cache),
                Err(not_before) => return NextCache::NotBefore(not_before),
            }
        }
        self.wanted.retain(|wanted| wanted.seed != seed);
        self.building = Some(Building {
            seed,
            since: now,
            asked,
        });
        NextCache::Build { seed, evicted }
    }

    /// Which cache gives way to a seed that is asked for, or only announced; or when one will.
    fn victim(&self, for_asked: bool, now: Instant) -> Result<usize, Instant> {
        let in_use_until = |ready: &Ready<C>| {
            ready
                .asked
                .map(|asked| asked + self.dwell)
                .filter(|until| *until > now)
        };
        let places = || self.ready.iter().enumerate();
        let idle = places()
            .filter(|(_, ready)| in_use_until(ready).is_none())
            .min_by_key(|(_, ready)| ready.used);
        let (index, ready) = match idle {
            Some(idle) => idle,
            None if for_asked => places().max_by_key(|(_, ready)| ready.since).ok_or(now)?,
            None => {
                return Err(self
                    .ready
                    .iter()
                    .filter_map(in_use_until)
                    .min()
                    .unwrap_or(now));
            }
        };
        let stays_until = ready.since + self.dwell;
        if stays_until > now {
            Err(stays_until)
        } else {
            Ok(index)
        }
    }

    /// Gives up a seed's cache because it is not to be trusted. It is built anew, next after what
    /// is in hand.
    pub(super) fn give_up(&mut self, seed: &SeedHash, cause: &str) -> Option<C> {
        let index = self.ready.iter().position(|ready| ready.seed == *seed)?;
        let Ready {
            seed, cache, asked, ..
        } = self.ready.remove(index);
        self.last_failure = Some(cause.to_owned());
        // At most as many as there are places can be wanted; of those the last is not next.
        self.wanted.truncate(LIMIT - 1);
        self.wanted.push_front(Wanted { seed, asked });
        Some(cache)
    }

    /// Notes the outcome of a build. A seed whose cache could not be built stays wanted and is
    /// tried again after a back-off of 1 to 60 s.
    pub(super) fn built(&mut self, outcome: Result<C, String>, now: Instant) {
        let Some(Building { seed, asked, .. }) = self.building.take() else {
            return;
        };
        match outcome {
            Ok(cache) => {
                self.ready.push(Ready {
                    seed,
                    cache,
                    asked,
                    used: now,
                    since: now,
                });
                self.retry.reset();
                (self.not_before, self.last_failure) = (None, None);
            }
            Err(cause) => {
                self.last_failure = Some(cause);
                self.not_before = Some(now + self.retry.next_delay());
                if self.wanted.len() < LIMIT {
                    self.wanted.push_front(Wanted { seed, asked });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    const DWELL: Duration = Duration::from_secs(30);
    const SECOND: Duration = Duration::from_secs(1);

    fn seed(number: u8) -> SeedHash {
        SeedHash::new([number; 32])
    }

    /// Builds whatever may be built now; a cache is the number of its seed.
    fn build(table: &mut SeedTable<u8>, now: Instant) -> Option<(u8, Option<u8>)> {
        match table.next(now) {
            NextCache::Build { seed, evicted } => {
                let number = seed.as_bytes()[0];
                table.built(Ok(number), now);
                Some((number, evicted))
            }
            NextCache::Nothing | NextCache::NotBefore(_) => None,
        }
    }

    #[test]
    fn one_cache_is_built_at_a_time_and_none_twice() {
        let now = Clock.now();
        let mut table = SeedTable::<u8>::new(DWELL);
        assert!(table.want(seed(1), true, now));
        assert!(table.want(seed(2), false, now));
        assert!(!table.want(seed(1), true, now));
        assert_eq!(
            table.next(now),
            NextCache::Build {
                seed: seed(1),
                evicted: None
            }
        );
        assert_eq!(
            table.next(now),
            NextCache::Nothing,
            "seed 2 waits for seed 1"
        );
        assert!(!table.want(seed(1), true, now), "it is being built");
        table.built(Ok(1), now);
        assert_eq!(build(&mut table, now), Some((2, None)));
        assert_eq!(build(&mut table, now), None);
        assert_eq!(
            (table.cache(&seed(1)), table.cache(&seed(2))),
            (Some(&1), Some(&2))
        );
    }

    /// Two seeds ready since `start`, both asked for then.
    fn two_ready(start: Instant) -> SeedTable<u8> {
        let mut table = SeedTable::new(DWELL);
        for number in [1, 2] {
            table.want(seed(number), true, start);
            assert_eq!(build(&mut table, start), Some((number, None)));
        }
        table
    }

    #[test]
    fn the_seed_that_went_out_of_use_gives_way_after_its_dwell() {
        let start = Clock.now();
        let mut table = two_ready(start);
        table.want(seed(2), true, start + SECOND);
        table.want(seed(3), true, start + SECOND);
        assert_eq!(
            table.next(start + SECOND),
            NextCache::NotBefore(start + DWELL)
        );
        table.want(seed(2), true, start + DWELL);
        assert_eq!(build(&mut table, start + DWELL), Some((3, Some(1))));
        assert!(table.knows(&seed(2)) && !table.knows(&seed(1)));
    }

    #[test]
    fn of_two_in_use_the_younger_gives_way_and_only_to_one_that_is_asked_for() {
        let start = Clock.now();
        let mut table = two_ready(start);
        let now = start + DWELL * 2;
        table.want(seed(1), true, now);
        table.want(seed(2), true, now);
        table.want(seed(3), false, now);
        assert_eq!(table.next(now), NextCache::NotBefore(now + DWELL));
        table.want(seed(3), true, now);
        assert_eq!(build(&mut table, now), Some((3, Some(2))));
    }

    #[test]
    fn an_announced_seed_gives_way_to_one_that_is_asked_for() {
        let start = Clock.now();
        let mut table = SeedTable::<u8>::new(DWELL);
        for (number, asked) in [(1, false), (2, true)] {
            table.want(seed(number), asked, start);
            build(&mut table, start);
        }
        let now = start + DWELL;
        table.want(seed(2), true, now);
        table.want(seed(1), false, now);
        table.want(seed(3), true, now);
        assert_eq!(build(&mut table, now), Some((3, Some(1))));
    }

    #[test]
    fn a_flood_of_seeds_builds_one_cache_per_dwell_and_spares_the_one_in_use() {
        let start = Clock.now();
        let mut table = SeedTable::<u8>::new(DWELL);
        table.want(seed(0), true, start);
        build(&mut table, start);
        let mut built = 0;
        for second in 1..=300_u32 {
            let now = start + SECOND * second;
            table.want(seed(0), true, now);
            for hostile in 1..=200 {
                table.want(seed(hostile), true, now);
                built += u32::from(build(&mut table, now).is_some());
            }
            assert!(table.cache(&seed(0)).is_some());
            assert!(table.wanted().len() <= LIMIT);
        }
        assert!(built <= 11, "{built} caches in ten dwells");
    }

    #[test]
    fn what_is_asked_for_comes_before_what_is_only_announced() {
        let now = Clock.now();
        let mut table = SeedTable::<u8>::new(DWELL);
        table.want(seed(1), false, now);
        table.want(seed(2), true, now);
        table.want(seed(3), false, now);
        assert!(!table.knows(&seed(1)), "displaced by the third");
        assert_eq!(build(&mut table, now), Some((2, None)));
        assert_eq!(build(&mut table, now), Some((3, None)));
        assert!(table.ready()[0].asked.is_some() && table.ready()[1].asked.is_none());
    }

    #[test]
    fn a_cache_that_is_not_to_be_trusted_is_built_anew_at_once() {
        let start = Clock.now();
        let mut table = two_ready(start);
        assert_eq!(table.give_up(&seed(3), "wrong"), None);
        for announced in [3, 4] {
            table.want(seed(announced), false, start);
        }
        assert_eq!(table.give_up(&seed(1), "wrong"), Some(1));
        assert_eq!(table.cache(&seed(1)), None);
        assert!(table.knows(&seed(1)) && table.wanted().len() <= LIMIT);
        assert_eq!(table.last_failure().map(String::as_str), Some("wrong"));
        assert_eq!(build(&mut table, start), Some((1, None)));
        assert_eq!(table.cache(&seed(2)), Some(&2), "untouched");
        assert_eq!(table.last_failure(), None);
    }

    #[test]
    fn a_build_that_failed_is_tried_again_later() {
        let now = Clock.now();
        let mut table = SeedTable::<u8>::new(DWELL);
        table.want(seed(1), true, now);
        assert_eq!(
            table.next(now),
            NextCache::Build {
                seed: seed(1),
                evicted: None
            }
        );
        table.built(Err("no memory".into()), now);
        assert_eq!(table.last_failure().map(String::as_str), Some("no memory"));
        assert!(table.knows(&seed(1)));
        assert_eq!(table.next(now), NextCache::NotBefore(now + SECOND));
        assert_eq!(build(&mut table, now + SECOND), Some((1, None)));
        assert_eq!(table.last_failure(), None);
    }
}
