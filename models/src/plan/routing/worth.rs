//! Moves for the sake of worth.

use std::time::Duration;

use super::bits::Bits;
use super::router::{MOST_ROUTES, Move, Router};
use super::routes::{EQUAL, Routes};
use super::sitting::Sitting;
use super::weights::walk;
use crate::plan::SeatKey;

/// Work that a rig loses by going to another algorithm, seconds: a new dataset.
pub(super) const OTHER_ALGORITHM: f64 = 30.0;

/// Work that it loses by going to another job of the same.
const SAME_ALGORITHM: f64 = 1.0;

/// How often what has to be lost before a move doubles at most.
const HIGHEST: u8 = 6;

/// A stay of this length takes one doubling back.
const LONG: u64 = 6 * 3_600;

/// Most seats that move for the sake of worth in one round, and one in 16 of all seats more.
pub(super) const MOST_WORTH_MOVES: usize = 64;

/// A seat that would go, and what it lost by staying.
struct Ready {
    lost: f64,
    seat: SeatKey,
    to: usize,
    cost: f64,
}

impl Router {
    /// A rig goes where it is worth more once it lost by staying what the move costs, and twice as
    /// much after each move that did not pay.
    pub(super) fn follow_worth(&mut self, passed: f64, now: Duration, moves: &mut Vec<Move>) {
        let needs = self.routes.needs(&self.sums);
        self.walked += walk(&self.seats);
        let mut ready: Vec<Ready> = Vec::new();
        for (seat, sitting) in &mut self.seats {
            if let Some(route) = sitting.route
                && sitting.trial.is_none()
            {
                let found = weigh(&self.routes, sitting, route, passed, &needs, now);
                ready.extend(found.map(|(to, lost, cost)| Ready {
                    lost,
                    seat: *seat,
                    to,
                    cost,
                }));
            }
        }
        let most = MOST_WORTH_MOVES + self.seats.len() / 16;
        if ready.len() > most {
            // Who lost most goes first; the others lose on, and go later.
            ready.sort_by(|one, other| other.lost.total_cmp(&one.lost));
            ready.truncate(most);
        }
        for it in ready {
            self.go_for_worth(&it, now, moves);
        }
    }

    fn go_for_worth(&mut self, it: &Ready, now: Duration, moves: &mut Vec<Move>) {
        let Some(sitting) = self.seats.get_mut(&it.seat) else {
            return;
        };
        let (before, level) = (sitting.route, next_level(sitting, now));
        self.go(it.seat, Some(it.to), now, moves);
        if let Some(sitting) = self.seats.get_mut(&it.seat) {
            sitting.stay.level = level;
            (sitting.stay.before, sitting.stay.paid) = (before, it.cost);
        }
    }
}

/// After the move that follows: one more if the last one did not pay, one less if it did.
fn next_level(sitting: &Sitting, now: Duration) -> u8 {
    let stay = &sitting.stay;
    let level = calmed(sitting, now);
    match stay.before {
        Some(_) if stay.won < stay.paid => (level + 1).min(HIGHEST),
        Some(_) => level.saturating_sub(1),
        None => level,
    }
}

/// Doublings that are left after the stay so far.
fn calmed(sitting: &Sitting, now: Duration) -> u8 {
    let long = now.saturating_sub(sitting.moved_at).as_secs() / LONG;
    let level = sitting.stay.level;
    level.saturating_sub(u8::try_from(long).unwrap_or(u8::MAX))
}

/// Notes what the rig lost since the last round; gives where it goes if it is enough, what it lost,
/// and what the move costs.
fn weigh(
    routes: &Routes,
    sitting: &mut Sitting,
    route: usize,
    passed: f64,
    needs: &[f64],
    now: Duration,
) -> Option<(usize, f64, f64)> {
    sitting.rates.note_silence(now);
    let mut values = [None; MOST_ROUTES];
    let mut most = 0.0_f64;
    for at in routes.eligible(sitting) {
        values[at] = routes.value(sitting, at, now);
        most = most.max(values[at].unwrap_or(0.0));
    }
    // Where nothing is known of what it does now, there is nothing to lose.
    let here = values.get(route).copied().flatten().unwrap_or(0.0);
    let enough = f64::from(1_u32 << calmed(sitting, now).min(HIGHEST));
    let stay = &mut sitting.stay;
    if stay.lost.len() != routes.len() {
        stay.lost = vec![0.0; routes.len()];
    }
    if most <= 0.0 {
        stay.lost.fill(0.0);
        return None;
    }
    if let Some(before) = stay.before.and_then(|at| values[at]) {
        stay.won += passed * ((here - before) / most);
    }
    // Of those for whose sake it lost enough the ones that are worth most.
    let (mut best, mut worth) = (Bits::default(), 0.0_f64);
    for (at, lost) in stay.lost.iter_mut().enumerate() {
        let Some(value) = values[at] else {
            *lost = 0.0;
            continue;
        };
        let differ = value.min(here) < value.max(here) * EQUAL;
        if differ {
            *lost = as_f32((f64::from(*lost) + passed * ((value - here) / most)).max(0.0));
        }
        if value > here && differ && f64::from(*lost) >= cost(routes, route, at) * enough {
            if value * EQUAL > worth {
                best = Bits::default();
            }
            best.put(at, value >= worth * EQUAL);
            worth = worth.max(value);
        }
    }
    let to = routes.neediest(best, needs)?;
    let lost = f64::from(stay.lost[to]);
    Some((to, lost, cost(routes, route, to)))
}

fn cost(routes: &Routes, from: usize, to: usize) -> f64 {
    if routes.are_alike(from, to) {
        SAME_ALGORITHM
    } else {
        OTHER_ALGORITHM
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "seconds of lost work need no more than 24 bits"
)]
fn as_f32(seconds: f64) -> f32 {
    seconds as f32
}
