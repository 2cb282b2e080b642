//! What the judge is asked and what it says.

use std::time::{Duration, Instant};

use crate::filter::CascadeEvidence;
use crate::share::{RigKey, TargetClass};
use crate::work::Difficulty;

use super::BanRisk;

/// What the judge goes by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgePolicy {
    /// How long an upstream share of a rig that has earned trust may wait for its proof.
    pub deadline: Duration,
    /// The same for a rig that has not, for a suspect, and for a block candidate.
    pub deadline_unknown: Duration,
    /// The same for a rig in quarantine: what is not proved by then stays home.
    pub deadline_quarantine: Duration,
    /// The least probability that a local share is proved, however well its rig is trusted.
    pub sample: f64,
    /// Part of the prover's measured capacity that sampling may use, 0 to 1; the rest is for
    /// those who must prove.
    pub budget: f64,
    /// Probability that an honest rig is ever suspected.
    pub alpha: f64,
    /// Most rigs remembered.
    pub max_rigs: usize,
    /// How long a rig is remembered that sends nothing.
    pub forget_after: Duration,
}

impl Default for JudgePolicy {
    fn default() -> Self {
        Self {
            deadline: Duration::from_millis(250),
            deadline_unknown: Duration::from_secs(3),
            deadline_quarantine: Duration::from_secs(30),
            sample: 0.05,
            budget: 0.5,
            alpha: 1e-6,
            max_rigs: 100_000,
            forget_after: Duration::from_secs(7 * 24 * 3600),
        }
    }
}

/// A share that is to be decided on.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Whose it is.
    pub rig: RigKey,
    /// By the targets it claims to meet.
    pub class: TargetClass,
    /// The difficulty that its rig was asked for: the work it stands for.
    pub asked: Difficulty,
    /// For the job before the current one.
    pub late: bool,
    /// What the filters said.
    pub evidence: CascadeEvidence,
    /// Whether its hash could be recomputed at all.
    pub provable: bool,
    /// How long a proof would take to come; `None` while its seed is not ready.
    pub expected_wait: Option<Duration>,
    /// Proofs a second that the prover makes, as measured; 0 if unknown.
    pub capacity: f64,
    /// What is with the prover now.
    pub at_prover: AtProver,
    /// What a bad share would cost at its upstream now.
    pub ban_risk: BanRisk,
    /// The one random draw of this share, uniform on [0, 1).
    pub draw: f64,
    /// Where it has waited for its turn, and is ruled on again.
    pub waited: Option<Waited>,
    /// Now.
    pub now: Instant,
}

/// Shares that are with the prover: asked for, and neither answered nor given up. Whoever asks the
/// prover counts them, so that the judge can forget a rig, or everything, and they still hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AtProver {
    /// Of the rig in question.
    pub of_rig: u32,
    /// Of all rigs, those that were asked for because their rig is in quarantine.
    pub in_quarantine: u32,
}

impl AtProver {
    /// Shares of a rig without trust that are with the prover at once: as many as may come before
    /// the first bad proof of a rig, whatever it sends.
    pub const OF_RIG: u32 = 16;
    /// Of all rigs in quarantine together.
    pub const IN_QUARANTINE: u32 = 64;

    /// Whether a rig without trust has its turn.
    #[must_use]
    pub const fn has_turn(self) -> bool {
        self.of_rig < Self::OF_RIG
    }

    /// Whether the prover may take one more share of the rig while it is in quarantine: a rig may
    /// have as many there as places are free for all, so that the last ones, and what becomes free
    /// when all are taken, go to those who have none (the dynamic threshold of Choudhury and Hahne, "Dynamic queue length thresholds
    /// for shared-memory packet switches", IEEE/ACM Transactions on Networking 6, 1998).
    #[must_use]
    pub const fn has_turn_in_quarantine(self) -> bool {
        self.has_turn() && self.of_rig < Self::IN_QUARANTINE.saturating_sub(self.in_quarantine)
    }
}

/// A share that was told to [`Decision::Wait`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Waited {
    /// The rule by which it is to prove itself.
    pub rule: Rule,
    /// With which probability that was so; it was drawn, and is not drawn again.
    pub chance: f64,
    /// Since the ruling to wait.
    pub time: Duration,
}

/// What happens to a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It must prove itself first.
    ProveFirst {
        /// From now.
        wait_at_most: Duration,
        /// When no proof comes in this time.
        unproved: Unproved,
    },
    /// It must prove itself first, when proofs of its own rig have come that are with the prover
    /// now: then, and at the latest after this time, it is ruled on again.
    Wait {
        /// From now.
        wait_at_most: Duration,
    },
    /// To the pool, or credited here, unproved.
    PassOn,
    /// Stays home: its rig is in quarantine and it can't be proved.
    Hold,
}

/// What happens to a share whose proof did not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproved {
    /// The prover's fault is not the share's.
    PassOn,
    /// Its rig is in quarantine: it stays home.
    Hold,
}

/// Why a share was dealt with as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// It claims a block.
    BlockCandidate,
    /// Its rig is in quarantine.
    Quarantine,
    /// One bad share now would get the farm banned, and its rig is not trusted.
    BanWindow,
    /// The joined evidence against its rig has passed 1/α.
    Suspect,
    /// It goes to the pool, and its rig has not earned trust.
    UnknownRig,
    /// It goes to the pool, and there is time.
    Upstream,
    /// Drawn.
    Sampled,
    /// Not drawn.
    NotSampled,
    /// No proof could come in time.
    NoTime,
    /// Its hash can't be recomputed here: proving is off, or the algorithm is not known.
    NotProvable,
    /// The judge itself failed at this share.
    JudgeFault,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::BlockCandidate,
        Self::Quarantine,
        Self::BanWindow,
        Self::Suspect,
        Self::UnknownRig,
        Self::Upstream,
        Self::Sampled,
        Self::NotSampled,
        Self::NoTime,
        Self::NotProvable,
        Self::JudgeFault,
    ];

    /// A name for metrics and records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::BlockCandidate => "block_candidate",
            Self::Quarantine => "quarantine",
            Self::BanWindow => "ban_window",
            Self::Suspect => "suspect",
            Self::UnknownRig => "unknown_rig",
            Self::Upstream => "upstream",
            Self::Sampled => "sampled",
            Self::NotSampled => "not_sampled",
            Self::NoTime => "no_time",
            Self::NotProvable => "not_provable",
            Self::JudgeFault => "judge_fault",
        }
    }
}

/// What the judge says of a share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ruling {
    /// What happens to it.
    pub decision: Decision,
    /// Why.
    pub rule: Rule,
    /// The probability with which it was to be proved, before the draw: also where there turned
    /// out to be no time. 0 where it can't be proved at all.
    pub chance: f64,
}

/// What a proof said of a share, or of a rig by way of it.
#[derive(Debug, Clone, Copy)]
pub struct ProofNoted {
    /// Whose share it was.
    pub rig: RigKey,
    /// Which share.
    pub share: crate::share::ShareId,
    /// The work it stood for.
    pub asked: Difficulty,
    /// Whether its hash was as claimed.
    pub good: bool,
    /// Now.
    pub now: Instant,
}
