//! The judge: who must prove first, by trust in proven work and by the filters' evidence.
//! A statistic never refuses a share; only a proof does, and only a proof quarantines a rig.

mod ban_window;
mod budget;
mod core;
#[cfg(test)]
mod fixtures;
mod quarantine;
mod remembered;
mod report;
mod rig_file;
mod rig_files;
mod ruling;
mod suspicion;
mod trust;

pub use self::core::JudgeCore;
pub use ban_window::{BanRisk, BanRule, BanWindow};
pub use quarantine::QuarantineChange;
pub use remembered::{QuarantineRemembered, RigRemembered};
pub use report::{
    EvidenceReport, ProofCounts, QuarantineReport, RigReport, Standing, StrongestReport,
    TrustReport,
};
pub use ruling::{
    AtProver, Case, Decision, JudgePolicy, ProofNoted, Rule, Ruling, Unproved, Waited,
};
pub use suspicion::SuspicionChange;
