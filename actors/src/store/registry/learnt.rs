//! What judges and filters have learnt of rigs, taken from the lanes to be written down.

use std::sync::Arc;

use actix::{AsyncContext, Context, Handler};
use zartrux_models::share::RigKey;

use super::{LanesUp, Registry};
use crate::filters::StatesCollected;
use crate::messaging::Post;
use crate::rig_map::RigMap;
use crate::rigs::ChangedRig;

/// Rigs in quarantine, by the lane whose judge put them there since the process began.
#[derive(Debug, Default)]
pub(super) struct Convictions(RigMap<usize>);

impl Convictions {
    /// Whether what a lane's judge says of a rig stands: quarantine in one lane is not undone by
    /// what another has seen of it.
    fn take(&mut self, lane: usize, rig: RigKey, quarantined: bool) -> bool {
        if quarantined {
            self.0.insert(rig, lane);
            return true;
        }
        match self.0.get(&rig) {
            Some(by) if *by != lane => false,
            Some(_) => {
                self.0.remove(&rig);
                true
            }
            None => true,
        }
    }
}

impl Registry {
    /// What was taken from the judges and not written down is lost: they tell everything again.
    pub(super) fn collect_again(&self) {
        let now = self.args.clock.now();
        for lane in &self.lanes {
            let board = lane.judge.rigs();
            let mut rigs = Vec::new();
            let told = board.each_report(now, |rig, _| rigs.push(rig));
            if told.and_then(|()| board.collect_again(&rigs)).is_err() {
                tracing::warn!("a judge is stuck: what it knows is written down as it changes");
            }
        }
    }

    /// Takes what the judges have learnt.
    pub(super) fn collect_standings(&mut self, ctx: &mut Context<Self>) {
        for lane in 0..self.lanes.len() {
            loop {
                let (now, unix_ms) = (self.args.clock.now(), self.args.clock.unix_millis());
                let board = self.lanes[lane].judge.rigs();
                // A judge that is stuck is asked again the next time.
                let mut changed = board
                    .changed_since_last(Self::STANDINGS, now, unix_ms)
                    .unwrap_or_default();
                let was_last = changed.len() < Self::STANDINGS;
                changed.retain(|rig| self.convictions.take(lane, rig.rig, rig.quarantined));
                self.step(ctx, |book| {
                    for ChangedRig {
                        rig,
                        bytes,
                        quarantined,
                    } in changed
                    {
                        book.note_standing(rig, Some(bytes.into()), quarantined)?;
                    }
                    Ok(())
                });
                if was_last || self.state.is_none() {
                    break;
                }
            }
        }
    }

    /// Asks the filters for what they have learnt; each answers by itself.
    pub(super) fn ask_filters(&self, ctx: &Context<Self>) {
        let reply = Post::to_actor(
            ctx.address().recipient(),
            Arc::clone(self.args.guard.health()),
        );
        for lane in &self.lanes {
            lane.filters.collect(Self::STATES, &reply);
        }
    }
}

impl Handler<LanesUp> for Registry {
    type Result = ();

    fn handle(&mut self, LanesUp(lanes): LanesUp, _: &mut Self::Context) {
        self.args.guard.health().dequeued();
        self.lanes = lanes;
    }
}

impl Handler<StatesCollected> for Registry {
    type Result = ();

    fn handle(&mut self, collected: StatesCollected, ctx: &mut Self::Context) {
        self.args.guard.health().dequeued();
        let StatesCollected { stage, states } = collected;
        let wants = self.step(ctx, |book| {
            for (rig, state) in states {
                book.note_filter_state(rig, stage, state)?;
            }
            Ok(book.wants_checkpoint())
        });
        if wants == Some(true) {
            self.checkpoint(ctx);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarantine_in_one_lane_is_ended_by_that_lane_alone() {
        let mut convictions = Convictions::default();
        let rig = RigKey(1);
        assert!(
            convictions.take(0, rig, false),
            "nothing is held against it"
        );
        assert!(convictions.take(1, rig, true));
        assert!(
            !convictions.take(0, rig, false),
            "another lane has seen good work"
        );
        assert!(convictions.take(1, rig, false));
        assert!(convictions.take(0, rig, false));
        // What was so before the process began may be ended by whichever lane it mines in.
        assert!(convictions.take(2, RigKey(2), false));
    }
}
