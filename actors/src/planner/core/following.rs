//! Seats follow their routes: what the router says becomes who waits where and who is to move.

use std::sync::Arc;
use std::time::Instant;

use zartrux_models::plan::routing::{Move, RigTraits, RouteState, RouteWork, is_open};
use zartrux_models::plan::{Lease, SeatKey};

use super::lines::Lines;
use super::lists::List;
use super::routing::Routing;
use super::waiting::Waiter;
use super::{CONNECTING, PlanEffect, PlanPolicy, PlannerCore};
use crate::planner::route_plan::{PlannedRoute, RoutePlan, RouteShown};

impl PlannerCore {
    /// The same with routes, each with an upstream that serves there already or none.
    #[must_use]
    pub fn routed(
        mut self,
        plan: &Arc<RoutePlan>,
        serving: &[Option<usize>],
        now: Instant,
    ) -> Self {
        let routing = Routing::new(Arc::clone(plan), now);
        self.waiting = Lines::new(plan.routes.len() + 1);
        self.lists = plan
            .routes
            .iter()
            .enumerate()
            .map(|(at, route)| {
                let serving = serving.get(at).copied().flatten();
                let order = self.known(&route.order);
                List::new(order, serving, now)
            })
            .collect();
        self.routing = Some(routing);
        self
    }

    /// The same routes with other upstreams, others preferred, or other worths and schedules, or
    /// another policy.
    pub fn replace_routes(
        &mut self,
        policy: PlanPolicy,
        max_sessions: Vec<usize>,
        plan: &Arc<RoutePlan>,
        now: Instant,
    ) -> Vec<PlanEffect> {
        let orders: Vec<&[usize]> = plan.routes.iter().map(|it| it.order.as_slice()).collect();
        self.replace_orders(policy, max_sessions, &orders, now);
        if let Some(routing) = &mut self.routing {
            for (at, route) in plan.routes.iter().enumerate() {
                routing.router.set_worth(at, route.spec.worth);
            }
            routing.plan = Arc::clone(plan);
            routing.round_due = true;
        }
        self.plan(now)
    }

    /// What seats said of themselves that an earlier generation knew: before
    /// [`PlannerCore::adopt`].
    pub fn know(&mut self, traits: impl IntoIterator<Item = (SeatKey, Arc<RigTraits>)>) {
        if let Some(routing) = &mut self.routing {
            routing.traits.extend(traits);
        }
    }

    /// What a hash is worth on a route from now on; false if there is no such route.
    pub fn set_worth(&mut self, name: &str, worth: Option<f64>) -> bool {
        let Some(routing) = &mut self.routing else {
            return false;
        };
        let route = routing.plan.place_of(name);
        if let Some(route) = route {
            routing.router.set_worth(route, worth);
            routing.round_due = true;
            if let Some(route) = Arc::make_mut(&mut routing.plan).routes.get_mut(route) {
                route.spec.worth = worth;
            }
        }
        route.is_some()
    }

    /// The time of the week, in seconds since 1970, UTC: routes open and close by their schedules.
    pub fn tell_time(&mut self, unix: i64) {
        if let Some(routing) = &mut self.routing {
            let open = |it: &PlannedRoute| is_open(&it.schedule, unix, i64::from(it.utc_offset));
            routing.in_window = routing.plan.routes.iter().map(open).collect();
        }
    }

    /// Work that seats did since the last time.
    pub fn seats_worked(&mut self, work: &[(SeatKey, f64)], now: Instant) {
        if let Some(routing) = &mut self.routing {
            for (seat, work) in work {
                routing.meters.note(*seat, *work);
            }
            for (seat, rate) in routing.meters.rates(now) {
                routing.router.seat_rate(seat, rate);
            }
        }
    }

    /// Shares that were found good, of jobs of an upstream.
    pub fn upstream_worked(&mut self, upstream: usize, work: &RouteWork) {
        let route = self.list_of(upstream);
        if let (Some(routing), Some(route)) = (&mut self.routing, route) {
            let RouteWork {
                work,
                variance,
                shares,
            } = *work;
            routing.router.credit_many(route, shares, work, variance);
        }
    }

    /// How routes stand; empty where there are none.
    #[must_use]
    pub fn routes(&self) -> Vec<RouteShown> {
        let Some(routing) = &self.routing else {
            return Vec::new();
        };
        let work = routing.router.work();
        let show = |(at, (state, route)): (usize, (&RouteState, &PlannedRoute))| RouteShown {
            name: route.spec.name.clone(),
            weight: route.spec.weight,
            worth: route.spec.worth,
            open: state.open,
            in_window: routing.in_window.get(at).copied().unwrap_or(true),
            algorithm: state.algorithm.clone(),
            serving: self.lists.get(at).and_then(|list| list.serving),
            work: work.get(at).copied().unwrap_or_default(),
            seats: routing.assigned.get(at).copied().unwrap_or_default(),
            moves: routing.moves.get(at).copied().unwrap_or_default(),
        };
        let routes = routing.states.iter().zip(&routing.plan.routes);
        routes.enumerate().map(show).collect()
    }

    /// Where a seat waits that comes now.
    pub(super) fn line_for(
        &mut self,
        seat: SeatKey,
        traits: Arc<RigTraits>,
        now: Instant,
    ) -> usize {
        let Some(routing) = &mut self.routing else {
            return 0;
        };
        routing.traits.insert(seat, traits);
        if routing.begun && !self.uninformed {
            routing.came(seat, now);
        }
        routing.line_of(seat)
    }

    /// The line of a seat that is known.
    pub(super) fn line_of(&self, seat: SeatKey) -> usize {
        let routing = self.routing.as_ref();
        routing.map_or(0, |routing| routing.line_of(seat))
    }

    /// Has seats follow what is known of routes.
    pub(super) fn follow_routes(&mut self, now: Instant) {
        let states = self.route_states();
        let lists_are_there = self.lists_are_there(now);
        let Some(routing) = &mut self.routing else {
            return;
        };
        let mut changed = false;
        for (at, state) in states.iter().enumerate() {
            if routing.states.get(at) != Some(state) {
                routing.router.set_state(at, state.clone());
                changed = true;
            }
        }
        routing.hash_anew(states, now);
        if !routing.begun {
            if !lists_are_there {
                return;
            }
            routing.begun = true;
            for (seat, waiter, since) in self.waiting.drain(routing.homeless()) {
                routing.came(seat, now);
                self.waiting
                    .push(routing.line_of(seat), seat, waiter, since);
            }
        }
        if changed || std::mem::take(&mut routing.round_due) {
            let time = routing.time(now);
            for one in routing.router.round(time) {
                self.follow(one, now);
            }
        }
    }

    fn follow(&mut self, one: Move, now: Instant) {
        let Move { seat, from, to } = one;
        let Some(routing) = &mut self.routing else {
            return;
        };
        if let Some(count) = from.and_then(|from| routing.assigned.get_mut(from)) {
            *count = count.saturating_sub(1);
        }
        if routing.algorithm(from) != routing.algorithm(to) {
            // Measured anew from when it sits there: the router takes rates for the new route's.
            routing.meters.forget(seat);
        }
        if let Some(to) = to {
            if let Some(count) = routing.assigned.get_mut(to) {
                *count += 1;
            }
            if let Some(moves) = routing.moves.get_mut(to).filter(|_| from.is_some()) {
                *moves += 1;
            }
        }
        let line = to.unwrap_or(routing.homeless());
        if self.waiting.transfer(seat, line) {
            return;
        }
        routing.settled(seat);
        let Some(lease) = routing.sits.get(&seat) else {
            return;
        };
        let upstream = self.pools.get(&lease.pool).map(|facts| facts.upstream);
        let at = upstream.and_then(|upstream| self.list_of(upstream));
        let Some(routing) = &mut self.routing else {
            return;
        };
        match to {
            None => {
                routing.stranded.insert(seat, now);
            }
            Some(to) if at != Some(to) => {
                if let Some(movers) = routing.moving.get_mut(to) {
                    movers.insert(seat);
                }
            }
            // It sits there yet.
            Some(_) => routing.meters.begin(seat, now),
        }
    }

    /// Has the router begin with seats where they sit, so that nobody moves without a reason: with
    /// one route open after the other, and who sits there comes to it.
    pub(super) fn deal_as_they_sit(&mut self, now: Instant) {
        let states = self.route_states();
        let mut by_list: Vec<Vec<(SeatKey, Lease)>> = vec![Vec::new(); self.lists.len() + 1];
        for (pool, facts) in &self.pools {
            let list = self.list_of(facts.upstream).unwrap_or(self.lists.len());
            let tenants = self.book.tenants(*pool);
            if let Some(there) = by_list.get_mut(list) {
                there.extend(tenants.map(|(lease, seat)| (seat, lease)));
            }
        }
        let Some(routing) = &mut self.routing else {
            return;
        };
        routing.begun = true;
        let mut stray = by_list.pop().unwrap_or_default();
        for (at, there) in by_list.into_iter().enumerate() {
            for (other, state) in states.iter().enumerate() {
                let mut alone = state.clone();
                alone.open &= other == at;
                routing.router.set_state(other, alone);
            }
            for (seat, lease) in there {
                routing.came(seat, now);
                routing.sits(seat, lease, Some(at), now);
                if routing.route_of(seat) != Some(at) {
                    stray.push((seat, lease));
                }
            }
        }
        for (at, state) in states.iter().enumerate() {
            routing.router.set_state(at, state.clone());
        }
        routing.states = states;
        for (seat, lease) in stray {
            routing.came(seat, now);
            routing.sits(seat, lease, None, now);
            match routing.route_of(seat) {
                Some(to) => {
                    if let Some(movers) = routing.moving.get_mut(to) {
                        movers.insert(seat);
                    }
                }
                None => {
                    routing.stranded.insert(seat, now);
                }
            }
        }
        routing.round_due = true;
    }

    /// Who waits and is not known to the router comes to it.
    pub(super) fn deal_waiting(&mut self, seat: SeatKey, waiter: Waiter, now: Instant) {
        if let Some(routing) = &mut self.routing {
            routing.came(seat, now);
        }
        self.waiting.push(self.line_of(seat), seat, waiter, now);
    }

    /// How each route stands, by the pool sessions.
    fn route_states(&self) -> Vec<RouteState> {
        let Some(routing) = &self.routing else {
            return Vec::new();
        };
        let state = |(at, list): (usize, &List)| {
            let ready = self
                .pools
                .values()
                .filter(|facts| list.serving == Some(facts.upstream) && facts.is_ready());
            let newest = ready.max_by_key(|facts| facts.job_at);
            RouteState {
                open: newest.is_some() && routing.in_window.get(at).copied().unwrap_or(true),
                algorithm: newest.and_then(|facts| facts.algorithm.clone()),
            }
        };
        self.lists.iter().enumerate().map(state).collect()
    }

    fn lists_are_there(&self, now: Instant) -> bool {
        self.lists.iter().all(|list| {
            list.serving.is_some()
                || list.order.iter().all(|place| self.has_failed(*place))
                || now.saturating_duration_since(list.started) >= CONNECTING
        })
    }
}
