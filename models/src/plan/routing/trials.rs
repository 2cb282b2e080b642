//! Trials: how a rig's rate on an algorithm becomes known where it did not say.

use std::time::Duration;

use super::router::{Move, Router};
use super::routes::Routes;
use super::sitting::{Sitting, Trial};
use super::weights::walk;
use super::worth::OTHER_ALGORITHM;
use crate::plan::SeatKey;

/// A trial takes at least this time, seconds, and longer where that does not decide and the
/// allowance is not needed for routes of which nothing is known.
const SHORTEST: f64 = 330.0;

/// Standard errors by which a trial is clear.
const CLEAR: f64 = 3.0;

/// Standard errors above what was measured that are worth a try to a rig with all its allowance.
const HOPE: f64 = 5.0;

/// And at most this.
const LONGEST: f64 = 900.0;

/// Part of its time that a rig may spend on trials.
const PART: f64 = 0.01;

/// What it may spend at once: a day's part. It comes with that much.
pub(super) const ALLOWANCE: f64 = PART * 86_400.0;

/// Most trials that begin in one round, and that end in one.
pub(super) const MOST_TRIALS: usize = 64;

/// One of so many seats may be on trial at a time (a single one may, too).
pub(super) const AT_ONCE: usize = 4;

/// What is to be done with a seat.
enum Step {
    /// It goes on trial there; how much it may be worth.
    Try(usize, f64),
    /// It goes home.
    Home(usize),
}

impl Router {
    /// Ends trials that decided or took their time, and begins others.
    pub(super) fn follow_trials(&mut self, passed: f64, now: Duration, moves: &mut Vec<Move>) {
        self.walked += walk(&self.seats);
        let (mut tries, mut homes) = (Vec::new(), Vec::new());
        let mut active = 0_usize;
        for (seat, sitting) in &mut self.seats {
            sitting.allowance = passed.mul_add(PART, sitting.allowance).min(ALLOWANCE);
            match step(&self.routes, sitting, now) {
                Some(Step::Try(to, hope)) => tries.push((hope, *seat, to)),
                Some(Step::Home(home)) => homes.push((*seat, home)),
                None => {}
            }
            active += usize::from(sitting.trial.is_some());
        }
        for (seat, home) in homes.into_iter().take(MOST_TRIALS) {
            self.go(seat, Some(home), now, moves);
        }
        let free = (self.seats.len() / AT_ONCE).max(1).saturating_sub(active);
        // Those that may gain most go first.
        tries.sort_by(|one, other| other.0.total_cmp(&one.0));
        for (_, seat, to) in tries.into_iter().take(free.min(MOST_TRIALS)) {
            self.begin_trial(seat, to, now, moves);
        }
    }

    fn begin_trial(&mut self, seat: SeatKey, to: usize, now: Duration, moves: &mut Vec<Move>) {
        let home = self.route_of(seat);
        self.go(seat, Some(to), now, moves);
        if let (Some(sitting), Some(home)) = (self.seats.get_mut(&seat), home) {
            sitting.trial = Some(Trial { home, since: now });
        }
    }
}

/// A trial ends, for whatever reason: what it took is taken off the allowance.
pub(super) fn charge(sitting: &mut Sitting, now: Duration) {
    if let Some(trial) = sitting.trial.take() {
        let took = now.saturating_sub(trial.since).as_secs_f64();
        sitting.allowance -= took + OTHER_ALGORITHM;
    }
}

fn step(routes: &Routes, sitting: &mut Sitting, now: Duration) -> Option<Step> {
    let Some(trial) = sitting.trial else {
        return begins(routes, sitting, now);
    };
    sitting.rates.note_silence(now);
    let took = now.saturating_sub(trial.since).as_secs_f64();
    let home = routes.value(sitting, trial.home, now);
    let there = sitting.route.and_then(|at| {
        let error = routes.estimate(sitting, at, now)?.error;
        Some((routes.value(sitting, at, now)?, CLEAR * error))
    });
    let stays = match (home, there) {
        (Some(home), Some((value, error))) => {
            let clear = value * (1.0 + error) < home || value * (1.0 - error) > home;
            let enough = if clear {
                SHORTEST
            } else {
                longest(routes, sitting, now)
            };
            if took < enough {
                return None;
            }
            value > home
        }
        // Nothing came of it, not even that the rig is silent there.
        _ if took > LONGEST => false,
        _ => return None,
    };
    if stays || !routes.eligible(sitting).has(trial.home) {
        charge(sitting, now);
        return None;
    }
    Some(Step::Home(trial.home))
}

/// How long a trial may take.
fn longest(routes: &Routes, sitting: &Sitting, now: Duration) -> f64 {
    let others = routes
        .eligible(sitting)
        .filter(|at| Some(*at) != sitting.route);
    let unknown = others.filter(|at| {
        let hope = routes.hope(sitting, *at, 0.0, now);
        hope.is_some_and(f64::is_infinite)
    });
    let each = SHORTEST + OTHER_ALGORITHM;
    let left = unknown.fold(sitting.allowance - OTHER_ALGORITHM, |left, _| left - each);
    left.clamp(SHORTEST, LONGEST)
}

fn begins(routes: &Routes, sitting: &Sitting, now: Duration) -> Option<Step> {
    let home = sitting.route?;
    if sitting.allowance < SHORTEST + OTHER_ALGORITHM {
        return None;
    }
    let here = routes.value(sitting, home, now)?;
    // The more of the allowance is left, the more doubt is worth a try.
    let errors = HOPE * (sitting.allowance / ALLOWANCE);
    let mut found: Option<(usize, f64)> = None;
    for at in routes.eligible(sitting) {
        let sure = |routes: &Routes| {
            routes
                .estimate(sitting, at, now)
                .is_some_and(|it| it.error <= 0.0)
        };
        if routes.are_alike(at, home) || sure(routes) {
            continue;
        }
        let hope = routes.hope(sitting, at, errors, now).unwrap_or(0.0);
        if hope > here && found.is_none_or(|(_, most)| hope > most) {
            found = Some((at, hope));
        }
    }
    found.map(|(at, hope)| Step::Try(at, hope))
}
