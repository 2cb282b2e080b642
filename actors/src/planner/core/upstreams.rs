//! Which upstream serves, and how many sessions each has.

use std::time::Instant;

use zartrux_models::plan::{UpstreamView, choose};
use zartrux_models::work::{PoolKey, Slot};

use super::lists::List;
use super::{CONNECTING, PlanEffect, PlannerCore, PoolFacts};

impl PlannerCore {
    pub(super) fn choose_upstream(
        &mut self,
        list: usize,
        now: Instant,
        effects: &mut Vec<PlanEffect>,
    ) {
        let of = &self.lists[list];
        let former = of.serving;
        let retired = former.filter(|place| of.rank(*place).is_none());
        let watched: Vec<usize> = of.order.iter().copied().chain(retired).collect();
        for place in &watched {
            let job_at = self
                .pools
                .values()
                .filter(|facts| facts.upstream == *place && facts.is_ready())
                .filter_map(|facts| facts.job_at)
                .max();
            let view = &mut self.upstreams[*place];
            view.job_at = job_at;
            view.observe(&self.policy.failover, now);
        }
        let chosen = self.preferred(list, now).or_else(|| {
            // One that was taken out of the settings serves on until another can.
            retired.filter(|place| self.upstreams[*place].job_at.is_some())
        });
        if chosen != former {
            if let Some(left) = former.filter(|left| self.is_silent(*left)) {
                self.upstreams[left].left_unanswered();
            }
            self.lists[list].serving = chosen;
            effects.push(PlanEffect::Serving {
                route: list,
                upstream: chosen,
            });
        }
        for place in &watched {
            let serves = chosen == Some(*place);
            self.upstreams[*place].observe_serving(serves, &self.policy.failover, now);
        }
        let of = &mut self.lists[list];
        of.unserved_since = match chosen {
            Some(_) => None,
            None => of.unserved_since.or(Some(now)),
        };
    }

    /// The upstream of the settings that should serve.
    fn preferred(&mut self, list: usize, now: Instant) -> Option<usize> {
        let of = &self.lists[list];
        let views: Vec<UpstreamView> = of
            .order
            .iter()
            .map(|place| self.upstreams[*place])
            .collect();
        let serving = of.serving.and_then(|place| of.rank(place));
        let chosen = choose(&views, serving, &self.policy.failover, now)?;
        // Nobody is turned away for the sake of an upstream that may yet come.
        let preference = CONNECTING.min(self.policy.grace);
        let earlier = &of.order[..chosen];
        if !of.ever_served
            && now.saturating_duration_since(of.started) < preference
            && earlier.iter().any(|place| !self.has_failed(*place))
        {
            return None;
        }
        let of = &mut self.lists[list];
        of.ever_served = true;
        of.order.get(chosen).copied()
    }

    /// Whether an upstream is in the settings.
    pub(super) fn is_listed(&self, place: usize) -> bool {
        self.lists.iter().any(|list| list.rank(place).is_some())
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
        let place = |list: &List| Some((list.rank(upstream)?, list.serving_rank()));
        let Some((rank, serving)) = self.lists.iter().find_map(place) else {
            return false;
        };
        serving
            .is_none_or(|serving| rank <= serving || (self.policy.standby && rank == serving + 1))
    }

    pub(super) fn sessions_of(&self, upstream: usize) -> usize {
        self.pools
            .values()
            .filter(|facts| facts.upstream == upstream && !facts.retiring)
            .count()
    }

    pub(super) fn open_wanted(&mut self, effects: &mut Vec<PlanEffect>) {
        let listed = self.lists.iter().flat_map(|list| list.order.iter());
        for upstream in listed.copied().collect::<Vec<usize>>() {
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

    /// Opens as many sessions of the upstream that serves in a list as `seats` more seats need, beyond
    /// those that are opening already.
    pub(super) fn open_for(&mut self, list: usize, seats: usize) -> Vec<PlanEffect> {
        let Some(serving) = self.lists[list].serving else {
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

    /// Sessions that can't last, once another has taken their place or nobody wants one.
    pub(super) fn close_retired(&mut self, effects: &mut Vec<PlanEffect>) {
        let is_replaced = |upstream: usize| {
            let mut all = self.pools.values();
            all.any(|facts| facts.upstream == upstream && !facts.retiring && facts.is_ready())
        };
        let retired = self.pools.iter().filter(|(_, facts)| {
            facts.retiring && (is_replaced(facts.upstream) || !self.is_wanted(facts.upstream))
        });
        for pool in retired.map(|(pool, _)| *pool).collect::<Vec<_>>() {
            self.close(pool, effects);
        }
    }

    /// Sessions beyond the one of each upstream that is only watched.
    pub(super) fn close_unwanted(&mut self, effects: &mut Vec<PlanEffect>) {
        let mut sessions: Vec<(usize, PoolKey)> = self
            .pools
            .iter()
            .filter(|(_, facts)| !self.serves(facts.upstream) && !facts.retiring)
            .map(|(pool, facts)| (facts.upstream, *pool))
            .collect();
        sessions.sort_unstable();
        for of_one in sessions.chunk_by(|(a, _), (b, _)| a == b) {
            let Some((upstream, _)) = of_one.first() else {
                continue;
            };
            // Where nobody serves, nothing is given up.
            let another_serves = match self.list_of(*upstream) {
                Some(list) => self.lists[list].serving.is_some(),
                None => self.lists.iter().any(|list| list.serving.is_some()),
            };
            if !another_serves {
                continue;
            }
            let keep = usize::from(self.is_wanted(*upstream));
            for (_, pool) in of_one.iter().skip(keep) {
                self.close(*pool, effects);
            }
        }
    }
}
