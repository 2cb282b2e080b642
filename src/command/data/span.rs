//! From when to when.

use zartrux_actors::store::ledger::{DAY_MS, Day};
use zartrux_models::ledger::rows::read_time;

/// A span of time, milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::command) struct Span {
    /// The first that counts.
    pub(in crate::command) from: u64,
    /// The first that does not count any more.
    pub(in crate::command) to: u64,
}

impl Span {
    pub(in crate::command) fn new(from: Option<u64>, to: Option<u64>) -> Self {
        Self {
            from: from.unwrap_or(0),
            to: to.unwrap_or(u64::MAX),
        }
    }

    /// Whether a share that ended then is in it. What is beyond all clocks is in one without end.
    pub(in crate::command) const fn has(self, unix_ms: u64) -> bool {
        self.from <= unix_ms && (unix_ms < self.to || self.to == u64::MAX)
    }

    /// The day on which it begins.
    pub(in crate::command) fn first_day(self) -> Day {
        Day::of_unix_ms(self.from)
    }
}

const EXPECTED: &str = "expected a day (2026-11-24, UTC) or a time (2026-11-24T15:30:00Z)";

/// A day's or a time's beginning.
pub(in crate::command) fn beginning(text: &str) -> Result<u64, &'static str> {
    match Day::named(text) {
        Some(day) => Ok(day.begins_ms()),
        None => read_time(text).ok_or(EXPECTED),
    }
}

/// A time, or the end of a day.
pub(in crate::command) fn end(text: &str) -> Result<u64, &'static str> {
    match Day::named(text) {
        Some(day) => Ok(day.begins_ms() + DAY_MS),
        None => read_time(text).ok_or(EXPECTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_counts_from_its_beginning_to_its_end() {
        let day = Span::new(beginning("2026-11-24").ok(), end("2026-11-24").ok());
        assert!(day.has(day.from) && day.has(day.from + DAY_MS - 1));
        assert!(!day.has(day.from - 1) && !day.has(day.from + DAY_MS));
        assert_eq!(beginning("2026-11-24T00:00:00Z"), Ok(day.from));
        assert!(beginning("24.11.2026").is_err() && end("tomorrow").is_err());
    }

    #[test]
    fn without_bounds_everything_counts() {
        let all = Span::new(None, None);
        assert!(all.has(0) && all.has(u64::MAX));
    }
}
