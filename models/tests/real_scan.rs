//! Shares that a real xmrig found, as the filters see them: the order of its nonces is what they
//! take it for, and none of them wins anything against it.
#![cfg(test)]

mod cascade;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use zartrux_models::filter::{Observation, ScanKey, Scanner, Stage, VerdictsHeard};
use zartrux_models::share::RigKey;
use zartrux_models::work::{JobKey, Nonce, ResultHash, Target};

use cascade::{Cascade, filters};

#[derive(Debug, Deserialize)]
struct Line {
    run: String,
    t: f64,
    job_id: String,
    target: String,
    nonce: String,
    result: String,
}

/// What the filters see of each share, by rig: the run and the slot of its nonces, in the order
/// of time.
fn observations() -> BTreeMap<(String, u8), Vec<Observation>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/shares-rx0.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let mut jobs: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut rigs: BTreeMap<(String, u8), Vec<Observation>> = BTreeMap::new();
    for line in text.lines() {
        let line: Line = serde_json::from_str(line).unwrap();
        let nonce = Nonce::from_hex(&line.nonce).unwrap();
        let next = u32::try_from(jobs.len()).unwrap() + 1;
        let job = *jobs.entry((line.run.clone(), line.job_id)).or_insert(next);
        let target = Target::from_hex(&line.target).unwrap();
        let seen = Observation {
            rig: RigKey(u64::from(nonce.slot().0)),
            scan: ScanKey {
                job: JobKey(job),
                slot: nonce.slot(),
            },
            counter: nonce.counter(),
            result: ResultHash::from_hex(&line.result).unwrap(),
            target: Some(target),
            asked: target.difficulty(),
            late: false,
            scanner: Scanner::XmrigBlocks,
            heard: VerdictsHeard::default(),
            at_ms: u64::try_from(Duration::from_secs_f64(line.t).as_millis()).unwrap(),
        };
        rigs.entry((line.run, nonce.slot().0))
            .or_default()
            .push(seen);
    }
    rigs
}

#[test]
fn a_real_xmrig_tries_each_block_of_nonces_upward() {
    let (mut pairs, mut blocks) = (0, 0);
    for seen in observations().values() {
        let mut last: BTreeMap<(JobKey, u32), u32> = BTreeMap::new();
        for share in seen {
            let block = (share.scan.job, share.counter / Scanner::BLOCK);
            match last.insert(block, share.counter) {
                Some(before) => {
                    assert!(share.counter > before, "{before} before {share:?}");
                    pairs += 1;
                }
                None => blocks += 1,
            }
        }
    }
    assert!(
        pairs > 250 && blocks > 10,
        "{pairs} pairs in {blocks} blocks"
    );
}

#[test]
fn no_filter_accuses_a_real_xmrig() {
    let rigs = observations();
    let mut watched = 0;
    for shares in rigs.values() {
        let mut six = Cascade::new(filters, 1);
        assert_eq!(six.stages(), Stage::ALL);
        for seen in shares {
            let evidence = six.look(0, seen);
            for stage in Stage::ALL {
                let log_e = evidence.of(stage).log_e().unwrap_or_default();
                // An honest rig ever wins a hundredfold with a probability of one in a hundred.
                assert!(log_e < 100f64.ln(), "{stage}: {log_e} at {seen:?}");
            }
            watched += 1;
        }
    }
    assert_eq!(watched, 323, "shares of {} rigs", rigs.len());
}
