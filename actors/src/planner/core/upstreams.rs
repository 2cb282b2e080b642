//! Which upstream serves, and how many sessions each has.

use std::time::Instant;

use zartrux_models::plan::choose;
use zartrux_models::work::{PoolKey, Slot};

use super::{CONNECTING, PlanEffect, PlannerCore, PoolFacts};

impl PlannerCore {
    pub(super) fn choose_upstream(&mut self, now: Instant, effects: &mut Vec<PlanEffect>) {
        for (index, view) in self.upstreams.iter_mut().enumerate() {
            view.job_at = self
                .pools
                .values()
                .filter(|facts| facts.upstream == index && facts.is_ready())
                .filter_map(|facts| facts.job_at)
                .max();
            view.observe(&self.policy.failover, now);
        }
        // Nobody is turned away for the sake of an upstream that may yet come.
        let preference = CONNECTING.min(self.policy.grace);
        let mut chosen = choose(&self.upstreams, self.serving, &self.policy.failover, now);
        if let Some(later) = chosen
            && !self.ever_served
            && now.saturating_duration_since(self.started) < preference
            && (0..later).any(|earlier| !self.has_failed(earlier))
        {
            chosen = None;
        }
        if chosen != self.serving {
            if let Some(left) = self.serving.filter(|left| self.is_silent(*left)) {
                self.upstreams[left].left_unanswered();
            }
            self.serving = chosen;
            effects.push(PlanEffect::Serving(chosen));
        }
        for (index, view) in self.upstreams.iter_mut().enumerate() {
            view.observe_serving(chosen == Some(index), &self.policy.failover, now);
        }
        self.ever_served |= chosen.is_some();
        self.unserved_since = match chosen {
            Some(_) => None,
            None => self.unserved_since.or(Some(now)),
        };
    }

    /// Whether nothing is left of an upstream but sessions that have a job and answer no submits.
    fn is_silent(&self, upstream: usize) -> bool {
        let mut with_job = self
            .pools
            .values()
            .filter(|facts| facts.upstream == upstream && facts.job_at.is_some())
            .peekable();
        with_job.peek().is_some() && with_job.all(|facts| !facts.responsive)
    }

    pub(super) fn has_failed(&self, upstream: usize) -> bool {
        self.pools
            .values()
            .any(|facts| facts.upstream == upstream && facts.failed)
    }

    /// Whether an upstream must have at least one session: the serving one, every preferred one
    /// (to notice that it is back), and the standby.
    pub(super) fn is_wanted(&self, upstream: usize) -> bool {
        self.serving.is_none_or(|serving| {
            upstream <= serving || (self.policy.standby && upstream == serving + 1)
        })
    }

    pub(super) fn sessions_of(&self, upstream: usize) -> usize {
        self.pools
            .values()
            .filter(|facts| facts.upstream == upstream)
            .count()
    }

    pub(super) fn open_wanted(&mut self, effects: &mut Vec<PlanEffect>) {
        for upstream in 0..self.upstreams.len() {
            if self.is_wanted(upstream) && self.sessions_of(upstream) == 0 {
                effects.push(self.open(upstream));
            }
        }
    }

    pub(super) fn open(&mut self, upstream: usize) -> PlanEffect {
        let pool = PoolKey(self.next_pool);
        self.next_pool = self.next_pool.wrapping_add(1);
        self.pools.insert(pool, PoolFacts::opening(upstream));
        PlanEffect::OpenPool { pool, upstream }
    }

    /// Opens as many sessions of the serving upstream as `seats` more seats need, beyond those
    /// that are opening already.
    pub(super) fn open_for(&mut self, seats: usize) -> Vec<PlanEffect> {
        let Some(serving) = self.serving else {
            return Vec::new();
        };
        let opening = self
            .pools
            .values()
            .filter(|facts| facts.upstream == serving && facts.job_at.is_none())
            .count();
        let room = self.max_sessions[serving].saturating_sub(self.sessions_of(serving));
        let missing = seats
            .div_ceil(Slot::COUNT)
            .saturating_sub(opening)
            .min(room);
        (0..missing).map(|_| self.open(serving)).collect()
    }

    pub(super) fn close(&mut self, pool: PoolKey, effects: &mut Vec<PlanEffect>) {
        if self.book.occupancy(pool).is_none_or(|has| has.held == 0) {
            self.book.close(pool);
            self.pools.remove(&pool);
            effects.push(PlanEffect::ClosePool(pool));
        }
    }

    /// Sessions beyond the one of each upstream that is only watched.
    pub(super) fn close_unwanted(&mut self, effects: &mut Vec<PlanEffect>) {
        if self.serving.is_none() {
            return;
        }
        for upstream in 0..self.upstreams.len() {
            if Some(upstream) == self.serving {
                continue;
            }
            let keep = usize::from(self.is_wanted(upstream));
            let sessions: Vec<PoolKey> = self
                .pools
                .iter()
                .filter(|(_, facts)| facts.upstream == upstream)
                .map(|(pool, _)| *pool)
                .collect();
            for pool in sessions.into_iter().skip(keep) {
                self.close(pool, effects);
            }
        }
    }
}
