//! Whether a rig is there: decided from what is known of it, without a clock.

use super::RigEntry;

/// How long a rig may say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresencePolicy {
    /// Without a share for longer, a rig is late, ms.
    pub late_after_ms: u64,
    /// Without a share for longer, a rig is silent, ms.
    pub silent_after_ms: u64,
    /// A rig that is not listed and has been silent for longer is not waited for any more, ms.
    pub forget_after_ms: u64,
}

impl PresencePolicy {
    /// A rig that is not listed is waited for once it has been at work for this long, ms.
    pub const SETTLED_MS: u64 = 3_600_000;

    /// Whether somebody would miss a rig: it is listed in the settings, or it has been at work for
    /// an hour and not been silent since for too long.
    #[must_use]
    pub const fn expects(&self, rig: &RigEntry, listed: bool, now_ms: u64) -> bool {
        let silent = now_ms.saturating_sub(rig.last_share_ms);
        listed || rig.mined_ms >= Self::SETTLED_MS && silent <= self.forget_after_ms
    }
}

/// Whether a rig is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// Its shares come.
    Online,
    /// The next one is overdue.
    Late,
    /// None has come for so long that something is wrong.
    Silent,
    /// Its shares come, and stay home unless they are proved.
    Quarantined,
    /// It is away and nobody waits for it.
    Gone,
}

/// A change of presence that an operator wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// A rig that is waited for went silent.
    WentSilent,
    /// One that was silent is there again.
    CameBack,
}

impl Presence {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Online,
        Self::Late,
        Self::Silent,
        Self::Quarantined,
        Self::Gone,
    ];

    /// A name for records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Late => "late",
            Self::Silent => "silent",
            Self::Quarantined => "quarantined",
            Self::Gone => "gone",
        }
    }

    /// Of a rig whose last share came at a time (0: it never sent one), both times ms since 1970.
    /// Silence counts for more than quarantine: a rig that is not there does no harm.
    #[must_use]
    pub const fn of(
        last_share_ms: u64,
        expected: bool,
        quarantined: bool,
        policy: &PresencePolicy,
        now_ms: u64,
    ) -> Self {
        let silent = now_ms.saturating_sub(last_share_ms);
        if last_share_ms == 0 || silent > policy.silent_after_ms {
            return if expected { Self::Silent } else { Self::Gone };
        }
        if quarantined {
            return Self::Quarantined;
        }
        if silent > policy.late_after_ms {
            return Self::Late;
        }
        Self::Online
    }

    /// What to tell an operator of a change, if anything: only a rig that was there and is waited
    /// for goes silent, and only one that was silent comes back.
    #[must_use]
    pub const fn transition(before: Self, after: Self) -> Option<Change> {
        match (before, after) {
            (Self::Online | Self::Late | Self::Quarantined, Self::Silent) => {
                Some(Change::WentSilent)
            }
            (Self::Silent, Self::Online | Self::Late | Self::Quarantined) => Some(Change::CameBack),
            (
                Self::Online | Self::Late | Self::Quarantined | Self::Gone,
                Self::Online | Self::Late | Self::Quarantined | Self::Gone,
            )
            | (Self::Silent, Self::Silent | Self::Gone)
            | (Self::Gone, Self::Silent) => None,
        }
    }
}
