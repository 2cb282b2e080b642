//! Who is sent away, and why.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use zartrux_models::plan::SeatKey;

use super::routing::Routing;
use super::{CONNECTING, PlanEffect, PlannerCore, Turned};

impl PlannerCore {
    /// Who was mining and waits for too long, because no upstream serves or the one that does has
    /// no room, goes to its own next pool. A login is answered by the miner sessions when they have
    /// held it for long enough.
    pub(super) fn turn_away(&mut self, now: Instant, effects: &mut Vec<PlanEffect>) {
        for list in 0..self.lists.len() {
            let patience = match self.lists[list].unserved_since {
                Some(since) if now.saturating_duration_since(since) >= self.policy.grace => {
                    Duration::ZERO
                }
                Some(_) => self.policy.grace,
                None => self.policy.grace.max(CONNECTING),
            };
            let gone = self.waiting.take_mining_for(list, patience, now);
            if !gone.is_empty() {
                effects.push(PlanEffect::TurnAway {
                    seats: gone,
                    why: Turned::NoPool,
                });
            }
        }
        self.turn_homeless_away(now, effects);
    }

    /// Those that no route can take: who was mining in any case, who logs in only where a route is
    /// open that does not take it, so that it hears why.
    fn turn_homeless_away(&mut self, now: Instant, effects: &mut Vec<PlanEffect>) {
        let grace = self.policy.grace;
        let Some(routing) = self.routing.as_mut().filter(|routing| routing.begun) else {
            return;
        };
        let line = routing.homeless();
        let mut gone = Vec::new();
        for (seat, since) in std::mem::take(&mut routing.stranded) {
            if now.saturating_duration_since(since) < grace {
                routing.stranded.insert(seat, since);
            } else {
                gone.push(seat);
            }
        }
        gone.extend(self.waiting.take_mining_for(line, grace, now));
        if routing.states.iter().any(|state| state.open) {
            gone.extend(self.waiting.take_logging_in_for(line, grace, now));
        }
        let mut by_reason: HashMap<Turned, Vec<SeatKey>> = HashMap::new();
        for seat in gone {
            by_reason
                .entry(self.why_homeless(seat))
                .or_default()
                .push(seat);
        }
        let away = |(why, seats)| PlanEffect::TurnAway { seats, why };
        effects.extend(by_reason.into_iter().map(away));
    }

    /// Who sits where what is mined now is not for it, though its route would have work for it, is
    /// to move there; it can't go on where it is for as long as there is no room.
    pub(super) fn look_at_movers(&mut self, now: Instant) {
        // Sessions of one upstream may have jobs of two algorithms for a while.
        let mut astray = Vec::new();
        for (pool, facts) in &self.pools {
            let list = self.list_of(facts.upstream);
            let routing = self.routing.as_ref();
            let state = routing.zip(list).and_then(|(it, list)| it.states.get(list));
            if state.is_some_and(|state| {
                facts.algorithm.is_some() && state.algorithm != facts.algorithm
            }) {
                astray.extend(self.book.tenants(*pool).map(|(_, seat)| seat));
            }
        }
        let Some(routing) = &mut self.routing else {
            return;
        };
        let can_go_on = |routing: &Routing, seat: &SeatKey| {
            let lease = routing.sits.get(seat);
            let facts = lease.and_then(|lease| self.pools.get(&lease.pool));
            let algorithm = facts.and_then(|facts| facts.algorithm.as_ref());
            algorithm
                .zip(routing.traits.get(seat))
                .is_none_or(|(algorithm, traits)| traits.capability.can(algorithm))
        };
        for seat in astray {
            let route = routing.route_of(seat);
            if !can_go_on(routing, &seat)
                && let Some(movers) = route.and_then(|route| routing.moving.get_mut(route))
            {
                movers.insert(seat);
            }
        }
        let movers: Vec<SeatKey> = routing.moving.iter().flatten().copied().collect();
        for seat in movers {
            if can_go_on(routing, &seat) {
                routing.stranded.remove(&seat);
            } else {
                routing.stranded.entry(seat).or_insert(now);
            }
        }
    }

    /// Why no route takes a seat.
    fn why_homeless(&self, seat: SeatKey) -> Turned {
        let Some(routing) = &self.routing else {
            return Turned::NoPool;
        };
        if routing.route_of(seat).is_some() {
            // There is a route for it, where there was no room.
            return Turned::NoPool;
        }
        let mut open = routing.states.iter().filter(|state| state.open).peekable();
        if open.peek().is_none() {
            return Turned::NoPool;
        }
        let mut unable = None;
        for state in open {
            let traits = routing.traits.get(&seat);
            match &state.algorithm {
                Some(algorithm) if traits.is_some_and(|it| !it.capability.can(algorithm)) => {
                    unable = unable.or_else(|| Some(algorithm.clone()));
                }
                Some(_) | None => return Turned::NoRoute,
            }
        }
        unable.map_or(Turned::NoRoute, Turned::Unable)
    }
}
