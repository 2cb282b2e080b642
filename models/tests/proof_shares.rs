//! Every share that was recorded from real miners, recomputed; and every forged one.
#![cfg(test)]

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde::Deserialize;
use zartrux_models::proof::{Cache, ComputedHash, Pages, Version, Vm};
use zartrux_models::work::{ResultHash, SeedHash};

/// One line of a fixture; `expect` and `randomx` only in the file of bad shares.
#[derive(Debug, Deserialize)]
struct Recorded {
    seed_hash: String,
    blob: String,
    nonce: String,
    result: String,
    #[serde(default)]
    expect: String,
    randomx: Option<String>,
}

impl Recorded {
    fn read(lines: &str) -> Vec<Self> {
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The hashing blob with the nonce at its place.
    fn input(&self) -> Vec<u8> {
        let mut blob = const_hex::decode(&self.blob).unwrap();
        const_hex::decode_to_slice(&self.nonce, &mut blob[39..43]).unwrap();
        blob
    }

    fn claimed(&self) -> ResultHash {
        ResultHash::from_hex(&self.result).unwrap()
    }
}

/// Recomputes all, seed by seed, the shares of a seed spread over the processors.
fn recompute(shares: &[Recorded]) -> Vec<(&Recorded, ComputedHash)> {
    let mut seeds: BTreeMap<&str, Vec<&Recorded>> = BTreeMap::new();
    for share in shares {
        seeds.entry(&share.seed_hash).or_default().push(share);
    }
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let mut computed = Vec::new();
    for (seed, shares) in seeds {
        let seed = SeedHash::from_hex(seed).unwrap();
        let cache = Cache::for_seed(&seed, Pages::PreferLarge).unwrap();
        let next = AtomicUsize::new(0);
        let worker = || {
            let mut vm = Vm::light(Arc::clone(&cache), Version::V1, Pages::PreferLarge).unwrap();
            let mut done = Vec::new();
            while let Some(share) = shares.get(next.fetch_add(1, Ordering::Relaxed)) {
                done.push((*share, vm.hash(&share.input())));
            }
            done
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
            computed.extend(
                workers
                    .into_iter()
                    .flat_map(|worker| worker.join().unwrap()),
            );
        });
    }
    computed
}

#[test]
fn every_share_a_real_miner_found_is_proved() {
    let shares = Recorded::read(include_str!("../../tests/fixtures/shares-rx0.jsonl"));
    assert_eq!(shares.len(), 323);
    let computed = recompute(&shares);
    assert_eq!(computed.len(), shares.len());
    for (share, computed) in computed {
        assert_eq!(computed.check(&share.claimed()), Ok(()), "{share:?}");
    }
}

#[test]
fn every_forged_share_is_refuted_and_its_true_hash_found() {
    let shares = Recorded::read(include_str!(
        "../../tests/fixtures/shares-rx0-invalid.jsonl"
    ));
    let well_formed: Vec<_> = shares
        .into_iter()
        .filter(|share| share.expect != "malformed")
        .collect();
    let (mut forged, mut weak) = (0, 0);
    for (share, computed) in recompute(&well_formed) {
        let truth = share.randomx.as_deref().unwrap();
        assert_eq!(computed.as_result().to_string(), truth, "{share:?}");
        match share.expect.as_str() {
            "bad_hash" => {
                let mismatch = computed.check(&share.claimed()).unwrap_err();
                assert_eq!(mismatch.computed(), computed);
                forged += 1;
            }
            // The hash is right, only too weak for the target: not the prover's business.
            "low_difficulty" => {
                assert_eq!(computed.check(&share.claimed()), Ok(()));
                weak += 1;
            }
            other => panic!("unknown expectation {other:?}"),
        }
    }
    assert_eq!((forged, weak), (42, 6));
}
