//! Farms whose rigs scan as xmrig does, by several threads, with pauses, renewals and restarts.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{LiftInterval, Trials};
use crate::learn::farm_ledger::AsLedger;
use crate::share::RigKey;
use crate::simulation::{Farm, RigTraits, Surroundings};

/// Whether a lift was ever shown, by time and by the highest nonce, and how much more rigs' arms
/// differed than chance has it.
fn ever_shown(seed: u64, tamed: fn(&mut RigTraits)) -> ([bool; 2], f64) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut plans = Farm::honest_plans(&mut rng, RigKey(1), 30);
    for plan in &mut plans {
        tamed(&mut plan.traits);
    }
    let farm = Farm::new(seed, Surroundings::new(seed), &plans).unwrap();
    let mut ledger = AsLedger::new(!seed);
    let mut trials = Trials::new(10_000);
    let mut intervals = [LiftInterval::default(), LiftInterval::default()];
    let mut ever = [false; 2];
    for share in farm.take(40_000) {
        trials.next(&ledger.entry(&share), |trial| {
            let mut by_counter = trial;
            by_counter.seconds = f64::from(trial.tried.max(1));
            for ((interval, ever), trial) in
                intervals.iter_mut().zip(&mut ever).zip([trial, by_counter])
            {
                if interval.take(&trial) {
                    *ever |= interval.ln_e_against_none() >= 20f64.ln();
                }
            }
        });
    }
    let report = intervals[0].report();
    assert!(
        report.model.shares + report.control.shares > 5_000,
        "{report:?}"
    );
    (ever, intervals[0].dispersion())
}

/// How many of 60 farms ever showed one, by time and by the highest nonce.
fn of_60(name: &str, tamed: fn(&mut RigTraits)) -> [usize; 2] {
    let farms: Vec<_> = (0..60).map(|seed| ever_shown(seed, tamed)).collect();
    let count = |by: usize| farms.iter().filter(|(ever, _)| ever[by]).count();
    let (by_time, by_counter) = (count(0), count(1));
    let dispersion = farms.iter().map(|(_, dispersion)| dispersion).sum::<f64>() / 60.0;
    println!(
        "of 60 farms of {name} a lift was ever shown: by time {by_time}, by the highest nonce \
         {by_counter}; mean dispersion {dispersion:.2}"
    );
    [by_time, by_counter]
}

#[test]
fn steady_machines_show_no_lift_by_time() {
    let [by_time, _] = of_60("steady machines", |traits| {
        (traits.pause, traits.pause_every) = (0.0, f64::INFINITY);
        traits.restart_every = f64::INFINITY;
    });
    // 3 expected at most; 8 are exceeded with a probability of 0.3 % then.
    assert!(by_time <= 8, "{by_time}");
}

#[test]
fn machines_that_pause_and_restart_show_no_lift_by_time() {
    let [by_time, _] = of_60("machines that pause and restart", |_| {});
    assert!(by_time <= 8, "{by_time}");
}
