//! Who is sent away, and why.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use zartrux_models::plan::SeatKey;

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
        let overdue =
            |(_, since): &(&SeatKey, &Instant)| now.saturating_duration_since(**since) >= grace;
        let stranded = routing.stranded.iter().filter(overdue);
        let mut gone: Vec<SeatKey> = stranded.map(|(seat, _)| *seat).collect();
        for seat in &gone {
            routing.stranded.remove(seat);
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

    /// Why no route takes a seat.
    fn why_homeless(&self, seat: SeatKey) -> Turned {
        let Some(routing) = &self.routing else {
            return Turned::NoPool;
        };
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
