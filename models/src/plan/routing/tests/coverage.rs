//! How often the interval that is stated holds the truth.

use rand::SeedableRng as _;

use super::*;

/// A farm that is simulated quickly.
struct Farm {
    weights: Vec<f64>,
    rigs: u32,
    /// Seconds from share to share of a rig.
    pace: f64,
    /// Steps of five minutes.
    steps: u64,
    /// A route that is closed for the second of each twelve hours.
    closed: Option<usize>,
}

/// Part of the hashes that were tried, what was stated, and what was wanted, by route.
type Told = Vec<(f64, Split, f64)>;

struct Rig {
    rate: f64,
    asked: f64,
    faded: (f64, f64),
}

fn rig_of(random: &mut Xoshiro256PlusPlus, pace: f64) -> Rig {
    let rate = 1_000.0 * 30_f64.powf(random.gen_range(0.0..1.0));
    Rig {
        rate,
        asked: rate * pace * random.gen_range(0.5..2.0),
        faded: (0.0, 0.0),
    }
}

fn told(farm: &Farm, seed: u64) -> Told {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let specs = farm.weights.iter().map(|it| spec(*it, None, &[]));
    let mut router = Router::new(specs.collect());
    for at in 0..farm.weights.len() {
        router.set_state(at, open(&Algorithm::Rx0));
    }
    let traits = rig("r", &[Algorithm::Rx0], &[]);
    let mut rigs: Vec<(u32, Rig)> = Vec::new();
    let mut next = 0;
    let mut tried = vec![0.0; farm.weights.len()];
    for step in 0..farm.steps {
        let now = seconds(step * 300);
        if let Some(closed) = farm.closed {
            let state = if step % 144 / 12 == 1 {
                RouteState::default()
            } else {
                open(&Algorithm::Rx0)
            };
            router.set_state(closed, state);
        }
        // One in a hundred leaves.
        rigs.retain(|(number, _)| {
            let stays = random.gen_range(0.0..1.0) > 0.01;
            if !stays {
                router.seat_left(seat(*number));
            }
            stays
        });
        while rigs.len() < usize::try_from(farm.rigs).unwrap() {
            router.seat_came(seat(next), Arc::clone(&traits), now);
            rigs.push((next, rig_of(&mut random, farm.pace)));
            next += 1;
        }
        router.round(now);
        for (number, rig) in &mut rigs {
            let route = router.route_of(seat(*number)).unwrap();
            tried[route] += rig.rate * 300.0;
            let count = poisson(&mut random, rig.rate * 300.0 / rig.asked);
            let work = f64::from(count) * rig.asked;
            router.credit_many(route, u64::from(count), work, work * rig.asked);
            // A meter and a difficulty as the proxy has them, which follow luck.
            rig.faded = (rig.faded.0 * 0.6 + work, rig.faded.1 * 0.6 + 300.0);
            let rate = rig.faded.0 / rig.faded.1;
            if rate > 0.0 {
                router.seat_rate(seat(*number), rate);
                rig.asked = rate * farm.pace;
            }
        }
    }
    let all: f64 = tried.iter().sum();
    let parts = tried.iter().map(|it| it / all);
    let told = parts.zip(router.splits()).zip(router.wanted());
    told.map(|((part, split), wanted)| (part, split, wanted))
        .collect()
}

/// Days that are simulated of each farm.
const DAYS: u32 = 400;

/// Days whose interval held the part of the hashes that were tried, by route.
fn held(farm: &Farm) -> Vec<u32> {
    let mut truth = vec![0; farm.weights.len()];
    for seed in 0..DAYS {
        for (at, (part, split, _)) in told(farm, u64::from(seed)).into_iter().enumerate() {
            truth[at] += u32::from((split.low..=split.high).contains(&part));
        }
    }
    truth
}

/// 3.3 standard errors of a part of 95 % of so many.
fn tolerance(of: f64) -> f64 {
    3.3 * (0.95 * 0.05 / of).sqrt()
}

/// Covered part over all routes, checked by route.
fn covered(name: &str, farm: &Farm, at_most: f64) -> f64 {
    let truth = held(farm);
    let parts: Vec<f64> = truth
        .iter()
        .map(|it| f64::from(*it) / f64::from(DAYS))
        .collect();
    // Days are independent, and of the parts of a day all but one are.
    let routes = f64::from(u32::try_from(parts.len()).unwrap());
    let all: f64 = parts.iter().sum::<f64>() / routes;
    let of = f64::from(DAYS) * (routes - 1.0);
    println!(
        "{name}: {parts:.3?}, in all {all:.4} +- {:.4}",
        tolerance(of)
    );
    for part in parts {
        assert!(part >= 0.95 - tolerance(f64::from(DAYS)), "{name}: {part}");
        assert!(
            part <= at_most + tolerance(f64::from(DAYS)),
            "{name}: {part}"
        );
    }
    assert!(all >= 0.95 - tolerance(of), "{name}: {all}");
    all
}

#[test]
fn the_interval_holds_the_hashes_tried_on_95_of_100_days() {
    let mut farm = Farm {
        weights: vec![0.7, 0.2, 0.1],
        rigs: 40,
        pace: 60.0,
        steps: 288,
        closed: None,
    };
    // A route has thousands of shares a day, then about a hundred.
    let many = covered("57,600 shares a day", &farm, 0.95);
    farm.pace = 3_000.0;
    let some = covered("1,152 shares a day", &farm, 0.95);
    let of = f64::from(DAYS) * 2.0;
    assert!(many <= 0.95 + tolerance(of) && some <= 0.95 + tolerance(of));
}

#[test]
fn with_few_shares_the_interval_holds_them_on_95_of_100_days_or_more() {
    let mut farm = Farm {
        weights: vec![0.97, 0.02, 0.01],
        rigs: 20,
        pace: 3_000.0,
        steps: 288,
        closed: None,
    };
    covered("six shares of the least route", &farm, 1.0);
    (farm.weights, farm.rigs, farm.steps) = (vec![0.7, 0.2, 0.1], 10, 24);
    covered("24 shares in all", &farm, 1.0);
}

#[test]
fn a_day_with_a_closed_hour_is_split_by_the_weights_of_what_was_open() {
    let farm = Farm {
        weights: vec![0.7, 0.2, 0.1],
        rigs: 40,
        pace: 60.0,
        steps: 288,
        closed: Some(2),
    };
    for seed in 0..20 {
        for (at, (_, split, wanted)) in told(&farm, seed).into_iter().enumerate() {
            assert!(
                (split.low..=split.high).contains(&wanted),
                "{at}: {split:?} {wanted}"
            );
        }
    }
    // It was open for 22 of 24 hours; the others had its part meanwhile.
    let wanted: Vec<f64> = told(&farm, 0).into_iter().map(|it| it.2).collect();
    let open = 22.0 / 24.0;
    assert!((wanted[2] - 0.1 * open).abs() < 0.002, "{wanted:?}");
}

#[test]
fn a_route_without_a_share_may_have_a_part() {
    let mut router = Router::new(vec![spec(1.0, None, &[]); 2]);
    router.credit_many(0, 100, 1e6, 1e10);
    let [all, none] = router.splits()[..] else {
        panic!("two");
    };
    assert!(
        none.part <= 0.0 && none.low <= 0.0 && (0.02..0.15).contains(&none.high),
        "{none:?}"
    );
    assert!(
        all.high >= 1.0 && (all.low + none.high - 1.0).abs() < 1e-9,
        "{all:?}"
    );
}
