//! Who waits for a lease.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use zartrux_models::plan::SeatKey;

/// Why a seat has no lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiter {
    /// It wants its first; the miner sessions hold its login for as long as they promise.
    LoggingIn,
    /// It lost the one it had, and mines nothing.
    Mining,
}

/// Seats in the order in which they began to wait.
///
/// A seat is taken out by forgetting its serial: its entry stays in its queue until it comes to
/// the front, or until there are more such stale entries than live ones. So each step is O(1),
/// amortised, and the queues hold at most twice as many entries as seats wait.
#[derive(Debug, Default)]
pub(super) struct WaitingList {
    /// Which entry is a seat's.
    seats: HashMap<SeatKey, Live>,
    logging_in: VecDeque<Entry>,
    mining: VecDeque<Entry>,
    next_serial: u64,
}

/// What is known of a seat that waits.
#[derive(Debug, Clone, Copy)]
struct Live {
    serial: u64,
    waiter: Waiter,
    since: Instant,
}

/// The entry at the front of each queue is never stale.
#[derive(Debug)]
struct Entry {
    seat: SeatKey,
    since: Instant,
    /// Its place in the order of all.
    serial: u64,
}

impl WaitingList {
    /// A seat begins to wait, unless it does already.
    pub(super) fn push(&mut self, seat: SeatKey, waiter: Waiter, now: Instant) {
        if self.seats.contains_key(&seat) {
            return;
        }
        let serial = self.next_serial;
        self.next_serial += 1;
        let live = Live {
            serial,
            waiter,
            since: now,
        };
        self.seats.insert(seat, live);
        let queue = match waiter {
            Waiter::LoggingIn => &mut self.logging_in,
            Waiter::Mining => &mut self.mining,
        };
        queue.push_back(Entry {
            seat,
            since: now,
            serial,
        });
    }

    /// Who has waited longest.
    pub(super) fn first(&self) -> Option<SeatKey> {
        [&self.logging_in, &self.mining]
            .into_iter()
            .filter_map(VecDeque::front)
            .min_by_key(|entry| entry.serial)
            .map(|entry| entry.seat)
    }

    /// Takes out who has waited longest.
    pub(super) fn pop(&mut self) -> Option<SeatKey> {
        let seat = self.first()?;
        self.remove(seat);
        Some(seat)
    }

    /// Takes out a seat, wherever it stands: why it waits and since when.
    pub(super) fn remove(&mut self, seat: SeatKey) -> Option<(Waiter, Instant)> {
        let live = self.seats.remove(&seat)?;
        let crowded = self.entries() > 2 * self.seats.len();
        for queue in [&mut self.logging_in, &mut self.mining] {
            let is_live = |entry: &Entry| {
                let live = self.seats.get(&entry.seat);
                live.is_some_and(|live| live.serial == entry.serial)
            };
            if crowded {
                queue.retain(is_live);
            }
            while queue.front().is_some_and(|entry| !is_live(entry)) {
                queue.pop_front();
            }
        }
        Some((live.waiter, live.since))
    }

    /// Takes out all that log in and have waited for `time`.
    pub(super) fn take_logging_in_for(&mut self, time: Duration, now: Instant) -> Vec<SeatKey> {
        let mut taken = Vec::new();
        while let Some(entry) = self.logging_in.front()
            && now.saturating_duration_since(entry.since) >= time
        {
            let seat = entry.seat;
            self.remove(seat);
            taken.push(seat);
        }
        taken
    }

    /// Takes out all that were mining and have waited for `time`.
    pub(super) fn take_mining_for(&mut self, time: Duration, now: Instant) -> Vec<SeatKey> {
        let mut taken = Vec::new();
        while let Some(entry) = self.mining.front()
            && now.saturating_duration_since(entry.since) >= time
        {
            let seat = entry.seat;
            self.remove(seat);
            taken.push(seat);
        }
        taken
    }

    pub(super) fn contains(&self, seat: SeatKey) -> bool {
        self.seats.contains_key(&seat)
    }

    pub(super) fn len(&self) -> usize {
        self.seats.len()
    }

    fn entries(&self) -> usize {
        self.logging_in.len() + self.mining.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    fn seat(number: u32) -> SeatKey {
        SeatKey {
            index: number,
            generation: number,
        }
    }

    fn waiter(number: u32) -> Waiter {
        if number.is_multiple_of(3) {
            Waiter::Mining
        } else {
            Waiter::LoggingIn
        }
    }

    #[test]
    fn seats_come_out_in_the_order_in_which_they_began_to_wait() {
        let mut list = WaitingList::default();
        let now = Clock.now();
        for number in 0..20 {
            list.push(seat(number), waiter(number), now);
        }
        for gone in [0, 3, 4, 19] {
            list.remove(seat(gone));
        }
        // Who comes again stands at the end, and who is there already keeps its place.
        list.push(seat(4), Waiter::Mining, now);
        list.push(seat(5), Waiter::Mining, now);
        assert_eq!(list.first(), Some(seat(1)));
        let order: Vec<SeatKey> = std::iter::from_fn(|| list.pop()).collect();
        let expected = [1, 2].into_iter().chain(5..19).chain([4]);
        assert_eq!(order, expected.map(seat).collect::<Vec<_>>());
        assert_eq!((list.len(), list.entries()), (0, 0));
    }

    #[test]
    fn only_who_was_mining_is_taken_out_for_having_waited_too_long() {
        let mut list = WaitingList::default();
        let now = Clock.now();
        let second = Duration::from_secs(1);
        for number in 0..6 {
            list.push(seat(number), waiter(number), now + second * number);
        }
        assert_eq!(
            list.take_mining_for(second * 9, now + second * 9),
            [seat(0)]
        );
        assert_eq!(list.len(), 5);
        assert_eq!(
            list.take_mining_for(Duration::ZERO, now + second * 9),
            [seat(3)]
        );
        assert_eq!(list.first(), Some(seat(1)));
    }

    #[test]
    fn logins_that_time_out_all_at_once_leave_no_more_garbage_than_seats() {
        const SEATS: u32 = 100_000;
        let mut list = WaitingList::default();
        let now = Clock.now();
        for number in 0..SEATS {
            list.push(seat(number), waiter(number), now);
        }
        // From the end, where nothing comes to the front by itself: the worst order.
        for number in (0..SEATS).rev() {
            list.remove(seat(number));
            assert!(list.entries() <= 2 * list.len());
        }
        // One that stays while others come and go before it and behind it.
        list.push(seat(0), Waiter::LoggingIn, now);
        for number in 1..SEATS {
            list.push(seat(number), waiter(number), now);
            list.remove(seat(number));
            assert!(list.entries() <= 2);
        }
        assert_eq!(list.pop(), Some(seat(0)));
    }
}
