//! Who sits where.

use std::time::{Duration, Instant};

use zartrux_models::plan::{Lease, SeatKey};
use zartrux_models::work::{PoolKey, Slot};

use super::{CONNECTING, PlanEffect, PlannerCore};

impl PlannerCore {
    pub(super) fn granted(&self, seat: SeatKey, lease: Lease) -> PlanEffect {
        let facts = self.pools.get(&lease.pool);
        PlanEffect::Grant {
            seat,
            lease,
            connection: facts.map_or(0, |facts| facts.connection),
        }
    }

    /// Sessions of the serving upstream that have a job.
    pub(super) fn candidates(&self) -> Vec<PoolKey> {
        self.pools
            .iter()
            .filter(|(_, facts)| Some(facts.upstream) == self.serving && facts.is_ready())
            .map(|(pool, _)| *pool)
            .collect()
    }

    pub(super) fn place_waiting(&mut self, effects: &mut Vec<PlanEffect>) {
        if self.waiting.len() == 0 {
            return;
        }
        let candidates = self.candidates();
        while let Some(seat) = self.waiting.first() {
            let Some(lease) = self.book.grant(seat, candidates.iter().copied()) else {
                break;
            };
            self.waiting.pop();
            effects.push(self.granted(seat, lease));
        }
    }

    /// Who sits on another upstream's sessions goes over as far as there is room; until then they
    /// go on where they are.
    pub(super) fn move_to_serving(&mut self, effects: &mut Vec<PlanEffect>) {
        if self.serving.is_none() {
            return;
        }
        let candidates = self.candidates();
        for pool in self.occupied_elsewhere() {
            let tenants: Vec<(Lease, SeatKey)> = self.book.tenants(pool).collect();
            for (lease, seat) in tenants {
                let Some(fresh) = self.book.grant(seat, candidates.iter().copied()) else {
                    return;
                };
                self.book.move_out(lease, seat);
                effects.push(self.granted(seat, fresh));
            }
        }
    }

    pub(super) fn occupied_elsewhere(&self) -> Vec<PoolKey> {
        self.pools
            .iter()
            .filter(|(_, facts)| Some(facts.upstream) != self.serving)
            .map(|(pool, _)| *pool)
            .filter(|pool| self.book.occupancy(*pool).is_some_and(|has| has.held > 0))
            .collect()
    }

    /// Seats that should sit on the serving upstream and do not.
    pub(super) fn unplaced(&self) -> usize {
        let elsewhere: usize = self
            .occupied_elsewhere()
            .into_iter()
            .filter_map(|pool| self.book.occupancy(pool))
            .map(|has| has.held)
            .sum();
        self.waiting.len() + elsewhere
    }

    /// Empties the session that just got a job into the others, if they have room to spare: few
    /// sessions, and a quarter of a session to grow.
    pub(super) fn compact(&mut self, pool: PoolKey) -> Vec<PlanEffect> {
        let others: Vec<PoolKey> = self
            .candidates()
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
        if !worth
            || self.uninformed
            || self.pools.get(&pool).map(|facts| facts.upstream) != self.serving
        {
            return Vec::new();
        }
        let mut effects = Vec::new();
        let tenants: Vec<(Lease, SeatKey)> = self.book.tenants(pool).collect();
        for (lease, seat) in tenants {
            if let Some(fresh) = self.book.grant(seat, others.iter().copied()) {
                self.book.move_out(lease, seat);
                effects.push(self.granted(seat, fresh));
            }
        }
        self.close(pool, &mut effects);
        effects
    }

    /// Who was mining and waits for too long, because no upstream serves or the one that does has
    /// no room, goes to its own next pool. A login is answered by the miner sessions when they have
    /// held it for long enough.
    pub(super) fn turn_away(&mut self, now: Instant, effects: &mut Vec<PlanEffect>) {
        let patience = match self.unserved_since {
            Some(since) if now.saturating_duration_since(since) >= self.policy.grace => {
                Duration::ZERO
            }
            Some(_) => self.policy.grace,
            None => self.policy.grace.max(CONNECTING),
        };
        let gone = self.waiting.take_mining_for(patience, now);
        if !gone.is_empty() {
            effects.push(PlanEffect::TurnAway(gone));
        }
    }
}
