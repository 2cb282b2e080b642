//! The bounded queue: by class, then in order; per seed, so that requests whose seed is not
//! ready stand in nobody's way.

use std::collections::VecDeque;
use std::time::Instant;

use zartrux_models::work::SeedHash;

use super::request::Priority;

/// Waiting jobs of several seeds.
pub(super) struct Queue<J> {
    lines: Vec<Line<J>>,
    len: usize,
    capacity: usize,
    next_serial: u64,
}

struct Line<J> {
    seed: SeedHash,
    classes: [VecDeque<Entry<J>>; Priority::CLASSES],
}

struct Entry<J> {
    serial: u64,
    deadline: Instant,
    job: J,
}

impl<J> Line<J> {
    fn is_empty(&self) -> bool {
        self.classes.iter().all(VecDeque::is_empty)
    }

    fn into_jobs(self) -> impl Iterator<Item = J> {
        self.classes.into_iter().flatten().map(|entry| entry.job)
    }
}

impl<J> Queue<J> {
    pub(super) const fn new(capacity: usize) -> Self {
        Self {
            lines: Vec::new(),
            len: 0,
            capacity,
            next_serial: 0,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether a job of this class may still come in, beside `elsewhere` jobs that wait outside
    /// the queue: of the last eighth one half is kept for the upper classes, the other for
    /// block candidates.
    pub(super) const fn has_room(&self, priority: Priority, elsewhere: usize) -> bool {
        let kept = match priority {
            Priority::BlockCandidate => 0,
            Priority::Upstream => self.capacity / 16,
            Priority::Local => self.capacity / 8,
        };
        self.len + elsewhere < self.capacity - kept
    }

    pub(super) fn push(&mut self, seed: SeedHash, priority: Priority, deadline: Instant, job: J) {
        let entry = Entry {
            serial: self.next_serial,
            deadline,
            job,
        };
        self.next_serial += 1;
        self.len += 1;
        let known = self.lines.iter().position(|line| line.seed == seed);
        let index = known.unwrap_or_else(|| {
            let classes = std::array::from_fn(|_| VecDeque::new());
            self.lines.push(Line { seed, classes });
            self.lines.len() - 1
        });
        self.lines[index].classes[priority.class()].push_back(entry);
    }

    /// Takes the most urgent, then oldest, job of a seed that `serves` accepts.
    pub(super) fn pop(&mut self, serves: impl Fn(&SeedHash) -> bool) -> Option<J> {
        for class in 0..Priority::CLASSES {
            let oldest = self
                .lines
                .iter_mut()
                .filter(|line| serves(&line.seed))
                .map(|line| &mut line.classes[class])
                .filter_map(|entries| Some((entries.front()?.serial, entries)))
                .min_by_key(|(serial, _)| *serial);
            if let Some(entry) = oldest.and_then(|(_, entries)| entries.pop_front()) {
                self.len -= 1;
                self.lines.retain(|line| !line.is_empty());
                return Some(entry.job);
            }
        }
        None
    }

    /// Whether a job of this class waits.
    pub(super) fn has(&self, priority: Priority) -> bool {
        self.lines
            .iter()
            .any(|line| !line.classes[priority.class()].is_empty())
    }

    /// Jobs of served seeds that would come before a new one of this class.
    pub(super) fn ahead(&self, priority: Priority, serves: impl Fn(&SeedHash) -> bool) -> usize {
        let lines = self.lines.iter().filter(|line| serves(&line.seed));
        lines
            .flat_map(|line| &line.classes[..=priority.class()])
            .map(VecDeque::len)
            .sum()
    }

    /// When the first deadline passes.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let entries = self
            .lines
            .iter()
            .flat_map(|line| line.classes.iter().flatten());
        entries.map(|entry| entry.deadline).min()
    }

    /// Takes the jobs whose deadline has passed.
    pub(super) fn take_expired(&mut self, now: Instant) -> Vec<J> {
        let mut expired = Vec::new();
        for entries in self.lines.iter_mut().flat_map(|line| &mut line.classes) {
            if entries.iter().all(|entry| entry.deadline > now) {
                continue;
            }
            for entry in std::mem::take(entries) {
                if entry.deadline > now {
                    entries.push_back(entry);
                } else {
                    expired.push(entry.job);
                }
            }
        }
        self.len -= expired.len();
        self.lines.retain(|line| !line.is_empty());
        expired
    }

    /// Takes the jobs of all seeds that `keep` rejects.
    pub(super) fn take_unless(&mut self, keep: impl Fn(&SeedHash) -> bool) -> Vec<J> {
        let lines = self.lines.extract_if(.., |line| !keep(&line.seed));
        let taken: Vec<J> = lines.flat_map(Line::into_jobs).collect();
        self.len -= taken.len();
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::Clock;

    const A: SeedHash = SeedHash::new([1; 32]);
    const B: SeedHash = SeedHash::new([2; 32]);

    fn all(_: &SeedHash) -> bool {
        true
    }

    fn only_b(seed: &SeedHash) -> bool {
        *seed == B
    }

    #[test]
    fn urgent_jobs_come_first_and_equals_in_order_across_seeds() {
        let now = Clock.now();
        let mut queue = Queue::new(16);
        queue.push(A, Priority::Local, now, "local 1");
        queue.push(B, Priority::Upstream, now, "upstream 1");
        queue.push(A, Priority::Upstream, now, "upstream 2");
        queue.push(A, Priority::BlockCandidate, now, "block");
        queue.push(B, Priority::Local, now, "local 2");
        let order: Vec<_> = std::iter::from_fn(|| queue.pop(all)).collect();
        assert_eq!(
            order,
            ["block", "upstream 1", "upstream 2", "local 1", "local 2"]
        );
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn jobs_of_an_unready_seed_stand_in_nobodys_way() {
        let now = Clock.now();
        let mut queue = Queue::new(16);
        queue.push(A, Priority::BlockCandidate, now, 1);
        queue.push(B, Priority::Local, now, 2);
        assert_eq!(queue.ahead(Priority::Local, only_b), 1);
        assert_eq!(queue.ahead(Priority::Upstream, only_b), 0);
        assert_eq!(queue.pop(only_b), Some(2));
        assert_eq!(queue.pop(only_b), None);
        assert_eq!(queue.take_unless(only_b), [1]);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn expired_jobs_are_taken_and_the_others_keep_their_order() {
        let now = Clock.now();
        let later = now + Duration::from_secs(1);
        let mut queue = Queue::new(16);
        for (job, deadline) in [(1, later), (2, now), (3, later), (4, now)] {
            queue.push(A, Priority::Upstream, deadline, job);
        }
        assert_eq!(queue.next_deadline(), Some(now));
        assert_eq!(queue.take_expired(now), [2, 4]);
        assert_eq!(queue.next_deadline(), Some(later));
        assert_eq!(
            (queue.pop(all), queue.pop(all), queue.pop(all)),
            (Some(1), Some(3), None)
        );
    }

    #[test]
    fn the_last_places_are_kept_for_the_urgent() {
        let now = Clock.now();
        let mut queue = Queue::new(16);
        let mut fill = |priority| {
            let mut taken = 0;
            while queue.has_room(priority, 0) {
                queue.push(A, priority, now, ());
                taken += 1;
            }
            taken
        };
        assert_eq!(fill(Priority::Local), 14);
        assert_eq!(fill(Priority::Upstream), 1);
        assert_eq!(fill(Priority::BlockCandidate), 1);
        assert!(!Queue::<()>::new(4).has_room(Priority::BlockCandidate, 4));
        assert!(Queue::<()>::new(1).has_room(Priority::Local, 0));
    }
}
