//! Who waits where: one line for each route, and one for those that no route can take.

use std::time::{Duration, Instant};

use zartrux_models::plan::SeatKey;

use super::waiting::{Waiter, WaitingList};

/// Lines of seats that wait. A seat stands in one of them at most.
#[derive(Debug)]
pub(super) struct Lines(Vec<WaitingList>);

impl Lines {
    /// So many empty lines.
    pub(super) fn new(lines: usize) -> Self {
        let mut all = Vec::new();
        all.resize_with(lines, WaitingList::default);
        Self(all)
    }

    /// A seat begins to wait in a line, unless it waits in any already.
    pub(super) fn push(&mut self, line: usize, seat: SeatKey, waiter: Waiter, now: Instant) {
        if self.contains(seat) {
            return;
        }
        if let Some(line) = self.0.get_mut(line) {
            line.push(seat, waiter, now);
        }
    }

    /// A seat that waits goes to the end of a line; false if it does not wait.
    pub(super) fn transfer(&mut self, seat: SeatKey, line: usize) -> bool {
        match self.remove(seat) {
            Some((waiter, since)) => {
                self.push(line, seat, waiter, since);
                true
            }
            None => false,
        }
    }

    /// Takes out a seat, wherever it stands.
    pub(super) fn remove(&mut self, seat: SeatKey) -> Option<(Waiter, Instant)> {
        self.0.iter_mut().find_map(|line| line.remove(seat))
    }

    /// Who has waited longest in a line.
    pub(super) fn first(&self, line: usize) -> Option<SeatKey> {
        self.0.get(line)?.first()
    }

    /// Takes out who has waited longest in a line.
    pub(super) fn pop(&mut self, line: usize) -> Option<SeatKey> {
        self.0.get_mut(line)?.pop()
    }

    /// Takes out all of a line, in their order.
    pub(super) fn drain(&mut self, line: usize) -> Vec<(SeatKey, Waiter, Instant)> {
        let mut all = Vec::new();
        while let Some(seat) = self.first(line)
            && let Some((waiter, since)) = self.remove(seat)
        {
            all.push((seat, waiter, since));
        }
        all
    }

    /// Takes out all of a line that were mining and have waited for `time`.
    pub(super) fn take_mining_for(
        &mut self,
        line: usize,
        time: Duration,
        now: Instant,
    ) -> Vec<SeatKey> {
        let line = self.0.get_mut(line);
        line.map_or_else(Vec::new, |line| line.take_mining_for(time, now))
    }

    /// Takes out all of a line that log in and have waited for `time`.
    pub(super) fn take_logging_in_for(
        &mut self,
        line: usize,
        time: Duration,
        now: Instant,
    ) -> Vec<SeatKey> {
        let line = self.0.get_mut(line);
        line.map_or_else(Vec::new, |line| line.take_logging_in_for(time, now))
    }

    pub(super) fn contains(&self, seat: SeatKey) -> bool {
        self.0.iter().any(|line| line.contains(seat))
    }

    /// How many wait in a line.
    pub(super) fn len_of(&self, line: usize) -> usize {
        self.0.get(line).map_or(0, WaitingList::len)
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(WaitingList::len).sum()
    }
}
