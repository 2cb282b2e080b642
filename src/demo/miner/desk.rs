//! Where the two threads of a miner meet: one puts the job there, the other takes it up.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::counts::MinerCounts;
use super::work::Work;
use crate::demo::clock;

/// The job, the counts, and the word to stop.
#[derive(Debug, Default)]
pub(super) struct Desk {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    task: Option<Task>,
    number: u64,
    stop: bool,
    counts: MinerCounts,
}

/// A job, and a number that tells it from all others of this miner.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) number: u64,
    pub(super) work: Arc<Work>,
}

/// A share on its way from the hashing thread to the connection.
#[derive(Debug)]
pub(super) struct Found {
    /// Of the task it was found for.
    pub(super) number: u64,
    pub(super) job_id: String,
    pub(super) nonce: [u8; 4],
    pub(super) result: [u8; 32],
    /// Whether failing hardware changed the result.
    pub(super) corrupt: bool,
}

impl Desk {
    /// Replaces the job; `None` when there is none any more.
    pub(super) fn put(&self, work: Option<Work>) {
        let mut state = self.lock();
        state.number += 1;
        let number = state.number;
        state.counts.difficulty = work.as_ref().map_or(0, |work| work.target.difficulty());
        state.task = work.map(|work| Task {
            number,
            work: Arc::new(work),
        });
        drop(state);
        self.changed.notify_all();
    }

    /// Whether this task is still to be worked on.
    pub(super) fn is_wanted(&self, number: u64) -> bool {
        let state = self.lock();
        !state.stop
            && state
                .task
                .as_ref()
                .is_some_and(|task| task.number == number)
    }

    /// Whether shares of this task are still of use.
    pub(super) fn is_current(&self, number: u64) -> bool {
        self.lock()
            .task
            .as_ref()
            .is_some_and(|task| task.number == number)
    }

    /// Waits for a task other than `done`; `None` once the miner stops.
    pub(super) fn next_task(&self, done: Option<u64>) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if state.stop {
                return None;
            }
            match &state.task {
                Some(task) if Some(task.number) != done => return Some(task.clone()),
                Some(_) | None => {}
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until `due`, or less when the miner stops.
    pub(super) fn rest_until(&self, due: Instant) {
        let mut state = self.lock();
        while !state.stop {
            let left = due.saturating_duration_since(clock::now());
            if left.is_zero() {
                return;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Tells the hashing thread to end.
    pub(super) fn stop(&self) {
        self.lock().stop = true;
        self.changed.notify_all();
    }

    /// Changes the counts.
    pub(super) fn count(&self, change: impl FnOnce(&mut MinerCounts)) {
        change(&mut self.lock().counts);
    }

    /// The counts so far.
    pub(super) fn counts(&self) -> MinerCounts {
        self.lock().counts.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
