//! Checkpoints, ends and beginnings change nothing of what is known.

use super::*;

/// What happens between two shares.
#[derive(Debug, Clone, Copy)]
enum Event {
    Nothing,
    Checkpoint,
    /// The process ends as by `kill -9` and begins again: what was not written is applied again.
    Killed,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        6 => Just(Event::Nothing),
        2 => Just(Event::Checkpoint),
        1 => Just(Event::Killed),
    ];
    proptest::collection::vec(event, 60)
}

fn bounded(max_rigs: usize) -> StateBounds {
    StateBounds { max_rigs, ..BOUNDS }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    /// With room for all rigs, and with room for a few, where rigs are forgotten and come again.
    #[test]
    fn the_state_depends_on_the_shares_alone(shares in shares(), events in events(), max_rigs in prop_oneof![Just(4usize), Just(1_000)]) {
        let bounds = bounded(max_rigs);
        let (at_once, by_steps) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut plain = StateBook::open(at_once.path(), bounds).unwrap();
        for share in &shares {
            plain.apply(share).unwrap();
        }
        let mut book = StateBook::open(by_steps.path(), bounds).unwrap();
        let last = |seq: u64| usize::try_from(seq).unwrap();
        for (share, event) in shares.iter().zip(events) {
            prop_assert!(book.apply(share).unwrap());
            prop_assert!(!book.apply(share).unwrap(), "once");
            match event {
                Event::Nothing => {}
                Event::Checkpoint => book.checkpoint(share.seq).unwrap(),
                Event::Killed => {
                    drop(book);
                    book = StateBook::open(by_steps.path(), bounds).unwrap();
                    for again in &shares[last(book.through_seq())..last(share.seq)] {
                        prop_assert!(book.apply(again).unwrap());
                    }
                }
            }
        }
        prop_assert_eq!(known(&book), known(&plain));
        book.checkpoint(0).unwrap();
        drop(book);
        let book = StateBook::open(by_steps.path(), bounds).unwrap();
        prop_assert_eq!(last(book.through_seq()), shares.len());
        prop_assert_eq!(known(&book), known(&plain));

        let known = known(&book);
        let all = u64::try_from(shares.len()).unwrap();
        let lifetimes = known.rigs.iter().chain(&known.others).map(|rig| rig.lifetime.clone());
        prop_assert_eq!(sum(lifetimes).shares(), all);
        for level in Level::ALL {
            let of_all = &known.histories[&(None, level.label())];
            prop_assert_eq!(sum(of_all.iter().map(|(_, cell)| cell.clone())).shares(), all);
        }
        // And by rigs: days are conserved when one is forgotten.
        let days = known.histories.iter().filter(|((rig, level), _)| rig.is_some() && *level == "day");
        let days = days.flat_map(|(_, cells)| cells).map(|(_, cell)| cell.clone());
        prop_assert_eq!(sum(days), sum(known.histories[&(None, "day")].iter().map(|(_, cell)| cell.clone())));
        prop_assert!(known.rigs.len() <= max_rigs);
        prop_assert_eq!(book.verify(|damage| panic!("{damage:?}")).unwrap().rigs,
            u64::try_from(known.rigs.len()).unwrap() + u64::from(known.others.is_some()));
    }
}

#[test]
fn a_history_holds_the_cells_of_its_time_only() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = open(folder.path());
    for seq in 1..=10 {
        book.apply(&entry(seq, 1, T0 + seq * 60_000, Outcome::Accepted))
            .unwrap();
        if seq == 5 {
            book.checkpoint(5).unwrap();
        }
    }
    let minutes = |from: u64, to: u64| {
        let cells = book.history(Some(RigKey(1)), Level::Minute, T0 + from, T0 + to);
        let starts = cells
            .unwrap()
            .into_iter()
            .map(|(start, _)| (start - T0) / 60_000);
        starts.collect::<Vec<_>>()
    };
    assert_eq!(minutes(0, u64::MAX - T0), (1..=10).collect::<Vec<_>>());
    assert_eq!(minutes(3 * 60_000 + 5, 7 * 60_000), [3, 4, 5, 6]);
    assert_eq!(minutes(7 * 60_000, 7 * 60_000), [] as [u64; 0]);
}
