//! What a stage remembers, told to whoever keeps it over a restart of the process, and taken back.

use actix::Handler;
use zartrux_models::filter::{read_state, write_state};

use super::messages::{CollectStates, RestoreStates, StatesCollected};
use super::stage::{FilterStage, StageFilter};

impl<F: StageFilter> Handler<CollectStates> for FilterStage<F> {
    type Result = ();

    fn handle(&mut self, CollectStates { most, reply }: CollectStates, _: &mut Self::Context) {
        self.guard.health().dequeued();
        let mut states = Vec::new();
        while states.len() < most
            && let Some((rig, state)) = self.rigs.take_changed()
        {
            states.push((rig, write_state::<F>(state)));
        }
        let stage = F::STAGE;
        reply.send(StatesCollected { stage, states });
    }
}

impl<F: StageFilter> Handler<RestoreStates> for FilterStage<F> {
    type Result = ();

    /// What can't be read costs what was known of that rig, and is no fault of the filter.
    fn handle(&mut self, RestoreStates(states): RestoreStates, _: &mut Self::Context) {
        self.guard.health().dequeued();
        let (now, mut unreadable) = (self.clock.now(), 0_usize);
        for (rig, bytes) in states {
            if self.rigs.is_known_or_full(rig) || (self.core.is_none() && self.build().is_err()) {
                continue;
            }
            match self
                .guard
                .run(&mut self.core, |core| read_state(core, &bytes))
            {
                Ok(Ok(state)) => {
                    self.rigs.restore(rig, state, now);
                }
                Ok(Err(_)) | Err(_) => unreadable += 1,
            }
        }
        if unreadable > 0 {
            let actor = self.guard.health().name();
            tracing::warn!(
                actor,
                unreadable,
                "filter: what was written of rigs can't be read"
            );
        }
    }
}
