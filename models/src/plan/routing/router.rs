//! The router's state and decisions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{RigTraits, RouteSpec, RouteState, RouteWork, Split};
use crate::plan::SeatKey;

/// Most routes; further ones are left out.
pub const MOST_ROUTES: usize = 32;

/// From one round of moves to the next.
const ROUND: Duration = Duration::from_secs(10);

/// What was done too much or too little for a route is made good in about this time.
const HORIZON: f64 = 600.0;

/// A seat that was moved for the sake of weights stays for at least this long.
const REST: Duration = Duration::from_secs(300);

/// Most seats that move for the sake of weights in one round, and never more than one in 64 of
/// all seats and one more.
const MOST_MOVES: usize = 64;

/// Work that a rig loses by going to another algorithm: a new dataset.
const OTHER_ALGORITHM: f64 = 30.0;

/// Work that it loses by going to another job of the same.
const SAME_ALGORITHM: f64 = 1.0;

/// Routes of which the worth differs by less count as equal.
const EQUAL: f64 = 0.999;

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

#[derive(Debug)]
struct Route {
    spec: RouteSpec,
    state: RouteState,
    done: RouteWork,
    /// Work that it should have by its weight, of all that was done while it was open.
    due: f64,
}

#[derive(Debug)]
struct Sitting {
    traits: Arc<RigTraits>,
    /// Routes whose rules name it, by bit.
    named: u32,
    route: Option<usize>,
    /// Measured work a second.
    rate: Option<f64>,
    moved_at: Duration,
    /// Worth that was lost by staying, in seconds of the work it does now.
    lost: f64,
}

/// Which seat belongs to which route.
///
/// Deterministic: the same calls give the same answers. Times are since any origin and never run
/// backwards. Holds one entry per seat; the caller bounds seats.
#[derive(Debug)]
pub struct Router {
    routes: Vec<Route>,
    seats: BTreeMap<SeatKey, Sitting>,
    round_at: Option<Duration>,
}

impl Router {
    /// A router for these routes, none of which is open yet.
    #[must_use]
    pub fn new(specs: Vec<RouteSpec>) -> Self {
        let route = |spec| Route {
            spec,
            state: RouteState::default(),
            done: RouteWork::default(),
            due: 0.0,
        };
        Self {
            routes: specs.into_iter().take(MOST_ROUTES).map(route).collect(),
            seats: BTreeMap::new(),
            round_at: None,
        }
    }

    /// A route opens, closes, or has jobs of another algorithm. Seats follow with the next
    /// [`Self::round`].
    pub fn set_state(&mut self, route: usize, state: RouteState) {
        if let Some(route) = self.routes.get_mut(route) {
            route.state = state;
        }
    }

    /// What a hash is worth on a route from now on.
    pub fn set_worth(&mut self, route: usize, worth: Option<f64>) {
        if let Some(route) = self.routes.get_mut(route) {
            route.spec.worth = worth.filter(|worth| worth.is_finite() && *worth >= 0.0);
        }
    }

    /// A seat came: where it goes. None: no route can take it now; each round looks again.
    pub fn seat_came(
        &mut self,
        seat: SeatKey,
        traits: Arc<RigTraits>,
        now: Duration,
    ) -> Option<usize> {
        let mut named = 0_u32;
        for (at, route) in self.routes.iter().enumerate() {
            named |= u32::from(route.spec.names(&traits)) << at;
        }
        let mut sitting = Sitting {
            traits,
            named,
            route: None,
            rate: None,
            moved_at: now,
            lost: 0.0,
        };
        self.seats.remove(&seat);
        let best = self.best(&sitting);
        sitting.route = self.neediest(&best, &self.needs());
        let route = sitting.route;
        self.seats.insert(seat, sitting);
        route
    }

    /// A seat left.
    pub fn seat_left(&mut self, seat: SeatKey) {
        self.seats.remove(&seat);
    }

    /// Work a second of a seat, as measured.
    pub fn seat_rate(&mut self, seat: SeatKey, rate: f64) {
        if let Some(sitting) = self.seats.get_mut(&seat) {
            sitting.rate = Some(rate).filter(|rate| rate.is_finite() && *rate > 0.0);
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
        let weights = self.open_weight();
        if weights <= 0.0 {
            // What was done while nothing has a weight is nobody's debt.
            if let Some(credited) = self.routes.get_mut(route) {
                credited.due += work;
            }
            return;
        }
        for route in self.routes.iter_mut().filter(|route| route.state.open) {
            route.due += work * route.spec.weight / weights;
        }
    }

    /// Brings seats in line: those that sit where they may not, those that are worth more
    /// elsewhere, and a few for the sake of weights. At most once in ten seconds, but for seats on
    /// routes that they may not be on.
    pub fn round(&mut self, now: Duration) -> Vec<Move> {
        let mut moves = self.rehome(now);
        let passed = match self.round_at {
            Some(at) if now.saturating_sub(at) < ROUND => return moves,
            Some(at) => now.saturating_sub(at),
            None => Duration::ZERO,
        };
        self.round_at = Some(now);
        self.follow_worth(passed, now, &mut moves);
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

    /// Whether a seat may be on a route now.
    #[must_use]
    pub fn may(&self, seat: SeatKey, route: usize) -> bool {
        let sitting = self.seats.get(&seat);
        sitting.is_some_and(|sitting| self.eligible(sitting).contains(&route))
    }

    /// Open routes that the rig can hash for: those whose rules name it, else those without rules.
    fn eligible(&self, sitting: &Sitting) -> Vec<usize> {
        let can = |route: &Route| {
            let algorithm = route.state.algorithm.as_ref();
            route.state.open && algorithm.is_none_or(|it| sitting.traits.capability.can(it))
        };
        let able: Vec<usize> = (0..self.routes.len())
            .filter(|at| can(&self.routes[*at]))
            .collect();
        let named: Vec<usize> = able
            .iter()
            .copied()
            .filter(|at| sitting.named >> at & 1 == 1)
            .collect();
        if !named.is_empty() {
            return named;
        }
        let free = |at: &usize| self.routes[*at].spec.rigs.is_empty();
        able.into_iter().filter(free).collect()
    }

    /// What a second of the rig's work is worth on a route, if that is known.
    fn value(&self, sitting: &Sitting, route: usize) -> Option<f64> {
        let Route { spec, state, .. } = self.routes.get(route)?;
        Some(spec.worth? * sitting.traits.rate(state.algorithm.as_ref()?)?)
    }

    /// The eligible routes that are worth most to a rig. Routes of which the value is not known are
    /// passed over where that of another is.
    fn best(&self, sitting: &Sitting) -> Vec<usize> {
        let eligible = self.eligible(sitting);
        let values = eligible.iter().filter_map(|at| self.value(sitting, *at));
        let Some(most) = values.reduce(f64::max) else {
            return eligible;
        };
        let enough = |at: &usize| {
            self.value(sitting, *at)
                .is_some_and(|value| value >= most * EQUAL)
        };
        eligible.into_iter().filter(enough).collect()
    }

    fn open_weight(&self) -> f64 {
        let open = self.routes.iter().filter(|route| route.state.open);
        open.map(|route| route.spec.weight).sum()
    }

    /// What a seat of which nothing was measured counts for.
    fn usual_rate(&self) -> f64 {
        let mut known = (0.0, 0.0);
        for rate in self.seats.values().filter_map(|sitting| sitting.rate) {
            known = (known.0 + rate, known.1 + 1.0);
        }
        if known.1 > 0.0 {
            known.0 / known.1
        } else {
            1.0
        }
    }

    /// By route: work a second that it should get more than it does (below zero: less), so that
    /// cumulated work follows the weights.
    fn needs(&self) -> Vec<f64> {
        let usual = self.usual_rate();
        let mut rates = vec![0.0; self.routes.len()];
        for sitting in self.seats.values() {
            if let Some(rate) = sitting.route.and_then(|at| rates.get_mut(at)) {
                *rate += sitting.rate.unwrap_or(usual);
            }
        }
        let (total, weights): (f64, f64) = (rates.iter().sum(), self.open_weight());
        let need = |(route, rate): (&Route, &f64)| {
            if !route.state.open || weights <= 0.0 {
                return 0.0;
            }
            // One seat more is to be placed, so that the first ones spread by weight as well.
            let wanted = (total + usual) * route.spec.weight / weights;
            // A debt is made good within what the route would get anyway, or twice of it.
            let debt = ((route.due - route.done.work) / HORIZON).clamp(-wanted, wanted);
            wanted + debt - rate
        };
        self.routes.iter().zip(&rates).map(need).collect()
    }

    /// Of these routes the one that lacks most.
    fn neediest(&self, routes: &[usize], needs: &[f64]) -> Option<usize> {
        let weighty = routes.iter().any(|at| self.routes[*at].spec.weight > 0.0);
        let counts = |at: &&usize| !weighty || self.routes[**at].spec.weight > 0.0;
        let mut found: Option<usize> = None;
        for at in routes.iter().filter(counts) {
            if found.is_none_or(|best| needs[*at] > needs[best]) {
                found = Some(*at);
            }
        }
        found
    }

    fn go(&mut self, seat: SeatKey, to: Option<usize>, now: Duration, moves: &mut Vec<Move>) {
        if let Some(sitting) = self.seats.get_mut(&seat) {
            let from = sitting.route;
            (sitting.route, sitting.moved_at, sitting.lost) = (to, now, 0.0);
            moves.push(Move { seat, from, to });
        }
    }

    /// Seats that wait, or sit where they may not.
    fn rehome(&mut self, now: Duration) -> Vec<Move> {
        let misplaced = |(seat, sitting): (&SeatKey, &Sitting)| {
            let eligible = self.eligible(sitting);
            let fine = match sitting.route {
                Some(route) => eligible.contains(&route),
                None => eligible.is_empty(),
            };
            (!fine).then_some(*seat)
        };
        let seats: Vec<SeatKey> = self.seats.iter().filter_map(misplaced).collect();
        let usual = self.usual_rate();
        let (mut moves, mut needs) = (Vec::new(), self.needs());
        for seat in seats {
            let Some(sitting) = self.seats.get(&seat) else {
                continue;
            };
            let rate = sitting.rate.unwrap_or(usual);
            let to = self.neediest(&self.best(sitting), &needs);
            if let Some(need) = to.and_then(|to| needs.get_mut(to)) {
                *need -= rate;
            }
            self.go(seat, to, now, &mut moves);
        }
        moves
    }

    /// A rig goes where it is worth more once it has lost by staying what the move costs: a change of
    /// worth costs it at most twice what following at once would have. Worths that turn back just
    /// after each move cost more than a fixed choice would.
    fn follow_worth(&mut self, passed: Duration, now: Duration, moves: &mut Vec<Move>) {
        let needs = self.needs();
        let mut ready = Vec::new();
        let mut lost = Vec::new();
        for (seat, sitting) in &self.seats {
            let Some(route) = sitting.route else { continue };
            let best = self.best(sitting);
            let Some(most) = best.first().and_then(|at| self.value(sitting, *at)) else {
                continue;
            };
            if best.contains(&route) {
                lost.push((*seat, 0.0));
                continue;
            }
            // Where nothing is known of what it does now, there is nothing to lose.
            let here = self.value(sitting, route).unwrap_or(0.0);
            let sum = sitting.lost + passed.as_secs_f64() * (1.0 - here / most);
            let to = self.neediest(&best, &needs);
            let same = to.is_some_and(|to| {
                self.routes[to].state.algorithm == self.routes[route].state.algorithm
            });
            let cost = if same {
                SAME_ALGORITHM
            } else {
                OTHER_ALGORITHM
            };
            lost.push((*seat, sum));
            if sum >= cost {
                ready.push((*seat, to));
            }
        }
        for (seat, sum) in lost {
            if let Some(sitting) = self.seats.get_mut(&seat) {
                sitting.lost = sum;
            }
        }
        for (seat, to) in ready {
            self.go(seat, to, now, moves);
        }
    }

    fn follow_weights(&mut self, now: Duration, moves: &mut Vec<Move>) {
        let usual = self.usual_rate();
        let mut needs = self.needs();
        for _ in 0..MOST_MOVES.min(1 + self.seats.len() / 64) {
            let Some((seat, from, to, rate)) = self.best_swap(&needs, usual, now) else {
                return;
            };
            needs[from] += rate;
            needs[to] -= rate;
            self.go(seat, Some(to), now, moves);
        }
    }

    /// The move that brings all routes closest to what they need, if any does.
    fn best_swap(
        &self,
        needs: &[f64],
        usual: f64,
        now: Duration,
    ) -> Option<(SeatKey, usize, usize, f64)> {
        let mut found = None;
        let mut most = 0.0;
        for (seat, sitting) in &self.seats {
            let Some(from) = sitting.route else { continue };
            if now.saturating_sub(sitting.moved_at) < REST {
                continue;
            }
            let rate = sitting.rate.unwrap_or(usual);
            let best = self.best(sitting);
            let Some(to) = self.neediest(&best, needs).filter(|_| best.contains(&from)) else {
                continue;
            };
            // By how much the sum of squared needs falls, halved.
            let gain = rate * (needs[to] - needs[from] - rate);
            if to != from && gain > most {
                (found, most) = (Some((*seat, from, to, rate)), gain);
            }
        }
        found
    }
}
