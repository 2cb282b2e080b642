//! Rigs go where they are worth most.

use rand::SeedableRng as _;

use super::*;

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
