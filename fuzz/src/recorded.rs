//! The job that the targets work on: one that a real pool sent to a real miner.

use zartrux_models::session::SessionId;
use zartrux_models::stratum::JobFields;
use zartrux_models::work::{JobOrigin, PoolKey, UpstreamJob};

/// The session id that a fuzzed miner is given.
pub const MINER_SESSION: SessionId = SessionId(0xe348_4110_3589_a186);

/// The id under which a fuzzed miner gets its first job.
pub const MINER_JOB_ID: &str = "0000000100";

/// The only pool session.
pub(crate) const POOL: PoolKey = PoolKey(0);

/// The first share of `tests/fixtures/shares-rx0.jsonl` is for this job.
pub(crate) const BLOB: &str = "1010a6878cd806418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e30000000049e62296c011d6a0cc29785b1cf329eb215eb4035154af221e046092a9cd993001";
const SEED: &str = "418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e3";
/// Difficulty 250, as the pool wrote it.
const TARGET: &str = "dd240601";

/// Where jobs of a connection come from.
pub(crate) const fn origin(connection: u32) -> JobOrigin {
    JobOrigin {
        pool: POOL,
        connection,
    }
}

/// The recorded job under another id and algorithm; variant 0 has its very blob.
pub(crate) fn job(id: &str, algo: &str, variant: u8) -> UpstreamJob {
    let blob = match variant {
        0 => BLOB.to_owned(),
        other => format!("{}{other:02x}", &BLOB[..BLOB.len() - 2]),
    };
    JobFields {
        blob: Some(blob.as_str().into()),
        job_id: Some(id.into()),
        target: Some(TARGET.into()),
        algo: Some(algo.into()),
        height: Some(3),
        seed_hash: Some(SEED.into()),
        ..JobFields::default()
    }
    .check()
    .expect("a recorded job")
}
