use rand::Rng;

use super::*;
use crate::filter::simulated_xmrig::{Life, generator, log_uniform, observation, whole};
use crate::work::{JobKey, Slot};

/// Shares until one thousand to one are won against the rig, with the cause.
fn shares_to_detection(mut share: impl FnMut() -> Observation) -> Option<(usize, Cause)> {
    let (mut filter, mut rig) = (Pattern::default(), PatternRig::default());
    (1..5_000).find_map(|shares| match filter.look(&mut rig, &share()) {
        Evidence::Weighed { log_e, cause } if log_e >= 1_000f64.ln() => Some((shares, cause)),
        Evidence::Weighed { .. } | Evidence::NoOpinion | Evidence::Unavailable => None,
    })
}

/// Two shares a job, each where `counter` says.
fn shares_of(rate: f64, mut counter: impl FnMut(u32) -> u32) -> impl FnMut() -> Observation {
    let mut shares = 0;
    move || {
        shares += 1;
        observation(shares / 2, counter(shares), whole(rate * 30.0))
    }
}

#[test]
fn a_forger_with_nonces_from_anywhere_is_found_out_if_it_is_no_giant() {
    for (rate, at_most) in [(200.0, 60), (3_000.0, 60), (10_000.0, 200)] {
        let mut random = generator(3);
        let forger = shares_of(rate, |_| random.gen_range(0..Slot::NONCES));
        let (shares, cause) = shares_to_detection(forger).unwrap();
        assert!(shares <= at_most, "{shares} at {rate} H/s");
        assert_eq!(cause, Cause::ImpossibleNonces);
    }
}

#[test]
fn nonces_that_go_backward_in_a_block_are_found_out() {
    let mut random = generator(4);
    let backward = shares_of(10_000.0, |share| {
        60_000 - 900 * (share % 2) - random.gen_range(0..9)
    });
    let (shares, cause) = shares_to_detection(backward).unwrap();
    assert!(shares <= 40, "{shares}");
    assert_eq!(cause, Cause::BackwardNonces);
}

#[test]
fn constant_steps_are_found_out_whatever_the_program_is_called() {
    for scanner in [Scanner::XmrigBlocks, Scanner::Unknown] {
        let mut counter = 0u32;
        let constant = || {
            counter = (counter + 70_001) % Slot::NONCES;
            Observation {
                scanner,
                ..observation(counter / 2_000_000, counter, 20_000)
            }
        };
        let (shares, cause) = shares_to_detection(constant).unwrap();
        assert!(shares <= 25, "{shares}");
        assert_eq!(cause, Cause::ConstantSteps);
    }
}

#[test]
fn a_clone_is_found_out_among_honest_rigs_and_they_are_not_suspected() {
    let mut filter = Pattern::default();
    let mut lives: Vec<Life> = (0..3).map(|key| Life::new(7 + key, 5_000.0)).collect();
    let mut rigs = vec![PatternRig::default(); 4];
    let mut found = None;
    for round in 0..300 {
        for (index, life) in lives.iter_mut().enumerate() {
            let share = life.next();
            let honest = filter.look(&mut rigs[index], &share);
            assert!(honest.log_e().unwrap() < 3.0);
            if index == 1 {
                let cloned = Observation {
                    rig: RigKey(99),
                    scan: ScanKey {
                        slot: Slot(200),
                        ..share.scan
                    },
                    ..share
                };
                if let Evidence::Weighed { log_e, cause } = filter.look(&mut rigs[3], &cloned)
                    && log_e > 1_000f64.ln()
                {
                    found = found.or(Some((round, cause)));
                }
            }
        }
    }
    let (shares, cause) = found.unwrap();
    assert!(shares < 20, "{shares}");
    assert_eq!(cause, Cause::SameNoncesAsAnotherRig);
}

#[test]
fn the_same_share_again_and_the_same_nonces_over_two_connections_are_no_coincidence() {
    let (mut filter, mut rig) = (Pattern::default(), PatternRig::default());
    let mut random = generator(5);
    for job in 0..500 {
        let share = observation(job, random.gen_range(0..30_000), 30_000);
        filter.look(&mut rig, &share);
        let again = Observation {
            scan: ScanKey {
                slot: Slot(9),
                ..share.scan
            },
            ..share
        };
        let log_e = filter.look(&mut rig, &again).log_e().unwrap();
        assert!(log_e < 1.0, "{log_e}");
    }
}

#[test]
fn slow_rigs_that_all_scan_the_same_few_nonces_are_not_taken_for_clones() {
    let mut filter = Pattern::default();
    let mut lives: Vec<Life> = (0..40).map(|key| Life::new(1_000 + key, 40.0)).collect();
    let mut rigs = vec![PatternRig::default(); lives.len()];
    for _ in 0..2_000 {
        for (life, rig) in lives.iter_mut().zip(&mut rigs) {
            let log_e = filter.look(rig, &life.next()).log_e().unwrap();
            assert!(log_e < 4.0, "{log_e}");
        }
    }
}

#[test]
fn a_late_share_and_one_of_an_older_job_change_nothing() {
    let (mut filter, mut rig) = (Pattern::default(), PatternRig::default());
    let mut random = generator(6);
    filter.look(&mut rig, &observation(5, 40_000, 1_000));
    let before = rig.evidence();
    for _ in 0..100 {
        let counter = random.gen_range(0..Slot::NONCES);
        let old = observation(4, counter, 1_000);
        let late = Observation {
            late: true,
            ..observation(5, counter, 1_000)
        };
        assert_eq!(filter.look(&mut rig, &old), before);
        assert_eq!(filter.look(&mut rig, &late), before);
    }
}

#[test]
fn a_restarted_filter_does_not_take_a_long_job_for_an_impossible_one() {
    let (mut filter, mut rig) = (Pattern::default(), PatternRig::default());
    for share in 0..300u32 {
        let seen = observation(5, 12_000_000 + share * share * 30, 1_000);
        assert!(filter.look(&mut rig, &seen).log_e().unwrap() < 0.1);
    }
}

#[test]
fn after_a_gap_no_nonce_is_impossible_until_the_next_whole_job() {
    let (mut filter, mut rig) = (Pattern::default(), PatternRig::default());
    let mut impossible = |job, missed| {
        if missed {
            filter.missed(&mut rig);
        }
        let seen = observation(job, Slot::NONCES - 1 - job, 1_000);
        filter.look(&mut rig, &seen);
        rig.is_impossible(&seen)
    };
    assert_eq!(impossible(1, false), None, "it may have begun unseen");
    assert_eq!(impossible(2, false), Some(true));
    assert_eq!(impossible(2, true), None, "shares of this job are missing");
    assert_eq!(impossible(2, false), None);
    assert_eq!(impossible(3, false), Some(true), "a whole job");
    assert_eq!(impossible(4, true), None, "its first shares are missing");
    assert_eq!(impossible(4, false), None);
    assert_eq!(impossible(3, true), None, "an older job says nothing");
    assert_eq!(impossible(5, false), None, "of it were those that went by");
    assert_eq!(impossible(6, false), Some(true));
}

#[test]
fn a_rig_whose_shares_went_by_unseen_is_not_suspected_for_the_rest_of_its_long_job() {
    let (mut filter, mut rig) = (Pattern::default(), PatternRig::default());
    filter.look(&mut rig, &observation(1, 5, 1_000));
    filter.look(&mut rig, &observation(2, 5, 1_000));
    filter.missed(&mut rig);
    for share in 0..300u32 {
        let seen = observation(2, 12_000_000 + share * share * 30, 1_000);
        assert!(filter.look(&mut rig, &seen).log_e().unwrap() < 0.1);
    }
}

/// An honest rig beside a hostile one that sends `forged` counters before each of its shares, from
/// 0 upward of the current job: the part of those bet on that coincided, and the highest evidence
/// against the honest rig.
fn accused(threads: usize, difficulty: u32, shares_of_job: u32, forged: u32) -> (f64, f64) {
    let mut random = generator(u64::from(difficulty + forged) << 9 | threads as u64);
    let speeds: Vec<f64> = (0..threads).map(|_| random.gen_range(1.0..1.3)).collect();
    let mut rig = crate::filter::simulated_xmrig::Rig::of_speeds(&speeds, 1_000.0);
    let mut filter = Pattern::default();
    let (mut honest, mut hostile) = (PatternRig::default(), PatternRig::default());
    let (mut hits, mut rounds, mut highest) = (0u32, 0u32, f64::NEG_INFINITY);
    for job in 0..2_000 {
        rig.begin_scan(&mut random);
        let mut next = 0;
        for _ in 0..shares_of_job {
            for _ in 0..forged {
                // With several threads all blocks are begun at once: the first of each are best.
                let block = next % u32::try_from(threads).unwrap();
                let offset = next / u32::try_from(threads).unwrap();
                next += 1;
                let mut lie = observation(job, block * Scanner::BLOCK + offset, 1_000);
                (lie.rig, lie.scan.slot) = (RigKey(666), Slot(200));
                filter.look(&mut hostile, &lie);
            }
            let counter = rig.next_share(&mut random, f64::from(difficulty)).unwrap();
            let seen = observation(job, counter, u64::from(difficulty));
            let after = |hit| {
                let mut bet = honest.bets[3];
                bet.factor(CEILINGS[3], hit);
                bet
            };
            let (hit, miss) = (after(true), after(false));
            let said = filter.look(&mut honest, &seen);
            hits += u32::from(honest.bets[3] == hit);
            rounds += u32::from(honest.bets[3] == hit || honest.bets[3] == miss);
            highest = highest.max(said.log_e().unwrap());
        }
    }
    (f64::from(hits) / f64::from(rounds.max(1)), highest)
}

#[test]
fn a_rig_that_forges_all_counters_from_0_upward_does_not_get_an_honest_one_suspected() {
    let mut most = 0f64;
    for threads in [1, 8, 64, 256] {
        for difficulty in [512, 1_000, 3_000, 30_000] {
            for shares_of_job in [1, 2, 5] {
                for forged in [4, 500] {
                    let (part, highest) = accused(threads, difficulty, shares_of_job, forged);
                    let name = format!("{threads} threads, {difficulty}, {forged} forged");
                    most = most.max(part);
                    assert!(part <= f64::from(CEILINGS[3]), "{name}: {part}");
                    assert!(highest < 1_000f64.ln(), "{name}: {highest}");
                }
            }
        }
    }
    println!("at most {most:.4} of the honest rig's shares coincided");
    assert!(most > 0.001, "the attack has come to nothing by itself");
}

#[test]
fn what_was_won_stands_whatever_the_program_is_called_and_however_the_share_comes() {
    let (mut filter, mut rig) = (Pattern::default(), PatternRig::default());
    let mut random = generator(3);
    for share in 0..100 {
        let counter = random.gen_range(0..Slot::NONCES);
        filter.look(&mut rig, &observation(share, counter, 90_000));
    }
    let won = rig.evidence().log_e().unwrap();
    assert!(won > 1_000f64.ln());
    let share = observation(200, 70_001, 90_000);
    for other in [
        Observation {
            scanner: Scanner::Unknown,
            ..share
        },
        Observation {
            target: None,
            ..share
        },
        Observation {
            late: true,
            ..share
        },
    ] {
        let said = filter.look(&mut rig, &other).log_e().unwrap();
        assert!((said - won).abs() < 0.1, "{said} of {won}");
    }
}

#[test]
fn honest_rigs_of_all_sizes_are_never_suspected() {
    let mut random = generator(1);
    for key in 0..60 {
        let rate = log_uniform(&mut random, 100.0, 1e6);
        let (mut filter, mut rig) = (Pattern::default(), PatternRig::default());
        let mut life = Life::new(key, rate);
        for _ in 0..1_000 {
            let log_e = filter.look(&mut rig, &life.next()).log_e().unwrap();
            assert!(log_e < 1_000f64.ln(), "{log_e} at {rate} H/s, rig {key}");
        }
    }
}

#[test]
fn an_honest_counter_is_within_open_blocks_and_eight_times_the_work() {
    // 256 threads, the most there can be, asked for little, at the rate of very large machines.
    let mut random = generator(8);
    for difficulty in [20_000.0, 300_000.0, 3e6] {
        let speeds: Vec<f64> = (0..256).map(|_| random.gen_range(1.0..4.0)).collect();
        let mut rig = crate::filter::simulated_xmrig::Rig::of_speeds(&speeds, 1e6);
        let mut filter = Pattern::default();
        let mut state = PatternRig::default();
        for job in 0..60 {
            rig.begin_scan(&mut random);
            for _ in 0..50 {
                let Some(counter) = rig.next_share(&mut random, difficulty) else {
                    break;
                };
                let seen = observation(job, counter, whole(difficulty));
                filter.look(&mut state, &seen);
                assert_ne!(state.is_impossible(&seen), Some(true), "{counter}");
            }
        }
        assert_eq!(state.scan.map(|scan| scan.job), Some(JobKey(59)));
    }
}
