//! Who waits for a lease.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use zartrux_models::plan::SeatKey;

/// Seats in the order in which they began to wait.
#[derive(Debug, Default)]
pub(super) struct WaitingList {
    queue: VecDeque<(SeatKey, Instant)>,
    seats: HashSet<SeatKey>,
}

impl WaitingList {
    /// A seat begins to wait, unless it does already.
    pub(super) fn push(&mut self, seat: SeatKey, now: Instant) {
        if self.seats.insert(seat) {
            self.queue.push_back((seat, now));
        }
    }

    /// Who has waited longest.
    pub(super) fn first(&self) -> Option<SeatKey> {
        self.queue.front().map(|(seat, _)| *seat)
    }

    /// Takes out who has waited longest.
    pub(super) fn pop(&mut self) -> Option<SeatKey> {
        let (seat, _) = self.queue.pop_front()?;
        self.seats.remove(&seat);
        Some(seat)
    }

    /// Takes out a seat, wherever it stands.
    pub(super) fn remove(&mut self, seat: SeatKey) {
        if self.seats.remove(&seat) {
            self.queue.retain(|(waiting, _)| *waiting != seat);
        }
    }

    /// Takes out all that have waited for `time`.
    pub(super) fn take_longer_than(&mut self, time: Duration, now: Instant) -> Vec<SeatKey> {
        let mut taken = Vec::new();
        while let Some((_, since)) = self.queue.front()
            && now.saturating_duration_since(*since) >= time
        {
            taken.extend(self.pop());
        }
        taken
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }
}
