//! Jobs whose leases have blobs of their own: what the miner gets, and what is admitted.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;

use zartrux_models::session::{Assignment, Assignments};
use zartrux_models::share::{NotAdmitted, RefusalReason, Share, admit};
use zartrux_models::stratum::{JobLine, Submit};
use zartrux_models::work::{
    Algorithm, BlockTemplate, Difficulty, IssuedJob, JobKey, JobOrigin, JobTable, Nonce, PoolKey,
    SeedHash, Slot, TemplatePage, UpstreamJob, Work,
};

/// As a monerod in regtest sent it.
fn template() -> Arc<BlockTemplate> {
    let reply = include_str!("../../tests/fixtures/get_block_template-5tx.json");
    let reply: serde_json::Value = serde_json::from_str(reply).unwrap();
    let hex = reply["result"]["blocktemplate_blob"].as_str().unwrap();
    let at = reply["result"]["reserved_offset"].as_u64().unwrap();
    let bytes = const_hex::decode(hex).unwrap();
    Arc::new(BlockTemplate::parse(&bytes, usize::try_from(at).unwrap()).unwrap())
}

fn issued(jobs: &mut JobTable, page: u32) -> Arc<IssuedJob> {
    let job = UpstreamJob {
        id: "1".into(),
        work: Work::Template(TemplatePage::new(template(), page)),
        target: Difficulty::ONE.target(),
        algorithm: Algorithm::Rx0,
        height: Some(3),
        seed: Some(SeedHash::new([7; 32])),
        next_seed: None,
        network_difficulty: None,
    };
    let origin = JobOrigin {
        pool: PoolKey(page),
        connection: 1,
    };
    jobs.replace(origin, job).unwrap()
}

/// A submit of a miner that holds one slot of a job.
fn submitted(
    jobs: &JobTable,
    issued: &IssuedJob,
    slot: Slot,
    nonce: &str,
) -> Result<Share, NotAdmitted> {
    let mut assignments = Assignments::after(JobKey(0));
    assignments.give(Assignment {
        job: issued.key,
        slot,
        difficulty: Difficulty::ONE,
    });
    let (job_id, result) = (format!("{}{slot}", issued.key), "11".repeat(32));
    let submit = Submit {
        session: "unused".into(),
        job_id: job_id.as_str().into(),
        nonce: nonce.into(),
        result: result.as_str().into(),
        algorithm: None,
        commitment: None,
    };
    admit(&submit, &assignments, jobs)
}

#[test]
fn each_lease_of_each_page_has_a_blob_of_its_own() {
    let mut jobs = JobTable::default();
    let mut blobs = std::collections::BTreeSet::new();
    for page in [0, 1, TemplatePage::COUNT - 1] {
        let issued = issued(&mut jobs, page);
        let mut line = JobLine::render(&issued);
        for slot in [Slot(0), Slot(1), Slot(255)] {
            let text = line.patch(slot, Difficulty::ONE);
            let json: serde_json::Value = serde_json::from_slice(text).unwrap();
            let blob = json["params"]["blob"].as_str().unwrap().to_owned();
            assert_eq!(blob, issued.job.work.blob_for(slot).to_hex());
            assert_eq!(blob[78..86], *"00000000", "the whole nonce is the miner's");
            blobs.insert(blob);
        }
    }
    assert_eq!(blobs.len(), 9);
}

#[test]
fn any_nonce_is_within_a_lease_that_has_a_blob_of_its_own() {
    let mut jobs = JobTable::default();
    let issued = issued(&mut jobs, 2);
    let share = submitted(&jobs, &issued, Slot(9), "010203ff").unwrap();
    assert_eq!(share.slot, Slot(9));
    assert_eq!(share.odometer(), 0xff03_0201);
    let hashed = issued.job.work.blob_for(Slot(9));
    assert_eq!(
        share.hashed_bytes(),
        hashed.with_nonce(Nonce::new([1, 2, 3, 0xff]))
    );
}

#[test]
fn the_same_nonce_of_two_leases_is_no_duplicate_and_of_one_it_is() {
    let mut jobs = JobTable::default();
    let issued = issued(&mut jobs, 0);
    let share = submitted(&jobs, &issued, Slot(1), "01020304").unwrap();
    let nonces = jobs.nonces_of(share.nonce_set).unwrap();
    nonces.claim(share.leased_nonce(), share.result);
    nonces.take(share.leased_nonce());
    assert!(submitted(&jobs, &issued, Slot(2), "01020304").is_ok());
    let again = submitted(&jobs, &issued, Slot(1), "01020304").unwrap_err();
    let NotAdmitted::Refused(refusal) = again else {
        panic!("{again:?}");
    };
    assert_eq!(refusal.reason(), RefusalReason::Duplicate);
}
