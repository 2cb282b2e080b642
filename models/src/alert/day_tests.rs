//! A scripted day: each kind of alert fires once and is over once, and noise does neither.

use std::collections::BTreeMap;

use super::tests::at;
use super::*;
use crate::ledger::AlertKind;

const DAY_S: u64 = 24 * 3_600;

/// Each kind has an hour of its own, and holds for ten minutes of it.
fn hour_of(kind: AlertKind) -> u64 {
    (1 + kind.index() as u64) * 3_600
}

fn what_holds(s: u64) -> Observation {
    let mut seen = Observation::quiet();
    for kind in AlertKind::ALL {
        let begin = hour_of(kind);
        if (begin..begin + 600).contains(&s) {
            seen.add(kind, "the one", "words");
        }
    }
    // Noise: a connection that is lost for some seconds, a prover that is behind for twenty, a rig
    // that is late each quarter of an hour, a disk that is asked at a bad moment.
    if s % 700 < 9 {
        seen.add(AlertKind::NoUpstream, "noise", "words");
        seen.add(AlertKind::Failover, "noise", "words");
    }
    if s % 1_100 < 20 {
        seen.add(AlertKind::ProverFailing, "noise", "words");
    }
    if s % 900 < 25 {
        seen.add(AlertKind::RigSilent, "noise", "words");
    }
    if s % 3_000 < 2 {
        seen.add(AlertKind::DiskLow, "noise", "words");
    }
    // One bad share among twenty answers, now and then.
    let refused = u64::from(s % 1_200 < 600);
    if refusals_are_too_many(refused, 20, 0.05, false).too_many {
        seen.add(AlertKind::UpstreamRefuses, "noise", "words");
    }
    seen
}

#[test]
fn in_a_day_each_kind_is_told_once_and_over_once() {
    let mut engine = Engine::new(
        Policy {
            settle_ms: 30_000,
            ..Policy::default()
        },
        at(0),
    );
    let mut grouper = Grouper::new(10_000);
    let mut told: BTreeMap<AlertKind, Vec<(NotificationState, usize)>> = BTreeMap::new();
    for s in 0..DAY_S {
        let changes = engine.step(at(s), &what_holds(s));
        for change in &changes {
            assert_eq!(&*change.subject, "the one", "noise was told: {change:?}");
        }
        for notification in grouper.step(at(s), changes) {
            let told = told.entry(notification.kind).or_default();
            told.push((notification.state, notification.count));
        }
    }
    for kind in AlertKind::ALL {
        assert_eq!(
            told.get(&kind).map(Vec::as_slice),
            Some(
                [
                    (NotificationState::Raised, 1),
                    (NotificationState::Recovered, 1)
                ]
                .as_slice()
            ),
            "{kind:?}"
        );
    }
    assert_eq!(engine.open(), []);
}
