//! A farm on a market: what it earns, and what the best choice that never changes would have.

use rand::SeedableRng as _;

use super::*;

/// A rig: what it says of its rates, and how they are.
pub(super) struct Miner {
    pub(super) said: Vec<Option<f64>>,
    pub(super) true_rates: Vec<f64>,
}

/// A day, or another time.
pub(super) struct Outcome {
    /// What was earned, and what the best fixed choice of each rig in hindsight would have earned.
    pub(super) earned: f64,
    pub(super) fixed: f64,
    /// What the best of each moment would have earned if moves were free.
    pub(super) free: f64,
    pub(super) moves: u32,
    /// Of the rig that spent most time on trials: that time's part.
    pub(super) tried: f64,
    /// Most rigs that were on trial at a time.
    pub(super) at_once: usize,
    /// Rigs that ended on the route that is worth most to them.
    pub(super) right: usize,
}

const DATASET: f64 = 30.0;

struct Place {
    route: usize,
    faded: (f64, f64),
    /// Seconds without work that are left.
    idle: f64,
    fixed: Vec<f64>,
    tried: f64,
}

/// How long is played.
#[derive(Clone, Copy)]
pub(super) struct Time {
    pub(super) rounds: u64,
    /// Seconds from round to round.
    pub(super) step: u64,
}

/// Plays; each route has an algorithm of its own. `worth` gives the
/// worths of a round, and is told where the first rig is.
pub(super) fn play(
    miners: &[Miner],
    routes: usize,
    time: Time,
    seed: u64,
    mut worth: impl FnMut(u64, usize, &mut Xoshiro256PlusPlus) -> Vec<f64>,
) -> Outcome {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let algorithms: Vec<Algorithm> = (0..routes)
        .map(|at| Algorithm::named(&format!("rx/{}", at + 3)))
        .collect();
    let mut router = Router::new(vec![spec(1.0, Some(1.0), &[]); routes]);
    for (at, algorithm) in algorithms.iter().enumerate() {
        router.set_state(at, open(algorithm));
    }
    let first = worth(0, 0, &mut random);
    for (at, worth) in first.iter().enumerate() {
        router.set_worth(at, Some(*worth));
    }
    let mut places = Vec::new();
    let key = |at: usize| seat(u32::try_from(at).unwrap());
    for (at, miner) in miners.iter().enumerate() {
        let said = algorithms.iter().cloned().zip(&miner.said);
        let perf: Vec<_> = said.filter_map(|(of, rate)| Some((of, (*rate)?))).collect();
        let route = router.seat_came(key(at), rig("r", &algorithms, &perf), seconds(0));
        places.push(Place {
            route: route.unwrap(),
            faded: (0.0, 0.0),
            idle: 0.0,
            fixed: vec![0.0; routes],
            tried: 0.0,
        });
    }
    let mut out = Outcome {
        earned: 0.0,
        fixed: 0.0,
        free: 0.0,
        moves: 0,
        tried: 0.0,
        at_once: 0,
        right: 0,
    };
    let length = float(time.step);
    for round in 0..time.rounds {
        let worths = worth(round, places[0].route, &mut random);
        for (at, worth) in worths.iter().enumerate() {
            router.set_worth(at, Some(*worth));
        }
        out.moves += u32::try_from(router.round(seconds(round * time.step)).len()).unwrap();
        let mut on_trial = 0;
        for (at, (miner, place)) in miners.iter().zip(&mut places).enumerate() {
            let route = router.route_of(key(at)).unwrap();
            if route != place.route {
                (place.route, place.faded, place.idle) = (route, (0.0, 0.0), DATASET);
            }
            let values: Vec<f64> = (0..routes)
                .map(|at| worths[at] * miner.true_rates[at])
                .collect();
            let idle = place.idle.min(length);
            place.idle -= idle;
            out.earned += (length - idle) * values[route];
            out.free += length * values.iter().copied().fold(0.0, f64::max);
            for (sum, value) in place.fixed.iter_mut().zip(&values) {
                *sum += length * value;
            }
            if router.seats[&key(at)].trial.is_some() {
                on_trial += 1;
                place.tried += length;
            }
            // A share in half a minute, and a meter that fades in ten minutes.
            let rate = miner.true_rates[route];
            let count = poisson(&mut random, (length - idle) / 30.0);
            let left = (-length / 600.0_f64).exp();
            place.faded.0 = (place.faded.0 + f64::from(count) * rate * 30.0) * left;
            place.faded.1 = place.faded.1 * left + length;
            if place.faded.1 >= 30.0 && place.faded.0 > 0.0 {
                router.seat_rate(key(at), place.faded.0 / place.faded.1);
            }
            if round + 1 == time.rounds {
                let most = values.iter().copied().fold(0.0, f64::max);
                out.right += usize::from(values[route] >= most * 0.98);
            }
        }
        out.at_once = out.at_once.max(on_trial);
    }
    for place in places {
        out.fixed += place.fixed.iter().copied().fold(0.0, f64::max);
        out.tried = out.tried.max(place.tried / (float(time.rounds) * length));
    }
    out
}

pub(super) fn float(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

/// A rig whose rates differ by up to a factor, and that says them.
pub(super) fn miner(random: &mut Xoshiro256PlusPlus, routes: usize, factor: f64) -> Miner {
    let all = 1_000.0 * 30_f64.powf(random.gen_range(0.0..1.0));
    let rate = |_| all * factor.powf(random.gen_range(-0.5..0.5));
    let true_rates: Vec<f64> = (0..routes).map(rate).collect();
    Miner {
        said: true_rates.iter().map(|rate| Some(*rate)).collect(),
        true_rates,
    }
}
