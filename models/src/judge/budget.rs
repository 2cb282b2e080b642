//! The sampling budget: how many proofs local shares may take, and who gets them.

use std::time::{Duration, Instant};

use super::JudgePolicy;

/// Shares by need, in octaves: 1 to ½, ½ to ¼, and so on; the last takes the rest.
const BANDS: usize = 8;
/// Time constant of the average demand.
const MEMORY: Duration = Duration::from_secs(10);
/// How often demand is reckoned anew.
const TICK: Duration = Duration::from_millis(250);
/// What was seen before a stretch without shares counts as much as this part of a full memory:
/// when a whole farm comes back, its demand has to be learnt at once.
const BEFORE_A_GAP: f64 = 0.05;

/// Local shares of one octave of need.
#[derive(Debug, Clone, Copy, Default)]
struct Band {
    shares: f64,
    need: f64,
}

/// Turns the need of a share into the probability of its proof: `min(1, need × gear)`, with the
/// gear at which the average demand takes exactly the budget. Where proofs are scarce the gear is
/// below 1; where provers would be idle it is above.
///
/// The gear is reckoned from the demand and never from what was spent, so nothing swings.
#[derive(Debug, Clone, Default)]
pub(super) struct Budget {
    /// Shares and need a second, times `weight`.
    average: [Band; BANDS],
    /// How much the average knows, 0 to 1.
    weight: f64,
    /// Shares and need since `began`.
    fresh: [Band; BANDS],
    began: Option<Instant>,
    gear: Option<f64>,
}

impl Budget {
    /// The probability that a local share is proved whose proof would tell `need`, in (0, 1].
    pub(super) fn chance(
        &mut self,
        policy: &JudgePolicy,
        capacity: f64,
        need: f64,
        now: Instant,
    ) -> f64 {
        let began = *self.began.get_or_insert(now);
        let elapsed = now.saturating_duration_since(began);
        if elapsed >= TICK {
            self.close_tick(elapsed);
            self.began = Some(now);
            self.gear = None;
        }
        if let Some(band) = self.fresh.get_mut(octave(need)) {
            band.shares += 1.0;
            band.need += need;
        }
        // Without a measured capacity the expected wait alone says what is too much.
        if !capacity.is_finite() || capacity <= 0.0 {
            return need;
        }
        let gear = match self.gear {
            Some(gear) => gear,
            None => {
                let gear = self.solve(policy, capacity);
                self.gear = Some(gear);
                gear
            }
        };
        (need * gear).clamp(0.0, 1.0)
    }

    fn close_tick(&mut self, elapsed: Duration) {
        let elapsed = elapsed.as_secs_f64();
        let memory = MEMORY.as_secs_f64();
        let keep = (-elapsed / memory).exp();
        let fresh = std::mem::take(&mut self.fresh);
        for (average, fresh) in self.average.iter_mut().zip(fresh) {
            average.shares = average.shares * keep + fresh.shares / elapsed * (1.0 - keep);
            average.need = average.need * keep + fresh.need / elapsed * (1.0 - keep);
        }
        self.weight = self.weight * keep + (1.0 - keep);
        if elapsed > memory && self.weight > BEFORE_A_GAP {
            let part = BEFORE_A_GAP / self.weight;
            for average in &mut self.average {
                average.shares *= part;
                average.need *= part;
            }
            self.weight = BEFORE_A_GAP;
        }
    }

    /// The gear at which the average demand takes `budget × capacity` proofs a second: shares of
    /// the neediest octaves that would be proved for certain take one proof each, and the others
    /// share what is left in proportion to their need.
    fn solve(&self, policy: &JudgePolicy, capacity: f64) -> f64 {
        if self.weight <= 0.0 {
            return 1.0;
        }
        // A share that needs least is proved for certain at this gear.
        let most = 1.0 / part(policy.sample).max(1e-3);
        let mut left = part(policy.budget) * capacity * self.weight;
        let mut need: f64 = self.average.iter().map(|band| band.need).sum();
        for band in &self.average {
            if need <= f64::MIN_POSITIVE {
                return most;
            }
            let gear = left / need;
            // Its shares' average need, times the gear.
            if band.shares <= 0.0 || gear * band.need > band.shares {
                left -= band.shares;
                need -= band.need;
            } else {
                return gear.min(most);
            }
        }
        most
    }
}

/// A part of a whole, 0 to 1; what is no number is none of it.
pub(super) const fn part(value: f64) -> f64 {
    // `clamp` hands on what is no number.
    if value > 0.0 { value.min(1.0) } else { 0.0 }
}

/// The octave of a need in (0, 1].
fn octave(need: f64) -> usize {
    let mut bound = 0.5;
    for index in 0..BANDS - 1 {
        if need > bound {
            return index;
        }
        bound /= 2.0;
    }
    BANDS - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::fixtures;

    /// Chances of shares that come evenly, `rate` a second for `seconds`, summed up.
    struct Farm {
        budget: Budget,
        now: Instant,
        policy: JudgePolicy,
    }

    impl Farm {
        fn new() -> Self {
            Self {
                budget: Budget::default(),
                now: fixtures::start(),
                policy: JudgePolicy::default(),
            }
        }

        fn proofs_a_second(
            &mut self,
            capacity: f64,
            rate: u32,
            seconds: u32,
            needs: &[f64],
        ) -> f64 {
            let step = Duration::from_secs(1) / rate;
            let shares = needs.iter().cycle().take((rate * seconds) as usize);
            let mut sum = 0.0;
            for need in shares {
                self.now += step;
                sum += self.budget.chance(&self.policy, capacity, *need, self.now);
            }
            sum / f64::from(seconds)
        }
    }

    #[track_caller]
    fn is_near(value: f64, expected: f64) {
        assert!(
            (value / expected - 1.0).abs() < 0.03,
            "{value} is not {expected}"
        );
    }

    #[test]
    fn a_farm_that_needs_more_than_the_budget_gets_the_budget() {
        let mut farm = Farm::new();
        farm.proofs_a_second(5.0, 33, 30, &[1.0]);
        is_near(farm.proofs_a_second(5.0, 33, 100, &[1.0]), 2.5);
        farm.proofs_a_second(5.0, 333, 60, &[1.0, 0.05, 0.3]);
        is_near(farm.proofs_a_second(5.0, 333, 60, &[1.0, 0.05, 0.3]), 2.5);
    }

    #[test]
    fn idle_provers_are_used_up_to_every_share() {
        let mut farm = Farm::new();
        farm.proofs_a_second(40.0, 33, 60, &[0.05]);
        is_near(farm.proofs_a_second(40.0, 33, 60, &[0.05]), 20.0);
        farm.proofs_a_second(400.0, 33, 60, &[0.05]);
        is_near(farm.proofs_a_second(400.0, 33, 60, &[0.05]), 33.0);
    }

    #[test]
    fn shares_that_are_proved_for_certain_leave_the_rest_to_the_others() {
        let mut farm = Farm::new();
        let needs = [1.0, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05];
        farm.proofs_a_second(40.0, 40, 60, &needs);
        is_near(farm.proofs_a_second(40.0, 40, 60, &needs), 20.0);
    }

    #[test]
    fn the_needier_share_always_has_the_better_chance() {
        let mut farm = Farm::new();
        farm.proofs_a_second(5.0, 33, 60, &[1.0, 0.05]);
        let few = farm.budget.chance(&farm.policy, 5.0, 0.05, farm.now);
        let many = farm.budget.chance(&farm.policy, 5.0, 1.0, farm.now);
        is_near(many / few, 20.0);
    }

    #[test]
    fn a_step_in_demand_or_capacity_is_followed_without_swinging() {
        let mut farm = Farm::new();
        farm.proofs_a_second(5.0, 10, 60, &[0.1]);
        farm.proofs_a_second(5.0, 100, 60, &[0.1]);
        for _ in 0..20 {
            is_near(farm.proofs_a_second(5.0, 100, 1, &[0.1]), 2.5);
        }
        farm.proofs_a_second(10.0, 100, 1, &[0.1]);
        for _ in 0..20 {
            is_near(farm.proofs_a_second(10.0, 100, 1, &[0.1]), 5.0);
        }
    }

    #[test]
    fn a_farm_that_comes_back_from_a_gap_is_soon_within_the_budget() {
        let mut farm = Farm::new();
        farm.proofs_a_second(5.0, 1, 60, &[0.05]);
        farm.now += Duration::from_secs(300);
        let first = farm.proofs_a_second(5.0, 33, 1, &[1.0]);
        let then = farm.proofs_a_second(5.0, 33, 9, &[1.0]);
        assert!(first < 20.0, "{first}");
        assert!(then < 4.0, "{then}");
    }

    #[test]
    fn without_a_measured_capacity_a_share_is_proved_by_its_need() {
        let mut farm = Farm::new();
        for capacity in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            is_near(farm.proofs_a_second(capacity, 33, 10, &[0.3]), 9.9);
        }
    }

    #[test]
    fn a_farm_with_a_share_every_few_minutes_has_them_all_proved() {
        let mut farm = Farm::new();
        for _ in 0..5 {
            farm.now += Duration::from_secs(200);
            farm.budget.chance(&farm.policy, 5.0, 0.05, farm.now);
        }
        farm.now += Duration::from_secs(200);
        is_near(farm.budget.chance(&farm.policy, 5.0, 0.05, farm.now), 1.0);
    }

    #[test]
    fn a_budget_of_nothing_samples_nothing() {
        let mut farm = Farm::new();
        farm.policy.budget = 0.0;
        farm.proofs_a_second(5.0, 33, 1, &[1.0]);
        assert!(farm.proofs_a_second(5.0, 33, 10, &[1.0]) < 1e-9);
    }
}
