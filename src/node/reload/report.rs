//! What came of a reload.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;
use zartrux_config::{Change, Faults};

use super::restart_keys;

/// What was changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReloadReport {
    /// The keys.
    pub changes: Vec<Change>,
    /// What else, in words.
    pub notes: Vec<String>,
}

impl ReloadReport {
    /// Whether nothing was changed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.notes.is_empty()
    }

    /// In one line.
    #[must_use]
    pub fn in_words(&self) -> String {
        if self.is_empty() {
            return "nothing is different".to_owned();
        }
        let changes = self.changes.iter().map(ToString::to_string);
        let all: Vec<String> = changes.chain(self.notes.iter().cloned()).collect();
        all.join("; ")
    }
}

/// Why settings were not taken; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReloadRefused {
    /// They are wrong: everything that is.
    Faults(Faults),
    /// A key among these changes can't be taken while the node runs.
    NeedsRestart(Vec<Change>),
    /// A part can't take them now: a file is unreadable, the disk does not answer.
    CannotTake(String),
    /// The node is leaving.
    Leaving,
    /// The node was not started from a file.
    NoSource,
}

impl fmt::Display for ReloadRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Faults(faults) => faults.fmt(f),
            Self::NeedsRestart(changes) => write!(
                f,
                "these keys need a restart: {}; nothing was changed",
                restart_keys(changes).join(", ")
            ),
            Self::CannotTake(why) => write!(f, "{why}; nothing was changed"),
            Self::Leaving => f.write_str("the process is leaving; nothing was changed"),
            Self::NoSource => f.write_str("there is no file to read settings from"),
        }
    }
}

impl std::error::Error for ReloadRefused {}

/// The last reload, as `/health` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LastReload {
    /// When, milliseconds since 1970.
    pub unix_ms: u64,
    /// Who wanted it.
    pub asked_by: String,
    /// Whether the settings were taken.
    pub applied: bool,
    /// Keys that were changed, or would have been.
    pub changed: usize,
    /// Why they were refused, if they were; at most 20 lines.
    pub refused: Option<String>,
}

impl LastReload {
    const LINES: usize = 20;

    pub(super) fn of(
        unix_ms: u64,
        asked_by: &str,
        outcome: &Result<ReloadReport, ReloadRefused>,
    ) -> Self {
        let (changed, refused) = match outcome {
            Ok(report) => (report.changes.len(), None),
            Err(refused) => {
                let changed = match refused {
                    ReloadRefused::NeedsRestart(changes) => changes.len(),
                    ReloadRefused::Faults(_)
                    | ReloadRefused::CannotTake(_)
                    | ReloadRefused::Leaving
                    | ReloadRefused::NoSource => 0,
                };
                (changed, Some(refused))
            }
        };
        let lines = |refused: &ReloadRefused| {
            let text = refused.to_string();
            let lines: Vec<&str> = text.lines().take(Self::LINES).collect();
            lines.join("\n")
        };
        Self {
            unix_ms,
            asked_by: asked_by.to_owned(),
            applied: outcome.is_ok(),
            changed,
            refused: refused.map(lines),
        }
    }
}
