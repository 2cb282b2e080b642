//! Single rules of the engine.

use super::*;
use crate::ledger::AlertKind;

pub(super) fn at(s: u64) -> Now {
    Now {
        ms: s * 1_000,
        unix_ms: 1_800_000_000_000 + s * 1_000,
    }
}

pub(super) fn seen(facts: &[(AlertKind, &str)]) -> Observation {
    let mut seen = Observation::quiet();
    for (kind, subject) in facts {
        seen.add(*kind, subject, "words");
    }
    seen
}

fn engine() -> Engine {
    Engine::new(Policy::default(), at(0))
}

const LOST: (AlertKind, &str) = (AlertKind::NoUpstream, "farm");

#[test]
fn what_does_not_last_is_not_told() {
    let mut engine = engine();
    for s in 0..1_000 {
        let holds = s % 40 < 29;
        let seen = if holds { seen(&[LOST]) } else { seen(&[]) };
        assert_eq!(engine.step(at(s), &seen), []);
    }
}

#[test]
fn what_lasts_is_told_once_and_once_when_it_is_over() {
    let mut engine = engine();
    let mut told = Vec::new();
    for s in 0..400 {
        let seen = if s < 200 { seen(&[LOST]) } else { seen(&[]) };
        told.extend(engine.step(at(s), &seen));
    }
    let changes: Vec<_> = told
        .iter()
        .map(|one| (one.change, one.at_unix_ms))
        .collect();
    assert_eq!(
        changes,
        [
            (Change::Raised { flapping: false }, at(30).unix_ms),
            (Change::Recovered, at(260).unix_ms)
        ]
    );
    assert_eq!(told[1].since_unix_ms, at(0).unix_ms);
}

#[test]
fn a_kind_that_could_not_be_looked_at_stays_as_it_was() {
    let mut engine = engine();
    for s in 0..=30 {
        engine.step(at(s), &seen(&[LOST]));
    }
    assert!(engine.is_open(AlertKind::NoUpstream, "farm"));
    let blind = Observation {
        looked: Looked::ALL.without(AlertKind::NoUpstream),
        facts: Vec::new(),
    };
    for s in 31..1_000 {
        assert_eq!(engine.step(at(s), &blind), []);
    }
    assert!(engine.is_open(AlertKind::NoUpstream, "farm"));
}

#[test]
fn what_comes_and_goes_is_told_as_flapping_and_then_left_alone_until_it_is_calm() {
    let mut engine = engine();
    let mut told = Vec::new();
    // A ban each five minutes, over after a minute.
    for s in 0..3_600 {
        let seen = if s % 300 == 0 {
            seen(&[(AlertKind::UpstreamBanned, "pool")])
        } else {
            seen(&[])
        };
        told.extend(engine.step(at(s), &seen));
    }
    let raised = |flapping| {
        let wanted = Change::Raised { flapping };
        told.iter().filter(|one| one.change == wanted).count()
    };
    assert_eq!((raised(false), raised(true)), (Policy::FLAPS, 1));
    assert_eq!(told.len(), 2 * Policy::FLAPS + 1);
    let after = (3_600..6_000).flat_map(|s| engine.step(at(s), &seen(&[])));
    assert_eq!(
        after.map(|one| one.change).collect::<Vec<_>>(),
        [Change::Recovered]
    );
}

#[test]
fn rigs_that_are_silent_because_no_upstream_serves_are_not_told() {
    let mut engine = engine();
    let rig = (AlertKind::RigSilent, "rig");
    let mut told = Vec::new();
    for s in 0..2_000 {
        told.extend(engine.step(at(s), &seen(&[LOST, rig])));
    }
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].kind, AlertKind::NoUpstream);
    // It is back, and the rig with it, a little later.
    for s in 2_000..2_100 {
        told.extend(engine.step(at(s), &seen(&[rig])));
    }
    for s in 2_100..4_000 {
        told.extend(engine.step(at(s), &seen(&[])));
    }
    assert!(
        told.iter().all(|one| one.kind == AlertKind::NoUpstream),
        "{told:?}"
    );
    // One that stays away is missed.
    for s in 4_000..4_100 {
        told.extend(engine.step(at(s), &seen(&[rig])));
    }
    assert_eq!(told.last().map(|one| one.kind), Some(AlertKind::RigSilent));
}

#[test]
fn five_hundred_rigs_at_once_are_one_message_with_the_first_names() {
    let mut engine = engine();
    let mut grouper = Grouper::new(10_000);
    let names: Vec<String> = (0..500).map(|n| format!("rig-{n:03}")).collect();
    let mut sent = Vec::new();
    for s in 0..1_000 {
        // The registry looks at some of them at a time.
        let silent = usize::min(500, usize::try_from(s).unwrap().saturating_sub(400) * 100);
        let facts: Vec<_> = names[..silent]
            .iter()
            .map(|name| (AlertKind::RigSilent, name.as_str()))
            .collect();
        let told = engine.step(at(s), &seen(&facts));
        sent.extend(grouper.step(at(s), told));
    }
    assert_eq!(sent.len(), 1);
    assert_eq!(
        (sent[0].count, sent[0].first.len()),
        (500, Notification::NAMED)
    );
    assert_eq!(
        sent[0].title(),
        "rig_silent: 500 at once: rig-000, rig-001, rig-002 and 497 others"
    );
    assert!(grouper.is_empty());
}

#[test]
fn subjects_are_bounded_and_the_others_are_one_alert() {
    let mut engine = Engine::new(
        Policy {
            hold_ms: 0,
            settle_ms: 0,
            ..Policy::default()
        },
        at(0),
    );
    let names: Vec<String> = (0..Engine::SUBJECTS_MAX + 7)
        .map(|n| format!("{n:06}"))
        .collect();
    let facts: Vec<_> = names
        .iter()
        .map(|name| (AlertKind::RigSilent, name.as_str()))
        .collect();
    let told = engine.step(at(1), &seen(&facts));
    assert_eq!(told.len(), Engine::SUBJECTS_MAX + 1);
    let others: Vec<_> = told
        .iter()
        .filter(|one| &*one.subject == Engine::OTHERS)
        .collect();
    assert_eq!(others.len(), 1);
    assert!(others[0].text.starts_with("7 more"));
    assert_eq!(engine.step(at(2), &seen(&facts)), []);
}

#[test]
fn what_was_told_before_a_restart_is_not_told_again_and_its_end_is() {
    let mut before = engine();
    for s in 0..100 {
        before.step(at(s), &seen(&[LOST]));
    }
    let kept: Vec<Kept> = before.open().into_iter().map(Kept::from).collect();
    assert_eq!(kept.len(), 1);
    let strange = Kept {
        kind: "of_a_later_version".to_owned(),
        ..kept[0].clone()
    };
    let mut after = engine();
    after.restore(kept.into_iter().chain([strange]));
    for s in 100..200 {
        assert_eq!(after.step(at(s), &seen(&[LOST])), []);
    }
    let told: Vec<_> = (200..300)
        .flat_map(|s| after.step(at(s), &seen(&[])))
        .collect();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].change, told[0].since_unix_ms),
        (Change::Recovered, at(0).unix_ms)
    );
}

#[test]
fn hostile_names_lose_their_control_characters_and_are_cut() {
    let fact = Fact::new(
        AlertKind::RigSilent,
        &"a\r\nBcc: x\u{1b}[31m".repeat(100),
        &"ñ".repeat(400),
    );
    assert!(fact.subject.len() <= SUBJECT_MAX && fact.text.len() <= TEXT_MAX);
    assert!(!fact.subject.contains(char::is_control));
}

#[test]
fn what_happened_is_news_for_a_day() {
    assert!(is_news(1_000, 1_000 + Policy::NEWS_MS - 1));
    assert!(!is_news(1_000, 1_000 + Policy::NEWS_MS));
    assert!(is_news(2_000, 1_000), "the clock was set back");
}
