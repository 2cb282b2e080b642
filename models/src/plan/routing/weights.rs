//! Moves for the sake of weights.

use std::collections::BTreeMap;
use std::time::Duration;

use super::router::{Move, Router};
use crate::plan::SeatKey;

/// A seat that was moved stays for at least this long before weights move it.
pub(super) const REST: Duration = Duration::from_secs(300);

/// Most seats that move for the sake of weights in one round, and never more than one in 64 of
/// all seats and one more.
pub(super) const MOST_MOVES: usize = 64;

/// Seats that may go from one route to another, by their rates.
type Candidates = BTreeMap<(usize, usize), Vec<(f64, SeatKey)>>;

impl Router {
    /// A few moves that bring cumulated work nearer to the weights: one look at each seat, then
    /// picks among those that help.
    pub(super) fn follow_weights(&mut self, now: Duration, moves: &mut Vec<Move>) {
        let mut needs = self.routes.needs(&self.sums);
        let mut candidates = self.candidates(&needs, now);
        for _ in 0..MOST_MOVES.min(1 + self.seats.len() / 64) {
            let Some((from, to, rate, seat)) = pick(&mut candidates, &needs) else {
                return;
            };
            needs[from] += rate;
            needs[to] -= rate;
            self.go(seat, Some(to), now, moves);
        }
    }

    fn candidates(&mut self, needs: &[f64], now: Duration) -> Candidates {
        let mut found = Candidates::new();
        let lowest = needs.iter().copied().fold(0.0, f64::min);
        let highest = needs.iter().copied().fold(0.0, f64::max);
        if highest - lowest <= 0.0 {
            return found;
        }
        let usual = self.sums.usual();
        self.walked += walk(&self.seats);
        for (seat, sitting) in &self.seats {
            let rested = now.saturating_sub(sitting.moved_at) >= REST && sitting.trial.is_none();
            let Some(from) = sitting.route.filter(|_| rested) else {
                continue;
            };
            let rate = sitting.rate.unwrap_or(usual);
            // One that is nobody's surplus can't be moved to any avail.
            if highest - needs[from] <= rate {
                continue;
            }
            let best = self.routes.best(sitting, now);
            let to = self.routes.neediest(best, needs);
            if let Some(to) = to.filter(|to| *to != from && best.has(from)) {
                found.entry((from, to)).or_default().push((rate, *seat));
            }
        }
        for group in found.values_mut() {
            group
                .sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        }
        found
    }
}

/// How many seats a walk over all of them looks at.
pub(super) fn walk<T>(seats: &BTreeMap<SeatKey, T>) -> u64 {
    u64::try_from(seats.len()).unwrap_or(u64::MAX)
}

/// Takes out the move by which the sum of squared needs falls most, if it falls by any.
fn pick(candidates: &mut Candidates, needs: &[f64]) -> Option<(usize, usize, f64, SeatKey)> {
    let (mut most, mut found) = (0.0, None);
    for ((from, to), group) in &*candidates {
        let gap = needs[*to] - needs[*from];
        // Of all rates the one nearest to half of the gap is best.
        let above = group.partition_point(|(rate, _)| *rate < gap / 2.0);
        for at in [above.checked_sub(1), Some(above)].into_iter().flatten() {
            let Some((rate, _)) = group.get(at) else {
                continue;
            };
            let gain = rate * (gap - rate);
            if gain > most {
                (most, found) = (gain, Some(((*from, *to), at)));
            }
        }
    }
    let (key, at) = found?;
    let (rate, seat) = candidates.get_mut(&key)?.remove(at);
    Some((key.0, key.1, rate, seat))
}
