//! The thread that answers what cannot be proved, on time.

use super::shared::{Shared, answer};
use super::supervise::supervise;
use crate::supervision::ActorHealth;

/// The body of the keeper's thread.
pub(super) fn run<T>(shared: &Shared<T>, health: &ActorHealth) {
    supervise(shared, health, || keep(shared, health), |_| ());
}

fn keep<T>(shared: &Shared<T>, health: &ActorHealth) {
    let mut state = shared.lock();
    while !state.stopping {
        let overdue = state.take_overdue(shared.clock.now());
        if overdue.is_empty() {
            state.keeper_looks = state.next_deadline();
            let until = state.keeper_looks;
            state = shared.wait(&shared.signals.keeper, state, until);
        } else {
            drop(state);
            health.step_begins();
            answer(overdue);
            state = shared.lock();
        }
    }
}
