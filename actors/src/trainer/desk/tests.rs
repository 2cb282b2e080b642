//! The core alone, on shares that are made up.

use std::fs;

use tempfile::TempDir;
use zartrux_models::learn::roster::State;
use zartrux_models::ledger::{Outcome as Ending, ShareEntry};
use zartrux_models::share::RigKey;
use zartrux_models::stratum::ErrorClass;

use super::*;
use crate::store::fixtures::share_entry;

fn desk(place: &TempDir, window: usize) -> Desk {
    let settings = TrainerSettings {
        enabled: true,
        at_hour: 3,
        window,
        min_shares: 1_000,
        rigs: 100,
        look_every: std::time::Duration::from_secs(600),
        shadow_ms: 0,
        ranking: true,
        seed: 1,
        read_after: 0,
    };
    let folder = ModelsFolder::new(place.path().join("models"));
    let status = Arc::new(TrainerStatus::default());
    Desk::new(folder, None, settings, InForce::default(), status)
}

/// Of 17 rigs three have half of their shares refused.
fn share(seq: u64) -> ShareEntry {
    let entry = share_entry(seq);
    let is_bad = entry.rig.0 % 5 == 3 && (seq / 17).is_multiple_of(2);
    let refused = Ending::Rejected {
        class: ErrorClass::Rig,
        text: "Low difficulty share".into(),
    };
    ShareEntry {
        // What came within a minute waits for what may have come before it.
        unix_ms: 1_796_000_000_000 + seq * 1_000,
        outcome: if is_bad { refused } else { Ending::Accepted },
        ..entry
    }
}

fn with_shares(place: &TempDir, window: usize) -> Desk {
    let mut desk = desk(place, window);
    for seq in 1..=4_000 {
        desk.course.take(&share(seq), |_| ());
    }
    desk
}

#[test]
fn a_training_changes_nothing_until_all_that_was_trained_is_taken_in() {
    let place = TempDir::new().unwrap();
    let mut desk = with_shares(&place, 3_000);
    assert_eq!(desk.course.rows().len(), 3_000, "the window");
    let trained = desk.train();
    let slots: Vec<_> = trained.iter().map(|(slot, _)| *slot).collect();
    assert_eq!(
        slots,
        [ModelSlot::Outcome, ModelSlot::Behaviour, ModelSlot::Ranking]
    );
    assert!(!desk.folder.root().exists());
    assert!(desk.has_none());
    let whole: Vec<_> = trained
        .into_iter()
        .filter_map(|(slot, trained)| Some((slot, trained.ok()?)))
        .collect();
    let outcome = desk.admit(&whole, 1).unwrap();
    assert!(outcome.deploy && !desk.has_none());
    let roster = desk.folder.roster().unwrap();
    let (champion, entry) = roster.champion(ModelSlot::Outcome).unwrap();
    assert_eq!(entry.state, State::Champion);
    assert_eq!(desk.in_force().ids()[0], Some(champion));
}

#[test]
fn the_same_shares_and_seed_give_the_same_files() {
    let [one, other] = [0, 1].map(|_| {
        let place = TempDir::new().unwrap();
        let trained = with_shares(&place, 3_000).train();
        trained.into_iter().next().unwrap().1.unwrap().file
    });
    assert_eq!(one, other);
}

#[test]
fn what_duels_have_seen_waits_while_the_registry_can_not_be_written() {
    let place = TempDir::new().unwrap();
    let mut desk = desk(&place, 1_000);
    let roster = desk.folder.root().join("roster.json");
    fs::create_dir_all(desk.folder.root()).unwrap();
    fs::write(&roster, b"nonsense").unwrap();
    desk.gains.push(Gain {
        slot: ModelSlot::Outcome,
        of_before: false,
        at_ms: 1,
        gain: 0.1,
    });
    assert!(desk.decide(2).is_err());
    assert_eq!(desk.gains.len(), 1);
    fs::remove_file(&roster).unwrap();
    assert!(desk.decide(3).is_ok());
    assert!(desk.gains.is_empty());
}

#[test]
fn gains_that_are_read_again_after_a_restart_count_once() {
    let place = TempDir::new().unwrap();
    let mut first = desk(&place, 1_000);
    let folder = first.folder.clone();
    let facts = zartrux_models::learn::artifact::DataFacts::default();
    folder
        .change(|roster| {
            for id in [1, 2] {
                let better = Ok("better".to_owned());
                roster.admit(ModelId(id), ModelSlot::Outcome, facts, better, 0);
            }
        })
        .unwrap();
    let gains = |desk: &mut Desk| {
        desk.gains.extend((1..=2_000u64).map(|minute| Gain {
            slot: ModelSlot::Outcome,
            of_before: false,
            at_ms: minute * 60_000,
            gain: if minute.is_multiple_of(2) { 0.5 } else { -0.5 },
        }));
    };
    gains(&mut first);
    first.decide(3_000).unwrap();
    let duel = |folder: &ModelsFolder| folder.roster().unwrap().get(ModelId(2)).unwrap().duel;
    let once = duel(&folder);
    assert!(once.advantage().is_some());
    let mut again = desk(&place, 1_000);
    gains(&mut again);
    again.decide(4_000).unwrap();
    assert_eq!(duel(&folder), once);
}

#[test]
fn rigs_that_come_and_go_without_end_are_not_all_remembered() {
    let place = TempDir::new().unwrap();
    let mut desk = desk(&place, 1_000);
    for seq in 1..=20_000 {
        let entry = ShareEntry {
            rig: RigKey(seq),
            ..share(seq)
        };
        desk.course.take(&entry, |_| ());
    }
    assert_eq!(desk.course.rows().len(), 1_000);
}
