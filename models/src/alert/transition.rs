//! A change that is told.

use super::Severity;
use crate::ledger::AlertKind;

/// The time, in two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// Milliseconds since some moment; never goes back. Waits are measured with it.
    pub ms: u64,
    /// Milliseconds since 1970, to be shown.
    pub unix_ms: u64,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It has held for long enough.
    Raised {
        /// It has come and gone too often lately: it is told as flapping, and is over only when it
        /// has been gone for longer.
        flapping: bool,
    },
    /// It has been gone for long enough.
    Recovered,
}

/// Something that is told once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// What sort.
    pub kind: AlertKind,
    /// Whom or what it is about.
    pub subject: Box<str>,
    /// In words; of a recovery, what was told last.
    pub text: Box<str>,
    /// How much it matters.
    pub severity: Severity,
    /// Which way.
    pub change: Change,
    /// Since when it held, ms since 1970.
    pub since_unix_ms: u64,
    /// When it was decided, ms since 1970.
    pub at_unix_ms: u64,
}
