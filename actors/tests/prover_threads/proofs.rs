//! Shares proved and refuted.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use zartrux_actors::prover::{NotProved, Priority, ProofRequest};
use zartrux_models::proof::knows_v2;
use zartrux_models::work::{Algorithm, ResultHash, SeedHash};

use crate::support::{A, Bench, in_time, options};

#[derive(Debug, Deserialize)]
struct Recorded {
    algo: String,
    seed_hash: String,
    blob: String,
    nonce: String,
    result: String,
    #[serde(default)]
    expect: String,
}

impl Recorded {
    fn read(lines: &str) -> Vec<Self> {
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn request(&self, bench: &Bench, ticket: usize) -> ProofRequest<u32> {
        let mut blob = const_hex::decode(&self.blob).unwrap();
        const_hex::decode_to_slice(&self.nonce, &mut blob[39..43]).unwrap();
        ProofRequest {
            seed: SeedHash::from_hex(&self.seed_hash).unwrap(),
            algorithm: Algorithm::named(&self.algo),
            blob: blob.into(),
            expected: Some(ResultHash::from_hex(&self.result).unwrap()),
            priority: Priority::Upstream,
            deadline: in_time(),
            ticket: u32::try_from(ticket).unwrap(),
            reply: Arc::clone(&bench.sink),
        }
    }
}

#[test]
fn recorded_shares_are_proved_and_forged_ones_refuted() {
    let good = Recorded::read(include_str!("../../../tests/fixtures/shares-rx0.jsonl"));
    let bad = Recorded::read(include_str!(
        "../../../tests/fixtures/shares-rx0-invalid.jsonl"
    ));
    let forged = bad.into_iter().filter(|share| share.expect == "bad_hash");
    // Some of each seed: all of them are recomputed where RandomX itself is tested.
    let mut shares: Vec<Recorded> = good
        .into_iter()
        .step_by(8)
        .chain(forged.step_by(3))
        .collect();
    shares.sort_by(|one, other| one.seed_hash.cmp(&other.seed_hash));

    let mut options = options(2, 100);
    // Three seeds are recorded, and each takes the place of another at once.
    options.dwell = Duration::ZERO;
    let bench = Bench::start(options);
    let mut seen = HashSet::new();
    for of_one_seed in shares.chunk_by(|one, other| one.seed_hash == other.seed_hash) {
        for (ticket, share) in of_one_seed.iter().enumerate() {
            bench.prover.ask(share.request(&bench, ticket)).unwrap();
        }
        for _ in of_one_seed {
            let answer = bench.answer();
            let share = &of_one_seed[answer.ticket as usize];
            let claimed = ResultHash::from_hex(&share.result).unwrap();
            let verdict = answer.outcome.unwrap().check(&claimed);
            assert_eq!(verdict.is_err(), share.expect == "bad_hash", "{share:?}");
            seen.insert((share.seed_hash.clone(), verdict.is_err()));
        }
    }
    assert!(
        seen.len() >= 4,
        "good and bad ones of several seeds: {seen:?}"
    );
    let status = bench.prover.status();
    assert_eq!(status.requests.proved, shares.len() as u64);
    let forged = shares.iter().filter(|share| share.expect == "bad_hash");
    assert_eq!(
        status.hashes,
        (shares.len() + forged.count()) as u64,
        "a forged one costs two"
    );
    assert!(status.light_hash_micros.unwrap() > 0.0);
}

#[test]
fn an_algorithm_that_is_not_known_is_answered_as_such() {
    let bench = Bench::start(options(1, 8));
    let mut request = bench.request(1, A, Priority::Upstream);
    request.algorithm = Algorithm::named("rx/wow");
    bench.prover.ask(request).unwrap();
    let answer = bench.answer();
    assert_eq!(
        (answer.ticket, answer.outcome),
        (1, Err(NotProved::UnknownAlgorithm))
    );

    let mut request = bench.request(2, A, Priority::Upstream);
    request.algorithm = Algorithm::Rx2;
    bench.prover.ask(request).unwrap();
    let outcome = bench.answer().outcome;
    assert_eq!(outcome.is_ok(), knows_v2(), "{outcome:?}");
}

#[test]
fn the_status_is_complete_and_serialises() {
    let bench = Bench::ready(options(2, 8));
    let status = serde_json::to_value(bench.prover.status()).unwrap();
    assert_eq!(status["mode"], "light");
    assert_eq!(status["threads"][1]["name"], "prover/1");
    assert_eq!(status["threads"][0]["generation"], 1);
    assert_eq!(status["queue_capacity"], 8);
    assert_eq!(status["requests"]["proved"], 1);
    assert_eq!(status["seeds"][0]["seed"], A.to_string());
    assert_eq!(status["seeds"][0]["state"]["is"], "ready");
}
