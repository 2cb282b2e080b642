//! Another plan while it runs.

use std::sync::Arc;

use actix::{Context, Handler};

use super::{Planner, ReplacePlan, RoutePlan};
use crate::pool_session::ReplaceTimeouts;

impl Handler<ReplacePlan> for Planner {
    type Result = ();

    fn handle(&mut self, plan: ReplacePlan, ctx: &mut Context<Self>) {
        self.guard.health().dequeued();
        let former = self.routed.plan().cloned();
        let same = same_routes(former.as_ref(), plan.routes.as_ref());
        // The shell's facts first: a core that is built anew goes by them.
        self.policy = plan.policy;
        self.linger = plan.linger;
        self.max_sessions.clone_from(&plan.max_sessions);
        self.order.clone_from(&plan.order);
        self.routed.replace(plan.routes);
        for opened in self.opened.values() {
            opened.retime.send(ReplaceTimeouts(plan.timeouts));
        }
        if !same {
            self.deal_anew(former.as_deref());
            return;
        }
        let now = self.clock.now();
        let routes = self.routed.plan().cloned();
        self.step(ctx, |core| match routes {
            Some(routes) => core.replace_routes(plan.policy, plan.max_sessions, &routes, now),
            None => core.replace_plan(plan.policy, plan.max_sessions, &plan.order, now),
        });
    }
}

impl Planner {
    /// Goes on with other routes: as after a fault, with what the miner sessions report.
    fn deal_anew(&mut self, former: Option<&RoutePlan>) {
        let name = |plan: Option<&RoutePlan>, at: usize| match plan {
            Some(plan) => plan.routes.get(at).map(|route| route.spec.name.to_string()),
            None => (at == 0).then(|| "main".to_owned()),
        };
        let plan = self.routed.plan().cloned();
        let before = std::mem::take(&mut self.serving);
        let count = plan.as_ref().map_or(1, |plan| plan.routes.len());
        let served = |at| {
            let found =
                (0..before.len()).find(|was| name(former, *was) == name(plan.as_deref(), at));
            found.and_then(|was| before[was])
        };
        self.serving = (0..count).map(served).collect();
        (self.on_serving)(&self.serving);
        if plan.is_none() {
            (self.on_routes)(Vec::new());
        }
        // While there is none after a fault, the next one goes by these routes anyway.
        if self.core.is_some() && !self.closing {
            self.rebuild();
        }
    }
}

/// Whether the core can go on with other routes without dealing all rigs anew.
fn same_routes(old: Option<&Arc<RoutePlan>>, new: Option<&Arc<RoutePlan>>) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(old), Some(new)) => old.deals_like(new),
        (Some(_), None) | (None, Some(_)) => false,
    }
}
