//! The demo's only look at the clock.

use std::time::Instant;

/// The present instant of the monotonic clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the demo's peers live outside the proxy and keep their own time; they ask here only"
)]
pub(super) fn now() -> Instant {
    Instant::now()
}
