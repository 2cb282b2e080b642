//! Order, bounds and deadlines.

use std::time::Duration;

use zartrux_actors::clock::Clock;
use zartrux_actors::prover::{BusyReason, NotProved, Priority};

use crate::support::{A, B, Bench, at_once, options};

#[test]
fn block_candidates_come_first_and_equals_in_order() {
    let bench = Bench::ready(options(1, 16));
    let gate = bench.occupy(0);
    let asked = [
        (1, Priority::Local),
        (2, Priority::Upstream),
        (3, Priority::Local),
        (4, Priority::BlockCandidate),
        (5, Priority::Upstream),
        (6, Priority::BlockCandidate),
    ];
    for (ticket, priority) in asked {
        bench.ask(ticket, A, priority).unwrap();
    }
    drop(gate);
    assert_eq!(bench.tickets(7), [0, 4, 6, 2, 5, 1, 3]);
}

#[test]
fn a_full_queue_gives_the_ticket_back_and_keeps_places_for_the_urgent() {
    let bench = Bench::ready(options(1, 8));
    let gate = bench.occupy(0);
    for ticket in 1..=7 {
        bench.ask(ticket, A, Priority::Local).unwrap();
    }
    let busy = bench.ask(8, A, Priority::Local).unwrap_err();
    assert_eq!((busy.ticket, busy.reason), (8, BusyReason::Full));
    bench.ask(9, A, Priority::Upstream).unwrap();
    let busy = bench.ask(10, A, Priority::BlockCandidate).unwrap_err();
    assert_eq!((busy.ticket, busy.reason), (10, BusyReason::Full));
    assert_eq!(bench.prover.status().queue_depth, 8);
    drop(gate);
    assert_eq!(bench.tickets(9), [0, 9, 1, 2, 3, 4, 5, 6, 7]);
    bench.ask(11, A, Priority::Local).unwrap();
    assert_eq!(bench.tickets(1), [11]);
}

#[test]
fn a_deadline_that_passes_in_the_queue_is_answered_while_the_thread_is_busy() {
    let bench = Bench::ready(options(1, 8));
    let gate = bench.occupy(0);
    let mut request = bench.request(1, A, Priority::Upstream);
    request.deadline = at_once();
    bench.prover.ask(request).unwrap();
    let answer = bench.answer();
    assert_eq!((answer.ticket, answer.outcome), (1, Err(NotProved::Late)));
    assert_eq!(answer.took, Duration::ZERO, "it was never begun");
    drop(gate);
    assert!(bench.answer().outcome.is_ok());
}

#[test]
fn a_seed_that_is_not_ready_by_the_deadline_is_not_called_late() {
    let bench = Bench::start(options(1, 8));
    let mut request = bench.request(1, A, Priority::Upstream);
    request.deadline = at_once();
    bench.prover.ask(request).unwrap();
    assert_eq!(bench.answer().outcome, Err(NotProved::SeedNotReady));
}

#[test]
fn a_stalled_thread_does_not_keep_its_request_beyond_the_deadline() {
    let bench = Bench::ready(options(1, 8));
    bench.prover.inject_stall(Duration::from_secs(5));
    let mut request = bench.request(1, A, Priority::Upstream);
    request.deadline = Clock.now() + Duration::from_millis(500);
    bench.prover.ask(request).unwrap();
    let answer = bench.answer();
    assert_eq!((answer.ticket, answer.outcome), (1, Err(NotProved::Late)));
    // The thread is none the worse for it.
    bench.ask(2, A, Priority::Upstream).unwrap();
    let answer = bench.answer();
    assert_eq!(answer.ticket, 2);
    assert!(answer.outcome.is_ok());
}

#[test]
fn the_expected_wait_grows_with_the_queue_and_only_for_those_behind() {
    let bench = Bench::ready(options(1, 64));
    let wait = |priority| bench.prover.expected_wait(&A, priority);
    let gate = bench.occupy(0);
    let idle = wait(Priority::Local).unwrap();
    for ticket in 0..10 {
        bench.ask(ticket, A, Priority::Local).unwrap();
    }
    assert_eq!(
        wait(Priority::Local).unwrap().as_micros() / idle.as_micros(),
        11
    );
    assert_eq!(wait(Priority::BlockCandidate), Some(idle));
    assert_eq!(
        bench.prover.expected_wait(&B, Priority::Local),
        None,
        "not a seed it has"
    );
    drop(gate);
    bench.tickets(11);
}
