//! Seats on routes: what the router is told, and what its moves mean for who sits where.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use zartrux_models::plan::routing::{RigTraits, RouteSpec, RouteState, Router};
use zartrux_models::plan::{Lease, SeatKey};
use zartrux_models::work::Algorithm;

use super::meters::Meters;
use crate::planner::route_plan::RoutePlan;

/// What the core keeps where there are routes.
#[derive(Debug)]
pub(super) struct Routing {
    pub(super) plan: Arc<RoutePlan>,
    pub(super) router: Router,
    /// Where the router's time begins.
    origin: Instant,
    /// Seats begin to be assigned when each list serves, has failed, or had time to connect: the
    /// first upstream to connect would get all of them otherwise.
    pub(super) begun: bool,
    pub(super) states: Vec<RouteState>,
    /// By route: whether its schedule lets it serve now.
    pub(super) in_window: Vec<bool>,
    pub(super) round_due: bool,
    pub(super) traits: HashMap<SeatKey, Arc<RigTraits>>,
    pub(super) sits: HashMap<SeatKey, Lease>,
    /// By route: who is to go there and sits elsewhere.
    pub(super) moving: Vec<BTreeSet<SeatKey>>,
    /// Who sits where it may not, and may be nowhere else.
    pub(super) stranded: BTreeMap<SeatKey, Instant>,
    pub(super) meters: Meters,
    /// By route: seats that are assigned to it.
    pub(super) assigned: Vec<usize>,
    /// By route: seats that came from another.
    pub(super) moves: Vec<u64>,
}

impl Routing {
    pub(super) fn new(plan: Arc<RoutePlan>, now: Instant) -> Self {
        let specs: Vec<RouteSpec> = plan.routes.iter().map(|it| it.spec.clone()).collect();
        let count = specs.len();
        Self {
            router: Router::new(specs),
            origin: now,
            begun: false,
            states: vec![RouteState::default(); count],
            in_window: vec![true; count],
            round_due: false,
            traits: HashMap::new(),
            sits: HashMap::new(),
            moving: vec![BTreeSet::new(); count],
            stranded: BTreeMap::new(),
            meters: Meters::default(),
            assigned: vec![0; count],
            moves: vec![0; count],
            plan,
        }
    }

    /// Where those wait that no route can take.
    pub(super) const fn homeless(&self) -> usize {
        self.states.len()
    }

    /// The route that a seat belongs to.
    pub(super) fn route_of(&self, seat: SeatKey) -> Option<usize> {
        self.router.route_of(seat)
    }

    /// The line that a seat waits in.
    pub(super) fn line_of(&self, seat: SeatKey) -> usize {
        self.route_of(seat).unwrap_or(self.homeless())
    }

    /// Whether a seat may mine for a route now.
    pub(super) fn may(&self, seat: SeatKey, route: usize) -> bool {
        self.router.may(seat, route)
    }

    /// Of those that are to go to a route and sit elsewhere, the next one, with its lease.
    pub(super) fn next_mover(&mut self, route: usize) -> Option<(Lease, SeatKey)> {
        let movers = self.moving.get_mut(route)?;
        while let Some(seat) = movers.first().copied() {
            if let Some(lease) = self.sits.get(&seat) {
                return Some((*lease, seat));
            }
            movers.remove(&seat);
        }
        None
    }

    pub(super) fn is_moving(&self, seat: SeatKey, route: usize) -> bool {
        self.moving.get(route).is_some_and(|it| it.contains(&seat))
    }

    pub(super) fn movers(&self, route: usize) -> usize {
        self.moving.get(route).map_or(0, BTreeSet::len)
    }

    /// Where a seat goes that came just now.
    pub(super) fn came(&mut self, seat: SeatKey, now: Instant) {
        let Some(traits) = self.traits.get(&seat).cloned() else {
            return;
        };
        self.unassign(seat);
        let time = self.time(now);
        let route = self.router.seat_came(seat, traits, time);
        if let Some(count) = route.and_then(|route| self.assigned.get_mut(route)) {
            *count += 1;
        }
    }

    fn unassign(&mut self, seat: SeatKey) {
        let former = self.router.route_of(seat);
        if let Some(count) = former.and_then(|route| self.assigned.get_mut(route)) {
            *count = count.saturating_sub(1);
        }
    }

    /// A seat has a lease of a pool session of this route.
    pub(super) fn sits(&mut self, seat: SeatKey, lease: Lease, at: Option<usize>, now: Instant) {
        self.sits.insert(seat, lease);
        if at.is_some() && at == self.route_of(seat) {
            self.meters.begin(seat, now);
            self.settled(seat);
        }
    }

    /// How routes stand now. Seats of a route whose jobs are of another algorithm are measured
    /// anew.
    pub(super) fn hash_anew(&mut self, states: Vec<RouteState>, now: Instant) {
        for (at, (before, after)) in self.states.iter().zip(&states).enumerate() {
            if before.algorithm != after.algorithm {
                let router = &self.router;
                self.meters
                    .restart(|seat| router.route_of(seat) == Some(at), now);
            }
        }
        self.states = states;
    }

    /// What is hashed on a route, as far as that is known.
    pub(super) fn algorithm(&self, route: Option<usize>) -> Option<&Algorithm> {
        self.states.get(route?)?.algorithm.as_ref()
    }

    /// A seat has no lease any more.
    pub(super) fn vacated(&mut self, seat: SeatKey) {
        self.sits.remove(&seat);
        self.meters.forget(seat);
        self.settled(seat);
    }

    /// It is not to go anywhere.
    pub(super) fn settled(&mut self, seat: SeatKey) {
        self.stranded.remove(&seat);
        for movers in &mut self.moving {
            movers.remove(&seat);
        }
    }

    pub(super) fn left(&mut self, seat: SeatKey) {
        self.vacated(seat);
        self.unassign(seat);
        self.traits.remove(&seat);
        self.router.seat_left(seat);
    }

    pub(super) fn time(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.origin)
    }
}
