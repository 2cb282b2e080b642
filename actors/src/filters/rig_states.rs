//! What a filter remembers of each rig, within bounds.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use zartrux_models::share::RigKey;

use crate::rig_map::RigMap;

/// Seconds since the table was made.
type Second = u32;

/// When a table was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Epoch(Instant);

impl Epoch {
    /// A time as states note it.
    pub(super) fn second(self, now: Instant) -> Second {
        let since = now.saturating_duration_since(self.0).as_secs();
        Second::try_from(since).unwrap_or(Second::MAX)
    }
}

/// A rig's state, and when its last share came.
#[derive(Debug)]
pub(super) struct RigState<R> {
    pub(super) state: R,
    seen_at: Second,
    /// It is among those that have changed.
    changed: bool,
}

/// States by rig: at most so many, and those of rigs that went away not for ever.
#[derive(Debug)]
pub(super) struct RigStates<R> {
    states: RigMap<RigState<R>>,
    most: usize,
    forget_after: Duration,
    epoch: Epoch,
    /// Rigs that have changed since they were last told of, oldest change first. Also some that
    /// are gone, or stand here twice because they were gone.
    changed: VecDeque<RigKey>,
}

impl<R> RigStates<R> {
    /// No states yet.
    pub(super) fn new(most: usize, forget_after: Duration, now: Instant) -> Self {
        Self {
            states: RigMap::default(),
            most: most.max(1),
            forget_after,
            epoch: Epoch(now),
            changed: VecDeque::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    pub(super) fn get_mut(&mut self, rig: RigKey) -> Option<&mut RigState<R>> {
        self.states.get_mut(&rig)
    }

    pub(super) const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Remembers a rig that was not known. When the table is full, a quarter of it goes, those that
    /// were silent longest: so each newcomer pays for four steps of that search, not for all.
    pub(super) fn insert(&mut self, rig: RigKey, state: R, now: Instant) {
        if self.states.len() >= self.most {
            self.forget_idlest_quarter();
        }
        let kept = RigState {
            state,
            seen_at: self.epoch.second(now),
            changed: true,
        };
        self.states.insert(rig, kept);
        self.note_changed(rig);
    }

    /// Takes in what an earlier run remembered of a rig, if that is not known and there is room;
    /// whether it did.
    pub(super) fn restore(&mut self, rig: RigKey, state: R, now: Instant) -> bool {
        if self.is_known_or_full(rig) {
            return false;
        }
        let kept = RigState {
            state,
            seen_at: self.epoch.second(now),
            changed: false,
        };
        self.states.insert(rig, kept);
        true
    }

    /// Whether nothing can be restored of a rig.
    pub(super) fn is_known_or_full(&self, rig: RigKey) -> bool {
        self.states.len() >= self.most || self.states.contains_key(&rig)
    }

    /// A rig has changed that had not since it was last told of.
    pub(super) fn note_changed(&mut self, rig: RigKey) {
        self.changed.push_back(rig);
        if self.changed.len() > self.most.saturating_mul(2) {
            // Twice as many as can be known: at least half are gone or twice there. So this is
            // paid for by as many changes.
            let changed = self.states.iter().filter(|(_, kept)| kept.changed);
            self.changed = changed.map(|(rig, _)| *rig).collect();
        }
    }

    /// Tells of a rig that has changed, and that it has not from now on.
    pub(super) fn take_changed(&mut self) -> Option<(RigKey, &R)> {
        loop {
            let rig = self.changed.pop_front()?;
            let is_due = self.states.get(&rig).is_some_and(|kept| kept.changed);
            if is_due {
                let kept = self.states.get_mut(&rig)?;
                kept.changed = false;
                return Some((rig, &kept.state));
            }
        }
    }

    pub(super) fn remove(&mut self, rig: RigKey) {
        self.states.remove(&rig);
    }

    /// Forgets rigs that went away, and gives memory back when most have gone.
    pub(super) fn forget_idle(&mut self, now: Instant) {
        let limit = Second::try_from(self.forget_after.as_secs()).unwrap_or(Second::MAX);
        let second = self.epoch.second(now);
        self.states
            .retain(|_, kept| second.saturating_sub(kept.seen_at) <= limit);
        if self.states.len() < self.states.capacity() / 4 {
            self.states.shrink_to_fit();
        }
    }

    fn forget_idlest_quarter(&mut self) {
        let mut too_many = self.states.len().div_ceil(4);
        let mut seen: Vec<Second> = self.states.values().map(|kept| kept.seen_at).collect();
        let (earlier, limit, _) = seen.select_nth_unstable(too_many - 1);
        // Of those last seen in that very second only as many as are needed go.
        too_many -= earlier.iter().filter(|seen| **seen < *limit).count();
        let limit = *limit;
        self.states.retain(|_, kept| {
            if kept.seen_at == limit && too_many > 0 {
                too_many -= 1;
                return false;
            }
            kept.seen_at >= limit
        });
    }
}

impl<R> RigState<R> {
    /// What it is after one more share. True if it had not changed since it was last told of.
    pub(super) fn becomes(&mut self, state: R, seen_at: Second) -> bool {
        self.state = state;
        self.seen_at = seen_at;
        !std::mem::replace(&mut self.changed, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn when_it_is_full_the_idlest_quarter_goes_first() {
        let start = Clock.now();
        let mut table = RigStates::new(8, secs(3_600), start);
        for rig in 0..8 {
            table.insert(RigKey(rig), rig, start + secs(rig));
        }
        // The first has been heard of again.
        let second = table.epoch().second(start + secs(20));
        let _ = table.get_mut(RigKey(0)).unwrap().becomes(0, second);
        table.insert(RigKey(8), 8, start + secs(21));
        assert_eq!(table.len(), 7);
        for rig in [0, 3, 4, 5, 6, 7, 8] {
            assert!(table.get_mut(RigKey(rig)).is_some(), "rig {rig}");
        }
    }

    #[test]
    fn it_is_bounded_even_if_all_come_in_the_same_second() {
        let now = Clock.now();
        let mut table = RigStates::new(100, secs(3_600), now);
        let mut least = usize::MAX;
        for rig in 0..10_000 {
            table.insert(RigKey(rig), (), now);
            assert!(table.len() <= 100);
            if rig > 100 {
                least = least.min(table.len());
            }
        }
        assert_eq!(least, 76, "a quarter and not more");
    }

    #[test]
    fn a_table_of_one_keeps_the_last() {
        let now = Clock.now();
        let mut table = RigStates::new(0, secs(1), now);
        for rig in 0..3 {
            table.insert(RigKey(rig), rig, now);
            assert_eq!(table.len(), 1);
        }
        assert_eq!(table.get_mut(RigKey(2)).unwrap().state, 2);
    }

    #[test]
    fn rigs_that_went_away_are_forgotten_with_their_memory() {
        let start = Clock.now();
        let mut table = RigStates::new(10_000, secs(600), start);
        for rig in 0..5_000 {
            table.insert(RigKey(rig), [0u8; 128], start);
        }
        table.insert(RigKey(9_999), [0; 128], start + secs(300));
        table.forget_idle(start + secs(600));
        assert_eq!(table.len(), 5_001);
        table.forget_idle(start + secs(601));
        assert_eq!(table.len(), 1);
        assert!(table.states.capacity() < 100);
    }

    #[test]
    fn each_rig_that_changed_is_told_of_once_with_its_latest_state() {
        let now = Clock.now();
        let mut table = RigStates::new(8, secs(600), now);
        for rig in 0..3 {
            table.insert(RigKey(rig), 0, now);
        }
        assert!(!table.get_mut(RigKey(1)).unwrap().becomes(7, 0));
        table.remove(RigKey(0));
        table.insert(RigKey(0), 5, now);
        let mut told = Vec::new();
        while let Some((rig, state)) = table.take_changed() {
            told.push((rig.0, *state));
        }
        assert_eq!(told, [(0, 5), (1, 7), (2, 0)]);
        assert!(table.get_mut(RigKey(2)).unwrap().becomes(8, 0));
        table.note_changed(RigKey(2));
        assert_eq!(table.take_changed(), Some((RigKey(2), &8)));
        assert_eq!(table.take_changed(), None);
    }

    #[test]
    fn the_list_of_changes_is_bounded_though_nobody_asks_for_it() {
        let now = Clock.now();
        let mut table = RigStates::new(10, secs(600), now);
        for rig in 0..10_000 {
            table.insert(RigKey(rig % 50), rig, now);
            table.remove(RigKey(rig % 7));
            assert!(table.changed.len() <= 20);
        }
        let (known, mut told) = (table.len(), 0);
        while table.take_changed().is_some() {
            told += 1;
        }
        assert_eq!(told, known);
    }

    #[test]
    fn what_is_restored_takes_nobodys_place_and_is_no_change() {
        let now = Clock.now();
        let mut table = RigStates::new(2, secs(600), now);
        table.insert(RigKey(1), 1, now);
        assert!(!table.restore(RigKey(1), 9, now), "known");
        assert!(table.restore(RigKey(2), 2, now));
        assert!(!table.restore(RigKey(3), 3, now), "full");
        assert_eq!(table.take_changed(), Some((RigKey(1), &1)));
        assert_eq!(table.take_changed(), None);
    }
}
