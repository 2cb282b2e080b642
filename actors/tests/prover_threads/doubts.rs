//! Hashes that are not what was claimed: lies, and faults of this machine.

use std::collections::HashSet;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use zartrux_actors::prover::{NotProved, Priority, SeedState};
use zartrux_models::proof::{Cache, ComputedHash, Pages, Version, Vm};
use zartrux_models::work::{ResultHash, SeedHash};

use crate::support::{A, B, Bench, options};

const UPSTREAM: Priority = Priority::Upstream;
const LIE: ResultHash = ResultHash::new([7; 32]);

type Outcome = Result<ComputedHash, NotProved>;

fn disagreement() -> Outcome {
    let cause = "two computations of one hash disagree";
    Err(NotProved::Fault(cause.into()))
}

/// The true hashes of what `Bench::request` asks for with the tickets from 0 on, computed
/// without the prover.
fn truths(seed: SeedHash, count: u32) -> Vec<ResultHash> {
    let cache = Cache::for_seed(&seed, Pages::Ordinary).unwrap();
    let mut vm = Vm::light(cache, Version::V1, Pages::Ordinary).unwrap();
    (0..count)
        .map(|ticket| vm.hash(&ticket.to_le_bytes()).as_result())
        .collect()
}

impl Bench {
    /// Asks about a claim, and has the one answer to it.
    fn prove(&self, ticket: u32, claimed: ResultHash) -> Outcome {
        let mut request = self.request(ticket, A, UPSTREAM);
        request.expected = Some(claimed);
        self.prover.ask(request).unwrap();
        let answer = self.answer();
        assert_eq!(answer.ticket, ticket);
        assert!(self.answers.try_recv().is_err(), "one answer");
        answer.outcome
    }

    fn hashes_of(&self, work: impl FnOnce()) -> u64 {
        let before = self.prover.status().hashes;
        work();
        self.prover.status().hashes - before
    }
}

#[test]
fn a_mismatch_convicts_only_if_a_second_computation_agrees() {
    let bench = Bench::ready(options(1, 16));
    let truth = truths(A, 1)[0];

    // An honest share, and one wrong hash.
    bench.prover.inject_wrong_hashes(1);
    assert_eq!(bench.prove(0, truth), disagreement());
    let health = bench.prover.status().threads.remove(0).health;
    assert_eq!((health.faults, health.generation), (1, 2));
    assert_eq!(
        health.last_fault.unwrap().cause,
        "two computations of one hash disagree"
    );

    // The fault is over, and the same share is good, for one hash.
    let hashes = bench.hashes_of(|| assert_eq!(bench.prove(0, truth).unwrap().as_result(), truth));
    assert_eq!(hashes, 1);

    // A lie is found out still, for two hashes and with one answer.
    let hashes = bench.hashes_of(|| {
        let computed = bench.prove(0, LIE).unwrap();
        assert!(computed.check(&LIE).is_err());
        assert_eq!(computed.as_result(), truth);
    });
    assert_eq!(hashes, 2);
    assert_eq!(bench.prover.status().threads[0].health.faults, 1);
}

#[test]
fn a_lie_that_meets_a_fault_is_not_judged_and_its_seed_is_prepared_anew() {
    let bench = Bench::ready(options(1, 16));
    bench.prover.inject_wrong_hashes(1);
    assert_eq!(bench.prove(0, LIE), disagreement());
    // Neither hash was as claimed: the cache may be at fault. What is asked now waits for it.
    let truth = truths(A, 2)[1];
    assert_eq!(bench.prove(1, truth).unwrap().as_result(), truth);
    assert_eq!(bench.state_of(A), Some(SeedState::Ready));
    assert_eq!(bench.prover.status().cache_failure, None);
    assert!(bench.prove(1, LIE).unwrap().check(&LIE).is_err());
}

#[test]
fn two_wrong_hashes_in_a_row_convict_nobody_either() {
    let bench = Bench::ready(options(1, 16));
    let truth = truths(A, 1)[0];
    bench.prover.inject_wrong_hashes(2);
    assert_eq!(bench.prove(0, truth), disagreement());
    assert_eq!(bench.prove(0, truth).unwrap().as_result(), truth);
}

#[test]
fn a_cache_in_doubt_is_built_anew_and_the_other_seed_is_served_meanwhile() {
    let options = options(1, 16);
    let health = options.health.clone();
    let bench = Bench::ready(options);
    bench.ask(1, B, UPSTREAM).unwrap();
    bench.tickets(1);
    let seeds = health.get("prover/seeds").unwrap();
    seeds.drill.arm_stall(Duration::from_secs(4));
    bench.prover.inject_wrong_hashes(1);
    assert_eq!(bench.prove(0, LIE), disagreement());
    bench.ask(2, A, UPSTREAM).unwrap();
    bench.ask(3, B, UPSTREAM).unwrap();
    assert_eq!(bench.tickets(2), [3, 2]);
}

#[test]
fn a_request_without_a_claim_is_hashed_once() {
    let bench = Bench::ready(options(1, 16));
    let hashes = bench.hashes_of(|| {
        bench.ask(0, A, UPSTREAM).unwrap();
        assert!(bench.answer().outcome.is_ok());
    });
    assert_eq!(hashes, 1);
}

/// Wrong hashes at random moments, over honest and forged shares on two threads: whatever is
/// answered is the true hash, or that there is none.
#[test]
fn whatever_hash_comes_out_wrong_no_honest_share_is_called_bad_and_each_is_answered_once() {
    const SHARES: u32 = 150;
    let truths = truths(A, SHARES);
    let mut random = StdRng::seed_from_u64(7);
    let bench = Bench::ready(options(2, 8));
    let (mut answered, mut faults) = (HashSet::new(), 0);
    let mut take = || {
        let answer = bench.answer();
        assert!(answered.insert(answer.ticket), "answered twice");
        match answer.outcome {
            Ok(hash) => assert_eq!(hash.as_result(), truths[answer.ticket as usize]),
            fault => {
                assert_eq!(fault, disagreement());
                faults += 1;
            }
        }
    };
    for (ticket, truth) in (0..).zip(&truths) {
        let mut request = bench.request(ticket, A, UPSTREAM);
        request.expected = Some(if random.gen_bool(0.3) { LIE } else { *truth });
        bench.prover.ask(request).unwrap();
        if random.gen_bool(0.2) {
            bench.prover.inject_wrong_hashes(1);
        }
        if ticket >= 4 {
            take();
        }
    }
    for _ in 0..4 {
        take();
    }
    let threads = bench.prover.status().threads;
    let counted: u64 = threads.iter().map(|thread| thread.health.faults).sum();
    assert!(counted > 0);
    assert_eq!(counted, faults, "each is told");
    assert_eq!(answered.len(), truths.len());
}
