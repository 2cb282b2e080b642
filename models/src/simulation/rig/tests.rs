use std::collections::HashSet;

use super::*;
use crate::filter::Scanner;
use crate::simulation::{Jobs, ScanOrder};

fn rig(seed: u64, traits: RigTraits, conduct: Conduct) -> SimulatedRig {
    let around = Surroundings::new(seed);
    SimulatedRig::new(seed, RigKey(seed), traits, conduct, around, Place::ALONE).unwrap()
}

/// Kolmogorov's distance of a sample from the uniform distribution on [0, 1), times √n: beyond
/// 1.95 once in a thousand, beyond 2.5 once in 100,000.
fn distance(mut sample: Vec<f64>) -> f64 {
    sample.sort_by(f64::total_cmp);
    let size = sample.len() as f64;
    let farthest = sample
        .iter()
        .enumerate()
        .map(|(rank, value)| (rank as f64 / size - value).abs())
        .fold(0.0, f64::max);
    farthest * size.sqrt()
}

#[test]
fn shares_of_an_honest_rig_lie_uniformly_below_the_target() {
    for seed in 1..=4 {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut rig = rig(seed, RigTraits::random(&mut rng), Conduct::Honest);
        let heights: Vec<f64> = (0..20_000)
            .filter_map(|_| rig.next_share().seen.height_below_target())
            .collect();
        assert!(heights.len() > 18_000, "few scans are retargeted");
        let distance = distance(heights);
        assert!(distance < 2.5, "{distance}");
    }
}

/// With one thread the nonce counts the hashes, so that the distance of two shares of a scan is
/// exponential; only that a scan ends before the longest of them are over is to be allowed for.
#[test]
fn hashes_between_two_shares_are_exponential() {
    let traits = RigTraits {
        threads: 1,
        ..RigTraits::plain(2_000.0)
    };
    let around = Surroundings {
        jobs: Jobs::new(5),
        // About a hundred shares a job: the end of a scan cuts few gaps off.
        pool: Difficulty::new(1_000),
        ..Surroundings::new(5)
    };
    let mut rig =
        SimulatedRig::new(5, RigKey(5), traits, Conduct::Honest, around, Place::ALONE).unwrap();
    let mut gaps = Vec::new();
    let mut last: Option<Observation> = None;
    while gaps.len() < 20_000 {
        let seen = rig.next_share().seen;
        let hashes = match last {
            Some(last) if last.scan == seen.scan => seen.counter - last.counter,
            Some(_) | None => seen.counter,
        };
        if seen.target.is_some() {
            gaps.push(1.0 - (-f64::from(hashes) / to_f64(seen.asked)).exp());
        }
        last = Some(seen);
    }
    let distance = distance(gaps);
    // The cut-off ends and the rounding to whole hashes move it a little.
    assert!(distance < 4.0, "{distance}");
}

#[test]
fn a_rig_sends_about_one_share_in_each_goal() {
    for (rate, low, high) in [(200.0, 25.0, 40.0), (20_000.0, 25.0, 40.0)] {
        let mut rig = rig(9, RigTraits::plain(rate), Conduct::Honest);
        let shares = 5_000;
        let mut end = 0;
        for _ in 0..shares {
            end = rig.next_share().seen.at_ms;
        }
        let pace = end as f64 / 1e3 / f64::from(shares);
        assert!((low..high).contains(&pace), "{rate} H/s: {pace} s");
    }
}

#[test]
fn a_share_of_the_shares_is_late_as_the_way_is_long() {
    let late = |latency| {
        let traits = RigTraits {
            latency,
            ..RigTraits::plain(1e4)
        };
        let mut rig = rig(3, traits, Conduct::Honest);
        (0..20_000).filter(|_| rig.next_share().seen.late).count()
    };
    assert_eq!(late(0.0), 0);
    // Twice the way in a minute.
    let part = late(0.6) as f64 / 20_000.0;
    assert!((0.016..0.024).contains(&part), "{part}");
}

#[test]
fn good_is_what_the_oracle_says_and_each_nonce_comes_once_whatever_the_conduct() {
    for (seed, conduct) in (1..).zip([
        Conduct::Honest,
        Conduct::Forger,
        Conduct::CarefulForger,
        Conduct::Replayer,
        Conduct::ConstantNonces,
        Conduct::Withholder {
            above: 1.0,
            part: 1.0,
        },
        Conduct::WrongHashes { part: 0.5 },
        Conduct::WrongHashes { part: f64::NAN },
        Conduct::OdometerLiar { stride: 0 },
        Conduct::OdometerLiar { stride: 7 },
    ]) {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let traits = RigTraits {
            scanner: Scanner::XmrigBlocks,
            order: ScanOrder::Blocks,
            ..RigTraits::random(&mut rng)
        };
        let mut rig = rig(seed, traits, conduct.clone());
        let oracle = rig.around.oracle;
        let mut seen = HashSet::new();
        let mut last = 0;
        let mut good = 0;
        for _ in 0..2_000 {
            let share = rig.next_share();
            assert_eq!(share.good, oracle.proves(&share.seen), "{conduct:?}");
            assert_eq!(share.honest, conduct == Conduct::Honest);
            assert!(share.seen.asked.target().is_met_by(&share.seen.result));
            assert!(seen.insert((share.seen.scan, share.seen.counter)));
            assert!(share.seen.at_ms >= last);
            last = share.seen.at_ms;
            good += u32::from(share.good);
        }
        let expected = match conduct {
            Conduct::Forger | Conduct::CarefulForger | Conduct::ConstantNonces => 0..1,
            Conduct::Replayer => 32..1_900,
            Conduct::WrongHashes { part } if part > 0.0 => 900..1_100,
            Conduct::Honest
            | Conduct::Withholder { .. }
            | Conduct::WrongHashes { .. }
            | Conduct::OdometerLiar { .. }
            | Conduct::CloneOf { .. }
            | Conduct::Sleeper { .. } => 2_000..2_001,
        };
        assert!(expected.contains(&good), "{conduct:?}: {good} good");
    }
}

#[test]
fn a_withholder_keeps_back_the_part_that_it_is_to_keep_of_the_high_shares_only() {
    let conduct = Conduct::Withholder {
        above: 4.0,
        part: 0.5,
    };
    let mut rig = rig(4, RigTraits::plain(1e4), conduct);
    let heights: Vec<f64> = (0..20_000)
        .filter_map(|_| rig.next_share().seen.height_below_target())
        .collect();
    let high = heights.iter().filter(|height| **height < 0.25).count();
    // An eighth of seven eighths.
    let part = high as f64 / heights.len() as f64;
    assert!((part - 1.0 / 7.0).abs() < 0.01, "{part}");
}

#[test]
fn constant_nonces_come_again_job_after_job_and_few_of_them() {
    let mut rig = rig(6, RigTraits::plain(1e4), Conduct::ConstantNonces);
    let counters: HashSet<u32> = (0..2_000).map(|_| rig.next_share().seen.counter).collect();
    assert!(counters.len() <= 16, "{}", counters.len());
}

#[test]
fn an_odometer_liar_is_as_many_times_further_as_it_claims() {
    let traits = RigTraits {
        threads: 1,
        ..RigTraits::plain(1e3)
    };
    let mean = |conduct| {
        let mut rig = rig(8, traits, conduct);
        let sum: f64 = (0..10_000)
            .map(|_| f64::from(rig.next_share().seen.counter))
            .sum();
        sum / 1e4
    };
    let ratio = mean(Conduct::OdometerLiar { stride: 4 }) / mean(Conduct::Honest);
    assert!((3.3..4.7).contains(&ratio), "{ratio}");
}

#[test]
fn a_sleeper_is_honest_for_as_many_shares_and_then_what_it_is() {
    let conduct = Conduct::Sleeper {
        honest_shares: 100,
        then: Box::new(Conduct::CarefulForger),
    };
    let mut rig = rig(2, RigTraits::plain(1e3), conduct);
    for ordinal in 0..300 {
        let share = rig.next_share();
        // Now and then a share expires on its way: it was sent, though.
        assert_eq!(share.honest, share.good);
        assert!(ordinal >= 90 || share.good);
        assert!(ordinal < 100 || !share.good);
    }
}

#[test]
fn a_fast_rig_gets_further_leases_within_a_job() {
    let around = Surroundings {
        pool: Difficulty::new(1_000_000),
        ..Surroundings::new(1)
    };
    let place = Place::new(3, 10).unwrap();
    let traits = RigTraits::plain(1e6);
    let mut rig = SimulatedRig::new(1, RigKey(1), traits, Conduct::Honest, around, place).unwrap();
    let mut leases = HashSet::new();
    let mut beyond = 0;
    for _ in 0..5_000 {
        let seen = rig.next_share().seen;
        leases.insert(seen.scan);
        beyond += u32::from(seen.counter > 15 << 20);
    }
    assert!(
        leases
            .iter()
            .all(|scan| scan.slot.0 % 10 == 3 || scan.job.0 % 256 > 0)
    );
    // About four renewals in a minute's job.
    assert!(leases.len() > 300, "{}", leases.len());
    assert!(
        beyond < 50,
        "leases are renewed before they are used up: {beyond}"
    );
}

#[test]
fn what_copies_cannot_be_alone() {
    let copier = Conduct::Sleeper {
        honest_shares: 1,
        then: Box::new(Conduct::CloneOf { rig: 0 }),
    };
    for conduct in [Conduct::CloneOf { rig: 0 }, copier] {
        let made = SimulatedRig::new(
            1,
            RigKey(1),
            RigTraits::plain(1e3),
            conduct,
            Surroundings::new(1),
            Place::ALONE,
        );
        assert!(made.is_err());
    }
}
