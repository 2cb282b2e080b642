//! Scans that become trials, and what makes none.

use super::simulated::{Farm, honest};
use super::{LiftInterval, Trial, Trials, TrialsSkipped};
use crate::learn::trap;
use crate::ledger::tests::usual;
use crate::ledger::{Arm, Outcome, ShareEntry};
use crate::share::{RefusalReason, RigKey};
use crate::stratum::ErrorClass;
use crate::work::{Nonce, Slot};

/// A share of job 1 of rig 1, by an xmrig.
fn share(counter: u32, age_s: u32) -> ShareEntry {
    let mut entry = usual();
    (entry.rig, entry.job_key, entry.arm) = (RigKey(1), Some(1), Arm::Control);
    entry.nonce = Some(Nonce::in_slot(Slot(9), counter));
    entry.age_s = age_s;
    entry.unix_ms += u64::from(age_s) * 1_000;
    entry.flags.scan_known = true;
    entry
}

fn trials_of(entries: &[ShareEntry]) -> (Vec<Trial>, TrialsSkipped) {
    let mut trials = Trials::new(100);
    let mut given = Vec::new();
    for entry in entries {
        trials.next(entry, |trial| given.push(trial));
    }
    trials.finish(|trial| given.push(trial));
    (given, trials.skipped())
}

#[test]
fn a_scan_is_its_shares_but_the_last_over_the_time_until_that() {
    let (trials, skipped) = trials_of(&[share(5, 10), share(0b1001, 30), share(3, 20)]);
    let [trial] = trials.as_slice() else {
        panic!("{trials:?}");
    };
    assert_eq!((trial.arm, trial.slot, trial.shares), (Arm::Control, 9, 2));
    assert!((trial.seconds - 30.5).abs() < 1e-12);
    assert_eq!(trial.tried, 0b1001);
    assert_eq!(trial.with_bit[..4], [2, 1, 1, 0], "of 5 and 3");
    assert_eq!(skipped, TrialsSkipped::default());
}

#[test]
fn another_job_lease_difficulty_or_connection_is_another_scan() {
    let first = share(5, 10);
    let mut others = vec![first.clone(); 6];
    others[0].job_key = Some(2);
    others[1].nonce = Some(Nonce::in_slot(Slot(10), 5));
    others[2].asked = crate::work::Difficulty::new(77);
    others[3].run += 1;
    others[4].node += 1;
    others[5].rig = RigKey(2);
    others.push(first);
    assert_eq!(trials_of(&others).0.len(), 7);
}

#[test]
fn what_says_nothing_is_left_out_and_counted() {
    let mut entries = vec![share(5, 10); 10];
    entries[0].flags.scan_known = false;
    entries[1].flags.imported = true;
    entries[2].flags.retargeted = true;
    entries[3].flags.late = true;
    entries[4].outcome = Outcome::Refused(RefusalReason::Duplicate);
    entries[5].outcome = Outcome::Held;
    entries[6].outcome = Outcome::Rejected {
        class: ErrorClass::Rig,
        text: "Duplicate share".into(),
    };
    entries[7].nonce = None;
    entries[8].job_key = None;
    entries[9].id = None;
    let (trials, skipped) = trials_of(&entries);
    assert_eq!((trials.len(), skipped.shares), (0, 10));
}

#[test]
fn a_scan_whose_shares_disagree_about_their_arm_is_no_trial() {
    let mut other = share(6, 11);
    other.arm = Arm::Model;
    let (trials, skipped) = trials_of(&[share(5, 10), other]);
    assert_eq!((trials.len(), skipped.arm_unclear), (0, 1));
}

#[test]
fn a_scan_is_over_when_it_was_quiet_and_no_more_are_open_than_allowed() {
    let mut trials = Trials::new(3);
    let mut given = 0;
    for job in 0..1_000 {
        let mut entry = share(5, 10);
        entry.job_key = Some(job);
        trials.next(&entry, |_| given += 1);
        assert!(trials.open() <= 3);
    }
    assert_eq!((given, trials.skipped().early), (997, 997));
    let mut later = share(5, 10);
    later.unix_ms += Trials::QUIET_MS + 1;
    trials.next(&later, |_| given += 1);
    assert_eq!((given, trials.open()), (1_000, 1));
}

/// The reason for leaving out the last share.
#[test]
fn shares_but_the_last_are_as_many_as_their_search_explains_and_all_are_more() {
    let mut farm = Farm::new(7, 40);
    let (mut shares, mut all, mut expected) = (0u32, 0u32, 0.0);
    for _ in 0..200_000 {
        let scan = farm.scan(honest);
        if let Some(trial) = scan.trial {
            shares += trial.shares;
            all += scan.shares;
            expected += trial.exposure() * farm.rate(trial.rig);
        }
    }
    let off = (f64::from(shares) - expected) / expected.sqrt();
    let naive = f64::from(all) / expected;
    println!("shares but the last: {shares}, {expected:.0} expected; all over that: {naive:.2}");
    assert!(off.abs() < 4.0, "{off}");
    assert!(naive > 1.2, "{naive}");
}

#[test]
fn a_classifier_of_accepted_and_random_nonces_succeeds_where_there_is_no_lift() {
    let mut farm = Farm::new(11, 40);
    let mut interval = LiftInterval::default();
    let mut accepted = Vec::new();
    for _ in 0..20_000 {
        let scan = farm.scan(honest);
        accepted.extend(scan.counters);
        if let Some(trial) = scan.trial {
            interval.take(&trial);
        }
    }
    accepted.truncate(20_000);
    let auc = trap::auc_against_random_nonces(&accepted, &mut farm.rng);
    let report = interval.report();
    println!("AUC against random nonces {auc:.3}; {report:?}");
    assert!(auc > 0.8, "{auc}");
    assert!(report.is_compatible_with_none(), "{report:?}");
}
