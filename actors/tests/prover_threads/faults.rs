//! Panics, stops and drops: every request is answered exactly once.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use zartrux_actors::clock::Clock;
use zartrux_actors::prover::{BusyReason, NotProved, Priority, ProofAnswer, SeedState};
use zartrux_models::work::Algorithm;

use crate::support::{A, B, Bench, options};

const UPSTREAM: Priority = Priority::Upstream;

#[test]
fn a_panic_costs_one_proof_and_the_thread_returns_as_the_next_generation() {
    let bench = Bench::ready(options(1, 16));
    bench.prover.inject_panic();
    for ticket in 1..=3 {
        bench.ask(ticket, A, UPSTREAM).unwrap();
    }
    let outcomes: Vec<_> = (0..3).map(|_| bench.answer().outcome).collect();
    assert_eq!(
        outcomes[0],
        Err(NotProved::Fault("drill: forced panic".into()))
    );
    assert!(outcomes[1].is_ok() && outcomes[2].is_ok(), "{outcomes:?}");

    let thread = bench.prover.status().threads.remove(0).health;
    assert_eq!((thread.generation, thread.faults), (2, 1));
    assert_eq!(thread.last_fault.unwrap().cause, "drill: forced panic");
}

#[test]
fn a_panic_of_one_thread_changes_no_other() {
    let options = options(2, 64);
    let health = options.health.clone();
    let bench = Bench::ready(options);
    health.get("prover/1").unwrap().drill.arm_panics(1);
    let mut faults = 0;
    for ticket in 0..40 {
        bench.ask(ticket, A, UPSTREAM).unwrap();
    }
    for _ in 0..40 {
        faults += u32::from(bench.answer().outcome.is_err());
        if faults == 1 {
            break;
        }
    }
    let threads = bench.prover.status().threads;
    assert_eq!(faults, 1);
    assert_eq!(
        (threads[0].health.generation, threads[1].health.generation),
        (1, 2)
    );
}

#[test]
fn a_panic_while_a_cache_is_built_delays_the_seed_and_nothing_else() {
    let options = options(1, 16);
    let health = options.health.clone();
    let bench = Bench::ready(options);
    health.get("prover/seeds").unwrap().drill.arm_panics(1);
    bench.ask(1, B, UPSTREAM).unwrap();
    bench.ask(2, A, UPSTREAM).unwrap();
    assert_eq!(bench.tickets(2), [2, 1]);
    let status = bench.prover.status();
    assert_eq!(bench.state_of(B), Some(SeedState::Ready));
    assert_eq!(status.cache_failure, None, "forgotten with success");
    assert_eq!(health.get("prover/seeds").unwrap().generation(), 2);
    assert_eq!(status.threads[0].health.generation, 1);
}

#[test]
fn a_panicking_asker_harms_nobody() {
    let bench = Bench::ready(options(1, 16));
    let mut request = bench.request(1, A, UPSTREAM);
    request.reply = Arc::new(|_: ProofAnswer<u32>| panic!("bad asker"));
    bench.prover.ask(request).unwrap();
    bench.ask(2, A, UPSTREAM).unwrap();
    assert!(bench.answer().outcome.is_ok());
    assert_eq!(bench.prover.status().threads[0].health.generation, 1);
}

#[test]
fn stopping_answers_what_waits_and_ends_the_threads() {
    let options = options(1, 16);
    let health = options.health.clone();
    let bench = Bench::ready(options);
    let gate = bench.occupy(0);
    for ticket in 1..=3 {
        bench.ask(ticket, A, UPSTREAM).unwrap();
    }
    let stopper = bench.prover.clone();
    let stopping = std::thread::spawn(move || stopper.stop());
    for ticket in 1..=3 {
        let answer = bench.answer();
        assert_eq!(
            (answer.ticket, answer.outcome),
            (ticket, Err(NotProved::Stopped))
        );
    }
    drop(gate);
    stopping.join().unwrap();
    assert_eq!(
        bench.answer().ticket,
        0,
        "what was under way is answered, too"
    );
    let busy = bench.ask(4, A, UPSTREAM).unwrap_err();
    assert_eq!((busy.ticket, busy.reason), (4, BusyReason::Stopped));
    bench.prover.prepare(B);
    bench.prover.stop();
    for report in health.reports() {
        assert_eq!(
            report.state,
            zartrux_actors::supervision::ActorState::Stopped
        );
    }
}

#[test]
fn stopping_from_within_an_answer_does_not_hang() {
    let bench = Bench::ready(options(1, 16));
    let (sender, stopped) = mpsc::channel();
    let mut request = bench.request(1, A, UPSTREAM);
    let prover = bench.prover.clone();
    request.reply = Arc::new(move |answer: ProofAnswer<u32>| {
        prover.stop();
        sender.send(answer.outcome.is_ok()).unwrap();
    });
    bench.prover.ask(request).unwrap();
    assert!(stopped.recv_timeout(Duration::from_secs(300)).unwrap());
}

#[test]
fn dropping_the_last_handle_answers_what_waits() {
    let bench = Bench::ready(options(1, 16));
    let gate = bench.occupy(0);
    bench.ask(1, A, UPSTREAM).unwrap();
    let Bench {
        prover, answers, ..
    } = bench;
    drop(prover.clone());
    drop(prover);
    let answer = answers.recv_timeout(Duration::from_secs(300)).unwrap();
    assert_eq!(
        (answer.ticket, answer.outcome),
        (1, Err(NotProved::Stopped))
    );
    drop(gate);
    assert_eq!(
        answers
            .recv_timeout(Duration::from_secs(300))
            .unwrap()
            .ticket,
        0
    );
}

/// Everything at once: panics, deadlines of all lengths, two seeds, unknown algorithms, a full
/// queue, and the end in the middle of it.
#[test]
fn under_random_faults_every_accepted_request_is_answered_exactly_once() {
    for (seed, drops_handle) in [(1, false), (2, true)] {
        let mut random = StdRng::seed_from_u64(seed);
        let bench = Bench::ready(options(2, 24));
        let (mut accepted, mut refused, mut answered) = (HashSet::new(), 0, Vec::new());
        for ticket in 0..300 {
            let mut request = bench.request(
                ticket,
                if random.gen_bool(0.7) { A } else { B },
                [Priority::BlockCandidate, UPSTREAM, Priority::Local][random.gen_range(0..3)],
            );
            request.deadline = Clock.now() + Duration::from_millis(random.gen_range(0..400));
            if random.gen_bool(0.05) {
                request.algorithm = Algorithm::named("rx/other");
            }
            if random.gen_bool(0.02) {
                bench.prover.inject_panic();
            }
            match bench.prover.ask(request) {
                Ok(()) => assert!(accepted.insert(ticket)),
                Err(busy) => {
                    assert_eq!((busy.ticket, busy.reason), (ticket, BusyReason::Full));
                    refused += 1;
                    // Room will come with the next answer.
                    answered.push(bench.answer());
                }
            }
        }
        let Bench {
            prover,
            answers,
            sender,
            sink,
            ..
        } = bench;
        let status = prover.status();
        assert_eq!(status.requests.accepted, accepted.len() as u64 + 1);
        if drops_handle {
            drop(prover);
        } else {
            prover.stop();
        }
        drop((sender, sink));
        // Ends when every request, and with it every sender, is gone.
        answered.extend(answers.iter());
        assert!(refused > 0 && answered.iter().any(|answer| answer.outcome.is_ok()));
        let tickets: HashSet<_> = answered.iter().map(|answer| answer.ticket).collect();
        assert_eq!(answered.len(), tickets.len(), "nothing is answered twice");
        assert_eq!(tickets, accepted);
    }
}
