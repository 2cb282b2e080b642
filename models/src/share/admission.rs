//! Admission: the exact checks that need no hash.

use std::sync::Arc;

use super::{Novelty, Refusal, RefusalReason, Share, TargetClass};
use crate::proof;
use crate::session::Assignments;
use crate::stratum::Submit;
use crate::work::{Algorithm, Difficulty, JobTable, LeasedNonce, Nonce, ResultHash, UpstreamJob};

/// Why a share goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAdmitted {
    /// Proved bad.
    Refused(Refusal),
    /// Not bad, but as many nonces of this job, or results for this nonce, are kept as may be.
    TooMany,
}

impl From<RefusalReason> for NotAdmitted {
    fn from(reason: RefusalReason) -> Self {
        Self::Refused(Refusal::checked(reason))
    }
}

/// Checks a submit of a session that is logged in, in the order of [`RefusalReason::ALL`].
///
/// The caller has compared the session id; it claims the nonce when it takes the share.
///
/// # Errors
/// What was proved against the share, or that the job is full.
pub fn admit(
    submit: &Submit<'_>,
    assignments: &Assignments,
    jobs: &JobTable,
) -> Result<Share, NotAdmitted> {
    let nonce = Nonce::from_hex(&submit.nonce).map_err(|_| RefusalReason::Malformed)?;
    let result = ResultHash::from_hex(&submit.result).map_err(|_| RefusalReason::Malformed)?;
    let assignment = assignments.of(&submit.job_id)?;
    let found = jobs.find(assignment.job).ok_or(RefusalReason::Expired)?;
    let job = &found.issued.job;
    if let Some(name) = &submit.algorithm
        && Algorithm::named(name) != job.algorithm
    {
        return Err(RefusalReason::WrongAlgorithm.into());
    }
    let slot = assignment.slot;
    if !job.work.holds(slot, nonce) {
        return Err(RefusalReason::OutsideLease.into());
    }
    let at = LeasedNonce { slot, nonce };
    let novelty = found.nonces.novelty(at, &result);
    if novelty == Novelty::Duplicate {
        return Err(RefusalReason::Duplicate.into());
    }
    let class = classify(&result, assignment.difficulty, job)?;
    let raw_hash = check_commitment(submit, job, at, &result)?;
    if !found.nonces.has_room(at) {
        return Err(NotAdmitted::TooMany);
    }
    Ok(Share {
        job: Arc::clone(found.issued),
        slot,
        nonce,
        nonce_set: found.nonce_set,
        result,
        raw_hash,
        class,
        lateness: found.lateness,
        asked: assignment.difficulty,
        retargeted: assignments.was_retargeted(&assignment),
        contested: novelty == Novelty::Contested,
    })
}

/// Meets the pool's target: to be forwarded, even if the miner's own difficulty just rose.
fn classify(
    result: &ResultHash,
    asked: Difficulty,
    job: &UpstreamJob,
) -> Result<TargetClass, RefusalReason> {
    let claims_block = job
        .network_difficulty
        .is_some_and(|network| network.target().is_met_by(result));
    if claims_block {
        Ok(TargetClass::BlockCandidate)
    } else if job.target.is_met_by(result) {
        Ok(TargetClass::Upstream)
    } else if asked.target().is_met_by(result) {
        Ok(TargetClass::Local)
    } else {
        Err(RefusalReason::LowDifficulty)
    }
}

/// `RandomX` version 2: the field `commitment` holds the raw hash, of which the result is a
/// BLAKE2b; checking that link takes microseconds.
fn check_commitment(
    submit: &Submit<'_>,
    job: &UpstreamJob,
    at: LeasedNonce,
    result: &ResultHash,
) -> Result<Option<[u8; 32]>, NotAdmitted> {
    if !job.algorithm.has_commitment() {
        return Ok(None);
    }
    let raw = submit
        .commitment
        .as_deref()
        .and_then(|text| ResultHash::from_hex(text).ok())
        .ok_or(RefusalReason::Malformed)?;
    proof::check_link(
        &job.work.hashed_bytes(at.slot, at.nonce),
        raw.as_bytes(),
        result,
    )
    .map_err(|broken| NotAdmitted::Refused(broken.into()))?;
    Ok(Some(*raw.as_bytes()))
}
