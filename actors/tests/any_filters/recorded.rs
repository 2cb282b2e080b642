//! Shares that real miners found, and forged ones of the same jobs: the oracle is their record.

use serde::Deserialize;
use zartrux_models::share::TargetClass;
use zartrux_models::work::{
    Algorithm, Blob, Difficulty, Nonce, ResultHash, SeedHash, Target, UpstreamJob,
};

/// All jobs are of this seed: another would take a second to prepare.
const SEED: &str = "418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e3";
/// So difficult that no hash meets it by chance.
const HARD: Difficulty = Difficulty::new(1 << 60);
/// A recorded share, and the hash that xmrig's own RandomX found for it.
#[derive(Debug, Clone, Deserialize)]
struct Recorded {
    seed_hash: String,
    blob: String,
    target: String,
    nonce: String,
    result: String,
    #[serde(default)]
    expect: String,
    #[serde(default)]
    randomx: Option<String>,
}

/// What the oracle knows of it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    blob: Blob,
    pub(crate) target: Target,
    pub(crate) nonce: Nonce,
    pub(crate) claimed: ResultHash,
    pub(crate) truth: ResultHash,
}

pub(crate) fn recorded() -> Vec<Known> {
    let read = |lines: &str| -> Vec<Recorded> {
        let lines = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        lines
            .filter(|share: &Recorded| share.seed_hash == SEED)
            .collect()
    };
    let good = read(include_str!("../../../tests/fixtures/shares-rx0.jsonl"));
    let bad = read(include_str!(
        "../../../tests/fixtures/shares-rx0-invalid.jsonl"
    ));
    let forged = bad.into_iter().filter(|share| share.expect == "bad_hash");
    let known: Vec<Known> = good
        .into_iter()
        .step_by(5)
        .chain(forged)
        .map(|share| {
            let claimed = ResultHash::from_hex(&share.result).unwrap();
            let truth = share
                .randomx
                .map_or(claimed, |truth| ResultHash::from_hex(&truth).unwrap());
            Known {
                blob: Blob::from_hex(&share.blob).unwrap(),
                target: Target::from_hex(&share.target).unwrap(),
                nonce: Nonce::from_hex(&share.nonce).unwrap(),
                claimed,
                truth,
            }
        })
        .collect();
    assert!(known.iter().filter(|known| known.is_valid()).count() > 30);
    assert!(known.iter().filter(|known| !known.is_valid()).count() > 15);
    known
}

impl Known {
    pub(crate) fn is_valid(&self) -> bool {
        self.claimed == self.truth
    }

    /// Of a pool that asks as much as the miner was asked, or so much that the share is local.
    pub(crate) fn job(&self, class: TargetClass) -> UpstreamJob {
        UpstreamJob {
            id: "job".into(),
            work: self.blob.clone().into(),
            target: match class {
                TargetClass::Local => HARD.target(),
                TargetClass::Upstream | TargetClass::BlockCandidate => self.target,
            },
            algorithm: Algorithm::Rx0,
            height: None,
            seed: Some(SeedHash::from_hex(SEED).unwrap()),
            next_seed: None,
            network_difficulty: None,
        }
    }
}
