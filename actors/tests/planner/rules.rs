//! Whatever happens, in whatever order, the rules that [`Farm`] holds the planner to are kept.

use std::time::Duration;

use proptest::prelude::*;
use zartrux_models::plan::LONGEST_FAILBACK;
use zartrux_models::work::PoolKey;

use crate::farm::{Farm, LOGIN_HOLD, POLICY};

#[derive(Debug, Clone)]
enum Event {
    Join(usize),
    Leave(usize),
    UsedUp(usize),
    Job(usize),
    /// Another target for the same blob.
    SameBlob(usize),
    Lose(usize),
    Die(usize),
    GoSilent(usize),
    AnswerAgain(usize),
    Wait(u64),
    /// The core fails; what happens without one, and before it knows who holds what.
    Fault(Vec<Self>, Vec<Self>),
}

fn quiet_event() -> impl Strategy<Value = Event> {
    let some = 0_usize..10_000;
    prop_oneof![
        4 => (1_usize..200).prop_map(Event::Join),
        4 => some.clone().prop_map(Event::Leave),
        4 => some.clone().prop_map(Event::UsedUp),
        10 => some.clone().prop_map(Event::Job),
        2 => some.clone().prop_map(Event::SameBlob),
        3 => some.clone().prop_map(Event::Lose),
        1 => some.clone().prop_map(Event::Die),
        2 => some.clone().prop_map(Event::GoSilent),
        2 => some.prop_map(Event::AnswerAgain),
        3 => (1_u64..90_000).prop_map(Event::Wait),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let few = || proptest::collection::vec(quiet_event(), 0..4);
    prop_oneof![
        30 => quiet_event(),
        1 => (few(), few()).prop_map(|(down, meanwhile)| Event::Fault(down, meanwhile)),
    ]
}

fn one<T: Copy>(of: &[T], index: usize) -> Option<T> {
    (!of.is_empty()).then(|| of[index % of.len()])
}

fn play(farm: &mut Farm, event: Event) {
    let pool = |farm: &Farm, index| one(&farm.pools(), index);
    let connected = |farm: &Farm, index| {
        let all: Vec<PoolKey> = farm.pools();
        let all: Vec<PoolKey> = all.into_iter().filter(|pool| farm.has_job(*pool)).collect();
        one(&all, index)
    };
    match event {
        Event::Join(count) => drop(farm.join_all(count)),
        Event::Leave(index) => {
            // A third of them at once, so that sessions become worth giving up.
            for seat in farm.seats().into_iter().skip(index % 3).step_by(3) {
                farm.leave(seat);
            }
        }
        Event::UsedUp(index) => {
            if let Some(seat) = one(&farm.seats(), index) {
                farm.used_up(seat);
            }
        }
        Event::Job(index) => {
            if let Some(pool) = pool(farm, index) {
                farm.job(pool, true);
            }
        }
        Event::SameBlob(index) => {
            if let Some(pool) = connected(farm, index) {
                farm.job(pool, false);
            }
        }
        Event::Lose(index) => {
            if let Some(pool) = pool(farm, index) {
                farm.lose(pool);
            }
        }
        Event::Die(index) => {
            if let Some(pool) = pool(farm, index) {
                farm.die(pool);
            }
        }
        Event::GoSilent(index) => {
            if let Some(pool) = connected(farm, index) {
                farm.go_silent(pool);
            }
        }
        Event::AnswerAgain(index) => {
            if let Some(pool) = connected(farm, index) {
                farm.answer_again(pool);
            }
        }
        Event::Wait(millis) => farm.wait(Duration::from_millis(millis)),
        Event::Fault(down, meanwhile) => {
            let play_all = |events: Vec<Event>| {
                move |farm: &mut Farm| {
                    for event in events {
                        play(farm, event);
                    }
                }
            };
            farm.fault(play_all(down), play_all(meanwhile));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_lease_overlaps_another_and_no_miner_is_forgotten(
        max_sessions in proptest::collection::vec(1_usize..4, 1..4),
        events in proptest::collection::vec(event(), 1..40),
    ) {
        let mut farm = Farm::new(POLICY, &max_sessions);
        for event in events {
            play(&mut farm, event);
        }
        // Nothing more comes from any pool: nobody is kept waiting for ever.
        farm.wait(POLICY.grace.max(LOGIN_HOLD) + Duration::from_secs(1));
        prop_assert_eq!(farm.without_lease(), 0);
    }

    #[test]
    fn once_all_is_well_everybody_with_room_has_a_place_at_the_first_upstream(
        upstreams in 1_usize..4,
        miners in 1_usize..700,
        events in proptest::collection::vec(event(), 1..30),
    ) {
        let mut farm = Farm::new(POLICY, &vec![8; upstreams]);
        farm.join_all(miners);
        for event in events {
            play(&mut farm, event);
        }
        // Sessions are opened and filled one after the other, in small steps; the time to go back
        // may be the longest there is, in large ones.
        let all_is_well = |farm: &mut Farm| {
            for pool in farm.pools() {
                // Some of them are given up on the way.
                if farm.pools().contains(&pool) {
                    farm.answer_again(pool);
                }
                if farm.pools().contains(&pool) {
                    farm.job(pool, true);
                }
            }
        };
        for _ in 0..160 {
            all_is_well(&mut farm);
            farm.wait(Duration::from_millis(500));
        }
        for _ in 0..20 {
            all_is_well(&mut farm);
            farm.skip(LONGEST_FAILBACK / 10);
        }
        prop_assert_eq!(farm.serving(), Some(0));
        let seats = farm.seats();
        prop_assert!(seats.iter().all(|seat| farm.upstream_of(*seat) == Some(0)));
        // One for each 256, one more while a quarter of it would be missing to spare.
        let needed = (seats.len() + 64).div_ceil(256).max(1);
        prop_assert!(farm.pools_of(0).len() <= needed, "{} sessions", farm.pools_of(0).len());
        for upstream in 1..upstreams {
            prop_assert!(farm.pools_of(upstream).len() <= 1);
        }
    }
}
