//! Real shares of a real miner through admission and proof, and their invalid variants.
#![cfg(test)]

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use zartrux_models::proof::{Cache, Pages, Version, Vm};
use zartrux_models::session::{Assignment, Assignments};
use zartrux_models::share::{NotAdmitted, RefusalReason, Share, TargetClass, admit};
use zartrux_models::stratum::Submit;
use zartrux_models::work::{
    Algorithm, Blob, JobKey, JobOrigin, JobTable, Nonce, PoolKey, SeedHash, Slot, Target,
    UpstreamJob,
};

#[derive(Debug, Clone, Deserialize)]
struct Line {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    expect: String,
    seed_hash: String,
    target: String,
    blob: String,
    nonce: String,
    result: String,
}

fn lines(file: &str) -> Vec<Line> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fixtures")
        .join(file);
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Admits a line as the submit of a session that holds the slot of its nonce.
fn admitted(line: &Line) -> Result<Share, NotAdmitted> {
    let mut jobs = JobTable::default();
    let origin = JobOrigin {
        pool: PoolKey(0),
        connection: 1,
    };
    let job = UpstreamJob {
        id: "fixture".into(),
        work: Blob::from_hex(&line.blob).unwrap().into(),
        target: Target::from_hex(&line.target).unwrap(),
        algorithm: Algorithm::Rx0,
        height: None,
        seed: Some(SeedHash::from_hex(&line.seed_hash).unwrap()),
        next_seed: None,
        network_difficulty: None,
    };
    let issued = jobs.replace(origin, job).unwrap();
    let slot = Nonce::from_hex(&line.nonce).map_or(Slot(0), Nonce::slot);
    let mut assignments = Assignments::after(JobKey(0));
    assignments.give(Assignment {
        job: issued.key,
        slot,
        difficulty: issued.job.target.difficulty(),
    });
    let job_id = format!("{}{slot}", issued.key);
    let submit = Submit {
        session: "unused".into(),
        job_id: job_id.as_str().into(),
        nonce: line.nonce.as_str().into(),
        result: line.result.as_str().into(),
        algorithm: Some("rx/0".into()),
        commitment: None,
    };
    admit(&submit, &assignments, &jobs)
}

/// One light machine for each seed; about half a second to make one.
#[derive(Default)]
struct Machines(BTreeMap<String, Vm>);

impl Machines {
    fn prove(&mut self, seed: &str, share: &Share) -> Result<(), RefusalReason> {
        let vm = self.0.entry(seed.to_owned()).or_insert_with(|| {
            let seed = SeedHash::from_hex(seed).unwrap();
            let cache = Cache::for_seed(&seed, Pages::Ordinary).unwrap();
            Vm::light(cache, Version::V1, Pages::Ordinary).unwrap()
        });
        vm.hash(&share.hashed_bytes())
            .check(&share.result)
            .map_err(|mismatch| zartrux_models::share::Refusal::from(mismatch).reason())
    }
}

#[test]
fn every_real_share_is_admitted_for_targets_of_four_and_eight_bytes() {
    let shares = lines("shares-rx0.jsonl");
    let four = shares.iter().filter(|line| line.target.len() == 8).count();
    assert!(four > 0 && four < shares.len(), "both widths are there");
    for line in &shares {
        let share = admitted(line).unwrap();
        assert_eq!(share.class, TargetClass::Upstream);
    }
}

#[test]
fn every_invalid_variant_is_refused_for_the_right_reason() {
    let mut machines = Machines::default();
    let variants = lines("shares-rx0-invalid.jsonl");
    assert_eq!(variants.len(), 72);
    for line in &variants {
        let refused = match admitted(line) {
            Err(NotAdmitted::Refused(refusal)) => refusal.reason(),
            Err(NotAdmitted::TooMany) => panic!("{line:?}"),
            Ok(share) => machines
                .prove(&line.seed_hash, &share)
                .expect_err("a bad hash is found out"),
        };
        let expected = match line.expect.as_str() {
            "malformed" => RefusalReason::Malformed,
            "low_difficulty" => RefusalReason::LowDifficulty,
            "bad_hash" => RefusalReason::InvalidResult,
            other => panic!("unknown expectation {other}"),
        };
        assert_eq!(refused, expected, "{}: {line:?}", line.kind);
    }
}

#[test]
fn a_real_share_in_upper_case_is_the_same_share() {
    let mut line = lines("shares-rx0.jsonl").remove(0);
    let lower = admitted(&line).unwrap();
    line.nonce = line.nonce.to_uppercase();
    line.result = line.result.to_uppercase();
    let upper = admitted(&line).unwrap();
    assert_eq!((lower.nonce, lower.result), (upper.nonce, upper.result));
}

#[test]
fn a_sample_of_real_shares_proves_itself() {
    let mut machines = Machines::default();
    for line in lines("shares-rx0.jsonl").iter().step_by(40) {
        let share = admitted(line).unwrap();
        assert_eq!(machines.prove(&line.seed_hash, &share), Ok(()));
    }
}
