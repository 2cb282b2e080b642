use rand::Rng;

use super::*;
use crate::filter::simulated_xmrig::{Life, Rig, generator, log_uniform, observation};
use crate::work::Slot;

/// Shares until one thousand to one are won against the rig.
fn shares_to_detection(mut share: impl FnMut() -> Observation) -> Option<usize> {
    let mut rig = PaceRig::default();
    (1..5_000).find(|_| {
        let log_e = Pace.look(&mut rig, &share()).log_e();
        log_e.is_some_and(|log_e| log_e >= 1_000f64.ln())
    })
}

fn liar(seed: u64, rate: f64, stride: u32) -> impl FnMut() -> Observation {
    let mut random = generator(seed);
    let rig = Rig::new(&mut random, rate).skipping(stride);
    let mut life = Life::of(seed, rig, 1.0, random);
    move || life.next()
}

/// Keeps back 95 of 100 shares.
fn withholder(seed: u64, rate: f64) -> impl FnMut() -> Observation {
    let mut random = generator(seed);
    let rig = Rig::new(&mut random, rate);
    let mut life = Life::of(seed, rig, 0.05, random);
    move || loop {
        let share = life.next();
        if life.random.gen_bool(0.05) {
            break share;
        }
    }
}

#[test]
fn a_rig_that_claims_fifty_times_the_hashes_it_tries_is_found_out() {
    for rate in [300.0, 2_000.0, 10_000.0] {
        for seed in 1..4 {
            let shares = shares_to_detection(liar(seed, rate, 50));
            assert!(shares.is_some_and(|shares| shares < 200), "{shares:?}");
        }
    }
}

#[test]
fn a_rig_that_keeps_back_nearly_all_its_shares_is_found_out() {
    for rate in [300.0, 2_000.0, 10_000.0] {
        let withholder = withholder(2, rate);
        let shares = shares_to_detection(withholder);
        assert!(shares.is_some_and(|shares| shares < 1_000), "{rate} H/s");
    }
}

#[test]
fn honest_rigs_of_all_sizes_are_never_suspected() {
    let mut random = generator(1);
    for key in 0..60 {
        let rate = log_uniform(&mut random, 100.0, 1e6);
        let (mut rig, mut life) = (PaceRig::default(), Life::new(key, rate));
        for _ in 0..1_000 {
            let log_e = Pace.look(&mut rig, &life.next()).log_e().unwrap();
            assert!(log_e < 1_000f64.ln(), "{log_e} at {rate} H/s, rig {key}");
        }
    }
}

#[test]
fn an_unknown_program_a_late_share_and_a_changed_target_are_no_evidence() {
    let mut rig = PaceRig::default();
    let far = |job| observation(job, Slot::NONCES - 1, 1_000);
    let unknown = Observation {
        scanner: Scanner::Unknown,
        ..far(1)
    };
    assert_eq!(Pace.look(&mut rig, &unknown), Evidence::NoOpinion);
    Pace.look(&mut rig, &far(1));
    for job in 2..50 {
        let late = Observation {
            late: true,
            ..far(job)
        };
        let changed = Observation {
            target: None,
            ..far(job)
        };
        for share in [late, changed, far(job)] {
            let log_e = Pace.look(&mut rig, &share).log_e().unwrap();
            assert!(log_e.abs() < 1e-3, "{log_e}");
        }
    }
    assert!(Pace.look(&mut rig, &far(50)).log_e().unwrap() > 20.0);
}

#[test]
fn what_was_won_stands_whatever_the_program_is_called_and_however_the_share_comes() {
    let mut rig = PaceRig::default();
    let far = |job| observation(job, Slot::NONCES - 1, 1_000);
    Pace.look(&mut rig, &far(1));
    let won = Pace.look(&mut rig, &far(2));
    assert!(won.log_e().unwrap() > 20.0);
    let share = far(3);
    for other in [
        Observation {
            scanner: Scanner::Unknown,
            ..share
        },
        Observation {
            late: true,
            ..share
        },
        Observation {
            target: None,
            ..share
        },
    ] {
        let said = Pace.look(&mut rig, &other).log_e().unwrap();
        assert!((said - won.log_e().unwrap()).abs() < 0.1, "{said}");
    }
}

#[test]
fn the_first_job_seen_after_a_gap_is_not_bet_on() {
    let mut rig = PaceRig::default();
    let far = |job| observation(job, Slot::NONCES - 1, 1_000);
    Pace.look(&mut rig, &observation(1, 1, 1_000));
    Pace.look(&mut rig, &observation(2, 1, 1_000));
    Pace.missed(&mut rig);
    // Its first shares may be those that went by.
    assert!(Pace.look(&mut rig, &far(3)).log_e().unwrap() < 0.1);
    assert!(Pace.look(&mut rig, &far(4)).log_e().unwrap() > 20.0);
}

#[test]
fn after_a_gap_nothing_is_bet_on_until_the_next_job() {
    let mut rig = PaceRig::default();
    let far = |job| observation(job, Slot::NONCES - 1, 1_000);
    Pace.look(&mut rig, &observation(1, 1, 1_000));
    Pace.look(&mut rig, &observation(2, 1, 1_000));
    rig.note_gap();
    assert!(Pace.look(&mut rig, &far(2)).log_e().unwrap() < 0.1);
    assert!(Pace.look(&mut rig, &far(3)).log_e().unwrap() > 20.0);
}

#[test]
fn two_connections_under_one_name_are_no_evidence() {
    let mut random = generator(12);
    let life = |key| Life::of(key, Rig::of_speeds(&[1.0; 8], 5_000.0), 1.0, generator(key));
    let mut connections = [life(3), life(4)];
    let mut rig = PaceRig::default();
    for _ in 0..3_000 {
        let index: u8 = random.gen_range(0..2);
        let mut share = connections[usize::from(index)].next();
        share.scan.slot.0 = share.scan.slot.0 / 2 + 128 * index;
        let log_e = Pace.look(&mut rig, &share).log_e().unwrap();
        assert!(log_e < 1_000f64.ln(), "{log_e}");
    }
}
