//! What is shown of a rig: everything an operator would ask why about.

use std::time::Instant;

use serde::Serialize;

use super::rig_file::RigFile;
use super::suspicion::DOUBT;
use super::trust::Trust;

/// How a rig stands with the judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It has not proved enough work for the difficulty of its shares.
    New,
    /// It has.
    Trusted,
    /// The filters' evidence against it has passed 1/α: it must prove more.
    Suspect,
    /// A share of it was proved bad.
    Quarantined,
}

/// A rig, as the judge knows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RigReport {
    /// How it stands, the gravest first.
    pub standing: Standing,
    /// What it has proved.
    pub trust: TrustReport,
    /// Its present quarantine.
    pub quarantine: Option<QuarantineReport>,
    /// How often it has been in quarantine, the present one included.
    pub quarantines: u32,
    /// What the filters said at its last share.
    pub evidence: EvidenceReport,
    /// Probability with which its last share was to be proved, before the draw.
    pub last_chance: f64,
    /// Proofs of its shares.
    pub proofs: ProofCounts,
    /// Seconds since its last share.
    pub idle_seconds: f64,
}

/// What a rig has proved since its last bad proof; work owed in a quarantine does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TrustReport {
    /// Proven work, in hashes.
    pub work: u64,
    /// Work that trust takes at the difficulty of its last share, in hashes.
    pub work_needed: u64,
    /// Good proofs in a row.
    pub good_proofs: u32,
    /// Good proofs that trust takes.
    pub good_proofs_needed: u32,
}

/// Why a rig is in quarantine, and what releases it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuarantineReport {
    /// The share that was proved bad, by its id in records.
    pub share: String,
    /// Seconds since then.
    pub seconds: f64,
    /// Bad proofs after that one.
    pub bad_since: u32,
    /// Good work in a row that releases it, in hashes.
    pub work_needed: u64,
    /// Delivered of it, in hashes.
    pub work_delivered: u64,
}

/// What the filters said of a rig at its last share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EvidenceReport {
    /// Natural logarithm of the joined capital; none if no filter was there.
    pub joined_log_e: Option<f64>,
    /// The filter that had most against it, from odds of ten: an honest rig is always a little
    /// ahead somewhere, and nobody should read an accusation into that.
    pub strongest: Option<StrongestReport>,
}

/// The filter that has most against a rig.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StrongestReport {
    /// Its name.
    pub stage: &'static str,
    /// Natural logarithm of its capital.
    pub log_e: f64,
    /// What that was mostly won by, in words.
    pub cause: &'static str,
}

/// Proofs of a rig's shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ProofCounts {
    /// Asked for.
    pub asked: u64,
    /// Came, and the hash was as claimed.
    pub good: u64,
    /// Came, and it was not.
    pub bad: u64,
    /// Did not come.
    pub none: u64,
}

impl RigReport {
    pub(super) fn of(file: &RigFile, now: Instant) -> Self {
        let seconds_since = |then| now.saturating_duration_since(then).as_secs_f64();
        Self {
            standing: standing(file),
            trust: TrustReport {
                work: file.trust.work(),
                work_needed: Trust::needed(file.asked),
                good_proofs: file.trust.good_proofs(),
                good_proofs_needed: Trust::PROOFS,
            },
            quarantine: file.quarantine.map(|quarantine| QuarantineReport {
                share: quarantine.share().to_string(),
                seconds: seconds_since(quarantine.since()),
                bad_since: quarantine.bad_within(),
                work_needed: quarantine.needed(),
                work_delivered: quarantine.delivered(),
            }),
            quarantines: file.quarantines,
            evidence: EvidenceReport {
                joined_log_e: file.joined,
                strongest: file.strongest.filter(|(_, log_e, _)| *log_e >= DOUBT).map(
                    |(stage, log_e, cause)| StrongestReport {
                        stage: stage.name(),
                        // JSON has no infinity.
                        log_e: log_e.clamp(f64::MIN, f64::MAX),
                        cause: cause.text(),
                    },
                ),
            },
            last_chance: file.chance,
            proofs: file.proofs,
            idle_seconds: seconds_since(file.last_seen),
        }
    }
}

fn standing(file: &RigFile) -> Standing {
    if file.quarantine.is_some() {
        Standing::Quarantined
    } else if file.suspicion.is_suspect() {
        Standing::Suspect
    } else if file.trust.covers(file.asked) {
        Standing::Trusted
    } else {
        Standing::New
    }
}
