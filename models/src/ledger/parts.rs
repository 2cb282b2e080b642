//! What a stored share is made of.

use crate::filter::{CascadeEvidence, Cause, Evidence as Said, Stage};
use crate::judge::{Decision, Rule, Ruling, Unproved};
use crate::share::{ProofOutcome, RefusalReason};
use crate::stratum::ErrorClass;

/// An upstream by its number in the store's list of names, which outlives the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UpstreamId(pub u16);

/// How a share ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Forwarded, and the pool took it.
    Accepted,
    /// Forwarded, and the pool refused it.
    Rejected {
        /// What sort of refusal.
        class: ErrorClass,
        /// The pool's words, at most 200 bytes, masked where they could hold a wallet.
        text: Box<str>,
    },
    /// Forwarded, and the pool never answered.
    Unanswered,
    /// Met only the miner's own target: counted here.
    Credited,
    /// Proved bad.
    Refused(RefusalReason),
    /// Its rig is in quarantine and its hash could not be recomputed in time: it stayed home.
    Held,
    /// Never written: the connection that brought its job was gone.
    Undeliverable,
}

impl Outcome {
    /// A name for records.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected { .. } => "rejected",
            Self::Unanswered => "unanswered",
            Self::Credited => "credited",
            Self::Refused(_) => "refused",
            Self::Held => "held",
            Self::Undeliverable => "undeliverable",
        }
    }

    /// The class of the pool's words, or the reason of our refusal.
    #[must_use]
    pub const fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Rejected { class, .. } => Some(class.label()),
            Self::Refused(reason) => Some(reason.label()),
            Self::Accepted
            | Self::Unanswered
            | Self::Credited
            | Self::Held
            | Self::Undeliverable => None,
        }
    }
}

/// In which arm of the experiment on the order of nonces a share's nonces were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Arm {
    /// There was no experiment.
    #[default]
    None,
    /// Its nonces' top byte was drawn at random from all.
    Control,
    /// It was the best that was left in the model's order.
    Model,
    /// Order by a plan from outside.
    Outside,
}

impl Arm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::None, Self::Control, Self::Model, Self::Outside];

    /// A name for records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Control => "control",
            Self::Model => "model",
            Self::Outside => "outside",
        }
    }
}

/// What a filter said, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum StageSaid {
    /// It was not there.
    #[default]
    Unavailable,
    /// It had nothing to go by.
    NoOpinion,
    /// What was won by betting against the rig.
    Weighed {
        /// Its natural logarithm.
        log_e: f32,
        /// What it was mostly won by.
        cause: Cause,
    },
}

impl StageSaid {
    /// The logarithm of the capital, where there is an opinion.
    #[must_use]
    pub const fn log_e(&self) -> Option<f32> {
        match self {
            Self::Weighed { log_e, .. } => Some(*log_e),
            Self::Unavailable | Self::NoOpinion => None,
        }
    }
}

impl From<Said> for StageSaid {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a logarithm of odds; its last digits say nothing"
    )]
    fn from(said: Said) -> Self {
        match said {
            Said::Weighed { log_e, cause } if !log_e.is_nan() => Self::Weighed {
                log_e: log_e as f32,
                cause,
            },
            Said::NoOpinion => Self::NoOpinion,
            Said::Weighed { .. } | Said::Unavailable => Self::Unavailable,
        }
    }
}

/// What the six filters said of a share's rig, in the order of the cascade.
pub type Evidence = [StageSaid; Stage::ALL.len()];

/// As it is kept.
#[must_use]
pub fn evidence_kept(evidence: &CascadeEvidence) -> Evidence {
    Stage::ALL.map(|stage| evidence.of(stage).into())
}

/// What the judge said to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Told {
    /// Prove it first; without a proof in time, pass it on.
    ProveFirst,
    /// Prove it first; without a proof it stays home.
    ProveOrHold,
    /// Wait for its turn to be proved.
    Wait,
    /// Pass it on unproved.
    PassOn,
    /// It stays home.
    Hold,
}

impl Told {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ProveFirst,
        Self::ProveOrHold,
        Self::Wait,
        Self::PassOn,
        Self::Hold,
    ];

    /// A name for records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::ProveFirst => "prove_first",
            Self::ProveOrHold => "prove_or_hold",
            Self::Wait => "wait",
            Self::PassOn => "pass_on",
            Self::Hold => "hold",
        }
    }
}

impl From<Decision> for Told {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::ProveFirst {
                unproved: Unproved::PassOn,
                ..
            } => Self::ProveFirst,
            Decision::ProveFirst {
                unproved: Unproved::Hold,
                ..
            } => Self::ProveOrHold,
            Decision::Wait { .. } => Self::Wait,
            Decision::PassOn => Self::PassOn,
            Decision::Hold => Self::Hold,
        }
    }
}

/// The judge's ruling, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ruled {
    /// Why.
    pub rule: Rule,
    /// What.
    pub told: Told,
    /// The probability with which it was to be proved, before the draw.
    pub chance: f32,
}

impl From<&Ruling> for Ruled {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a probability; 24 bits of it are plenty"
    )]
    fn from(ruling: &Ruling) -> Self {
        Self {
            rule: ruling.rule,
            told: ruling.decision.into(),
            chance: ruling.chance as f32,
        }
    }
}

/// What came of a proof, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// What it showed.
    pub outcome: ProofOutcome,
    /// From the request until its hash was begun, µs.
    pub waited_us: u32,
    /// The hash itself, µs.
    pub took_us: u32,
}

/// How long each step took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latencies {
    /// With each filter, its mailbox included, ns.
    pub stages_ns: [u32; Stage::ALL.len()],
    /// From the last filter to the judge's ruling, ns.
    pub judge_ns: u32,
    /// From its line to its end, µs.
    pub total_us: u32,
}
