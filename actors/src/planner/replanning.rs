//! Another plan while it runs.

use actix::{Context, Handler};

use super::{Planner, ReplacePlan};
use crate::pool_session::ReplaceTimeouts;

impl Handler<ReplacePlan> for Planner {
    type Result = ();

    fn handle(&mut self, plan: ReplacePlan, ctx: &mut Context<Self>) {
        self.guard.health().dequeued();
        // The shell's facts first: a core that is built anew goes by them.
        self.policy = plan.policy;
        self.linger = plan.linger;
        self.max_sessions.clone_from(&plan.max_sessions);
        self.order.clone_from(&plan.order);
        for opened in self.opened.values() {
            opened.retime.send(ReplaceTimeouts(plan.timeouts));
        }
        let now = self.clock.now();
        self.step(ctx, |core| {
            core.replace_plan(plan.policy, plan.max_sessions, &plan.order, now)
        });
    }
}
