//! What is kept of the ledger, and what is made of it.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;
use crate::learn::behaviour::ClusterSettings;
use crate::learn::farm_ledger::AsLedger;
use crate::learn::outcome::OutcomeSettings;
use crate::learn::training::{train_behaviour, train_outcome};
use crate::share::RigKey;
use crate::simulation::{Conduct, Farm, Surroundings};

/// Forty rigs of all kinds; every fourth computes wrongly now and then.
fn ledger(seed: u64, shares: usize) -> Vec<ShareEntry> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut plans = Farm::honest_plans(&mut random, RigKey(1), 40);
    for plan in plans.iter_mut().step_by(4) {
        plan.conduct = Conduct::WrongHashes { part: 0.2 };
    }
    let farm = Farm::new(seed, Surroundings::new(seed), &plans).unwrap();
    let mut ledger = AsLedger::new(seed);
    farm.take(shares)
        .map(|share| ledger.entry(&share))
        .collect()
}

fn course(window: usize) -> Course {
    Course::new(CourseBounds { window, rigs: 100 })
}

fn taken(window: usize, entries: &[ShareEntry]) -> Course {
    let mut course = course(window);
    for entry in entries {
        course.take(entry, |_| {});
    }
    course
}

#[test]
fn windows_never_hold_more_than_they_may_and_what_they_hold_is_the_last() {
    let entries = ledger(1, 20_000);
    let mut course = course(640);
    let (mut rows, mut blocks) = (Vec::new(), Vec::new());
    for entry in &entries {
        course.take(entry, |fresh| match fresh {
            Fresh::Row(row) => rows.push(*row),
            Fresh::Block(block) => blocks.push(*block),
        });
        assert!(course.windows.rows.len() <= 640 && course.windows.blocks.len() <= 20);
        assert!(course.windows.trials.len() <= 640);
    }
    assert_eq!(course.rows(), &rows[rows.len() - 640..]);
    assert_eq!(course.blocks(), &blocks[blocks.len() - 20..]);
    assert_eq!(course.trials().len(), 640);
    assert!(course.rows().is_sorted_by_key(|row| row.at_ms));
    assert_eq!(course.last_seq(), 20_000);
}

#[test]
fn what_waits_for_more_is_taken_in_at_the_end() {
    let entries = ledger(2, 6_000);
    let mut course = taken(10_000, &entries);
    let before = (
        course.rows().len(),
        course.blocks().len(),
        course.trials().len(),
    );
    course.finish();
    let after = (
        course.rows().len(),
        course.blocks().len(),
        course.trials().len(),
    );
    assert!(
        before.0 < after.0 && before.1 <= after.1 && before.2 < after.2,
        "{before:?} {after:?}"
    );
    let skipped = course.rows_skipped();
    assert_eq!(
        after.0 as u64 + skipped.unseen + skipped.unlabelled + skipped.out_of_order,
        6_000
    );
    course.finish();
    assert_eq!(course.rows().len(), after.0);
}

#[test]
fn the_lift_is_of_all_shares_whatever_is_kept() {
    let entries = ledger(3, 20_000);
    let (mut small, mut large) = (taken(1, &entries), taken(100_000, &entries));
    small.finish();
    large.finish();
    assert_eq!(small.trials().len(), 1);
    assert_eq!(small.lifts(), large.lifts());
    assert!(small.lifts().model().model.scans > 0, "{:?}", small.lifts());
}

#[test]
fn the_same_seed_and_shares_make_the_same_bytes() {
    let files = |seed| {
        let mut course = taken(100_000, &ledger(4, 40_000));
        course.finish();
        let (outcome, _) = train_outcome(course.rows(), &OutcomeSettings::new(seed), None).unwrap();
        let settings = ClusterSettings::default();
        let (behaviour, _) = train_behaviour(course.blocks(), &settings, seed, None).unwrap();
        [outcome, behaviour].map(|trained| trained.file)
    };
    let first = files(1);
    assert!(first == files(1), "other bytes from the same shares");
    assert!(first.iter().zip(files(2)).all(|(one, other)| *one != other));
}
