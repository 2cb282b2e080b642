//! The stages of a lane, chained.

use std::fmt;
use std::sync::Arc;

use actix::{Actor, Addr};
use zartrux_models::filter::Stage;

use super::messages::{Factory, ModelReplaced};
use super::stage::{FilterStage, StageArgs, StageFilter, StageSettings};
use super::state_posts::{StagePost, StatePosts};
use crate::clock::Clock;
use crate::journal::Journal;
use crate::messaging::Post;
use crate::share_ticket::ExamineShare;
use crate::supervision::{Guard, HealthRegistry};

/// Whether an actor is there.
pub type Alive = Box<dyn Fn() -> bool>;

/// Stages in a row, built from the judge backward: each is put before those that are there.
///
/// Must be built on the lane's thread.
pub struct Cascade {
    lane: usize,
    settings: StageSettings,
    health: HealthRegistry,
    journal: Journal,
    clock: Clock,
    first: Post<ExamineShare>,
    alive: Vec<Alive>,
    states: Vec<StagePost>,
}

impl fmt::Debug for Cascade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cascade")
            .field("lane", &self.lane)
            .field("stages", &self.alive.len())
            .finish_non_exhaustive()
    }
}

impl Cascade {
    /// No stage yet: shares go to the judge.
    #[must_use]
    pub const fn before(
        judge: Post<ExamineShare>,
        lane: usize,
        settings: StageSettings,
        health: HealthRegistry,
        journal: Journal,
        clock: Clock,
    ) -> Self {
        Self {
            lane,
            settings,
            health,
            journal,
            clock,
            first: judge,
            alive: Vec::new(),
            states: Vec::new(),
        }
    }

    /// Starts a stage before those that are there; also says how to give it another model.
    pub fn put_before<F: StageFilter>(&mut self, factory: Factory<F>) -> Post<ModelReplaced<F>> {
        let health = self
            .health
            .register(name(self.lane, F::STAGE), F::STAGE.name());
        let guard = Guard::new(Arc::clone(&health), self.clock);
        let stage = FilterStage::new(StageArgs {
            factory,
            settings: self.settings,
            next: self.first.clone(),
            journal: self.journal.clone(),
            guard,
            clock: self.clock,
        });
        let address = stage.start();
        self.first = Post::to_inbox(address.clone().recipient(), Arc::clone(&health));
        self.alive.push(alive(address.clone()));
        self.states.push(StagePost {
            stage: F::STAGE,
            collect: Post::to_actor(address.clone().recipient(), Arc::clone(&health)),
            restore: Post::to_actor(address.clone().recipient(), Arc::clone(&health)),
        });
        Post::to_actor(address.recipient(), health)
    }

    /// The way to what the stages that are there remember.
    #[must_use]
    pub fn state_posts(&self) -> StatePosts {
        StatePosts(self.states.clone())
    }

    /// Where shares go in, and whether all stages are there.
    #[must_use]
    pub fn finish(self) -> (Post<ExamineShare>, Vec<Alive>) {
        (self.first, self.alive)
    }
}

pub(crate) fn alive<A: Actor>(address: Addr<A>) -> Alive {
    Box::new(move || address.connected())
}

fn name(lane: usize, stage: Stage) -> String {
    format!("lane{lane}/{stage}")
}
