//! Shares with what is needed around them.

use std::sync::Arc;

use zartrux_actors::share_ticket::Sender;
use zartrux_models::filter::Scanner;
use zartrux_models::plan::SeatKey;
use zartrux_models::share::{RigKey, Share, ShareId, TargetClass};
use zartrux_models::stratum::RequestId;
use zartrux_models::work::{
    Difficulty, IssuedJob, JobKey, JobOrigin, Lateness, Nonce, NonceSetId, PoolKey, ResultHash,
    UpstreamJob,
};

use crate::lane::POOLS;

/// What of a share does not follow from its job and its hash.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    pub(crate) rig: u64,
    pub(crate) class: TargetClass,
    pub(crate) late: bool,
    /// Shares of the rig went by unseen before it.
    pub(crate) after_gap: bool,
    /// Which of the two pools its job is of.
    pub(crate) pool: PoolKey,
}

impl Manner {
    /// Nothing special.
    pub(crate) const fn plain() -> Self {
        Self {
            rig: 0,
            class: TargetClass::Upstream,
            late: false,
            after_gap: false,
            pool: POOLS[0],
        }
    }

    pub(crate) fn share(
        &self,
        job: UpstreamJob,
        nonce: Nonce,
        result: ResultHash,
        asked: Difficulty,
    ) -> Share {
        let origin = JobOrigin {
            pool: self.pool,
            connection: 1,
        };
        let key = JobKey(1);
        Share {
            job: Arc::new(IssuedJob {
                key,
                origin,
                job,
                plan: zartrux_models::plan::SlotPlan::identity(),
            }),
            slot: nonce.slot(),
            nonce,
            nonce_set: NonceSetId(1),
            result,
            raw_hash: None,
            class: self.class,
            lateness: if self.late {
                Lateness::Stale
            } else {
                Lateness::Current
            },
            asked,
            retargeted: false,
            contested: false,
        }
    }

    pub(crate) fn sender(&self, number: u64) -> Sender {
        Sender {
            id: id_of(number),
            rig: RigKey(self.rig),
            scanner: if self.rig.is_multiple_of(2) {
                Scanner::XmrigBlocks
            } else {
                Scanner::Unknown
            },
            after_gap: self.after_gap,
            heard: zartrux_models::filter::VerdictsHeard::default(),
            seat: SeatKey {
                index: 0,
                generation: 1,
            },
            request: RequestId(1),
            age_s: 0,
            rate: 0.0,
        }
    }
}

/// What share number `number` is called.
pub(crate) const fn id_of(number: u64) -> ShareId {
    ShareId::new(0, number)
}
