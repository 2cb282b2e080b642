//! Schema 2.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::BadRecord;
use crate::filter::{Cause, ModelId, Stage};
use crate::ledger::code::Coded;
use crate::ledger::{
    Arm, Evidence, Flags, Latencies, Outcome, Proof, Ruled, ShareEntry, StageSaid, UpstreamId,
};
use crate::share::{RigKey, ShareId};
use crate::work::{Difficulty, Nonce};

/// The fields in the order in which they are written.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Layout<'a> {
    seq: u64,
    node: u16,
    run: u32,
    id: Option<u64>,
    unix_ms: u64,
    rig: u64,
    upstream: Option<u16>,
    job_key: Option<u32>,
    #[serde(borrow)]
    job: Cow<'a, str>,
    height: Option<u64>,
    nonce: Option<[u8; 4]>,
    age_s: u32,
    asked: u64,
    found: u64,
    rate: f32,
    class: u8,
    flags: u8,
    arm: u8,
    /// 0: was not there, 1: no opinion, 2 and up: a cause.
    said: [u8; Stage::ALL.len()],
    /// Of those with a cause, in order.
    log_e: Vec<f32>,
    ruled: Option<(u8, u8, f32)>,
    proof: Option<(u8, u32, u32)>,
    outcome: u8,
    reason: u8,
    #[serde(borrow)]
    text: Cow<'a, str>,
    stages_ns: [u32; Stage::ALL.len()],
    judge_ns: u32,
    total_us: u32,
    models: [Option<u64>; 2],
}

const NOT_THERE: u8 = 0;
const NO_OPINION: u8 = 1;
const CAUSES_FROM: u8 = 2;

const LATE: u8 = 1;
const CORRECTED: u8 = 2;
const RETARGETED: u8 = 4;
const IMPORTED: u8 = 8;
const SCAN_KNOWN: u8 = 16;
const OWN_BLOB: u8 = 1 << 5;

impl<'a> Layout<'a> {
    pub(super) fn of(entry: &'a ShareEntry) -> Self {
        let (outcome, reason, text) = outcome_codes(&entry.outcome);
        Self {
            seq: entry.seq,
            node: entry.node,
            run: entry.run,
            id: entry.id.map(ShareId::to_bits),
            unix_ms: entry.unix_ms,
            rig: entry.rig.0,
            upstream: entry.upstream.map(|upstream| upstream.0),
            job_key: entry.job_key,
            job: Cow::Borrowed(&entry.job),
            height: entry.height,
            nonce: entry.nonce.map(|nonce| *nonce.as_bytes()),
            age_s: entry.age_s,
            asked: entry.asked.get(),
            found: entry.found,
            rate: entry.rate,
            class: entry.class.code(),
            flags: flag_bits(entry.flags),
            arm: entry.arm.code(),
            said: entry.evidence.map(said_code),
            log_e: entry.evidence.iter().filter_map(StageSaid::log_e).collect(),
            ruled: entry
                .ruled
                .map(|ruled| (ruled.rule.code(), ruled.told.code(), ruled.chance)),
            proof: entry
                .proof
                .map(|proof| (proof.outcome.code(), proof.waited_us, proof.took_us)),
            outcome,
            reason,
            text: Cow::Borrowed(text),
            stages_ns: entry.latencies.stages_ns,
            judge_ns: entry.latencies.judge_ns,
            total_us: entry.latencies.total_us,
            models: entry.models.map(|model| model.map(|id| id.0)),
        }
    }

    pub(super) fn entry(self) -> Result<ShareEntry, BadRecord> {
        Ok(ShareEntry {
            seq: self.seq,
            node: self.node,
            run: self.run,
            id: self.id.map(ShareId::from_bits),
            unix_ms: self.unix_ms,
            rig: RigKey(self.rig),
            upstream: self.upstream.map(UpstreamId),
            job_key: self.job_key,
            job: crate::ledger::cut(&self.job).into(),
            height: self.height,
            nonce: self.nonce.map(Nonce::new),
            age_s: self.age_s,
            asked: Difficulty::new(self.asked),
            found: self.found,
            rate: self.rate,
            class: of_code("class", self.class)?,
            flags: flags_of(self.flags),
            arm: of_code::<Arm>("arm", self.arm)?,
            evidence: evidence_of(self.said, &self.log_e)?,
            ruled: self.ruled.map(ruled_of).transpose()?,
            proof: self.proof.map(proof_of).transpose()?,
            outcome: outcome_of(self.outcome, self.reason, &self.text)?,
            latencies: Latencies {
                stages_ns: self.stages_ns,
                judge_ns: self.judge_ns,
                total_us: self.total_us,
            },
            models: self.models.map(|model| model.map(ModelId)),
        })
    }
}

pub(super) fn of_code<C: Coded>(what: &'static str, code: u8) -> Result<C, BadRecord> {
    C::of_code(code).ok_or(BadRecord::UnknownCode { what, code })
}

const fn flag_bits(flags: Flags) -> u8 {
    (if flags.late { LATE } else { 0 })
        | (if flags.corrected { CORRECTED } else { 0 })
        | (if flags.retargeted { RETARGETED } else { 0 })
        | (if flags.imported { IMPORTED } else { 0 })
        | (if flags.scan_known { SCAN_KNOWN } else { 0 })
        | (if flags.own_blob { OWN_BLOB } else { 0 })
}

pub(super) const fn flags_of(bits: u8) -> Flags {
    Flags {
        late: bits & LATE != 0,
        corrected: bits & CORRECTED != 0,
        retargeted: bits & RETARGETED != 0,
        imported: bits & IMPORTED != 0,
        scan_known: bits & SCAN_KNOWN != 0,
        own_blob: bits & OWN_BLOB != 0,
    }
}

fn said_code(said: StageSaid) -> u8 {
    match said {
        StageSaid::Unavailable => NOT_THERE,
        StageSaid::NoOpinion => NO_OPINION,
        StageSaid::Weighed { cause, .. } => CAUSES_FROM + cause.code(),
    }
}

pub(super) fn evidence_of(
    said: [u8; Stage::ALL.len()],
    log_e: &[f32],
) -> Result<Evidence, BadRecord> {
    let mut weights = log_e.iter();
    let mut evidence = Evidence::default();
    for (place, code) in evidence.iter_mut().zip(said) {
        *place = match code {
            NOT_THERE => StageSaid::Unavailable,
            NO_OPINION => StageSaid::NoOpinion,
            code => StageSaid::Weighed {
                cause: of_code::<Cause>("cause", code - CAUSES_FROM)?,
                log_e: *weights
                    .next()
                    .ok_or_else(|| BadRecord::Malformed("evidence without a weight".to_owned()))?,
            },
        };
    }
    Ok(evidence)
}

pub(super) fn ruled_of((rule, told, chance): (u8, u8, f32)) -> Result<Ruled, BadRecord> {
    Ok(Ruled {
        rule: of_code("rule", rule)?,
        told: of_code("ruling", told)?,
        chance,
    })
}

pub(super) fn proof_of((outcome, waited_us, took_us): (u8, u32, u32)) -> Result<Proof, BadRecord> {
    Ok(Proof {
        outcome: of_code("proof", outcome)?,
        waited_us,
        took_us,
    })
}

const ACCEPTED: u8 = 0;
const REJECTED: u8 = 1;
const UNANSWERED: u8 = 2;
const CREDITED: u8 = 3;
const REFUSED: u8 = 4;
const HELD: u8 = 5;
const UNDELIVERABLE: u8 = 6;

fn outcome_codes(outcome: &Outcome) -> (u8, u8, &str) {
    match outcome {
        Outcome::Accepted => (ACCEPTED, 0, ""),
        Outcome::Rejected { class, text } => (REJECTED, class.code(), text),
        Outcome::Unanswered => (UNANSWERED, 0, ""),
        Outcome::Credited => (CREDITED, 0, ""),
        Outcome::Refused(reason) => (REFUSED, reason.code(), ""),
        Outcome::Held => (HELD, 0, ""),
        Outcome::Undeliverable => (UNDELIVERABLE, 0, ""),
    }
}

pub(super) fn outcome_of(outcome: u8, reason: u8, text: &str) -> Result<Outcome, BadRecord> {
    Ok(match outcome {
        ACCEPTED => Outcome::Accepted,
        REJECTED => Outcome::Rejected {
            class: of_code("class of refusal", reason)?,
            text: crate::ledger::cut(text).into(),
        },
        UNANSWERED => Outcome::Unanswered,
        CREDITED => Outcome::Credited,
        REFUSED => Outcome::Refused(of_code("reason of refusal", reason)?),
        HELD => Outcome::Held,
        UNDELIVERABLE => Outcome::Undeliverable,
        code => {
            return Err(BadRecord::UnknownCode {
                what: "outcome",
                code,
            });
        }
    })
}
