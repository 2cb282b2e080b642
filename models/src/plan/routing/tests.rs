use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use rand::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;
use crate::plan::{Capability, SeatKey};
use crate::work::Algorithm;

fn seat(number: u32) -> SeatKey {
    SeatKey {
        index: number,
        generation: number,
    }
}

fn spec(weight: f64, worth: Option<f64>, rigs: &[&str]) -> RouteSpec {
    RouteSpec {
        name: "route".into(),
        weight,
        worth,
        rigs: rigs.iter().map(|pattern| (*pattern).into()).collect(),
    }
}

fn open(algorithm: &Algorithm) -> RouteState {
    RouteState {
        open: true,
        algorithm: Some(algorithm.clone()),
    }
}

fn rig(name: &str, algorithms: &[Algorithm], perf: &[(Algorithm, f64)]) -> Arc<RigTraits> {
    Arc::new(RigTraits {
        names: vec![name.into()],
        capability: Capability::of(algorithms, "XMRig/6.26.0"),
        perf: perf.to_vec(),
    })
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Number of events where `mean` are expected.
fn poisson(random: &mut Xoshiro256PlusPlus, mean: f64) -> u32 {
    let (limit, mut product, mut count) = ((-mean).exp(), random.gen_range(0.0..1.0), 0);
    while product > limit {
        product *= random.gen_range(0.0..1.0);
        count += 1;
    }
    count
}

struct Rig {
    rate: f64,
    difficulty: f64,
    came: u64,
    work: f64,
}

/// A day of a farm of 120 rigs that come and go; gives each route's interval and its part of the
/// hashes that were truly tried, and how many moves there were.
fn day(weights: &[f64], seed: u64) -> (Vec<Split>, Vec<f64>, usize) {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut router = Router::new(weights.iter().map(|it| spec(*it, None, &[])).collect());
    for at in 0..weights.len() {
        router.set_state(at, open(&Algorithm::Rx0));
    }
    let traits = rig("r", &[Algorithm::Rx0], &[]);
    let (mut rigs, mut next): (BTreeMap<SeatKey, Rig>, u32) = (BTreeMap::new(), 0);
    let (mut tried, mut moves) = (vec![0.0; weights.len()], 0);
    for minute in 0..1_440_u64 {
        let now = seconds(minute * 60);
        rigs.retain(|key, _| {
            let stays = random.gen_range(0.0..1.0) > 0.002;
            if !stays {
                router.seat_left(*key);
            }
            stays
        });
        while rigs.len() < 120 {
            let rate = 1_000.0 * 30_f64.powf(random.gen_range(0.0..1.0));
            router.seat_came(seat(next), Arc::clone(&traits), now);
            // A share in half a minute.
            let (difficulty, came, work) = (rate * 30.0, minute, 0.0);
            rigs.insert(
                seat(next),
                Rig {
                    rate,
                    difficulty,
                    came,
                    work,
                },
            );
            next += 1;
        }
        moves += router.round(now).len();
        for (key, rig) in &mut rigs {
            let route = router.route_of(*key).unwrap();
            tried[route] += rig.rate * 60.0;
            for _ in 0..poisson(&mut random, 2.0) {
                router.credit(route, rig.difficulty);
                rig.work += rig.difficulty;
            }
            let minutes = f64::from(u32::try_from(minute + 1 - rig.came).unwrap());
            router.seat_rate(*key, rig.work / (60.0 * minutes));
        }
    }
    let total: f64 = tried.iter().sum();
    (
        router.splits(),
        tried.iter().map(|it| it / total).collect(),
        moves,
    )
}

#[test]
fn a_day_s_work_is_split_by_weight_within_the_interval_that_is_stated() {
    let weights = [0.7, 0.2, 0.1];
    let (mut covered, mut all) = (0, 0);
    for seed in 0..20 {
        let (splits, tried, moves) = day(&weights, seed);
        for (at, split) in splits.iter().enumerate() {
            assert!(
                (split.low..=split.high).contains(&weights[at]),
                "seed {seed}: weight {} is not within {split:?}",
                weights[at]
            );
            all += 1;
            covered += i32::from((split.low..=split.high).contains(&tried[at]));
        }
        // 1,440 rounds, and a rig may move each five minutes.
        assert!(moves <= 1_440 * 3, "seed {seed}: {moves} moves");
    }
    println!("the interval covered the true part in {covered} of {all} cases");
    // 57 are expected; the three parts of a day hang together.
    assert!(covered >= 50, "{covered} of {all}");
}

#[test]
fn each_rig_ends_where_it_is_worth_most() {
    let wow = Algorithm::named("rx/wow");
    let specs = vec![spec(9.0, Some(2.0), &[]), spec(1.0, Some(3.0), &[])];
    let mut router = Router::new(specs);
    router.set_state(0, open(&Algorithm::Rx0));
    router.set_state(1, open(&wow));
    let both = [Algorithm::Rx0, wow.clone()];
    let steady = rig(
        "a",
        &both,
        &[(Algorithm::Rx0, 1_000.0), (wow.clone(), 500.0)],
    );
    let quick = rig(
        "b",
        &both,
        &[(Algorithm::Rx0, 1_000.0), (wow.clone(), 900.0)],
    );
    let bound = rig(
        "c",
        &[Algorithm::Rx0],
        &[(Algorithm::Rx0, 1_000.0), (wow, 9_000.0)],
    );
    assert_eq!(router.seat_came(seat(0), steady, seconds(0)), Some(0));
    assert_eq!(router.seat_came(seat(1), quick, seconds(0)), Some(1));
    assert_eq!(router.seat_came(seat(2), bound, seconds(0)), Some(0));
    // A worth that changes is followed, though not by a rig that can't.
    router.set_worth(1, Some(5.0));
    for round in 0..20 {
        router.round(seconds(round * 10));
    }
    let places = [0, 1, 2].map(|number| router.route_of(seat(number)));
    assert_eq!(places, [Some(1), Some(1), Some(0)]);
}

#[test]
fn worth_is_within_two_percent_of_the_best_fixed_choice_in_hindsight() {
    let wow = Algorithm::named("rx/wow");
    let (mut ours, mut best, mut least) = (0.0, 0.0, f64::MAX);
    for seed in 0..40 {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut router = Router::new(vec![spec(1.0, Some(1.0), &[]); 2]);
        let algorithms = [Algorithm::Rx0, wow.clone()];
        for (at, algorithm) in algorithms.iter().enumerate() {
            router.set_state(at, open(algorithm));
        }
        let perf = algorithms.clone().map(|it| (it, 1_000.0));
        router.seat_came(seat(0), rig("r", &algorithms, &perf), seconds(0));
        let (mut worths, mut fixed, mut earned) = ([1.0, 1.0], [0.0, 0.0], 0.0);
        let mut at = router.route_of(seat(0)).unwrap();
        for round in 0..8_640_u64 {
            // Each a quarter of an hour by up to a tenth.
            if round % 90 == 0 {
                for (route, worth) in worths.iter_mut().enumerate() {
                    *worth *= random.gen_range(0.9..1.1);
                    router.set_worth(route, Some(*worth));
                }
            }
            router.round(seconds(round * 10));
            let now = router.route_of(seat(0)).unwrap();
            if now != at {
                earned -= 30.0 * worths[now];
                at = now;
            }
            earned += 10.0 * worths[at];
            fixed[0] += 10.0 * worths[0];
            fixed[1] += 10.0 * worths[1];
        }
        let choice = fixed[0].max(fixed[1]);
        least = least.min(earned / choice);
        (ours, best) = (ours + earned, best + choice);
    }
    println!(
        "{:.4} of the best fixed choice, {least:.4} at worst",
        ours / best
    );
    assert!(least >= 0.98, "{least} of the best fixed choice");
}

#[test]
fn a_route_for_some_rigs_takes_only_those_and_they_go_elsewhere_only_without_it() {
    let mut router = Router::new(vec![spec(1.0, None, &[]), spec(1.0, None, &["@rack*"])]);
    router.set_state(0, open(&Algorithm::Rx0));
    router.set_state(1, open(&Algorithm::Rx0));
    for number in 0..10 {
        let name = if number < 5 { "@rack1" } else { "other" };
        let traits = rig(name, &[Algorithm::Rx0], &[]);
        let route = router.seat_came(seat(number), traits, seconds(0));
        assert_eq!(route, Some(usize::from(number < 5)));
    }
    router.set_state(1, RouteState::default());
    assert_eq!(router.round(seconds(1)).len(), 5);
    assert!((0..10).all(|number| router.route_of(seat(number)) == Some(0)));
    router.set_state(1, open(&Algorithm::Rx0));
    assert_eq!(router.round(seconds(2)).len(), 5);
    // Nobody can hash for the one that is left: all wait, and come back.
    router.set_state(1, RouteState::default());
    router.set_state(0, open(&Algorithm::Rx2));
    assert_eq!(router.round(seconds(3)).len(), 10);
    assert!((0..10).all(|number| router.route_of(seat(number)).is_none()));
    router.set_state(0, open(&Algorithm::Rx0));
    assert_eq!(router.round(seconds(4)).len(), 10);
}

#[test]
fn before_the_first_share_nothing_is_said_of_the_split() {
    let router = Router::new(vec![spec(1.0, None, &[]); 2]);
    let unknown = Split {
        part: 0.0,
        low: 0.0,
        high: 1.0,
    };
    assert_eq!(router.splits(), [unknown; 2]);
}

#[test]
fn shares_by_the_counter_count_as_one_by_one() {
    let specs = vec![spec(3.0, None, &[]), spec(1.0, None, &[])];
    let (mut single, mut many) = (Router::new(specs.clone()), Router::new(specs));
    for router in [&mut single, &mut many] {
        router.set_state(0, open(&Algorithm::Rx0));
    }
    for difficulty in [1_000.0, 3_000.0] {
        single.credit(0, difficulty);
    }
    many.credit_many(0, 2, 4_000.0, 10_000_000.0);
    assert_eq!(single.work(), many.work());
    let before = many.work();
    let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e300];
    for bad in bad {
        many.credit(0, bad);
        many.credit_many(0, 2, bad, 1.0);
        many.credit_many(0, 2, 1.0, bad);
    }
    many.credit_many(0, 0, 1.0, 1.0);
    many.credit_many(7, 1, 1.0, 1.0);
    assert_eq!(many.work(), before);
    // Squares that were read before the shares they belong to.
    many.credit_many(1, 2, 20.0, 0.0);
    assert!((many.work()[1].variance - 200.0).abs() < 1e-9);
}

proptest! {
    #[test]
    fn no_seat_is_on_a_route_that_it_may_not_be_on(
        steps in prop::collection::vec((0_u8..6, 0_u32..12, 0_usize..4, 0.0_f64..9.0), 1..200)
    ) {
        let algorithms = [Algorithm::Rx0, Algorithm::Rx2, Algorithm::named("rx/wow")];
        let mut router = Router::new(vec![
            spec(7.0, None, &[]),
            spec(2.0, Some(1.0), &["a*"]),
            spec(0.0, Some(2.0), &[]),
            spec(1.0, None, &["b"]),
        ]);
        let mut last = BTreeMap::new();
        for (at, (what, number, route, amount)) in steps.into_iter().enumerate() {
            let now = seconds(7 * u64::try_from(at).unwrap());
            let key = seat(number);
            let kind = usize::try_from(number).unwrap() % 3;
            match what {
                0 => {
                    let listed = &algorithms[kind..];
                    let perf = [(algorithms[kind].clone(), amount)];
                    let name = ["a1", "b", "c"][kind];
                    router.seat_came(key, rig(name, listed, &perf), now);
                    last.insert(key, ());
                }
                1 => {
                    router.seat_left(key);
                    last.remove(&key);
                }
                2 => router.set_state(route, open(&algorithms[kind])),
                3 => router.set_state(route, RouteState::default()),
                4 => router.credit(route, amount),
                _ => router.set_worth(route, Some(amount)),
            }
            let moves = router.round(now);
            prop_assert!(moves.iter().all(|moved| moved.from != moved.to));
            for key in last.keys() {
                match router.route_of(*key) {
                    Some(on) => prop_assert!(router.may(*key, on)),
                    None => prop_assert!((0..4).all(|on| !router.may(*key, on))),
                }
            }
        }
    }
}
