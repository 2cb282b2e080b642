//! Shares and verdicts: alone, or as many as came in one turn.

use actix::Handler;

use super::{Judge, VerdictSeen};
use crate::inbox::Arrived;
use crate::share_ticket::ExamineShare;

impl Handler<ExamineShare> for Judge {
    type Result = ();

    fn handle(&mut self, ExamineShare(ticket): ExamineShare, ctx: &mut Self::Context) {
        self.guard.health().dequeued();
        self.examine(ticket, self.clock.now());
        self.keep_time(ctx);
    }
}

impl Handler<Arrived<ExamineShare>> for Judge {
    type Result = ();

    fn handle(&mut self, arrived: Arrived<ExamineShare>, ctx: &mut Self::Context) {
        let mut shares = self.batch.take(arrived);
        self.guard.health().dequeued_all(shares.len());
        let mut now = self.clock.now();
        for ExamineShare(ticket) in shares.drain(..) {
            now = self.examine(ticket, now);
        }
        self.batch.give_back(shares);
        self.keep_time(ctx);
    }
}

impl Handler<VerdictSeen> for Judge {
    type Result = ();

    fn handle(&mut self, seen: VerdictSeen, _: &mut Self::Context) {
        self.guard.health().dequeued();
        self.upstreams.verdict(seen.pool, seen.verdict);
    }
}

impl Handler<Arrived<VerdictSeen>> for Judge {
    type Result = ();

    fn handle(&mut self, arrived: Arrived<VerdictSeen>, _: &mut Self::Context) {
        let mut verdicts = self.verdicts.take(arrived);
        self.guard.health().dequeued_all(verdicts.len());
        for seen in verdicts.drain(..) {
            self.upstreams.verdict(seen.pool, seen.verdict);
        }
        self.verdicts.give_back(verdicts);
    }
}
