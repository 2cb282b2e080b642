//! Refusals: each stands on a proof, and only a proof can build one.

use super::Share;
use crate::proof::{BrokenLink, HashMismatch};

/// What was proved against a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RefusalReason {
    /// Not a submit of this session, or before login.
    Unauthenticated,
    /// Nonce not 8 hex digits, result not 64, or a field missing.
    Malformed,
    /// The job was never given to this session.
    UnknownJob,
    /// The job is older than the one before the current, or its upstream is gone.
    Expired,
    /// Hashed with another algorithm than the job's.
    WrongAlgorithm,
    /// The nonce lies outside the session's lease.
    OutsideLease,
    /// The nonce was already submitted in this upstream job, or in another with the same blob.
    Duplicate,
    /// The result does not meet the miner's target.
    LowDifficulty,
    /// The hash of the blob is another.
    InvalidResult,
}

impl RefusalReason {
    /// All of them, in the order in which they are checked.
    pub const ALL: [Self; 9] = [
        Self::Unauthenticated,
        Self::Malformed,
        Self::UnknownJob,
        Self::Expired,
        Self::WrongAlgorithm,
        Self::OutsideLease,
        Self::Duplicate,
        Self::LowDifficulty,
        Self::InvalidResult,
    ];

    /// The error text for the miner.
    ///
    /// xmrig hangs up on texts that start with `Unauthenticated` or `Invalid job id`
    /// (`Client.cpp`, `isCriticalError`): neither is ever used for a merely late share.
    #[must_use]
    pub const fn wire_text(self) -> &'static str {
        match self {
            Self::Unauthenticated => "Unauthenticated",
            Self::Malformed => "Malformed share",
            Self::UnknownJob => "Invalid job id",
            Self::Expired => "Block expired",
            Self::WrongAlgorithm => "Incorrect algorithm",
            Self::OutsideLease => "Invalid nonce; is miner not compatible with NiceHash?",
            Self::Duplicate => "Duplicate share",
            Self::LowDifficulty => "Low difficulty share",
            Self::InvalidResult => "Invalid result",
        }
    }

    /// A name for metrics and records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::Malformed => "malformed",
            Self::UnknownJob => "unknown_job",
            Self::Expired => "expired",
            Self::WrongAlgorithm => "wrong_algorithm",
            Self::OutsideLease => "outside_lease",
            Self::Duplicate => "duplicate",
            Self::LowDifficulty => "low_difficulty",
            Self::InvalidResult => "invalid_result",
        }
    }
}

/// A share was refused, and the reason is a proved fact.
///
/// There is no public constructor: admission builds it from exact checks, and a hash or a link
/// that does not fit converts into it. A statistic has no way to make one.
///
/// ```compile_fail
/// use zartrux_models::share::{Refusal, RefusalReason};
/// let _ = Refusal { reason: RefusalReason::InvalidResult };
/// ```
///
/// ```compile_fail
/// use zartrux_models::share::{Refusal, RefusalReason};
/// let _ = Refusal::checked(RefusalReason::InvalidResult);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Refusal {
    reason: RefusalReason,
}

impl Refusal {
    /// An exact check of admission failed.
    pub(super) const fn checked(reason: RefusalReason) -> Self {
        Self { reason }
    }

    /// `later` has the nonce of a share of the same blob that was forwarded or credited: a
    /// duplicate, whatever the pool calls the two jobs. `None` when the two do not collide.
    #[must_use]
    pub fn duplicate_of(settled: &Share, later: &Share) -> Option<Self> {
        (settled.nonce_set == later.nonce_set && settled.nonce == later.nonce)
            .then_some(Self::checked(RefusalReason::Duplicate))
    }

    /// What was proved.
    #[must_use]
    pub const fn reason(self) -> RefusalReason {
        self.reason
    }
}

impl From<HashMismatch> for Refusal {
    fn from(_: HashMismatch) -> Self {
        Self::checked(RefusalReason::InvalidResult)
    }
}

impl From<BrokenLink> for Refusal {
    fn from(_: BrokenLink) -> Self {
        Self::checked(RefusalReason::InvalidResult)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_share_never_gets_a_text_on_which_xmrig_hangs_up() {
        let fatal = [
            "unauthenticated",
            "invalid job id",
            "your ip is banned",
            "ip address currently banned",
        ];
        for reason in RefusalReason::ALL {
            let text = reason.wire_text().to_lowercase();
            let hangs_up = fatal.iter().any(|start| text.starts_with(start));
            let meant = matches!(
                reason,
                RefusalReason::Unauthenticated | RefusalReason::UnknownJob
            );
            assert_eq!(hangs_up, meant, "{text}");
        }
    }
}
