//! What the tests of this crate share.

use std::sync::Arc;

use zartrux_models::work::{
    Algorithm, Blob, Difficulty, IssuedJob, JobKey, JobOrigin, PoolKey, UpstreamJob,
};

/// A job of the lowest difficulty, which nothing could prove: it has no seed.
pub(crate) fn easy_job() -> Arc<IssuedJob> {
    let job = UpstreamJob {
        id: "a".into(),
        work: Blob::from_hex(&"00".repeat(76)).unwrap().into(),
        target: Difficulty::ONE.target(),
        algorithm: Algorithm::Rx0,
        height: None,
        seed: None,
        next_seed: None,
        network_difficulty: None,
    };
    let origin = JobOrigin {
        pool: PoolKey(0),
        connection: 1,
    };
    let key = JobKey(1);
    Arc::new(IssuedJob {
        key,
        origin,
        job,
        plan: zartrux_models::plan::SlotPlan::identity(),
    })
}
