//! Models that rise and fall.

use proptest::prelude::*;

use super::*;
use crate::ledger::ModelChange;

const DAY_MS: u64 = 86_400_000;
const SLOT: ModelSlot = ModelSlot::Outcome;

fn policy() -> PromotionPolicy {
    PromotionPolicy::default()
}

fn admitted(roster: &mut Roster, id: u64, now_ms: u64) -> Vec<Change> {
    let better = Ok("beats the base rate".to_owned());
    roster.admit(ModelId(id), SLOT, DataFacts::default(), better, now_ms)
}

fn what(changes: &[Change]) -> Vec<(ModelChange, u64)> {
    changes
        .iter()
        .map(|change| (change.change, change.id.0))
        .collect()
}

/// A share a minute, each with this gain of the shadow, a little spread about it.
fn day_of(roster: &mut Roster, from_ms: u64, gain: f64) {
    let minutes = (0..1_440u32).map(|minute| {
        let at_ms = from_ms + u64::from(minute) * 60_000;
        (at_ms, f64::from(minute % 7) * 0.01 - 0.03)
    });
    let minutes: Vec<_> = minutes.collect();
    let of = |gain: f64| {
        minutes
            .iter()
            .map(move |(at_ms, spread)| (*at_ms, gain + spread))
    };
    roster.note_gains(SLOT, of(gain));
    roster.note_gains_of_before(SLOT, of(-gain));
}

#[test]
fn the_first_model_is_in_force_if_it_is_better_than_none_and_else_stays_a_candidate() {
    let mut roster = Roster::default();
    let none = Err("no better than the base rate".to_owned());
    let changes = roster.admit(ModelId(1), SLOT, DataFacts::default(), none, 0);
    assert!(changes.is_empty());
    assert_eq!(roster.get(ModelId(1)).unwrap().state, State::Candidate);
    assert_eq!(
        what(&admitted(&mut roster, 2, 0)),
        [(ModelChange::Promoted, 2)]
    );
    assert_eq!(roster.champion(SLOT).unwrap().0, ModelId(2));
}

#[test]
fn a_challenger_that_is_better_is_promoted_after_its_time_in_the_shadow_and_no_sooner() {
    let mut roster = Roster::default();
    admitted(&mut roster, 1, 0);
    assert_eq!(
        what(&admitted(&mut roster, 2, 0)),
        [(ModelChange::Shadow, 2)]
    );
    day_of(&mut roster, 0, 0.05);
    assert!(
        roster.decide(SLOT, policy(), DAY_MS).is_empty(),
        "a minute short of a day"
    );
    day_of(&mut roster, DAY_MS, 0.05);
    let changes = roster.decide(SLOT, policy(), 2 * DAY_MS);
    assert_eq!(
        what(&changes),
        [(ModelChange::Retired, 1), (ModelChange::Promoted, 2)]
    );
    assert_eq!(roster.champion(SLOT).unwrap().1.before, Some(ModelId(1)));
}

#[test]
fn one_that_is_no_better_is_never_promoted_and_one_that_is_worse_is_retired() {
    let mut roster = Roster::default();
    admitted(&mut roster, 1, 0);
    admitted(&mut roster, 2, 0);
    for day in 0..3 {
        day_of(&mut roster, day * DAY_MS, 0.0);
        assert!(roster.decide(SLOT, policy(), day * DAY_MS).is_empty());
    }
    admitted(&mut roster, 3, 3 * DAY_MS);
    day_of(&mut roster, 3 * DAY_MS, -0.05);
    let changes = roster.decide(SLOT, policy(), 4 * DAY_MS);
    assert_eq!(what(&changes), [(ModelChange::Retired, 3)]);
    assert_eq!(roster.champion(SLOT).unwrap().0, ModelId(1));
}

#[test]
fn a_champion_that_turns_worse_than_the_one_before_is_rolled_back() {
    let mut roster = Roster::default();
    admitted(&mut roster, 1, 0);
    admitted(&mut roster, 2, 0);
    roster.activate(ModelId(2), 0).unwrap();
    day_of(&mut roster, 0, -0.05);
    let changes = roster.decide(SLOT, policy(), DAY_MS);
    assert_eq!(
        what(&changes),
        [(ModelChange::RolledBack, 2), (ModelChange::Promoted, 1)]
    );
    assert_eq!(roster.champion(SLOT).unwrap().0, ModelId(1));
    assert_eq!(roster.get(ModelId(2)).unwrap().state, State::Retired);
}

#[test]
fn a_shadow_that_is_not_found_better_makes_room_in_the_end() {
    let mut roster = Roster::default();
    admitted(&mut roster, 1, 0);
    admitted(&mut roster, 2, 0);
    for day in 0..15 {
        day_of(&mut roster, day * DAY_MS, 0.0);
    }
    let changes = roster.decide(SLOT, policy(), 15 * DAY_MS);
    assert_eq!(what(&changes), [(ModelChange::Retired, 2)]);
}

#[test]
fn the_operators_word_counts_at_once_and_can_be_taken_back() {
    let mut roster = Roster::default();
    admitted(&mut roster, 1, 0);
    admitted(&mut roster, 2, 0);
    assert_eq!(
        roster.activate(ModelId(9), 0),
        Err(NotDone::NoSuchModel(ModelId(9).to_string()))
    );
    assert_eq!(roster.activate(ModelId(1), 0), Err(NotDone::InForce));
    roster.activate(ModelId(2), 0).unwrap();
    roster.roll_back(SLOT, 0).unwrap();
    assert_eq!(roster.champion(SLOT).unwrap().0, ModelId(1));
    assert!(roster.roll_back(SLOT, 0).is_err());
}

#[test]
fn a_model_whose_file_is_refused_gives_way_to_the_one_before() {
    let mut roster = Roster::default();
    admitted(&mut roster, 1, 0);
    admitted(&mut roster, 2, 0);
    roster.activate(ModelId(2), 0).unwrap();
    let changes = roster.refuse(ModelId(2), "was changed", 0);
    assert_eq!(changes[0].change, ModelChange::Refused);
    assert_eq!(roster.champion(SLOT).unwrap().0, ModelId(1));
    roster.refuse(ModelId(1), "was changed", 0);
    assert!(roster.champion(SLOT).is_none());
}

#[test]
fn what_came_before_a_model_was_the_shadow_and_what_was_noted_already_does_not_count() {
    let mut roster = Roster::default();
    admitted(&mut roster, 1, 0);
    admitted(&mut roster, 2, DAY_MS);
    day_of(&mut roster, 0, 0.05);
    assert_eq!(roster.shadow(SLOT).unwrap().1.duel.shares(), 0);
    day_of(&mut roster, DAY_MS, 0.05);
    let noted = roster.clone();
    // A restarted process reads the ledger once more.
    day_of(&mut roster, DAY_MS, 0.05);
    assert_eq!(roster, noted);
}

#[test]
fn an_id_is_sixteen_hex_digits() {
    assert_eq!(read_id("00000000000000ff"), Some(ModelId(255)));
    for text in [
        "",
        "ff",
        "+0000000000000ff",
        "00000000000000fg",
        "00000000000000fff",
    ] {
        assert_eq!(read_id(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn whatever_happens_each_slot_has_one_champion_and_one_shadow_at_most(
        steps in proptest::collection::vec((0..7u8, 0..100u64, any::<bool>()), 1..200),
    ) {
        let mut roster = Roster::default();
        for (now, (step, id, good)) in (0..).zip(steps) {
            let slot = ModelSlot::ALL[(id % 4) as usize];
            let better = if good { Ok(String::new()) } else { Err(String::new()) };
            let id = ModelId(id);
            match step {
                0 => { roster.admit(id, slot, DataFacts::default(), better, now); }
                1 => { roster.install(id, slot, DataFacts::default(), "", now); }
                2 => { let _ = roster.activate(id, now); }
                3 => { let _ = roster.roll_back(slot, now); }
                4 => { roster.refuse(id, "", now); }
                5 => { roster.decide(slot, policy(), now); }
                _ => day_of(&mut roster, now * DAY_MS, if good { 0.1 } else { -0.1 }),
            }
            prop_assert_eq!(roster.check(), Ok(()));
            let written = serde_json::to_string(&roster).unwrap();
            let read: Roster = serde_json::from_str(&written).unwrap();
            for slot in ModelSlot::ALL {
                let of = |roster: &Roster| {
                    let champion = roster.champion(slot).map(|(id, entry)| (id, entry.before));
                    (champion, roster.shadow(slot).map(|(id, _)| id))
                };
                prop_assert_eq!(of(&read), of(&roster));
            }
        }
    }
}

#[test]
fn a_duel_begins_anew_when_the_operator_puts_another_model_in_force() {
    let mut roster = Roster::default();
    admitted(&mut roster, 1, 0);
    admitted(&mut roster, 2, 0);
    day_of(&mut roster, 0, 0.05);
    roster.activate(ModelId(2), DAY_MS).unwrap();
    admitted(&mut roster, 3, DAY_MS);
    day_of(&mut roster, DAY_MS, 0.05);
    assert!(roster.get(ModelId(3)).unwrap().duel.advantage().is_some());
    roster.roll_back(SLOT, 2 * DAY_MS).unwrap();
    let shadow = roster.get(ModelId(3)).unwrap();
    assert_eq!(shadow.state, State::Shadow);
    assert_eq!(shadow.duel.advantage(), None, "that was against model 2");
    assert!(roster.decide(SLOT, policy(), 3 * DAY_MS).is_empty());
}
