use std::collections::HashSet;
use std::sync::Arc;

use super::*;
use crate::clock::Clock;
use crate::supervision::ActorHealth;
use zartrux_models::share::ShareId;
use zartrux_models::work::Difficulty;

fn proof(rig: u64, good: bool) -> ProofNoted {
    ProofNoted {
        rig: RigKey(rig),
        share: ShareId::new(0, rig),
        asked: Difficulty::new(1_000),
        good,
        now: Clock.now(),
    }
}

#[test]
fn a_fault_at_the_very_proof_that_convicts_a_rig_does_not_spare_it() {
    let guard = Guard::new(Arc::new(ActorHealth::new("judge", "judge")), Clock);
    let policy = JudgePolicy::default();
    let mut memory = Memory::default();
    let mut note = |proof| memory.note_proof(&guard, &policy, &proof);
    assert_eq!(note(proof(1, false)), Some(Turn::Quarantined));
    guard.health().drill.arm_panics(1);
    assert_eq!(note(proof(2, false)), Some(Turn::Quarantined));
    assert_eq!(note(proof(2, false)), None, "it is there already");
    guard.health().drill.arm_panics(1);
    assert_eq!(note(proof(3, true)), None);
    assert_eq!(memory.core.quarantined(), 2);
    assert!(memory.is_quarantined(RigKey(1)) && memory.is_quarantined(RigKey(2)));
    assert!(!memory.is_quarantined(RigKey(3)));
}

#[test]
fn a_rig_that_has_proved_its_work_is_released_once_and_stays_so_after_a_fault() {
    let guard = Guard::new(Arc::new(ActorHealth::new("judge", "judge")), Clock);
    let policy = JudgePolicy::default();
    let mut memory = Memory::default();
    memory.note_proof(&guard, &policy, &proof(1, false));
    let turns: Vec<Turn> = (0..1_000)
        .filter_map(|_| memory.note_proof(&guard, &policy, &proof(1, true)))
        .collect();
    assert_eq!(turns, [Turn::Released]);
    guard.health().drill.arm_panics(1);
    memory.note_proof(&guard, &policy, &proof(2, true));
    assert_eq!((memory.core.quarantined(), memory.quarantined()), (0, 0));
}

/// What lies beside the core tells of the same rigs as the core.
fn assert_in_step(memory: &Memory) {
    let core = &memory.core;
    assert_eq!(memory.quarantined(), core.quarantined());
    let convicted = memory.convicted.keys();
    assert!(convicted.copied().all(|rig| core.is_quarantined(rig)));
    let listed: HashSet<RigKey> = memory.roster.iter().copied().collect();
    assert_eq!(
        (listed.len(), memory.roster.len()),
        (core.known(), core.known())
    );
    assert!(listed.iter().all(|rig| core.knows(*rig)));
    assert!(memory.changed.len() <= core.known());
}

#[test]
fn convictions_never_outnumber_the_rigs_that_are_remembered() {
    let guard = Guard::new(Arc::new(ActorHealth::new("judge", "judge")), Clock);
    for max_rigs in [0, 1, 2, 7, 40] {
        let policy = JudgePolicy {
            max_rigs,
            ..JudgePolicy::default()
        };
        let mut memory = Memory::default();
        for rig in 0..500 {
            memory.note_proof(&guard, &policy, &proof(rig, rig % 5 == 0));
            assert!(memory.convicted.len() <= max_rigs.max(1));
            assert_in_step(&memory);
            if rig % 50 == 0 {
                guard.health().drill.arm_panics(1);
            }
        }
    }
}

#[test]
fn a_rig_whose_file_was_dropped_is_not_put_back_in_quarantine_by_a_later_fault() {
    let guard = Guard::new(Arc::new(ActorHealth::new("judge", "judge")), Clock);
    let policy = JudgePolicy {
        max_rigs: 8,
        ..JudgePolicy::default()
    };
    let mut memory = Memory::default();
    let note = |memory: &mut Memory, rig| {
        memory.note_proof(&guard, &policy, &proof(rig, false));
    };
    note(&mut memory, 0);
    let mut last = 0;
    while memory.core.knows(RigKey(0)) {
        last += 1;
        note(&mut memory, last);
    }
    assert!(!memory.is_quarantined(RigKey(0)));
    guard.health().drill.arm_panics(1);
    note(&mut memory, last);
    assert!(!memory.core.knows(RigKey(0)));
    assert!(memory.is_quarantined(RigKey(last)));
    assert_in_step(&memory);
}

#[test]
fn rigs_that_are_forgotten_for_their_silence_leave_the_list_and_quarantine() {
    let guard = Guard::new(Arc::new(ActorHealth::new("judge", "judge")), Clock);
    let policy = JudgePolicy::default();
    let mut memory = Memory::default();
    for (rig, good) in [(1, true), (2, false), (3, true)] {
        memory.note_proof(&guard, &policy, &proof(rig, good));
    }
    assert_eq!(memory.roster(0, 2), [RigKey(1), RigKey(2)]);
    assert_eq!(memory.roster(2, 2), [RigKey(3)]);
    for (after, left) in [(2, 1), (5, 0)] {
        let now = Clock.now() + policy.forget_after * after;
        let forget = |core: &mut JudgeCore| core.forget_idle(&policy, now);
        memory.step(&guard, &policy, None, forget).unwrap();
        assert_eq!((memory.roster.len(), memory.quarantined()), (left, left));
        assert_in_step(&memory);
    }
}

#[test]
fn a_rig_in_quarantine_from_an_earlier_run_stays_there_through_a_fault_of_the_judge() {
    let guard = Guard::new(Arc::new(ActorHealth::new("judge", "judge")), Clock);
    let policy = JudgePolicy::default();
    let mut before = Memory::default();
    for rig in 1..4 {
        before.note_proof(&guard, &policy, &proof(rig, rig == 3));
    }
    let at = (Clock.now(), 1_700_000_000_000);
    let kept: Vec<_> = before.changed(10, at).collect();
    assert_eq!(kept.len(), 3);
    let mut memory = Memory::default();
    for (rig, kept) in &kept {
        assert!(memory.restore(&policy, *rig, kept, at));
        assert_in_step(&memory);
    }
    assert_eq!(memory.quarantined(), 2);
    let needed = |memory: &Memory| {
        let report = memory.core.rig(RigKey(1), at.0).unwrap();
        let quarantine = report.quarantine.unwrap();
        (quarantine.share, quarantine.work_needed)
    };
    let expected = needed(&memory);
    guard.health().drill.arm_panics(1);
    memory.note_proof(&guard, &policy, &proof(4, true));
    assert!(memory.is_quarantined(RigKey(1)) && memory.is_quarantined(RigKey(2)));
    assert_eq!((memory.core.quarantined(), memory.quarantined()), (2, 2));
    assert_eq!(needed(&memory), expected);
    assert_in_step(&memory);
}

#[test]
fn a_rig_is_written_down_once_for_all_that_changed_and_not_while_nothing_does() {
    let guard = Guard::new(Arc::new(ActorHealth::new("judge", "judge")), Clock);
    let policy = JudgePolicy::default();
    let mut memory = Memory::default();
    let at = (Clock.now(), 1_700_000_000_000);
    for rig in [1, 2, 1, 3, 1] {
        memory.note_proof(&guard, &policy, &proof(rig, true));
    }
    let collect = |memory: &mut Memory, most| -> Vec<u64> {
        memory.changed(most, at).map(|(rig, _)| rig.0).collect()
    };
    assert_eq!(collect(&mut memory, 2), [1, 2]);
    assert_eq!(collect(&mut memory, 2), [3]);
    assert!(collect(&mut memory, 2).is_empty());
    memory.note_proof(&guard, &policy, &proof(2, false));
    assert_eq!(collect(&mut memory, 2), [2]);
    // What was restored is written down already.
    let kept = memory.core.remembered(RigKey(2), at.0, at.1).unwrap();
    let mut next = Memory::default();
    assert!(next.restore(&policy, RigKey(2), &kept, at));
    assert!(collect(&mut next, 2).is_empty());
}
