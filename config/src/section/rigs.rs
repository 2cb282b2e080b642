//! `[rigs]`: which rigs should be there, and when they are missed.

use std::time::Duration;

use super::some_time;
use crate::reader::{Section, accept};

/// Most rigs that can be listed.
pub(crate) const MOST_LISTED: usize = 10_000;

/// `[rigs]`: which rigs should be there, and when they are missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rigs {
    /// Which rigs are missed when they are silent.
    pub expect: Expect,
    /// Those that should be there: `user`, or `user/rig-id`, as they log in.
    pub expected: Vec<String>,
    /// Silence after which a rig is late.
    pub late_after: Duration,
    /// Silence after which a rig is missed.
    pub silent_after: Duration,
}

/// Which rigs are missed when they are silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Those that are listed, and each that has mined for an hour.
    Seen,
    /// Those that are listed.
    Listed,
}

pub(crate) const EXPECTS: [(&str, Expect); 2] =
    [("seen", Expect::Seen), ("listed", Expect::Listed)];

impl Default for Rigs {
    fn default() -> Self {
        Self {
            expect: Expect::Seen,
            expected: Vec::new(),
            late_after: Duration::from_secs(5 * 60),
            silent_after: Duration::from_secs(15 * 60),
        }
    }
}

impl Rigs {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let rigs = Self {
            expect: section.value("expect", default.expect, accept::choice(&EXPECTS)),
            expected: section.list("expected", default.expected, MOST_LISTED, accept::name),
            late_after: section.value(
                "late_after",
                default.late_after,
                accept::duration(some_time()),
            ),
            silent_after: section.value(
                "silent_after",
                default.silent_after,
                accept::duration(some_time()),
            ),
        };
        if rigs.silent_after < rigs.late_after {
            section.fault("silent_after", "must not be shorter than `late_after`");
        }
        rigs
    }
}
