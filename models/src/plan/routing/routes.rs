//! What is asked of all routes together: who may, what it is worth, who lacks most.

use std::time::Duration;

use wildmatch::WildMatch;

use super::bits::Bits;
use super::rates::Estimate;
use super::router::MOST_ROUTES;
use super::sitting::Sitting;
use super::sums::Sums;
use super::{RigTraits, RouteSpec, RouteState, RouteWork};
use crate::work::Algorithm;

/// What was done too much or too little for a route is made good in about this time, seconds.
const HORIZON: f64 = 600.0;

/// Routes of which the worth differs by less count as equal.
pub(super) const EQUAL: f64 = 0.999;

/// Weights are at most this.
const HEAVIEST: f64 = 1e12;

#[derive(Debug)]
pub(super) struct Route {
    weight: f64,
    worth: Option<f64>,
    /// Of the names of rigs.
    rules: Vec<WildMatch>,
    pub(super) state: RouteState,
    pub(super) done: RouteWork,
    /// Work that it should have by its weight, of all that was done while it was open.
    pub(super) due: f64,
}

#[derive(Debug)]
pub(super) struct Routes {
    list: Vec<Route>,
    /// Routes that are open.
    open: Bits,
    /// Routes without rules.
    free: Bits,
    /// Routes of which seats don't know the algorithm yet: it changed since the last walk.
    stale: Bits,
    /// Something changed for which seats have to be looked at.
    changed: bool,
}

impl Routes {
    pub(super) fn new(specs: Vec<RouteSpec>) -> Self {
        let (mut list, mut free) = (Vec::new(), Bits::default());
        for (at, spec) in specs.into_iter().take(MOST_ROUTES).enumerate() {
            free.put(at, spec.rigs.is_empty());
            list.push(Route {
                weight: fair(spec.weight).unwrap_or(0.0).min(HEAVIEST),
                worth: spec.worth.and_then(fair),
                rules: spec.rigs.iter().map(|it| WildMatch::new(it)).collect(),
                state: RouteState::default(),
                done: RouteWork::default(),
                due: 0.0,
            });
        }
        Self {
            list,
            open: Bits::default(),
            free,
            stale: Bits::default(),
            changed: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Route> {
        self.list.iter()
    }

    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut Route> {
        self.list.get_mut(at)
    }

    pub(super) fn set_state(&mut self, at: usize, state: RouteState) {
        let Some(route) = self.list.get_mut(at).filter(|it| it.state != state) else {
            return;
        };
        if route.state.algorithm != state.algorithm {
            self.stale.put(at, true);
        }
        self.open.put(at, state.open);
        self.changed = true;
        route.state = state;
    }

    pub(super) fn set_worth(&mut self, at: usize, worth: Option<f64>) {
        if let Some(route) = self.list.get_mut(at) {
            route.worth = worth.and_then(fair);
        }
    }

    /// Whether the worth of any is compared.
    pub(super) fn has_worth(&self) -> bool {
        self.list.iter().any(|route| route.worth.is_some())
    }

    /// Whether seats have to be looked at; those that look next know all algorithms.
    pub(super) fn take_changed(&mut self) -> Option<Bits> {
        let stale = std::mem::take(&mut self.stale);
        std::mem::take(&mut self.changed).then_some(stale)
    }

    /// Routes whose rules name a rig.
    pub(super) fn named(&self, rig: &RigTraits) -> Bits {
        let mut named = Bits::default();
        for (at, route) in self.list.iter().enumerate() {
            let matches = |rule: &WildMatch| rig.names.iter().any(|name| rule.matches(name));
            named.put(at, route.rules.iter().any(matches));
        }
        named
    }

    /// Of these routes those whose algorithm a rig can hash.
    pub(super) fn able(&self, rig: &RigTraits, of: Bits) -> Bits {
        let mut able = Bits::default();
        for at in of {
            let algorithm = self.list.get(at).map(|it| it.state.algorithm.as_ref());
            let can = |algorithm: Option<_>| algorithm.is_none_or(|it| rig.capability.can(it));
            able.put(at, algorithm.is_some_and(can));
        }
        able
    }

    /// Every route.
    pub(super) fn all(&self) -> Bits {
        Bits((0..self.list.len()).fold(0, |all, at| all | Bits::one(at).0))
    }

    /// Open routes that the rig can hash for: those whose rules name it, else those without rules.
    pub(super) fn eligible(&self, sitting: &Sitting) -> Bits {
        let mut able = sitting.able;
        if !self.stale.is_empty() {
            able = Bits(able.0 & !self.stale.0 | self.able(&sitting.traits, self.stale).0);
        }
        let able = able.and(self.open);
        let named = able.and(sitting.named);
        if named.is_empty() {
            able.and(self.free)
        } else {
            named
        }
    }

    /// What is believed of a rig's rate on a route.
    pub(super) fn estimate(&self, sitting: &Sitting, at: usize, now: Duration) -> Option<Estimate> {
        let algorithm = self.list.get(at)?.state.algorithm.as_ref()?;
        sitting.estimate(algorithm, now)
    }

    /// What a second of the rig's work is worth on a route, if that is known.
    pub(super) fn value(&self, sitting: &Sitting, at: usize, now: Duration) -> Option<f64> {
        let worth = self.list.get(at)?.worth?;
        let value = worth * self.estimate(sitting, at, now)?.rate;
        value.is_finite().then_some(value)
    }

    /// What it may be worth, if its rate is so many standard errors above what was measured; without
    /// bound where nothing was.
    pub(super) fn hope(
        &self,
        sitting: &Sitting,
        at: usize,
        errors: f64,
        now: Duration,
    ) -> Option<f64> {
        let route = self.list.get(at)?;
        let worth = route.worth.filter(|worth| *worth > 0.0)?;
        route.state.algorithm.as_ref()?;
        let estimate = self.estimate(sitting, at, now);
        Some(estimate.map_or(f64::INFINITY, |it| {
            worth * it.rate * it.error.mul_add(errors, 1.0)
        }))
    }

    /// The eligible routes that are worth most to a rig. Routes of which the value is not known are
    /// passed over where that of another is.
    pub(super) fn best(&self, sitting: &Sitting, now: Duration) -> Bits {
        let eligible = self.eligible(sitting);
        let mut values = [None; MOST_ROUTES];
        let mut most: Option<f64> = None;
        for at in eligible {
            values[at] = self.value(sitting, at, now);
            if values[at].is_some_and(|it| most.is_none_or(|most| it > most)) {
                most = values[at];
            }
        }
        let Some(most) = most else {
            return eligible;
        };
        let mut best = Bits::default();
        for at in eligible {
            best.put(at, values[at].is_some_and(|it| it >= most * EQUAL));
        }
        best
    }

    /// Whether two have jobs of the same algorithm.
    pub(super) fn are_alike(&self, one: usize, other: usize) -> bool {
        let algorithm = |at: usize| self.list.get(at).map(|it| &it.state.algorithm);
        algorithm(one) == algorithm(other)
    }

    /// The algorithm of the jobs on a route.
    pub(super) fn algorithm(&self, at: Option<usize>) -> Option<&Algorithm> {
        self.list.get(at?)?.state.algorithm.as_ref()
    }

    pub(super) fn open_weight(&self) -> f64 {
        let open = self.list.iter().filter(|route| route.state.open);
        open.map(|route| route.weight).sum()
    }

    /// Work of an accepted share falls due to all that are open, by weight.
    pub(super) fn fall_due(&mut self, at: usize, work: f64) {
        let weights = self.open_weight();
        if weights <= 0.0 {
            // What was done while nothing has a weight is nobody's debt.
            if let Some(route) = self.list.get_mut(at) {
                route.due += work;
            }
            return;
        }
        for route in self.list.iter_mut().filter(|route| route.state.open) {
            route.due += work * (route.weight / weights);
        }
    }

    /// By route: work a second that it should get more than it does (below zero: less), so that
    /// cumulated work follows the weights.
    pub(super) fn needs(&self, sums: &Sums) -> Vec<f64> {
        let usual = sums.usual();
        let rates = (0..self.list.len()).map(|at| sums.rate(at, usual));
        let (total, weights): (f64, f64) = (rates.clone().sum(), self.open_weight());
        let need = |(route, rate): (&Route, f64)| {
            if !route.state.open || weights <= 0.0 {
                return 0.0;
            }
            // One seat more is to be placed, so that the first ones spread by weight as well.
            let wanted = (total + usual) * (route.weight / weights);
            // A debt is made good within what the route would get anyway, or twice of it.
            let debt = ((route.due - route.done.work) / HORIZON).clamp(-wanted, wanted);
            wanted + debt - rate
        };
        self.list.iter().zip(rates).map(need).collect()
    }

    /// Of these routes the one that lacks most. One without a weight only where none has one.
    pub(super) fn neediest(&self, routes: Bits, needs: &[f64]) -> Option<usize> {
        let weight = |at: usize| self.list.get(at).map_or(0.0, |route| route.weight);
        let weighty = routes.into_iter().any(|at| weight(at) > 0.0);
        let mut found: Option<usize> = None;
        for at in routes {
            let counts = !weighty || weight(at) > 0.0;
            if counts && found.is_none_or(|best| needs[at] > needs[best]) {
                found = Some(at);
            }
        }
        found
    }
}

/// A number from zero up.
fn fair(number: f64) -> Option<f64> {
    (number.is_finite() && number >= 0.0).then_some(number)
}
