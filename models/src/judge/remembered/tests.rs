use proptest::prelude::*;

use super::*;
use crate::judge::fixtures::{ASKED, Bench, RIG};
use crate::judge::{JudgeCore, JudgePolicy, Standing};

const UNIX_MS: u64 = 1_700_000_000_000;

#[test]
fn quarantine_outlasts_a_restart_with_its_reason_and_the_work_that_was_delivered() {
    let mut bench = Bench::new();
    for _ in 0..3 {
        bench.fail();
        for _ in 0..40 {
            bench.prove(RIG, ASKED, true);
        }
    }
    let before = bench.core.rig(RIG, bench.now).unwrap();
    bench.core = bench.restarted(UNIX_MS);
    bench.now += Duration::from_secs(7);
    let after = bench.core.rig(RIG, bench.now).unwrap();
    assert_eq!(after.standing, Standing::Quarantined);
    assert_eq!(bench.core.quarantined(), 1);
    let (before, after) = (before.quarantine.unwrap(), after.quarantine.unwrap());
    assert_eq!(after.share, before.share);
    assert_eq!(after.work_delivered, before.work_delivered);
    assert!((after.seconds - before.seconds - 7.0).abs() < 1e-9);
}

#[test]
fn what_is_known_already_gives_way_to_nothing_older() {
    let mut bench = Bench::new();
    bench.earn_trust();
    let old = bench.core.remembered(RIG, bench.now, UNIX_MS).unwrap();
    bench.now += Duration::from_secs(1);
    let case = bench.case(crate::share::TargetClass::Local);
    bench.decide(&case);
    bench.prove(RIG, ASKED, true);
    let known = bench.core.rig(RIG, bench.now);
    let (policy, now) = (bench.policy, bench.now);
    assert!(!bench.core.restore(&policy, RIG, &old, now, UNIX_MS + 1_000));
    assert_eq!(bench.core.rig(RIG, now), known);
    let mut newer = old;
    newer.last_seen_ms = UNIX_MS + 2_000;
    let now = now + Duration::from_secs(2);
    assert!(
        bench
            .core
            .restore(&policy, RIG, &newer, now, UNIX_MS + 3_000)
    );
}

#[test]
fn a_judge_that_is_told_again_asks_for_no_less_work() {
    let mut bench = Bench::new();
    for _ in 0..3 {
        bench.fail();
        bench.prove(RIG, Difficulty::new(u64::MAX), true);
    }
    bench.fail();
    let kept = bench.core.remembered(RIG, bench.now, UNIX_MS).unwrap();
    let proof = kept.bad_proof(RIG, bench.now, UNIX_MS).unwrap();
    let mut told = JudgeCore::default();
    told.note_proof(&bench.policy, &proof);
    let work = |core: &JudgeCore| core.rig(RIG, bench.now).unwrap().quarantine.unwrap();
    assert!(work(&told).work_needed >= work(&bench.core).work_needed);
    assert_eq!(work(&told).share, work(&bench.core).share);
}

#[test]
fn a_clock_that_was_set_back_or_far_ahead_does_no_harm() {
    let mut bench = Bench::new();
    bench.fail();
    let kept = bench.core.remembered(RIG, bench.now, UNIX_MS).unwrap();
    for unix_ms in [0, UNIX_MS - 1, u64::MAX] {
        let mut next = JudgeCore::default();
        assert!(next.restore(&bench.policy, RIG, &kept, bench.now, unix_ms));
        let report = next.rig(RIG, bench.now).unwrap();
        assert!(report.idle_seconds >= 0.0 && next.is_quarantined(RIG));
    }
}

#[test]
fn no_more_are_taken_back_than_there_is_room_for() {
    let mut bench = Bench::new();
    for rig in 0..200 {
        bench.now += Duration::from_secs(1);
        bench.prove(RigKey(rig), ASKED, rig % 2 == 0);
    }
    let policy = JudgePolicy {
        max_rigs: 50,
        ..bench.policy
    };
    let mut next = JudgeCore::default();
    for rig in 0..200 {
        let kept = bench.core.remembered(RigKey(rig), bench.now, UNIX_MS);
        next.restore(&policy, RigKey(rig), &kept.unwrap(), bench.now, UNIX_MS);
        assert!(next.known() <= 50 && next.quarantined() <= 25);
        let counted = next.keys().filter(|rig| next.is_quarantined(*rig)).count();
        assert_eq!(counted, next.quarantined());
    }
    assert!(next.knows(RigKey(199)) && !next.knows(RigKey(0)));
}

proptest! {
    #[test]
    fn bytes_that_are_no_file_are_refused_and_nothing_panics(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        cut in 0usize..200,
    ) {
        let _ = RigRemembered::from_bytes(&bytes);
        let mut schema_1 = vec![1];
        schema_1.extend(&bytes);
        if let Ok(kept) = RigRemembered::from_bytes(&schema_1) {
            let mut core = JudgeCore::default();
            let mut bench = Bench::new();
            core.restore(&bench.policy, RIG, &kept, bench.now, UNIX_MS);
            bench.core = core;
            let case = bench.case(crate::share::TargetClass::Local);
            bench.decide(&case);
            for good in [true, false, true] {
                bench.prove(RIG, Difficulty::new(u64::MAX), good);
            }
        }
        let mut bench = Bench::new();
        bench.fail();
        let whole = bench.core.remembered(RIG, bench.now, UNIX_MS).unwrap().to_bytes();
        if cut < whole.len() {
            prop_assert!(RigRemembered::from_bytes(&whole[..cut]).is_err());
        }
    }
}
