//! In whatever order the planner and the miner sessions read what they are told, no two miners
//! are ever given the same nonces.

use std::time::Duration;

use proptest::prelude::*;
use zartrux_models::work::PoolKey;

use crate::lane::Lane;

#[derive(Debug, Clone)]
enum Event {
    /// So many messages are read.
    SessionsRead(usize),
    PlannerReads(usize),
    Join(usize),
    Leave(usize),
    UsedUp(usize),
    Job(usize),
    /// Another target for the same blob.
    SameBlob(usize),
    Lose(usize),
    Die(usize),
    GoSilent(usize),
    Answer(usize),
    Wait(u64),
    CloseLingering,
    Fault,
    Rebuild,
}

fn event() -> impl Strategy<Value = Event> {
    let some = || 0_usize..10_000;
    let few = || prop_oneof![3 => 1_usize..4, 1 => 1_usize..100];
    prop_oneof![
        30 => few().prop_map(Event::SessionsRead),
        30 => few().prop_map(Event::PlannerReads),
        4 => (1_usize..5).prop_map(Event::Join),
        1 => (100_usize..300).prop_map(Event::Join),
        5 => some().prop_map(Event::Leave),
        12 => some().prop_map(Event::UsedUp),
        15 => some().prop_map(Event::Job),
        2 => some().prop_map(Event::SameBlob),
        2 => some().prop_map(Event::Lose),
        1 => some().prop_map(Event::Die),
        2 => some().prop_map(Event::GoSilent),
        3 => some().prop_map(Event::Answer),
        3 => (1_u64..90_000).prop_map(Event::Wait),
        1 => Just(Event::CloseLingering),
        1 => Just(Event::Fault),
        2 => Just(Event::Rebuild),
    ]
}

fn one<T: Copy>(of: &[T], index: usize) -> Option<T> {
    (!of.is_empty()).then(|| of[index % of.len()])
}

fn play(lane: &mut Lane, event: &Event) {
    let at = |lane: &mut Lane, index: usize, what: fn(&mut Lane, PoolKey)| {
        if let Some(pool) = one(&lane.pools(), index) {
            what(lane, pool);
        }
    };
    match *event {
        Event::SessionsRead(count) => lane.sessions_read(count),
        Event::PlannerReads(count) => lane.planner_reads(count),
        Event::Join(count) => {
            for _ in 0..count {
                lane.join();
            }
        }
        Event::Leave(index) => {
            // Now and then many at once, so that sessions become worth giving up.
            let step = if index % 5 == 0 { 3 } else { 1_000 };
            for seat in lane.seats().into_iter().skip(index % 300).step_by(step) {
                lane.leave(seat);
            }
        }
        Event::UsedUp(index) => {
            if let Some(seat) = one(&lane.seats(), index) {
                lane.used_up(seat);
            }
        }
        Event::Job(index) => at(lane, index, |lane, pool| lane.job(pool, true)),
        Event::SameBlob(index) => at(lane, index, |lane, pool| lane.job(pool, false)),
        Event::Lose(index) => at(lane, index, Lane::lose),
        Event::Die(index) => at(lane, index, Lane::die),
        Event::GoSilent(index) => at(lane, index, Lane::go_silent),
        Event::Answer(index) => at(lane, index, Lane::answer),
        Event::Wait(millis) => lane.wait(Duration::from_millis(millis)),
        Event::CloseLingering => lane.close_lingering(),
        Event::Fault => lane.fault(),
        Event::Rebuild => lane.rebuild(),
    }
}

/// All is read, and every pool session answers and gets a job; often enough for all to be served.
fn calm_down(lane: &mut Lane) {
    lane.rebuild();
    for _ in 0..12 {
        lane.settle();
        for pool in lane.pools() {
            lane.answer(pool);
            lane.job(pool, true);
        }
        lane.settle();
        lane.wait(Duration::from_secs(1));
        lane.close_lingering();
    }
    lane.settle();
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_slot_is_given_twice_for_a_job_in_whatever_order_the_mailboxes_are_read(
        events in proptest::collection::vec(event(), 1..200),
    ) {
        let mut lane = Lane::new();
        for event in &events {
            play(&mut lane, event);
        }
        calm_down(&mut lane);
        // Nobody is forgotten, and no slot is lost.
        let seats = lane.seats();
        prop_assert!(seats.iter().all(|seat| lane.lease(*seat).is_some()));
        for pool in lane.pools() {
            lane.job(pool, true);
        }
        lane.settle();
        let occupancies = lane.occupancies();
        let held: usize = occupancies.iter().map(|(_, has)| has.held).sum();
        prop_assert_eq!(held, seats.len());
        for (pool, has) in occupancies {
            prop_assert_eq!(has.dead, 0, "{:?}", pool);
        }
    }
}

/// A lane whose first pool session has a job, with miners that mine.
fn lane(miners: usize) -> (Lane, PoolKey) {
    let mut lane = Lane::new();
    let pool = lane.pools()[0];
    for _ in 0..miners {
        lane.join();
    }
    lane.job(pool, true);
    lane.settle();
    (lane, pool)
}

#[test]
fn however_many_jobs_a_miner_gets_before_it_hears_of_its_renewal_its_former_slot_stays_its_own() {
    for jobs in 1..6 {
        let (mut lane, pool) = lane(1);
        let miner = lane.seats()[0];
        let former = lane.lease(miner).unwrap();
        lane.used_up(miner);
        for _ in 0..jobs {
            lane.job(pool, true);
        }
        // The miner gets all of them in the slot that the planner has replaced already.
        lane.sessions_read(jobs);
        lane.planner_reads(usize::MAX);
        let newcomer = lane.join();
        lane.settle();
        assert_ne!(lane.lease(miner), Some(former));
        assert_ne!(lane.lease(newcomer), Some(former));
        // It costs the slot no more than until the next job.
        lane.job(pool, true);
        lane.settle();
        let next = lane.join();
        lane.settle();
        assert_eq!(lane.lease(next), Some(former));
    }
}

#[test]
fn a_renewal_that_no_job_crosses_costs_its_slot_until_the_next_job_only() {
    let (mut lane, pool) = lane(1);
    let miner = lane.seats()[0];
    let former = lane.lease(miner);
    lane.used_up(miner);
    lane.settle();
    lane.job(pool, true);
    lane.settle();
    let newcomer = lane.join();
    lane.settle();
    assert_eq!(lane.lease(newcomer), former);
}

#[test]
fn a_lease_of_a_lost_connection_is_void_under_the_jobs_of_the_next() {
    let (mut lane, pool) = lane(1);
    let miner = lane.seats()[0];
    lane.used_up(miner);
    lane.lose(pool);
    lane.job(pool, true);
    // When the renewal comes, the miner sessions know of the next connection already.
    lane.sessions_read(usize::MAX);
    lane.planner_reads(1);
    lane.sessions_read(1);
    assert_eq!(lane.lease(miner), None);
    let newcomer = lane.join();
    lane.settle();
    assert!(lane.lease(miner).is_some() && lane.lease(newcomer).is_some());
    assert_ne!(lane.lease(miner), lane.lease(newcomer));
}
