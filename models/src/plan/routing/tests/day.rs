//! Splits by weight over a day.

use std::collections::BTreeMap;

use rand::SeedableRng as _;

use super::*;

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
    // 57 are expected; the three parts of a day hang together. See `coverage` for many days.
    assert!(covered >= 50, "{covered} of {all}");
}
