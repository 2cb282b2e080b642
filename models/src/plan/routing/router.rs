//! The router's state and what others tell it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::bits::Bits;
use super::rates::Rates;
use super::routes::Routes;
use super::sitting::{Sitting, Stay};
use super::sums::{Sums, counted};
use super::trials::{ALLOWANCE, charge};
use super::weights::walk;
use super::{RigTraits, RouteSpec, RouteState, RouteWork, Split};
use crate::plan::SeatKey;

/// Most routes; further ones are left out.
pub const MOST_ROUTES: usize = 32;

/// From one round of moves to the next.
const ROUND: Duration = Duration::from_secs(10);

/// A seat that belongs to another route from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// Who.
    pub seat: SeatKey,
    /// Where it was; none: it waited.
    pub from: Option<usize>,
    /// Where it goes; none: no route can take it now.
    pub to: Option<usize>,
}

/// Which seat belongs to which route.
///
/// Deterministic: the same calls give the same answers. Times are since any origin and never run
/// backwards. Holds one entry per seat; the caller bounds seats.
#[derive(Debug)]
pub struct Router {
    pub(super) routes: Routes,
    pub(super) seats: BTreeMap<SeatKey, Sitting>,
    pub(super) sums: Sums,
    round_at: Option<Duration>,
    /// The latest time that anybody told.
    now: Duration,
    pub(super) walked: u64,
}

impl Router {
    /// A router for these routes, none of which is open yet. A weight or worth that is not a
    /// number from zero up counts as zero and as none.
    #[must_use]
    pub fn new(specs: Vec<RouteSpec>) -> Self {
        Self {
            routes: Routes::new(specs),
            seats: BTreeMap::new(),
            sums: Sums::default(),
            round_at: None,
            now: Duration::ZERO,
            walked: 0,
        }
    }

    /// A route opens, closes, or has jobs of another algorithm. Seats follow with the next
    /// [`Self::round`].
    pub fn set_state(&mut self, route: usize, state: RouteState) {
        self.routes.set_state(route, state);
    }

    /// What a hash is worth on a route from now on.
    pub fn set_worth(&mut self, route: usize, worth: Option<f64>) {
        self.routes.set_worth(route, worth);
    }

    /// A seat came: where it goes. None: no route can take it now; each round looks again.
    pub fn seat_came(
        &mut self,
        seat: SeatKey,
        traits: Arc<RigTraits>,
        now: Duration,
    ) -> Option<usize> {
        self.now = self.now.max(now);
        self.seat_left(seat);
        let mut sitting = Sitting {
            named: self.routes.named(&traits),
            able: self.routes.able(&traits, self.routes.all()),
            traits,
            route: None,
            rate: None,
            rates: Rates::default(),
            moved_at: now,
            stay: Stay::default(),
            trial: None,
            allowance: ALLOWANCE,
        };
        let best = self.routes.best(&sitting, now);
        let needs = self.routes.needs(&self.sums);
        sitting.route = self.routes.neediest(best, &needs);
        let route = sitting.route;
        sitting.rates.begin(self.routes.algorithm(route), now);
        self.sums.add(route, None);
        self.seats.insert(seat, sitting);
        route
    }

    /// A seat left.
    pub fn seat_left(&mut self, seat: SeatKey) {
        if let Some(sitting) = self.seats.remove(&seat) {
            self.sums.take(sitting.route, sitting.rate);
        }
    }

    /// Work a second of a seat, as measured since it came to its route: after a [`Move`] to a route
    /// with another algorithm the caller begins anew, for these are other hashes. One that is not a
    /// positive number says that nothing is known.
    pub fn seat_rate(&mut self, seat: SeatKey, rate: f64) {
        let Some(sitting) = self.seats.get_mut(&seat) else {
            return;
        };
        let rate = Some(rate).filter(|rate| rate.is_finite() && *rate > 0.0);
        self.sums.take(sitting.route, sitting.rate);
        sitting.rate = rate.and_then(counted);
        self.sums.add(sitting.route, sitting.rate);
        if let Some(rate) = rate {
            let traits = &sitting.traits;
            sitting.rates.note(rate, |it| traits.rate(it), self.now);
        }
    }

    /// A share was accepted on a route. One whose difficulty is not a positive number is left out.
    pub fn credit(&mut self, route: usize, difficulty: f64) {
        self.credit_many(route, 1, difficulty, difficulty * difficulty);
    }

    /// Shares that were accepted on a route since the last time, from counters: how many, the sum
    /// of their difficulties and of the squares of these. Numbers that can't be are left out, as
    /// [`RouteWork::credit_many`] says.
    pub fn credit_many(&mut self, route: usize, shares: u64, work: f64, squares: f64) {
        let Some(credited) = self.routes.get_mut(route) else {
            return;
        };
        let before = credited.done.work;
        credited.done.credit_many(shares, work, squares);
        let work = credited.done.work - before;
        self.routes.fall_due(route, work);
    }

    /// Brings seats in line: those that sit where they may not, those that are worth more
    /// elsewhere, trials, and a few for the sake of weights. At most once in ten seconds, but for
    /// seats on routes that they may not be on.
    pub fn round(&mut self, now: Duration) -> Vec<Move> {
        self.now = self.now.max(now);
        let now = self.now;
        let mut moves = Vec::new();
        if let Some(stale) = self.routes.take_changed() {
            self.rehome(stale, now, &mut moves);
        }
        let passed = match self.round_at {
            Some(at) if now.saturating_sub(at) < ROUND => return moves,
            Some(at) => now.saturating_sub(at).as_secs_f64(),
            None => 0.0,
        };
        self.round_at = Some(now);
        if self.routes.has_worth() {
            self.follow_worth(passed, now, &mut moves);
            self.follow_trials(passed, now, &mut moves);
        }
        self.follow_weights(now, &mut moves);
        moves
    }

    /// Where a seat belongs.
    #[must_use]
    pub fn route_of(&self, seat: SeatKey) -> Option<usize> {
        self.seats.get(&seat).and_then(|sitting| sitting.route)
    }

    /// Accepted work by route.
    #[must_use]
    pub fn work(&self) -> Vec<RouteWork> {
        self.routes.iter().map(|route| route.done).collect()
    }

    /// Each route's part of the work, with its interval.
    #[must_use]
    pub fn splits(&self) -> Vec<Split> {
        Split::of(&self.work())
    }

    /// Each route's part of the work by its weight: of what was done while it was open, so that a
    /// route that was closed for some time has less than its weight of all.
    #[must_use]
    pub fn wanted(&self) -> Vec<f64> {
        let all: f64 = self.routes.iter().map(|route| route.due).sum();
        let part = |due: f64| if all > 0.0 { due / all } else { 0.0 };
        self.routes.iter().map(|route| part(route.due)).collect()
    }

    /// Whether a seat may be on a route now.
    #[must_use]
    pub fn may(&self, seat: SeatKey, route: usize) -> bool {
        let sitting = self.seats.get(&seat);
        sitting.is_some_and(|sitting| self.routes.eligible(sitting).has(route))
    }

    /// Seats that walks over all of them looked at so far. Calls for a single seat walk over none.
    #[must_use]
    pub const fn walked(&self) -> u64 {
        self.walked
    }

    /// Puts a seat on a route. What was lost and won where it was is forgotten, and a trial ends.
    pub(super) fn go(
        &mut self,
        seat: SeatKey,
        to: Option<usize>,
        now: Duration,
        moves: &mut Vec<Move>,
    ) {
        let Some(sitting) = self.seats.get_mut(&seat) else {
            return;
        };
        let from = sitting.route;
        if from == to {
            return;
        }
        self.sums.take(from, sitting.rate);
        charge(sitting, now);
        (sitting.route, sitting.moved_at) = (to, now);
        sitting.stay.end();
        sitting.works_on(self.routes.algorithm(to), now);
        self.sums.add(to, sitting.rate);
        moves.push(Move { seat, from, to });
    }

    /// Seats that wait though there is a route for them now, or sit where they may not. Looks at
    /// all, because what changed is who may be where.
    fn rehome(&mut self, stale: Bits, now: Duration, moves: &mut Vec<Move>) {
        self.walked += walk(&self.seats);
        let mut misplaced = Vec::new();
        for (seat, sitting) in &mut self.seats {
            let able = self.routes.able(&sitting.traits, stale);
            sitting.able = Bits(sitting.able.0 & !stale.0 | able.0);
            let eligible = self.routes.eligible(sitting);
            let fine = match sitting.route {
                Some(route) => eligible.has(route),
                None => eligible.is_empty(),
            };
            if !fine {
                misplaced.push(*seat);
            } else if sitting.route.is_some_and(|route| stale.has(route)) {
                self.sums.take(sitting.route, sitting.rate);
                sitting.works_on(self.routes.algorithm(sitting.route), now);
                self.sums.add(sitting.route, sitting.rate);
            }
        }
        let usual = self.sums.usual();
        let mut needs = self.routes.needs(&self.sums);
        for seat in misplaced {
            let Some(sitting) = self.seats.get(&seat) else {
                continue;
            };
            let rate = sitting.rate.unwrap_or(usual);
            let to = self.routes.neediest(self.routes.best(sitting, now), &needs);
            if let Some(need) = to.and_then(|to| needs.get_mut(to)) {
                *need -= rate;
            }
            self.go(seat, to, now, moves);
        }
    }
}
