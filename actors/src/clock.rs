//! The one place that reads a clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Hands out the time. Under a paused tokio runtime it is the runtime's virtual time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock;

impl Clock {
    /// Now, monotonic.
    #[must_use]
    pub fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    /// Milliseconds since 1970, for people and records; never for measuring.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one reader of the wall clock"
    )]
    pub fn unix_millis(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            })
    }
}
