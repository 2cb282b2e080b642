//! What the planner knows goes over to another process, and comes from one.

use std::sync::mpsc::SyncSender;

use actix::{AsyncContext, Context, Handler, Message};
use zartrux_models::plan::UntouchedSlots;
use zartrux_models::work::PoolKey;

use super::{Planner, PoolFacts};
use crate::handover::{InheritedPlan, InheritedPool};

/// Decide nothing any more, and say what there is.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct PackPlan {
    /// For what is known.
    pub(crate) reply: SyncSender<PackedPlan>,
}

/// What the planner gives.
#[derive(Debug)]
pub(crate) struct PackedPlan {
    pub(crate) next_pool: u32,
    /// By the name of the route; one without a name where there are none.
    pub(crate) serving: Vec<(Box<str>, Option<usize>)>,
    /// Sessions with the places of their upstreams, whether they only linger, and which of their slots
    /// newcomers can have.
    pub(crate) pools: Vec<(PoolKey, usize, bool, UntouchedSlots)>,
}

impl Handler<PackPlan> for Planner {
    type Result = ();

    fn handle(&mut self, PackPlan { reply }: PackPlan, _: &mut Context<Self>) {
        self.guard.health().dequeued();
        self.closing = true;
        let pools = self.opened.keys().filter_map(|pool| {
            let place = self.routed.place_of(*pool)?;
            let core = self.core.as_ref();
            let untouched = core.map_or(UntouchedSlots::NONE, |core| core.untouched(*pool));
            Some((*pool, place, !self.facts.contains_key(pool), untouched))
        });
        let pools = pools.collect();
        let serving = self.serving.iter().enumerate();
        let serving = serving.map(|(at, serving)| (self.route_name(at), *serving));
        let packed = PackedPlan {
            next_pool: self.next_pool,
            serving: serving.collect(),
            pools,
        };
        // Whoever asked may have given up waiting.
        let _ = reply.try_send(packed);
    }
}

impl Planner {
    /// Goes on with the sessions of the process before.
    #[must_use]
    pub(crate) fn inheriting(mut self, plan: Option<InheritedPlan>) -> Self {
        self.inherited = plan;
        self
    }

    /// Opens the sessions of the process before, and asks who sits there: as after a fault.
    pub(super) fn take_up(&mut self, inherited: &InheritedPlan, ctx: &mut Context<Self>) {
        let now = self.clock.now();
        self.next_pool = inherited.next_pool;
        for at in 0..self.serving.len() {
            let name = self.route_name(at);
            let served = inherited.serving.iter().find(|(known, _)| *known == name);
            self.serving[at] = served.and_then(|(_, place)| *place);
        }
        (self.on_serving)(&self.serving);
        for (pool, it) in &inherited.pools {
            self.reopen(*pool, it, ctx, now);
        }
        self.tell_time();
        self.rebuild();
        if let Some(core) = &mut self.core {
            let untouched = inherited.pools.iter();
            core.know_untouched(untouched.map(|(pool, it)| (*pool, it.untouched)));
        }
    }

    fn reopen(
        &mut self,
        pool: PoolKey,
        it: &InheritedPool,
        ctx: &mut Context<Self>,
        now: std::time::Instant,
    ) {
        self.open(pool, it.upstream);
        if it.lingers {
            self.facts.remove(&pool);
            ctx.run_later(self.linger, move |this, _| this.close(pool));
            return;
        }
        let mut facts = PoolFacts::opening(it.upstream);
        if let Some(current) = &it.current {
            facts.connection = current.origin.connection;
            facts.job_at = Some(now);
            facts.work = Some(current.job.work.clone());
            facts.algorithm = Some(current.job.algorithm.clone());
            facts.retiring = it.carried;
        }
        self.facts.insert(pool, facts);
    }

    fn route_name(&self, at: usize) -> Box<str> {
        let plan = self.routed.plan();
        let route = plan.and_then(|plan| plan.routes.get(at));
        route.map_or_else(Box::default, |route| route.spec.name.clone())
    }
}
