//! What holds whatever is seen.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::tests::{at, seen};
use super::*;
use crate::ledger::AlertKind;

const SUBJECTS: [&str; 3] = ["a", "b", "c"];

/// Of a look: seconds since the last, the kinds that were not looked at, and what holds.
type Look = (u64, u16, Vec<(usize, usize)>);

fn looks() -> impl Strategy<Value = Vec<Look>> {
    let facts = prop::collection::vec((0..AlertKind::ALL.len(), 0..SUBJECTS.len()), 0..8);
    // The same is seen for some looks, so that something lasts.
    let look = (
        1_u64..60,
        prop_oneof![4 => Just(0_u16), 1 => any::<u16>()],
        facts,
        1_usize..12,
    );
    prop::collection::vec(look, 1..60).prop_map(|looks| {
        looks
            .into_iter()
            .flat_map(|(after, blind, facts, times)| {
                std::iter::repeat_n((after, blind, facts), times)
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn raises_and_recoveries_take_turns_and_nothing_is_told_that_does_not_hold(looks in looks()) {
        let policy = Policy::default();
        let mut engine = Engine::new(policy, at(0));
        let mut open: BTreeMap<(AlertKind, String), u64> = BTreeMap::new();
        // Since when each has held without a look that did not see it.
        let mut held: BTreeMap<(AlertKind, String), u64> = BTreeMap::new();
        let mut now_s = 0;
        for (after, blind, facts) in looks {
            now_s += after;
            let facts: Vec<_> = facts
                .into_iter()
                .map(|(kind, subject)| (AlertKind::ALL[kind], SUBJECTS[subject]))
                .collect();
            let mut seen = seen(&facts);
            for kind in AlertKind::ALL {
                if blind & (1 << kind.index()) != 0 {
                    seen.looked = seen.looked.without(kind);
                }
            }
            let holds = |kind: AlertKind, subject: &str| {
                facts.contains(&(kind, subject))
            };
            held.retain(|(kind, subject), _| !seen.looked.has(*kind) || holds(*kind, subject));
            for (kind, subject) in &facts {
                if seen.looked.has(*kind) {
                    held.entry((*kind, (*subject).to_owned())).or_insert(now_s);
                }
            }
            for told in engine.step(at(now_s), &seen) {
                let key = (told.kind, told.subject.to_string());
                prop_assert!(seen.looked.has(told.kind));
                match told.change {
                    Change::Raised { .. } => {
                        prop_assert!(holds(told.kind, &told.subject));
                        let since = held[&key];
                        prop_assert!((now_s - since) * 1_000 >= policy.hold(told.kind));
                        prop_assert!(open.insert(key, now_s).is_none(), "raised twice");
                    }
                    Change::Recovered => {
                        prop_assert!(!holds(told.kind, &told.subject));
                        prop_assert!(open.remove(&key).is_some(), "over before it was raised");
                    }
                }
            }
            let told: Vec<_> = engine
                .open()
                .into_iter()
                .map(|one| (one.kind, one.subject.to_string()))
                .collect();
            let mut known: Vec<_> = open.keys().cloned().collect();
            known.sort();
            let mut told_sorted = told;
            told_sorted.sort();
            prop_assert_eq!(told_sorted, known);
        }
    }

    #[test]
    fn every_change_is_counted_in_exactly_one_notification(looks in looks()) {
        let mut engine = Engine::new(Policy::default(), at(0));
        let mut grouper = Grouper::new(10_000);
        let (mut changes, mut counted, mut now_s) = (0, 0, 0);
        for (after, _, facts) in looks {
            now_s += after;
            let facts: Vec<_> = facts
                .into_iter()
                .map(|(kind, subject)| (AlertKind::ALL[kind], SUBJECTS[subject]))
                .collect();
            let told = engine.step(at(now_s), &seen(&facts));
            changes += told.len();
            let due = grouper.step(at(now_s), told);
            counted += due.iter().map(|one| one.count).sum::<usize>();
        }
        counted += grouper.flush().iter().map(|one| one.count).sum::<usize>();
        prop_assert_eq!(changes, counted);
    }
}
