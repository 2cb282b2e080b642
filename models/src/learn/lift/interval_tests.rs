//! What the interval keeps, forgets and refuses.

use proptest::prelude::*;

use super::simulated::{Farm, honest};
use super::{LiftInterval, Trial};
use crate::ledger::Arm;
use crate::share::RigKey;

fn played(seed: u64, scans: usize) -> LiftInterval {
    let mut farm = Farm::new(seed, 5);
    let mut interval = LiftInterval::default();
    for _ in 0..scans {
        if let Some(trial) = farm.scan(honest).trial {
            interval.take(&trial);
        }
    }
    interval
}

#[test]
fn before_anything_was_compared_every_lift_is_possible() {
    let report = LiftInterval::default().report();
    assert_eq!((report.estimate, report.high), (None, None));
    assert!(report.low <= 0.0 && report.is_compatible_with_none());
}

#[test]
fn a_state_that_was_written_down_goes_on_as_if_nothing_had_been() {
    let interval = played(1, 2_000);
    let text = serde_json::to_string(&interval).unwrap();
    let read: LiftInterval = serde_json::from_str(&text).unwrap();
    let bits = |interval: &LiftInterval| {
        let report = interval.report();
        [report.low, report.high.unwrap(), report.estimate.unwrap()].map(f64::to_bits)
    };
    assert_eq!(bits(&read), bits(&interval));
    let bytes = bincode::serde::encode_to_vec(&interval, bincode::config::standard()).unwrap();
    let (read, _): (LiftInterval, _) =
        bincode::serde::decode_from_slice(&bytes, bincode::config::standard()).unwrap();
    assert_eq!(read, interval);
}

#[test]
fn a_state_that_cannot_be_is_refused() {
    let text = serde_json::to_value(played(1, 200)).unwrap();
    let mut short = text.clone();
    short["ln_likelihood"].as_array_mut().unwrap().pop();
    assert!(serde_json::from_value::<LiftInterval>(short).is_err());
    let mut negative = text.clone();
    negative["pairing"]["waiting"][0]["model"]["exposure"] = (-1.0).into();
    assert!(serde_json::from_value::<LiftInterval>(negative).is_err());
    let mut twice = text.clone();
    let first = twice["pairing"]["waiting"][0].clone();
    twice["pairing"]["waiting"]
        .as_array_mut()
        .unwrap()
        .push(first);
    assert!(serde_json::from_value::<LiftInterval>(twice).is_err());
    let mut expected = text.clone();
    expected["model"]["expected"] = (-3.0).into();
    assert!(serde_json::from_value::<LiftInterval>(expected).is_err());
    assert!(serde_json::from_value::<LiftInterval>(text).is_ok());
}

#[test]
fn names_made_up_without_end_take_no_more_memory_and_are_told() {
    let mut interval = LiftInterval::default();
    let mut farm = Farm::new(3, 1);
    for rig in 0..10_000 {
        if let Some(trial) = farm.scan(honest).trial {
            interval.take(&Trial {
                rig: RigKey(rig),
                ..trial
            });
        }
    }
    interval.check().unwrap();
    let given_up = interval.report().given_up;
    assert!(given_up > 2_000, "{given_up}");
    let bytes = serde_json::to_vec(&interval).unwrap().len();
    assert!(bytes < 2 << 20, "{bytes}");
}

#[test]
fn what_is_in_no_arm_changes_nothing() {
    let mut interval = LiftInterval::default();
    let mut farm = Farm::new(4, 1);
    for _ in 0..1_000 {
        if let Some(trial) = farm.scan(honest).trial {
            assert!(!interval.take(&Trial {
                arm: Arm::None,
                ..trial
            }));
            assert!(!interval.take(&Trial {
                arm: Arm::Outside,
                ..trial
            }));
        }
    }
    assert_eq!(interval, LiftInterval::default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn whatever_the_trials_are_the_interval_holds_its_estimate(
        trials in proptest::collection::vec(
            (any::<bool>(), 0u64..3, any::<u32>(), 0f64..1e9, any::<u64>()), 0..200),
    ) {
        let mut interval = LiftInterval::default();
        let blank = Farm::new(1, 1).scan(|_, _| (0, 1e3)).trial.unwrap();
        for (model, rig, shares, seconds, asked) in trials {
            let arm = if model { Arm::Model } else { Arm::Control };
            interval.take(&Trial { arm, rig: RigKey(rig), shares, seconds, asked, ..blank });
        }
        interval.check().unwrap();
        let report = interval.report();
        let high = report.high.unwrap_or(f64::INFINITY);
        prop_assert!(report.low < high);
        if let Some(estimate) = report.estimate {
            prop_assert!(report.low <= estimate && estimate <= high, "{report:?}");
        }
    }
}
