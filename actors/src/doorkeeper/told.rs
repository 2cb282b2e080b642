//! A log line now and then, however many are turned away.

use std::sync::{Mutex, PoisonError};

/// Lines in a minute.
const LINES: u32 = 6;
/// µs.
const MINUTE: u64 = 60_000_000;

#[derive(Debug, Default)]
struct State {
    since: u64,
    lines: u32,
    unsaid: u64,
}

/// What was logged lately.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<State>);

impl Told {
    /// Whether a line may be logged at `now` (µs): then how many were left out before it.
    pub(super) fn may_tell(&self, now: u64) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(state.since) >= MINUTE {
            state.since = now;
            state.lines = 0;
        }
        if state.lines >= LINES {
            state.unsaid += 1;
            return None;
        }
        state.lines += 1;
        Some(std::mem::take(&mut state.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_makes_six_lines_a_minute_and_the_rest_is_counted() {
        let told = Told::default();
        let lines = (0..1_000).filter(|at| told.may_tell(*at).is_some()).count();
        assert_eq!(lines, 6);
        assert_eq!(told.may_tell(MINUTE), Some(994));
        assert_eq!(told.may_tell(MINUTE), Some(0));
    }
}
