//! How much one connection may send: who sends more is read no further until its time has come.
//!
//! Nobody is closed for it, and nothing is lost: what is not read waits in the system's own buffers,
//! and the peer's sends stop when these are full. So a proxy with many miners behind one connection
//! is late at worst, and a flood of requests that are all well-formed costs a stated part of the
//! lane's time, for as long as it likes.

use zartrux_models::plan::SeatKey;

use super::MinerSessions;
use super::seat::Second;

/// A line weighs as much as so many bytes: what it costs is mostly its being a line.
const LINE: u32 = 1024;

/// What a connection has sent beyond what the time since has paid for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pace {
    /// Bytes, and [`LINE`] for each line.
    debt: u32,
    at: Second,
}

impl Pace {
    /// So much has come.
    pub(super) fn charge(&mut self, bytes: usize, lines: u32) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let weight = lines.saturating_mul(LINE).saturating_add(bytes);
        self.debt = self.debt.saturating_add(weight);
    }

    /// Whether more may be read, at most `per_second` lines on the average.
    pub(super) fn may_read(&mut self, per_second: u32, now: Second) -> bool {
        let each_second = per_second.saturating_mul(LINE);
        let passed = now.saturating_sub(self.at);
        self.debt = self.debt.saturating_sub(each_second.saturating_mul(passed));
        self.at = now;
        self.debt < each_second
    }
}

impl MinerSessions {
    /// Whether a seat may be read now; one that may not is read on when it may.
    pub(super) fn may_read(&mut self, key: SeatKey, now: Second) -> bool {
        let Some(most) = self.settings.lines_per_second else {
            return true;
        };
        let Some(seat) = self.seat(key) else {
            return false;
        };
        if seat.pace.may_read(most, now) {
            return true;
        }
        if !seat.paused {
            seat.paused = true;
            self.paused.push(key);
            self.stats.connections(|counts| counts.pauses += 1);
        }
        false
    }

    /// Has those read on whose time has come.
    pub(super) fn resume(&mut self, now: Second) {
        for key in std::mem::take(&mut self.paused) {
            let limit = self.settings.lines_per_second;
            let Some(seat) = self.seat(key) else {
                continue;
            };
            seat.paused = limit.is_some_and(|most| !seat.pace.may_read(most, now));
            if seat.paused {
                self.paused.push(key);
            } else {
                self.read_on.push(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines that one gets read within so many seconds that sends as many as are taken.
    fn read_of_a_flood(per_second: u32, seconds: Second, line: usize) -> u32 {
        let mut pace = Pace::default();
        let mut lines = 0;
        for now in 0..seconds {
            while pace.may_read(per_second, now) {
                pace.charge(line, 1);
                lines += 1;
            }
        }
        lines
    }

    #[test]
    fn a_flood_is_read_at_its_pace_and_long_lines_count_for_more() {
        assert_eq!(read_of_a_flood(100, 60, 0), 6_000);
        assert_eq!(read_of_a_flood(100, 60, 1024), 3_000);
        let by_weight = read_of_a_flood(100, 60, 7 * 1024);
        assert!((750..=810).contains(&by_weight), "{by_weight}");
    }

    #[test]
    fn a_burst_is_paid_for_before_more_is_read() {
        let mut pace = Pace::default();
        assert!(pace.may_read(10, 5));
        pace.charge(0, 35);
        assert!(!pace.may_read(10, 5));
        assert!(!pace.may_read(10, 7));
        assert!(pace.may_read(10, 8));
    }

    #[test]
    fn who_keeps_to_the_limit_is_always_read() {
        let mut pace = Pace::default();
        for now in 0..1_000 {
            assert!(pace.may_read(1, now));
            pace.charge(0, 1);
        }
    }
}
