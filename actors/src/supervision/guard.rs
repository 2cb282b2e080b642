//! Steps that happen wholly or not at all.
//!
//! An actor's shell keeps its mailbox, sockets and the shares it owns; its core is a plain value
//! that decides. A panic in a core never reaches the framework (which would bury the actor and
//! everything in its mailbox): the guard catches it, throws the half-changed core away and says
//! so. What then follows is the shell's stated fallback.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::health::{ActorHealth, ActorState};
use crate::clock::Clock;

/// The core failed at this step; its state is as it was before (or it is gone, see [`Guard`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the actor's core failed at this step")]
pub struct Faulted;

/// Runs the steps of one actor's core.
#[derive(Debug, Clone)]
pub struct Guard {
    health: Arc<ActorHealth>,
    clock: Clock,
}

impl Guard {
    /// A guard that reports to `health`.
    #[must_use]
    pub const fn new(health: Arc<ActorHealth>, clock: Clock) -> Self {
        Self { health, clock }
    }

    /// The health it reports to.
    #[must_use]
    pub const fn health(&self) -> &Arc<ActorHealth> {
        &self.health
    }

    /// Runs `step` on a core that is cheap to copy: on a panic the core is put back to what it was
    /// and the step is tried once more, by the next generation.
    ///
    /// # Errors
    /// The second try failed too: it is the message. The core is as it was before both.
    pub fn transact<C: Clone, R>(
        &self,
        core: &mut C,
        step: impl Fn(&mut C) -> R,
    ) -> Result<R, Faulted> {
        let checkpoint = core.clone();
        match self.attempt(|| step(core)) {
            Ok(outcome) => Ok(outcome),
            Err(cause) => {
                self.report(&cause);
                drop_quietly(std::mem::replace(core, checkpoint.clone()));
                self.attempt(|| step(core)).map_err(|cause| {
                    self.report(&cause);
                    drop_quietly(std::mem::replace(core, checkpoint));
                    Faulted
                })
            }
        }
    }

    /// Runs `step` on a core whose whole state may be thrown away: on a panic it starts again from
    /// its default.
    ///
    /// # Errors
    /// The step panicked.
    pub fn run_or_reset<C: Default, R>(
        &self,
        core: &mut C,
        step: impl FnOnce(&mut C) -> R,
    ) -> Result<R, Faulted> {
        self.attempt(|| step(core)).map_err(|cause| {
            self.report(&cause);
            drop_quietly(std::mem::take(core));
            Faulted
        })
    }

    /// Runs `step` on a core that can only be built anew: on a panic the core is dropped and the
    /// cell left empty; the shell builds the next generation when its back-off is over.
    ///
    /// # Errors
    /// The step panicked, or the cell was empty.
    pub fn run<C, R>(
        &self,
        cell: &mut Option<C>,
        step: impl FnOnce(&mut C) -> R,
    ) -> Result<R, Faulted> {
        let Some(core) = cell.as_mut() else {
            return Err(Faulted);
        };
        self.attempt(|| step(core)).map_err(|cause| {
            self.report(&cause);
            self.health.set_state(ActorState::BackingOff);
            if let Some(failed) = cell.take() {
                drop_quietly(failed);
            }
            Faulted
        })
    }

    /// Builds a core into a cell in place of the one that is there.
    ///
    /// # Errors
    /// Building it panicked; the cell is as it was.
    pub fn build<C>(
        &self,
        cell: &mut Option<C>,
        factory: impl FnOnce() -> C,
    ) -> Result<(), Faulted> {
        match catch_unwind(AssertUnwindSafe(factory)) {
            Ok(core) => {
                drop_quietly(cell.replace(core));
                Ok(())
            }
            Err(panic) => {
                self.report(&cause_of(panic.as_ref()));
                Err(Faulted)
            }
        }
    }

    fn attempt<R>(&self, step: impl FnOnce() -> R) -> Result<R, String> {
        let started = self.health.step_begins().then(|| self.clock.now());
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let outcome = step();
            self.health.drill.fire();
            outcome
        }));
        if let Some(started) = started {
            self.health
                .step_took(self.clock.now().duration_since(started));
        }
        if outcome.is_ok() && self.health.is_recovering() {
            self.health.recovered(self.clock.now());
        }
        outcome.map_err(|panic| cause_of(panic.as_ref()))
    }

    fn report(&self, cause: &str) {
        self.health.faulted(cause, self.clock.unix_millis());
        self.health.recovery_begins(self.clock.now());
    }
}

/// What a panic said.
pub(crate) fn cause_of(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic without a text".to_owned())
}

/// Drops a core whose state may be broken: its destructor may panic as well.
fn drop_quietly<C>(core: C) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(core)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard::new(Arc::new(ActorHealth::new("test", "test")), Clock)
    }

    #[test]
    fn a_step_that_panics_once_is_done_once_by_the_next_generation() {
        let guard = guard();
        let mut core = 0;
        guard.health().drill.arm_panics(1);
        let done = guard.transact(&mut core, |core| {
            *core += 1;
            *core
        });
        assert_eq!((done, core), (Ok(1), 1));
        assert_eq!(
            (guard.health().generation(), guard.health().faults()),
            (2, 1)
        );
        assert!(guard.health().report().recovery_micros.is_some());
        assert!(!guard.health().is_recovering());
    }

    #[test]
    fn a_step_that_always_panics_leaves_the_core_as_it_was() {
        let guard = guard();
        let mut core = vec![1];
        let done: Result<(), Faulted> = guard.transact(&mut core, |core| {
            core.push(2);
            panic!("bad message");
        });
        assert_eq!((done, core), (Err(Faulted), vec![1]));
        assert_eq!(guard.health().faults(), 2);
        assert_eq!(
            guard.health().report().last_fault.unwrap().cause,
            "bad message"
        );
    }

    #[test]
    fn a_core_that_cannot_be_copied_is_dropped_and_the_cell_stays_empty() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("broken destructor");
            }
        }
        let guard = guard();
        let mut cell = Some(Bomb);
        let done: Result<(), Faulted> = guard.run(&mut cell, |_| panic!("first"));
        assert_eq!(done, Err(Faulted));
        assert!(cell.is_none());
        assert_eq!(guard.health().state(), ActorState::BackingOff);
        assert_eq!(guard.run(&mut cell, |_| ()), Err(Faulted));
        assert_eq!(guard.health().faults(), 1, "an empty cell is no new fault");
    }

    #[test]
    fn a_core_that_cannot_be_built_leaves_the_former_in_its_place() {
        let guard = guard();
        let mut cell = Some(1);
        assert_eq!(guard.build(&mut cell, || panic!("no model")), Err(Faulted));
        assert_eq!((cell, guard.health().generation()), (Some(1), 2));
        assert_eq!(guard.build(&mut cell, || 2), Ok(()));
        assert_eq!((cell, guard.health().generation()), (Some(2), 2));
    }
}
