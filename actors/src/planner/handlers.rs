//! What the planner does with what it is told.

use actix::{Context, Handler};
use zartrux_models::work::PoolKey;

use super::{
    ClosePools, LeaseAsked, LeaseGivenUp, LeaseNearlyUsedUp, LeasesHeld, Planner, SeatLeft,
};
use crate::inbox::Arrived;
use crate::pool_session::{JobReplaced, PoolState, PoolStateChanged};

impl Handler<LeaseAsked> for Planner {
    type Result = ();

    fn handle(&mut self, asked: LeaseAsked, ctx: &mut Context<Self>) {
        self.guard.health().dequeued();
        let now = self.clock.now();
        self.step(ctx, |core| {
            core.lease_asked_by(asked.seat, asked.traits, now)
        });
    }
}

/// As many as logged in in one turn.
impl Handler<Arrived<LeaseAsked>> for Planner {
    type Result = ();

    fn handle(&mut self, arrived: Arrived<LeaseAsked>, ctx: &mut Context<Self>) {
        let mut asked = self.asked.take(arrived);
        self.guard.health().dequeued_all(asked.len());
        let now = self.clock.now();
        let seats = asked.drain(..).map(|asked| (asked.seat, asked.traits));
        self.step(ctx, |core| core.leases_asked(seats, now));
        self.asked.give_back(asked);
    }
}

impl Handler<LeaseNearlyUsedUp> for Planner {
    type Result = ();

    fn handle(&mut self, used: LeaseNearlyUsedUp, ctx: &mut Context<Self>) {
        self.guard.health().dequeued();
        let now = self.clock.now();
        self.step(ctx, |core| {
            core.lease_nearly_used_up(used.seat, used.lease, now)
        });
    }
}

impl Handler<LeaseGivenUp> for Planner {
    type Result = ();

    fn handle(&mut self, given: LeaseGivenUp, ctx: &mut Context<Self>) {
        self.guard.health().dequeued();
        self.step(ctx, |core| {
            core.lease_given_up(given.seat, given.lease, given.connection);
            Vec::new()
        });
    }
}

impl Handler<SeatLeft> for Planner {
    type Result = ();

    fn handle(&mut self, left: SeatLeft, ctx: &mut Context<Self>) {
        self.guard.health().dequeued();
        let now = self.clock.now();
        self.step(ctx, |core| core.seat_left(left.seat, left.lease, now));
    }
}

impl Handler<LeasesHeld> for Planner {
    type Result = ();

    fn handle(&mut self, leases: LeasesHeld, ctx: &mut Context<Self>) {
        self.guard.health().dequeued();
        let now = self.clock.now();
        self.reports_due = self.reports_due.saturating_sub(1);
        if self.reports_due > 0 {
            // An earlier generation asked for it: this one waits for its own, which is newer.
            return;
        }
        self.step(ctx, |core| {
            core.know(leases.traits);
            core.adopt(&leases.held, &leases.waiting, now)
        });
    }
}

impl Handler<JobReplaced> for Planner {
    type Result = ();

    fn handle(&mut self, replaced: JobReplaced, ctx: &mut Context<Self>) {
        self.guard.health().dequeued();
        let now = self.clock.now();
        let origin = replaced.origin;
        if let Some(facts) = self.facts.get_mut(&origin.pool) {
            facts.connection = origin.connection;
            facts.job_at = Some(now);
            facts.work = Some(replaced.job.work.clone());
            facts.algorithm = Some(replaced.job.algorithm.clone());
        }
        let job = &replaced.job;
        self.step(ctx, |core| {
            core.job_came(origin, &job.work, Some(job.algorithm.clone()), now)
        });
    }
}

impl Handler<PoolStateChanged> for Planner {
    type Result = ();

    fn handle(&mut self, changed: PoolStateChanged, ctx: &mut Context<Self>) {
        self.guard.health().dequeued();
        let now = self.clock.now();
        let pool = changed.pool;
        match changed.state {
            // Also said by a session that answers again after it was unresponsive.
            PoolState::LoggedIn => {
                if let Some(facts) = self.facts.get_mut(&pool) {
                    facts.responsive = true;
                }
                self.step(ctx, |core| core.pool_responsive(pool, now));
            }
            PoolState::Connecting | PoolState::Lost { .. } => {
                let failed = changed.state != PoolState::Connecting;
                if let Some(facts) = self.facts.get_mut(&pool) {
                    facts.job_at = None;
                    facts.work = None;
                    facts.responsive = true;
                    facts.failed |= failed;
                }
                self.step(ctx, |core| core.pool_lost(pool, failed, now));
            }
            PoolState::Unresponsive => {
                if let Some(facts) = self.facts.get_mut(&pool) {
                    facts.responsive = false;
                    facts.failed = true;
                }
                self.step(ctx, |core| core.pool_unresponsive(pool, now));
            }
        }
    }
}

impl Handler<ClosePools> for Planner {
    type Result = ();

    fn handle(&mut self, _: ClosePools, _: &mut Context<Self>) {
        self.guard.health().dequeued();
        self.closing = true;
        let pools: Vec<PoolKey> = self.opened.keys().copied().collect();
        for pool in pools {
            self.close(pool);
        }
    }
}
