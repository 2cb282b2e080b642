//! Schema 1: before nodes, expected rates, arms and models were noted. Only ever read.

use std::borrow::Cow;

use serde::Deserialize;

use super::BadRecord;
use super::v2::{evidence_of, flags_of, of_code, outcome_of, proof_of, ruled_of};
use crate::filter::Stage;
use crate::ledger::{Arm, Latencies, ShareEntry, UpstreamId};
use crate::share::{RigKey, ShareId};
use crate::work::{Difficulty, Nonce};

/// The fields in the order in which they were written.
#[derive(Debug, Deserialize)]
pub(super) struct Layout<'a> {
    seq: u64,
    run: u32,
    id: u64,
    unix_ms: u64,
    rig: u64,
    upstream: Option<u16>,
    #[serde(borrow)]
    job: Cow<'a, str>,
    height: Option<u64>,
    nonce: [u8; 4],
    asked: u64,
    found: u64,
    class: u8,
    flags: u8,
    said: [u8; Stage::ALL.len()],
    log_e: Vec<f32>,
    ruled: Option<(u8, u8, f32)>,
    proof: Option<(u8, u32, u32)>,
    outcome: u8,
    reason: u8,
    #[serde(borrow)]
    text: Cow<'a, str>,
    total_us: u32,
}

impl Layout<'_> {
    /// What was not noted then is what is noted today where nothing is known.
    pub(super) fn entry(self) -> Result<ShareEntry, BadRecord> {
        Ok(ShareEntry {
            seq: self.seq,
            node: 0,
            run: self.run,
            id: Some(ShareId::from_bits(self.id)),
            unix_ms: self.unix_ms,
            rig: RigKey(self.rig),
            upstream: self.upstream.map(UpstreamId),
            job_key: None,
            job: crate::ledger::cut(&self.job).into(),
            height: self.height,
            nonce: Some(Nonce::new(self.nonce)),
            age_s: 0,
            asked: Difficulty::new(self.asked),
            found: self.found,
            rate: 0.0,
            class: of_code("class", self.class)?,
            flags: flags_of(self.flags),
            arm: Arm::None,
            evidence: evidence_of(self.said, &self.log_e)?,
            ruled: self.ruled.map(ruled_of).transpose()?,
            proof: self.proof.map(proof_of).transpose()?,
            outcome: outcome_of(self.outcome, self.reason, &self.text)?,
            latencies: Latencies {
                total_us: self.total_us,
                ..Latencies::default()
            },
            models: [None, None],
        })
    }
}
