//! How long something must hold before it is told, and be gone before that is told.

use crate::ledger::AlertKind;

/// How much an alert matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth a look.
    Warning,
    /// Somebody should do something.
    Critical,
}

impl Severity {
    /// A name for records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// What an alert of this kind matters.
    #[must_use]
    pub const fn of(kind: AlertKind) -> Self {
        match kind {
            AlertKind::StoreFailing
            | AlertKind::DiskLow
            | AlertKind::NoUpstream
            | AlertKind::UpstreamBanned
            | AlertKind::BooksUnbalanced
            | AlertKind::WalletChanged
            | AlertKind::MemoryFull => Self::Critical,
            AlertKind::RigSilent
            | AlertKind::RigSlower
            | AlertKind::RigQuarantined
            | AlertKind::UpstreamRefuses
            | AlertKind::StageBypassed
            | AlertKind::ProverFailing
            | AlertKind::JournalGap
            | AlertKind::Failover
            | AlertKind::ModelRolledBack => Self::Warning,
        }
    }
}

/// How a kind of alert comes and goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// It holds for a time: told when it lasts, and when it has been gone for long enough.
    Lasting,
    /// It is certain at once, and told at once; gone when it has been gone for long enough.
    Certain,
    /// It happened. It counts as news for [`Policy::NEWS_MS`], which the observer keeps account
    /// of; then it is taken for known, and recovered.
    Happened,
}

impl Nature {
    pub(super) const fn of(kind: AlertKind) -> Self {
        match kind {
            AlertKind::StoreFailing
            | AlertKind::DiskLow
            | AlertKind::RigSilent
            | AlertKind::RigSlower
            | AlertKind::NoUpstream
            | AlertKind::StageBypassed
            | AlertKind::ProverFailing
            | AlertKind::Failover
            | AlertKind::MemoryFull => Self::Lasting,
            // The refusal rate is judged by its interval: it needs no second delay.
            AlertKind::RigQuarantined | AlertKind::UpstreamRefuses | AlertKind::UpstreamBanned => {
                Self::Certain
            }
            AlertKind::BooksUnbalanced
            | AlertKind::JournalGap
            | AlertKind::ModelRolledBack
            | AlertKind::WalletChanged => Self::Happened,
        }
    }
}

/// Times of the engine, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// What holds for less is not told.
    pub hold_ms: u64,
    /// What is gone for less is not told either.
    pub clear_ms: u64,
    /// After a time without any upstream, rigs have this long to come back before they are missed.
    pub settle_ms: u64,
    /// An alert that flaps is over when it has been gone for this long.
    pub calm_ms: u64,
}

impl Policy {
    /// Something that happened is news for a day.
    pub const NEWS_MS: u64 = 86_400_000;
    /// An alert that is raised for more than this many times in an hour flaps.
    pub const FLAPS: usize = 4;
    /// The time in which they are counted, ms.
    pub const FLAPS_WITHIN_MS: u64 = 3_600_000;

    /// How long it must hold.
    pub(super) const fn hold(&self, kind: AlertKind) -> u64 {
        match Nature::of(kind) {
            Nature::Lasting => self.hold_ms,
            Nature::Certain | Nature::Happened => 0,
        }
    }

    /// How long it must be gone.
    pub(super) const fn clear(&self, kind: AlertKind, flapping: bool) -> u64 {
        match (flapping, Nature::of(kind)) {
            (true, _) => self.calm_ms,
            (false, Nature::Lasting | Nature::Certain) => self.clear_ms,
            (false, Nature::Happened) => 0,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            hold_ms: 30_000,
            clear_ms: 60_000,
            settle_ms: 300_000,
            calm_ms: 1_800_000,
        }
    }
}

/// Whether something that happened at a time is still news, both times ms since 1970. A time that
/// has not come yet, after the clock was set back, is.
#[must_use]
pub const fn is_news(happened_unix_ms: u64, now_unix_ms: u64) -> bool {
    now_unix_ms.saturating_sub(happened_unix_ms) < Policy::NEWS_MS
}
