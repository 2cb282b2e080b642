//! Each order is measured against the same control, and with none of another time.

use rand::Rng;

use super::simulated::{Farm, honest};
use super::{Lifts, OutsideLift, Trial};
use crate::ledger::Arm;

/// Plays until so many shares were found, with the draw's chances of the three arms and a hash that
/// finds so many times as many shares in that of the model and of outside; shows each comparison.
fn play(seed: u64, shares: u64, lift: [f64; 2], mut look: impl FnMut(&Lifts)) -> Lifts {
    let mut farm = Farm::new(seed, 40);
    let (mut lifts, mut found) = (Lifts::default(), 0);
    while found < shares {
        let mut drawn = Arm::Control;
        let scan = farm.scan(|arm, rng| {
            let (slot, luck) = honest(arm, rng);
            if arm == Arm::Control {
                return (slot, luck);
            }
            let is_outside = rng.r#gen::<bool>();
            drawn = if is_outside { Arm::Outside } else { Arm::Model };
            (slot, luck * lift[usize::from(is_outside)])
        });
        found += u64::from(scan.shares);
        if let Some(trial) = scan.trial
            && lifts.take(&Trial {
                arm: drawn,
                ..trial
            })
        {
            look(&lifts);
        }
    }
    lifts
}

fn covers((low, high): (f64, Option<f64>), lift: f64) -> bool {
    low <= lift && high.is_none_or(|high| high >= lift)
}

fn of_outside(lifts: &Lifts) -> OutsideLift {
    lifts.outside().unwrap()
}

#[test]
fn of_60_farms_with_plans_that_know_nothing_at_most_one_in_twenty_ever_shows_a_lift() {
    let mut wrong = [0, 0];
    for seed in 0..60 {
        let mut ever = [false, false];
        play(4_000 + seed, 15_000, [1.0, 1.0], |lifts| {
            let (model, outside) = (lifts.model(), lifts.outside());
            ever[0] |= !covers((model.low, model.high), 1.0);
            ever[1] |= outside.is_some_and(|lift| !covers((lift.low, lift.high), 1.0));
        });
        for (wrong, ever) in wrong.iter_mut().zip(ever) {
            *wrong += u32::from(ever);
        }
    }
    println!("farms that ever showed a lift: {wrong:?} of 60");
    // 3 expected at most of each; 8 are exceeded with a probability of 1 % then.
    assert!(wrong.iter().all(|wrong| *wrong <= 8), "{wrong:?}");
}

#[test]
fn an_effect_that_is_planted_in_one_arm_is_found_there_and_not_in_the_other() {
    let lifts = play(1, 60_000, [1.0, 1.3], |_| ());
    let (model, outside) = (lifts.model(), of_outside(&lifts));
    assert!(model.is_compatible_with_none(), "{model:?}");
    assert!(outside.low > 1.0, "{outside:?}");
    assert!(covers((outside.low, outside.high), 1.3), "{outside:?}");
    let lifts = play(2, 60_000, [1.3, 1.0], |_| ());
    let (model, outside) = (lifts.model(), of_outside(&lifts));
    assert!(model.low > 1.0, "{model:?}");
    assert!(outside.is_compatible_with_none(), "{outside:?}");
}

#[test]
fn without_a_plan_from_outside_the_models_lift_is_as_it_was_and_there_is_no_other() {
    let (mut farm, mut lifts) = (Farm::new(3, 5), Lifts::default());
    let mut alone = super::LiftInterval::default();
    for _ in 0..2_000 {
        if let Some(trial) = farm.scan(honest).trial {
            assert_eq!(lifts.take(&trial), alone.take(&trial));
        }
    }
    assert!(alone.report().estimate.is_some());
    assert_eq!(lifts.model(), alone.report());
    assert_eq!(lifts.outside(), None);
}

/// Eight scans of a rig in an arm: as many as are compared.
fn take_eight(lifts: &mut Lifts, arm: Arm, at_ms: u64) {
    let mut trial = Farm::new(1, 1).scan(|_, _| (0, 1e3)).trial.unwrap();
    (trial.arm, trial.at_ms) = (arm, at_ms);
    for _ in 0..8 {
        lifts.take(&trial);
    }
}

/// Control scans that were compared with the model's arm, and with outside's.
fn control_compared(lifts: &Lifts) -> (u64, u64) {
    let outside = lifts.outside().map_or(0, |lift| lift.control.scans);
    (lifts.model().control.scans, outside)
}

#[test]
fn control_of_another_time_is_not_compared() {
    let mut lifts = Lifts::default();
    // Before there was a plan from outside, and long after it.
    take_eight(&mut lifts, Arm::Control, 1_000);
    take_eight(&mut lifts, Arm::Outside, 2_000);
    take_eight(&mut lifts, Arm::Control, 2_001 + Lifts::NEAR_MS);
    assert_eq!(control_compared(&lifts), (0, 0));
    // With it, and no order of a model's.
    take_eight(&mut lifts, Arm::Control, 2_000 + Lifts::NEAR_MS);
    assert_eq!(control_compared(&lifts), (0, 8));
    take_eight(&mut lifts, Arm::Model, 2_000 + Lifts::NEAR_MS);
    assert_eq!(
        control_compared(&lifts),
        (16, 8),
        "but for those of outside alone"
    );
}
