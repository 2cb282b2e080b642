//! Changes of seed.

use std::time::Duration;

use zartrux_actors::prover::{NotProved, Priority, SeedState};

use crate::support::{A, B, Bench, C, at_once, options};

const UPSTREAM: Priority = Priority::Upstream;

#[test]
fn the_old_seed_is_served_while_the_next_is_prepared() {
    let options = options(1, 16);
    let health = options.health.clone();
    let bench = Bench::ready(options);
    // Long enough for the proofs of the old seed to come first, whatever the machine is doing.
    health
        .get("prover/seeds")
        .unwrap()
        .drill
        .arm_stall(Duration::from_secs(4));
    bench.ask(1, B, Priority::BlockCandidate).unwrap();
    for ticket in 2..5 {
        bench.ask(ticket, A, UPSTREAM).unwrap();
    }
    assert_eq!(bench.tickets(3), [2, 3, 4]);
    assert!(matches!(
        bench.state_of(B),
        Some(SeedState::Preparing { .. })
    ));
    assert_eq!(bench.prover.expected_wait(&B, UPSTREAM), None);

    let waited_for_its_cache = bench.answer();
    assert_eq!(waited_for_its_cache.ticket, 1);
    assert!(waited_for_its_cache.outcome.is_ok());
    assert_eq!(
        (bench.state_of(A), bench.state_of(B)),
        (Some(SeedState::Ready), Some(SeedState::Ready))
    );
    bench.ask(5, A, UPSTREAM).unwrap();
    bench.ask(6, B, UPSTREAM).unwrap();
    assert_eq!(bench.tickets(2), [5, 6]);
}

#[test]
fn the_same_input_hashes_differently_under_each_seed_and_alike_under_the_same() {
    let bench = Bench::ready(options(2, 16));
    let mut outcomes = Vec::new();
    for seed in [A, B, A, B] {
        bench.ask(7, seed, UPSTREAM).unwrap();
        outcomes.push(bench.answer().outcome.unwrap());
    }
    assert_eq!((outcomes[0], outcomes[1]), (outcomes[2], outcomes[3]));
    assert_ne!(outcomes[0], outcomes[1]);
}

#[test]
fn an_announced_seed_is_built_and_the_third_displaces_the_one_used_least() {
    let mut options = options(2, 16);
    options.dwell = Duration::ZERO;
    let bench = Bench::ready(options);
    bench.prover.prepare(B);
    bench.ask(1, B, UPSTREAM).unwrap();
    bench.ask(2, A, UPSTREAM).unwrap();
    bench.tickets(2);
    bench.ask(3, A, UPSTREAM).unwrap();
    bench.tickets(1);
    bench.ask(4, C, UPSTREAM).unwrap();
    assert_eq!(bench.tickets(1), [4]);
    assert_eq!(bench.state_of(B), None);
    assert_eq!(
        (bench.state_of(A), bench.state_of(C)),
        (Some(SeedState::Ready), Some(SeedState::Ready))
    );
}

#[test]
fn a_third_seed_waits_for_the_dwell_of_the_others() {
    let mut options = options(1, 16);
    options.dwell = Duration::from_secs(3600);
    let bench = Bench::ready(options);
    bench.ask(1, B, UPSTREAM).unwrap();
    bench.tickets(1);
    let mut request = bench.request(2, C, UPSTREAM);
    request.deadline = at_once();
    bench.prover.ask(request).unwrap();
    assert_eq!(bench.answer().outcome, Err(NotProved::SeedNotReady));
    assert_eq!(bench.state_of(C), Some(SeedState::Wanted));
    bench.ask(3, A, UPSTREAM).unwrap();
    bench.ask(4, B, UPSTREAM).unwrap();
    assert_eq!(bench.tickets(2), [3, 4]);
}

#[test]
fn requests_of_seeds_displaced_by_a_flood_are_answered_at_once() {
    let mut options = options(1, 64);
    options.dwell = Duration::from_secs(3600);
    let bench = Bench::ready(options);
    bench.ask(0, B, UPSTREAM).unwrap();
    bench.tickets(1);
    for number in 1..=20 {
        let seed = zartrux_models::work::SeedHash::new([100 + number; 32]);
        bench.ask(number.into(), seed, UPSTREAM).unwrap();
    }
    // Two are still wanted; their requests wait, for the prover is not stopped.
    let mut given_up = Vec::new();
    for _ in 0..18 {
        let answer = bench.answer();
        assert_eq!(answer.outcome, Err(NotProved::SeedNotReady));
        given_up.push(answer.ticket);
    }
    assert_eq!(given_up, (1..=18).collect::<Vec<_>>());
    assert_eq!(bench.prover.status().queue_depth, 2);
    bench.prover.stop();
    assert_eq!(bench.answer().outcome, Err(NotProved::Stopped));
    assert_eq!(bench.answer().outcome, Err(NotProved::Stopped));
}
