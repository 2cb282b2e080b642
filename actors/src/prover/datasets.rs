//! Which seeds have a dataset, in fast mode.
//!
//! Policy: datasets follow the seeds that were asked for last; with room for two, an announced
//! seed gets one in advance. A dataset gives way only when its seed has not been asked for
//! during the settling time, so that two upstreams on different seeds do not make it change
//! hands with every job; until then, and while the new one is filled, caches serve.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use zartrux_models::work::SeedHash;

use crate::supervision::Backoff;

/// The datasets of a prover: `B` is one in the making, `D` a complete one.
#[derive(Debug)]
pub(super) struct DatasetTable<B, D> {
    slots: Vec<Slot<B, D>>,
    limit: usize,
    settle: Duration,
    allocating: bool,
    retry: Backoff,
    not_before: Option<Instant>,
    last_failure: Option<String>,
}

/// A dataset and its seed.
#[derive(Debug)]
pub(super) struct Slot<B, D> {
    pub(super) seed: SeedHash,
    pub(super) stage: Stage<B, D>,
}

/// How far a dataset is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stage<B, D> {
    /// Threads are filling it; at last one of them checks it.
    Filling { builder: B, checking: bool },
    /// It serves.
    Ready(D),
}

/// A seed that has a cache, and when it was last asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) seed: SeedHash,
    pub(super) asked: Option<Instant>,
}

/// What to do next about datasets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NextDataset<B, D> {
    /// Nothing, until something changes.
    Nothing,
    /// Nothing before this time.
    NotBefore(Instant),
    /// Allocate one for this seed, after the evicted one is gone; tell by `allocated`.
    Allocate {
        seed: SeedHash,
        evicted: Option<Stage<B, D>>,
    },
}

impl<B, D> DatasetTable<B, D> {
    /// A table with room for `limit` datasets; none in light mode.
    pub(super) const fn new(limit: usize, settle: Duration) -> Self {
        Self {
            slots: Vec::new(),
            limit,
            settle,
            allocating: false,
            retry: Backoff::between(Duration::from_secs(10), Duration::from_secs(600)),
            not_before: None,
            last_failure: None,
        }
    }

    /// Whether asking for this seed may change what is to be done.
    pub(super) fn lacks(&self, seed: &SeedHash) -> bool {
        self.limit > 0 && !self.slots.iter().any(|slot| slot.seed == *seed)
    }

    /// The seed's dataset, if it is ready.
    pub(super) fn ready(&self, seed: &SeedHash) -> Option<&D> {
        let slot = self.slots.iter().find(|slot| slot.seed == *seed)?;
        match &slot.stage {
            Stage::Ready(dataset) => Some(dataset),
            Stage::Filling { .. } => None,
        }
    }

    /// The dataset that is being filled.
    pub(super) fn filling(&self) -> Option<&B> {
        self.slots.iter().find_map(|slot| match &slot.stage {
            Stage::Filling { builder, checking } => (!checking).then_some(builder),
            Stage::Ready(_) => None,
        })
    }

    pub(super) fn slots(&self) -> &[Slot<B, D>] {
        &self.slots
    }

    pub(super) const fn last_failure(&self) -> Option<&String> {
        self.last_failure.as_ref()
    }

    /// Decides what to allocate; to be carried out by one thread only.
    pub(super) fn next(&mut self, candidates: &[Candidate], now: Instant) -> NextDataset<B, D> {
        if self.allocating {
            return NextDataset::Nothing;
        }
        let wanted = self.wanted(candidates);
        let missing = wanted.iter().find(|seed| self.lacks(seed));
        let Some(&seed) = missing else {
            return NextDataset::Nothing;
        };
        let is_filling = |slot: &Slot<B, D>| matches!(slot.stage, Stage::Filling { .. });
        // One is filled at a time; one that nobody wants any more is given up for it.
        let is_wanted = |slot: &Slot<B, D>| wanted.contains(&slot.seed);
        if self
            .slots
            .iter()
            .any(|slot| is_filling(slot) && is_wanted(slot))
        {
            return NextDataset::Nothing;
        }
        if let Some(not_before) = self.not_before.filter(|not_before| *not_before > now) {
            return NextDataset::NotBefore(not_before);
        }
        let full = self.slots.len() >= self.limit;
        let victims = self.slots.iter().enumerate();
        let victim = victims
            .filter(|(_, slot)| !is_wanted(slot) && (full || is_filling(slot)))
            .map(|(index, slot)| (asked(candidates, slot.seed), index))
            .min();
        let mut evicted = None;
        if let Some((asked, index)) = victim {
            let stays_until = asked.map(|asked| asked + self.settle);
            if let Some(stays_until) = stays_until.filter(|until| *until > now) {
                return NextDataset::NotBefore(stays_until);
            }
            evicted = Some(self.slots.remove(index).stage);
        }
        self.allocating = true;
        NextDataset::Allocate { seed, evicted }
    }

    /// The seeds that should have a dataset. With one place, only what is asked for takes it.
    fn wanted(&self, candidates: &[Candidate]) -> Vec<SeedHash> {
        let mut wanted = candidates.to_vec();
        wanted.retain(|candidate| candidate.asked.is_some() || self.limit > 1);
        wanted.sort_by_key(|candidate| Reverse(candidate.asked));
        wanted.truncate(self.limit);
        wanted.iter().map(|candidate| candidate.seed).collect()
    }

    /// Notes the outcome of an allocation; one that failed is tried again after a back-off.
    pub(super) fn allocated(&mut self, seed: SeedHash, outcome: Result<B, String>, now: Instant) {
        self.allocating = false;
        match outcome {
            Ok(builder) => self.slots.push(Slot {
                seed,
                stage: Stage::Filling {
                    builder,
                    checking: false,
                },
            }),
            Err(cause) => self.failed(cause, now),
        }
    }

    /// The allocation in hand, if there is one, failed.
    pub(super) fn abandon(&mut self, cause: &str, now: Instant) {
        if std::mem::take(&mut self.allocating) {
            self.failed(cause.to_owned(), now);
        }
    }

    /// Gives up a dataset that is being filled for a seed that `keep` rejects: it would hold on
    /// to a cache that has given way.
    pub(super) fn give_up_filling(
        &mut self,
        keep: impl Fn(&SeedHash) -> bool,
    ) -> Option<Stage<B, D>> {
        let index = self
            .slots
            .iter()
            .position(|slot| matches!(slot.stage, Stage::Filling { .. }) && !keep(&slot.seed))?;
        Some(self.slots.remove(index).stage)
    }

    /// Gives up a seed's dataset, however far it is, because it is not to be trusted; it is made
    /// anew after a back-off.
    pub(super) fn give_up(
        &mut self,
        seed: &SeedHash,
        cause: &str,
        now: Instant,
    ) -> Option<Stage<B, D>> {
        let index = self.slots.iter().position(|slot| slot.seed == *seed)?;
        self.failed(cause.to_owned(), now);
        Some(self.slots.remove(index).stage)
    }

    /// Whether the caller is the one to check the dataset of this builder.
    pub(super) fn begin_check(&mut self, is_it: impl Fn(&B) -> bool) -> bool {
        self.slots.iter_mut().any(|slot| match &mut slot.stage {
            Stage::Filling { builder, checking } if !*checking && is_it(builder) => {
                *checking = true;
                true
            }
            Stage::Filling { .. } | Stage::Ready(_) => false,
        })
    }

    /// Notes the outcome of the check. What has become superfluous is returned, to be dropped
    /// where no lock is held.
    pub(super) fn checked(
        &mut self,
        is_it: impl Fn(&B) -> bool,
        outcome: Result<D, String>,
        now: Instant,
    ) -> (Option<Stage<B, D>>, Option<D>) {
        let index = self.slots.iter().position(|slot| match &slot.stage {
            Stage::Filling { builder, .. } => is_it(builder),
            Stage::Ready(_) => false,
        });
        match (index, outcome) {
            (Some(index), Ok(dataset)) => {
                self.retry.reset();
                (self.not_before, self.last_failure) = (None, None);
                let ready = Stage::Ready(dataset);
                (
                    Some(std::mem::replace(&mut self.slots[index].stage, ready)),
                    None,
                )
            }
            (Some(index), Err(cause)) => {
                self.failed(cause, now);
                (Some(self.slots.remove(index).stage), None)
            }
            // It was given up meanwhile.
            (None, outcome) => (None, outcome.ok()),
        }
    }

    fn failed(&mut self, cause: String, now: Instant) {
        self.last_failure = Some(cause);
        self.not_before = Some(now + self.retry.next_delay());
    }
}

fn asked(candidates: &[Candidate], seed: SeedHash) -> Option<Instant> {
    candidates
        .iter()
        .find(|candidate| candidate.seed == seed)?
        .asked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    const SETTLE: Duration = Duration::from_secs(10);
    const SECOND: Duration = Duration::from_secs(1);
    const A: SeedHash = SeedHash::new([1; 32]);
    const B: SeedHash = SeedHash::new([2; 32]);

    type Table = DatasetTable<char, char>;

    fn candidate(seed: SeedHash, asked: Option<Instant>) -> Candidate {
        Candidate { seed, asked }
    }

    fn fill(table: &mut Table, seed: SeedHash, name: char, now: Instant) {
        table.allocated(seed, Ok(name), now);
        assert!(table.begin_check(|builder| *builder == name));
        assert!(
            !table.begin_check(|builder| *builder == name),
            "one thread checks"
        );
        let (builder, superfluous) = table.checked(|b| *b == name, Ok(name), now);
        assert!(builder.is_some() && superfluous.is_none());
    }

    fn allocate(seed: SeedHash, evicted: Option<char>) -> NextDataset<char, char> {
        NextDataset::Allocate {
            seed,
            evicted: evicted.map(Stage::Ready),
        }
    }

    #[test]
    fn light_mode_has_no_dataset() {
        let now = Clock.now();
        let mut table = Table::new(0, SETTLE);
        assert_eq!(
            table.next(&[candidate(A, Some(now))], now),
            NextDataset::Nothing
        );
    }

    #[test]
    fn one_dataset_follows_the_seed_in_use_once_the_old_one_is_quiet() {
        let start = Clock.now();
        let mut table = Table::new(1, SETTLE);
        assert_eq!(
            table.next(&[candidate(A, None)], start),
            NextDataset::Nothing
        );
        assert_eq!(
            table.next(&[candidate(A, Some(start))], start),
            allocate(A, None)
        );
        assert_eq!(
            table.next(&[candidate(A, Some(start))], start),
            NextDataset::Nothing
        );
        fill(&mut table, A, 'a', start);
        assert_eq!(table.ready(&A), Some(&'a'));

        let both = |a, b| [candidate(A, Some(a)), candidate(B, Some(b))];
        let later = start + SECOND;
        assert_eq!(
            table.next(&both(start, later), later),
            NextDataset::NotBefore(start + SETTLE)
        );
        assert_eq!(table.next(&both(later, start), later), NextDataset::Nothing);
        let quiet = start + SETTLE;
        assert_eq!(
            table.next(&both(start, quiet), quiet),
            allocate(B, Some('a'))
        );
        assert_eq!(table.ready(&A), None, "never two");
        fill(&mut table, B, 'b', quiet);
        assert_eq!(table.ready(&B), Some(&'b'));
    }

    #[test]
    fn with_room_for_two_the_announced_seed_is_filled_in_advance_after_the_first() {
        let now = Clock.now();
        let mut table = Table::new(2, SETTLE);
        let seeds = [candidate(B, None), candidate(A, Some(now))];
        assert_eq!(table.next(&seeds, now), allocate(A, None));
        table.allocated(A, Ok('a'), now);
        assert_eq!(table.filling(), Some(&'a'));
        assert_eq!(
            table.next(&seeds, now),
            NextDataset::Nothing,
            "one at a time"
        );
        assert!(table.begin_check(|_| true));
        table.checked(|_| true, Ok('a'), now);
        assert_eq!(table.next(&seeds, now), allocate(B, None));
    }

    #[test]
    fn one_that_nobody_wants_any_more_is_given_up_while_it_is_filled() {
        let start = Clock.now();
        let mut table = Table::new(1, SETTLE);
        table.next(&[candidate(A, Some(start))], start);
        table.allocated(A, Ok('a'), start);
        let now = start + SETTLE;
        let next = table.next(&[candidate(B, Some(now))], now);
        let NextDataset::Allocate {
            seed: B,
            evicted: Some(Stage::Filling { .. }),
        } = next
        else {
            panic!("{next:?}");
        };
        // A thread that was just checking it finds it gone and gets it back to drop.
        assert_eq!(table.checked(|_| true, Ok('a'), now), (None, Some('a')));
    }

    #[test]
    fn one_whose_cache_gives_way_is_given_up_unless_it_is_complete() {
        let now = Clock.now();
        let mut table = Table::new(1, SETTLE);
        table.next(&[candidate(A, Some(now))], now);
        table.allocated(A, Ok('a'), now);
        assert_eq!(table.give_up_filling(|_| true), None);
        assert!(table.give_up_filling(|seed| *seed != A).is_some());
        table.next(&[candidate(A, Some(now))], now);
        fill(&mut table, A, 'a', now);
        assert_eq!(table.give_up_filling(|seed| *seed != A), None);
    }

    #[test]
    fn one_that_is_not_to_be_trusted_is_made_anew_later() {
        let now = Clock.now();
        let seeds = [candidate(A, Some(now))];
        let mut table = Table::new(1, SETTLE);
        assert_eq!(table.give_up(&A, "wrong", now), None);
        table.next(&seeds, now);
        fill(&mut table, A, 'a', now);
        assert_eq!(table.give_up(&B, "wrong", now), None);
        assert_eq!(table.give_up(&A, "wrong", now), Some(Stage::Ready('a')));
        assert_eq!(table.ready(&A), None);
        assert_eq!(table.last_failure().map(String::as_str), Some("wrong"));
        assert_eq!(
            table.next(&seeds, now),
            NextDataset::NotBefore(now + SECOND * 10)
        );
        assert_eq!(table.next(&seeds, now + SECOND * 10), allocate(A, None));
    }

    #[test]
    fn what_failed_is_tried_again_later() {
        let now = Clock.now();
        let seeds = [candidate(A, Some(now))];
        let mut table = Table::new(1, SETTLE);
        table.next(&seeds, now);
        table.allocated(A, Err("no memory".into()), now);
        assert_eq!(table.last_failure().map(String::as_str), Some("no memory"));
        assert_eq!(
            table.next(&seeds, now),
            NextDataset::NotBefore(now + SECOND * 10)
        );
        assert_eq!(table.next(&seeds, now + SECOND * 10), allocate(A, None));
        fill(&mut table, A, 'a', now);
        assert_eq!(table.last_failure(), None);
    }
}
