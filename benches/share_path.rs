//! What a share costs inside the process, step by step, without sockets. The whole path over
//! sockets is measured from outside by `zartrux bench`.
//!
//! Run with `cargo bench --bench share_path`.

#![expect(
    clippy::expect_used,
    reason = "a bench whose scene is broken should stop at once"
)]

use std::hint::black_box;

use std::time::{Duration, Instant};

use divan::Bencher;
use rand::SeedableRng;
use zartrux_models::filter::CascadeEvidence;
use zartrux_models::judge::{AtProver, BanRisk, Case, JudgeCore, JudgePolicy};
use zartrux_models::plan::{LeaseBook, SeatKey};
use zartrux_models::session::{Assignment, Heard, MinerProtocol, SessionId};
use zartrux_models::share::{NonceSet, RigKey};
use zartrux_models::simulation::contest::SixFilters;
use zartrux_models::simulation::{Farm, FarmShare, Surroundings};
use zartrux_models::stratum::{JobLine, RequestId, parse_miner_line, push_ok};
use zartrux_models::work::{
    Algorithm, Blob, Difficulty, JobKey, JobOrigin, JobTable, Nonce, PoolKey, ResultHash, SeedHash,
    Slot, UpstreamJob,
};

fn main() {
    divan::main();
}

/// Rigs whose states the filters and the judge go through in turn, as in a busy lane.
const RIGS: usize = 1_000;

const BLOB: &str = "1010a6878cd806418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e30000000049e62296c011d6a0cc29785b1cf329eb215eb4035154af221e046092a9cd993001";
const SLOT: Slot = Slot(0xb2);

/// A lane's jobs, a session that was given the current one, and its submit line.
fn scene() -> (JobTable, MinerProtocol, Vec<u8>) {
    let mut jobs = JobTable::default();
    let origin = JobOrigin {
        pool: PoolKey(0),
        connection: 1,
    };
    let job = UpstreamJob {
        id: "bcc6cb09e3a13772".into(),
        work: Blob::from_hex(BLOB).expect("a real blob").into(),
        target: Difficulty::new(1_000).target(),
        algorithm: Algorithm::Rx0,
        height: Some(3),
        seed: Some(SeedHash::new([0x41; 32])),
        next_seed: None,
        network_difficulty: None,
    };
    let issued = jobs.replace(origin, job).expect("the first job is new");
    let mut protocol = MinerProtocol::new(SessionId(7), JobKey(0));
    protocol.give(Assignment {
        job: issued.key,
        slot: SLOT,
        difficulty: Difficulty::new(1_000),
    });
    let line = format!(
        r#"{{"id":2,"jsonrpc":"2.0","method":"submit","params":{{"id":"{}","job_id":"{}{SLOT}","nonce":"050000b2","result":"{}0000","algo":"rx/0"}}}}"#,
        SessionId(7).to_hex(),
        issued.key,
        "11".repeat(30),
    );
    (jobs, protocol, line.into_bytes())
}

#[divan::bench]
fn parse_a_submit(bencher: Bencher<'_, '_>) {
    let (_, _, line) = scene();
    bencher.bench(|| parse_miner_line(black_box(&line)).is_ok());
}

#[divan::bench]
fn parse_and_admit_a_share(bencher: Bencher<'_, '_>) {
    let (jobs, mut protocol, line) = scene();
    assert!(matches!(
        protocol.on_line(&line, &jobs),
        Heard::Admitted(..)
    ));
    bencher.bench_local(|| protocol.on_line(black_box(&line), &jobs));
}

#[divan::bench]
fn copy_a_session_before_its_step(bencher: Bencher<'_, '_>) {
    let (_, protocol, _) = scene();
    bencher.bench(|| black_box(&protocol).clone());
}

#[divan::bench]
fn patch_a_job_line_for_one_miner(bencher: Bencher<'_, '_>) {
    let (jobs, _, _) = scene();
    let mut line = JobLine::render(jobs.current(PoolKey(0)).expect("there is a job"));
    bencher.bench_local(|| line.patch(black_box(SLOT), Difficulty::new(1_000)).len());
}

#[divan::bench]
fn claim_and_take_a_nonce(bencher: Bencher<'_, '_>) {
    let mut nonces = NonceSet::default();
    let mut counter = 0;
    bencher.bench_local(|| {
        counter = (counter + 1) % 100_000;
        let nonce = Nonce::in_slot(SLOT, counter);
        nonces.claim(nonce, ResultHash::new([7; 32]));
        nonces.take(nonce);
    });
}

#[divan::bench]
fn lease_and_give_up_a_slot(bencher: Bencher<'_, '_>) {
    let mut book = LeaseBook::default();
    let pool = PoolKey(0);
    book.open(pool);
    let seat = SeatKey {
        index: 1,
        generation: 1,
    };
    bencher.bench_local(|| {
        if let Some(lease) = book.grant(seat, [pool]) {
            book.release(lease, seat);
        } else {
            book.job_replaced(pool);
        }
    });
}

#[divan::bench]
fn render_a_reply(bencher: Bencher<'_, '_>) {
    let mut out = Vec::with_capacity(128);
    bencher.bench_local(|| {
        out.clear();
        push_ok(&mut out, black_box(RequestId(2)));
        out.len()
    });
}

/// Shares of a simulated farm of honest rigs, in the order of time.
fn shares(count: usize) -> Vec<FarmShare> {
    let mut random = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(1);
    let plans = Farm::honest_plans(&mut random, RigKey(1), RIGS);
    let farm = Farm::new(1, Surroundings::new(1), &plans).expect("nobody copies anybody");
    farm.take(count).collect()
}

#[divan::bench(sample_count = 1_000, sample_size = 100)]
fn look_through_six_filters(bencher: Bencher<'_, '_>) {
    let shares = shares(100_000);
    let mut filters = SixFilters::for_rigs(RIGS);
    let mut coming = shares.iter().cycle();
    bencher.bench_local(|| {
        coming
            .next()
            .map(|FarmShare { place, share }| filters.look(*place, &share.seen))
    });
}

#[divan::bench(sample_count = 1_000, sample_size = 100)]
fn judge_a_share(bencher: Bencher<'_, '_>) {
    let shares = shares(100_000);
    let policy = JudgePolicy::default();
    let mut judge = JudgeCore::default();
    let mut coming = shares.iter().cycle();
    #[expect(clippy::disallowed_methods, reason = "an Instant has no other origin")]
    let start = Instant::now();
    let mut count = 0;
    bencher.bench_local(|| {
        count += 1;
        coming.next().map(|FarmShare { share, .. }| {
            let case = Case {
                rig: share.seen.rig,
                class: share.class,
                asked: share.seen.asked,
                late: share.seen.late,
                evidence: CascadeEvidence::default(),
                provable: true,
                expected_wait: Some(Duration::from_millis(30)),
                capacity: 40.0,
                at_prover: AtProver::default(),
                ban_risk: BanRisk::Bearable,
                draw: 0.5,
                waited: None,
                now: start + Duration::from_millis(count),
            };
            judge.decide(&policy, &case)
        })
    });
}
