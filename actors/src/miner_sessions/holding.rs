//! Bytes that are kept for slow peers: lines that are not whole yet, and what was not read yet.
//!
//! Three limits hold. One connection keeps no more than a line and `unsent_limit`. It keeps something
//! without a break for no longer than `stall_timeout`. And all of a lane together keep no more than
//! their part of `buffer_limit`: beyond it those that have kept something for longest are closed,
//! which are the stuck ones, since others have something kept for moments only.

use std::collections::HashMap;

use zartrux_models::plan::SeatKey;

use super::seat::Second;
use super::{MinerSessions, Seat};

/// Who keeps how much.
#[derive(Debug, Default)]
pub(super) struct Held {
    bytes: usize,
    of: HashMap<SeatKey, usize>,
}

impl Held {
    /// A seat keeps so much from now on.
    fn note(&mut self, key: SeatKey, bytes: usize) {
        let before = if bytes == 0 {
            self.of.remove(&key)
        } else {
            self.of.insert(key, bytes)
        };
        self.bytes = self.bytes.saturating_sub(before.unwrap_or(0)) + bytes;
        if self.of.is_empty() {
            // A crowd of slow peers leaves no table behind.
            self.of = HashMap::new();
        }
    }
}

impl Seat {
    /// Since when something is kept for it without a break.
    pub(super) fn holds_since(&self) -> Option<Second> {
        let half = (self.half_since > 0).then_some(self.half_since);
        let unsent = (self.unsent_since > 0).then_some(self.unsent_since);
        half.into_iter().chain(unsent).min()
    }

    /// Notes at `now` what is kept; `began` if a line was finished since the last time, so that an
    /// unfinished one has begun after it. How much that is.
    fn note_held(&mut self, began: bool, now: Second) -> usize {
        // 0 stands for never.
        let now = now.max(1);
        if self.assembler.unfinished() == 0 {
            self.half_since = 0;
        } else if began || self.half_since == 0 {
            self.half_since = now;
        }
        if self.unsent.is_empty() {
            self.unsent_since = 0;
        } else if self.unsent_since == 0 {
            self.unsent_since = now;
        }
        self.assembler.unfinished() + self.unsent.len()
    }
}

impl MinerSessions {
    /// Keeps the account of what is kept for a seat, after reading or writing.
    pub(super) fn note_held(&mut self, key: SeatKey, began: bool) {
        let Some(seat) = self.seat(key) else {
            return;
        };
        let nothing = seat.assembler.unfinished() == 0 && seat.unsent.is_empty();
        if nothing && seat.holds_since().is_none() {
            return;
        }
        let now = self.second();
        if let Some(seat) = self.seat(key) {
            let bytes = seat.note_held(began, now);
            self.held.note(key, bytes);
            self.schedule(key);
        }
    }

    /// A seat is gone.
    pub(super) fn forget_held(&mut self, seat: &Seat) {
        if seat.holds_since().is_some() {
            self.held.note(seat.key, 0);
        }
    }

    /// Bytes kept for all.
    pub(super) const fn held_bytes(&self) -> usize {
        self.held.bytes
    }

    /// Closes who has kept something for longest, if all together keep too much. A quarter is freed
    /// at once, so that a crowd can't have this done for each of its bytes.
    pub(super) fn make_room(&mut self) {
        let most = self.settings.buffer_limit;
        if self.held.bytes <= most {
            return;
        }
        let keys: Vec<SeatKey> = self.held.of.keys().copied().collect();
        let mut holders: Vec<(Second, SeatKey)> = keys
            .into_iter()
            .filter_map(|key| Some((self.seat(key)?.holds_since()?, key)))
            .collect();
        holders.sort_unstable_by_key(|(since, key)| (*since, key.index));
        for (_, key) in holders {
            if self.held.bytes <= most - most / 4 {
                break;
            }
            self.stats.connections(|counts| counts.crowded_out += 1);
            self.drop_peer(key, "all miners together keep too many bytes");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(index: u32) -> SeatKey {
        SeatKey {
            index,
            generation: 1,
        }
    }

    #[test]
    fn the_sum_is_of_what_each_keeps_now() {
        let mut held = Held::default();
        held.note(key(1), 100);
        held.note(key(2), 50);
        held.note(key(1), 30);
        assert_eq!(held.bytes, 80);
        held.note(key(2), 0);
        held.note(key(2), 0);
        assert_eq!((held.bytes, held.of.len()), (30, 1));
        held.note(key(1), 0);
        assert_eq!((held.bytes, held.of.capacity()), (0, 0));
    }
}
