//! New jobs, and their way to every miner.

use std::sync::Arc;

use zartrux_models::plan::Lease;
use zartrux_models::session::Assignment;
use zartrux_models::stratum::JobLine;
use zartrux_models::work::PoolKey;

use super::{MinerSessions, ReplaceOrder};
use crate::judge::PoolClosed;
use crate::pool_session::{JobReplaced, PoolState, PoolStateChanged};

impl MinerSessions {
    pub(super) fn on_job_replaced(&mut self, replaced: JobReplaced) {
        let JobReplaced { origin, job } = replaced;
        (self.on_job)(&job);
        let (experiment, clock) = (&mut self.experiment, self.clock);
        let draw = || experiment.draw(clock.unix_millis());
        let Some(issued) = self.jobs.replace_planned(origin, job, draw) else {
            return;
        };
        self.experiment.note(&issued);
        self.bridge.job(self.lane, &issued);
        if let Some(set) = self.jobs.find(issued.key).map(|found| found.nonce_set) {
            let at = self.millis();
            self.tenants.work_is(origin.pool, set, at);
        }
        self.lines.insert(origin.pool, JobLine::render(&issued));
        self.expire_contested();
        self.fan_out(origin.pool);
    }

    /// Sends the current job of a pool session to everyone on it: at most 256 writes.
    fn fan_out(&mut self, pool: PoolKey) {
        let tenants = self.tenants.on(pool);
        if tenants.is_empty() {
            return;
        }
        let now = self.second();
        let policy = self.settings.vardiff;
        let Some(issued) = self.jobs.current(pool).cloned() else {
            return;
        };
        let Some(mut line) = self.lines.remove(&pool) else {
            return;
        };
        let memory = Arc::clone(&self.remembered_rate);
        for (slot, key) in tenants {
            let Some(seat) = self.seat(key) else {
                continue;
            };
            if !seat.protocol.is_logged_in() {
                self.lines.insert(pool, line);
                self.send_job(key, Lease { pool, slot });
                let Some(back) = self.lines.remove(&pool) else {
                    return;
                };
                line = back;
                continue;
            }
            if !seat.can_hash(&issued.job.algorithm) {
                self.withhold(key, &issued.job.algorithm);
                continue;
            }
            seat.unfit_since = None;
            let difficulty = seat.ask(policy.as_ref(), &issued, now, &*memory);
            let byte = issued.plan.byte(slot);
            seat.protocol.give(Assignment {
                job: issued.key,
                slot: byte,
                difficulty,
            });
            self.send(key, line.patch(byte, difficulty));
        }
        self.lines.insert(pool, line);
    }

    pub(super) fn on_pool_state(&mut self, changed: &PoolStateChanged) {
        match changed.state {
            PoolState::Lost { .. } => {
                self.jobs.forget(changed.pool);
                self.experiment.jobs_gone(changed.pool);
                self.on_jobs_gone(changed.pool);
            }
            PoolState::Connecting | PoolState::LoggedIn | PoolState::Unresponsive => {}
        }
    }

    pub(super) fn on_replace_order(&mut self, ReplaceOrder(order): ReplaceOrder) {
        self.experiment.replace(order);
    }

    pub(super) fn on_pool_closed(&mut self, PoolClosed(pool): PoolClosed) {
        self.jobs.close(pool);
        self.experiment.forget(pool);
        self.on_jobs_gone(pool);
    }

    fn on_jobs_gone(&mut self, pool: PoolKey) {
        self.lines.remove(&pool);
        self.vacate_all(pool);
        self.expire_contested();
    }
}
