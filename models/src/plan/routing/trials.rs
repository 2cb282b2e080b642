//! Trials: how a rig's rate on an algorithm becomes known where it did not say.

use std::time::Duration;

use super::router::{Move, Router};
use super::routes::Routes;
use super::sitting::{Sitting, Trial};
use super::weights::{REST, walk};
use super::worth::OTHER_ALGORITHM;
use crate::plan::SeatKey;

/// A trial takes at most this time, seconds; it ends earlier where two standard errors decide.
const LONGEST: f64 = 600.0;

/// Part of its time that a rig may spend on trials.
const PART: f64 = 0.01;

/// What it may spend at once: a day's part. It comes with that much.
pub(super) const ALLOWANCE: f64 = PART * 86_400.0;

/// Most trials that begin in one round, and that end in one.
pub(super) const MOST_TRIALS: usize = 64;

/// One of so many seats may be on trial at a time (a single one may, too).
pub(super) const AT_ONCE: usize = 8;

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
            self.end_trial(seat, home, now, moves);
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

    fn end_trial(&mut self, seat: SeatKey, home: usize, now: Duration, moves: &mut Vec<Move>) {
        if let Some(sitting) = self.seats.get_mut(&seat) {
            charge(sitting, now);
        }
        self.go(seat, Some(home), now, moves);
    }
}

/// What a trial took is taken off the allowance.
fn charge(sitting: &mut Sitting, now: Duration) {
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
        Some((routes.value(sitting, at, now)?, 2.0 * error))
    });
    let stays = match (home, there) {
        (Some(home), Some((value, error))) => {
            let clear = value * (1.0 + error) < home || value * (1.0 - error) > home;
            if took < LONGEST && !clear {
                return None;
            }
            value > home
        }
        // Nothing came of it, not even that the rig is silent there.
        _ if took > 2.0 * LONGEST => false,
        _ => return None,
    };
    if stays || !routes.eligible(sitting).has(trial.home) {
        charge(sitting, now);
        return None;
    }
    Some(Step::Home(trial.home))
}

fn begins(routes: &Routes, sitting: &Sitting, now: Duration) -> Option<Step> {
    let home = sitting.route?;
    let rested = now.saturating_sub(sitting.moved_at) >= REST;
    if !rested || sitting.allowance < 2.0_f64.mul_add(OTHER_ALGORITHM, LONGEST) {
        return None;
    }
    let here = routes.value(sitting, home, now)?;
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
        let hope = routes.hope(sitting, at, now).unwrap_or(0.0);
        if hope > here && found.is_none_or(|(_, most)| hope > most) {
            found = Some((at, hope));
        }
    }
    found.map(|(at, hope)| Step::Try(at, hope))
}
