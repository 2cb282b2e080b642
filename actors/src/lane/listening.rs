//! Who hears of jobs and of rigs beside the actors.

use std::sync::Arc;

use zartrux_models::work::{Algorithm, UpstreamJob};

use super::LaneView;
use crate::miner_sessions::RigListener;
use crate::prover::Prover;
use crate::share_ticket::ShareTicket;
use crate::store::registry::RegistryLink;

/// Has the seeds of each new job prepared before its first share comes.
pub(super) fn seed_preparer(
    prover: Option<Prover<ShareTicket>>,
) -> Arc<dyn Fn(&UpstreamJob) + Send + Sync> {
    Arc::new(move |job| {
        let provable = matches!(job.algorithm, Algorithm::Rx0 | Algorithm::Rx2);
        if let Some(prover) = prover.as_ref().filter(|_| provable) {
            for seed in [job.seed, job.next_seed].into_iter().flatten() {
                prover.prepare(seed);
            }
        }
    })
}

/// Keeps how rigs call themselves.
pub(super) fn name_keeper(view: &Arc<LaneView>, registry: Option<RegistryLink>) -> RigListener {
    let rigs = Arc::clone(&view.rigs);
    Arc::new(move |who| {
        rigs.note_names(who.rig, who.user, who.rig_id, who.agent);
        if let Some(registry) = &registry {
            registry.introduced(who);
        }
    })
}
