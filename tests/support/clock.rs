//! The tests' only look at the clock, for waiting with an end.

use std::sync::{Condvar, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::PATIENCE;

/// The present instant.
#[expect(
    clippy::disallowed_methods,
    reason = "tests wait in real time, with a limit"
)]
pub fn now() -> Instant {
    Instant::now()
}

/// Waits until `ready` finds what it looks for, or `limit` is over.
pub fn wait_for<S, T>(
    changed: &Condvar,
    mut state: MutexGuard<'_, S>,
    limit: Duration,
    mut ready: impl FnMut(&mut S) -> Option<T>,
) -> Option<T> {
    let end = now() + limit;
    loop {
        if let Some(found) = ready(&mut state) {
            return Some(found);
        }
        let left = end.saturating_duration_since(now());
        if left.is_zero() {
            return None;
        }
        state = changed
            .wait_timeout(state, left)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
    }
}

/// Looks again and again until `ready` finds what it looks for; for things that tell nobody
/// when they change.
///
/// # Panics
/// It does not come within [`PATIENCE`].
pub fn eventually<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let end = now() + PATIENCE;
    loop {
        if let Some(found) = ready() {
            return found;
        }
        assert!(now() < end, "waited in vain for {what}");
        thread::park_timeout(Duration::from_millis(10));
    }
}
