//! Messages that are handled by reference, or by the batch: shares that ended, as many as were settled
//! in one turn.

use actix::{Context, Handler};

use super::{MinerSessions, StopReading};
use crate::inbox::Arrived;
use crate::pool_session::PoolStateChanged;
use crate::share_ticket::ShareSettled;

impl Handler<ShareSettled> for MinerSessions {
    type Result = ();

    fn handle(&mut self, settled: ShareSettled, ctx: &mut Context<Self>) {
        self.guard.health().dequeued();
        self.on_settled(settled);
        self.watch_acknowledgements(ctx);
    }
}

impl Handler<Arrived<ShareSettled>> for MinerSessions {
    type Result = ();

    fn handle(&mut self, arrived: Arrived<ShareSettled>, ctx: &mut Context<Self>) {
        let mut settled = self.settled.take(arrived);
        self.guard.health().dequeued_all(settled.len());
        for settled in settled.drain(..) {
            self.on_settled(settled);
        }
        self.settled.give_back(settled);
        self.watch_acknowledgements(ctx);
    }
}

impl Handler<PoolStateChanged> for MinerSessions {
    type Result = ();

    fn handle(&mut self, changed: PoolStateChanged, _: &mut Context<Self>) {
        self.guard.health().dequeued();
        self.on_pool_state(&changed);
    }
}

impl Handler<StopReading> for MinerSessions {
    type Result = ();

    fn handle(&mut self, stop: StopReading, _: &mut Context<Self>) {
        self.guard.health().dequeued();
        self.on_stop_reading(&stop);
    }
}
