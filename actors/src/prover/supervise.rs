//! Keeps one thread's work going through panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::shared::Shared;
use crate::supervision::{ActorHealth, ActorState, Backoff, cause_of};

/// Runs `work` until it returns. After a panic in it, `clear_up` gets the cause and the thread
/// backs off (10 ms, doubling to 30 s, from the start again after a minute without a fault);
/// then `work` begins anew, as the next generation.
pub(super) fn supervise<T>(
    shared: &Shared<T>,
    health: &ActorHealth,
    mut work: impl FnMut(),
    mut clear_up: impl FnMut(&str),
) {
    const FORGIVEN_AFTER: Duration = Duration::from_secs(60);
    let mut backoff = Backoff::of_cores();
    loop {
        let began = shared.clock.now();
        let Err(panic) = catch_unwind(AssertUnwindSafe(&mut work)) else {
            health.set_state(ActorState::Stopped);
            return;
        };
        let cause = cause_of(panic.as_ref());
        health.faulted(&cause, shared.clock.unix_millis());
        health.set_state(ActorState::BackingOff);
        if shared.clock.now().saturating_duration_since(began) > FORGIVEN_AFTER {
            backoff.reset();
        }
        clear_up(&cause);
        shared.rest(backoff.next_delay());
        health.set_state(ActorState::Running);
    }
}
