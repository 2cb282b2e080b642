//! Alerts that are open, to be shown and to outlive the process.

use serde::{Deserialize, Serialize};

use super::Severity;
use crate::ledger::AlertKind;

/// An alert that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAlert {
    /// What sort.
    pub kind: AlertKind,
    /// Whom or what it is about.
    pub subject: Box<str>,
    /// In words, as it was seen last.
    pub text: Box<str>,
    /// How much it matters.
    pub severity: Severity,
    /// Since when it holds, ms since 1970.
    pub since_unix_ms: u64,
    /// It comes and goes.
    pub flapping: bool,
}

/// The same as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The kind's name.
    pub kind: String,
    /// Whom or what it is about.
    pub subject: String,
    /// In words.
    pub text: String,
    /// Since when it holds, ms since 1970.
    pub since_unix_ms: u64,
    /// It comes and goes.
    #[serde(default)]
    pub flapping: bool,
}

impl From<OpenAlert> for Kept {
    fn from(open: OpenAlert) -> Self {
        Self {
            kind: open.kind.label().to_owned(),
            subject: open.subject.into(),
            text: open.text.into(),
            since_unix_ms: open.since_unix_ms,
            flapping: open.flapping,
        }
    }
}
