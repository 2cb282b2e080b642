//! Who sits where.

use std::time::Instant;

use zartrux_models::plan::{Lease, SeatKey};
use zartrux_models::work::{PoolKey, Slot};

use super::waiting::Waiter;
use super::{PlanEffect, PlannerCore};

impl PlannerCore {
    pub(super) fn granted(&mut self, seat: SeatKey, lease: Lease, now: Instant) -> PlanEffect {
        let facts = self.pools.get(&lease.pool);
        let connection = facts.map_or(0, |facts| facts.connection);
        if let Some(upstream) = facts.map(|facts| facts.upstream) {
            let list = self.list_of(upstream);
            if let Some(routing) = &mut self.routing {
                routing.sits(seat, lease, list, now);
            }
        }
        PlanEffect::Grant {
            seat,
            lease,
            connection,
        }
    }

    /// The list that a seat belongs to; none where no route can take it.
    pub(super) fn list_for(&self, seat: SeatKey) -> Option<usize> {
        match &self.routing {
            Some(routing) => routing.route_of(seat),
            None => Some(0),
        }
    }

    /// Whether a seat may have another lease of the pool session where it sits.
    pub(super) fn may_stay(&self, seat: SeatKey, lease: Lease) -> bool {
        let Some(routing) = &self.routing else {
            return true;
        };
        let facts = self.pools.get(&lease.pool);
        let list = facts.and_then(|facts| self.list_of(facts.upstream));
        list.is_some_and(|list| {
            let state = routing.states.get(list);
            let algorithm = facts.and_then(|facts| facts.algorithm.as_ref());
            routing.may(seat, list) && state.and_then(|it| it.algorithm.as_ref()) == algorithm
        })
    }

    /// Sessions of the upstream that serves in a list, with a job of what is hashed there.
    pub(super) fn candidates(&self, list: usize) -> Vec<PoolKey> {
        let serving = self.lists[list].serving;
        let state = self.routing.as_ref().and_then(|it| it.states.get(list));
        self.pools
            .iter()
            .filter(|(_, facts)| Some(facts.upstream) == serving && facts.is_ready())
            .filter(|(_, facts)| !facts.retiring)
            .filter(|(_, facts)| state.is_none_or(|state| state.algorithm == facts.algorithm))
            .map(|(pool, _)| *pool)
            .collect()
    }

    pub(super) fn place_waiting(&mut self, now: Instant, effects: &mut Vec<PlanEffect>) {
        for list in 0..self.lists.len() {
            if self.waiting.len_of(list) == 0 {
                continue;
            }
            let candidates = self.candidates(list);
            while let Some(seat) = self.waiting.first(list) {
                let Some(lease) = self.book.grant(seat, candidates.iter().copied()) else {
                    break;
                };
                self.waiting.pop(list);
                effects.push(self.granted(seat, lease, now));
            }
        }
    }

    /// Who sits on a session of an upstream that does not serve, or on another route's, goes over as
    /// far as there is room; until then they go on where they are.
    pub(super) fn move_to_serving(&mut self, now: Instant, effects: &mut Vec<PlanEffect>) {
        let lists = self.lists.len();
        // None: there is no room any more.
        let mut candidates: Vec<Option<Vec<PoolKey>>> = (0..lists)
            .map(|list| self.lists[list].serving.map(|_| self.candidates(list)))
            .collect();
        for pool in self.occupied_elsewhere() {
            if candidates.iter().all(Option::is_none) {
                return;
            }
            let tenants: Vec<(Lease, SeatKey)> = self.book.tenants(pool).collect();
            for (lease, seat) in tenants {
                if let Some(list) = self.list_for(seat) {
                    self.go_over(seat, lease, &mut candidates[list], now, effects);
                }
            }
        }
        for (list, candidates) in candidates.iter_mut().enumerate() {
            while candidates.is_some()
                && let Some((lease, seat)) = self.next_mover(list)
            {
                self.go_over(seat, lease, candidates, now, effects);
            }
        }
    }

    fn next_mover(&mut self, list: usize) -> Option<(Lease, SeatKey)> {
        self.routing.as_mut()?.next_mover(list)
    }

    fn go_over(
        &mut self,
        seat: SeatKey,
        lease: Lease,
        candidates: &mut Option<Vec<PoolKey>>,
        now: Instant,
        effects: &mut Vec<PlanEffect>,
    ) {
        let Some(pools) = candidates else {
            return;
        };
        match self.book.grant(seat, pools.iter().copied()) {
            Some(fresh) => {
                self.book.move_out(lease, seat);
                effects.push(self.granted(seat, fresh, now));
            }
            None => *candidates = None,
        }
    }

    pub(super) fn occupied_elsewhere(&self) -> Vec<PoolKey> {
        self.pools
            .iter()
            .filter(|(_, facts)| !self.serves(facts.upstream) || facts.retiring)
            .map(|(pool, _)| *pool)
            .filter(|pool| self.book.occupancy(*pool).is_some_and(|has| has.held > 0))
            .collect()
    }

    /// Seats that should sit on the upstream that serves in a list, and do not.
    pub(super) fn unplaced(&self, list: usize) -> usize {
        let elsewhere = self.occupied_elsewhere();
        let waiting = self.waiting.len_of(list);
        let Some(routing) = &self.routing else {
            let held = elsewhere
                .into_iter()
                .filter_map(|pool| self.book.occupancy(pool))
                .map(|has| has.held);
            return waiting + held.sum::<usize>();
        };
        let seats = elsewhere
            .into_iter()
            .flat_map(|pool| self.book.tenants(pool));
        let belongs = |seat: &SeatKey| {
            routing.route_of(*seat) == Some(list) && !routing.is_moving(*seat, list)
        };
        let held = seats.map(|(_, seat)| seat).filter(belongs).count();
        waiting + held + routing.movers(list)
    }

    /// A pool session has no job any more: who sat there waits.
    pub(super) fn vacate(&mut self, pool: PoolKey, now: Instant) {
        for seat in self.book.close(pool) {
            if let Some(routing) = &mut self.routing {
                routing.vacated(seat);
            }
            self.waiting
                .push(self.line_of(seat), seat, Waiter::Mining, now);
        }
    }

    /// Empties the session that just got a job into the others, if they have room to spare: few
    /// sessions, and a quarter of a session to grow.
    pub(super) fn compact(&mut self, pool: PoolKey, now: Instant) -> Vec<PlanEffect> {
        let upstream = self.pools.get(&pool).map(|facts| facts.upstream);
        let serves = |list: &super::List| upstream.is_some() && list.serving == upstream;
        let Some(list) = self.lists.iter().position(serves) else {
            return Vec::new();
        };
        let others: Vec<PoolKey> = self
            .candidates(list)
            .into_iter()
            .filter(|other| *other != pool)
            .collect();
        let held = self.book.occupancy(pool).map_or(0, |has| has.held);
        let fullest_elsewhere = others
            .iter()
            .filter_map(|other| self.book.occupancy(*other))
            .map(|has| has.held)
            .max();
        let spare = Slot::COUNT / 4;
        let worth = fullest_elsewhere.is_some_and(|fullest| held <= fullest)
            && self.book.free_on(others.iter().copied()) >= held + spare;
        if !worth || self.uninformed {
            return Vec::new();
        }
        let mut effects = Vec::new();
        let tenants: Vec<(Lease, SeatKey)> = self.book.tenants(pool).collect();
        for (lease, seat) in tenants {
            if self.may_go_on(seat, list)
                && let Some(fresh) = self.book.grant(seat, others.iter().copied())
            {
                self.book.move_out(lease, seat);
                effects.push(self.granted(seat, fresh, now));
            }
        }
        self.close(pool, &mut effects);
        effects
    }

    /// Whether a seat may have a lease of a list.
    fn may_go_on(&self, seat: SeatKey, list: usize) -> bool {
        let routing = self.routing.as_ref();
        routing.is_none_or(|routing| routing.may(seat, list))
    }
}
