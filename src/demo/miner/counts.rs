//! What a miner counts: every share it claims once, by outcome, its wrong ones apart.

use std::collections::BTreeMap;

/// What became of shares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Results that were claimed to meet the target.
    pub found: u64,
    /// Answered with `OK`.
    pub accepted: u64,
    /// Answered with an error, by its text; after [`Outcomes::MAX_TEXTS`] different ones the
    /// rest goes under `(others)`.
    pub refused: BTreeMap<String, u64>,
    /// Never sent, or never answered: the connection or the job ended first.
    pub lost: u64,
}

impl Outcomes {
    /// Most texts counted apart.
    pub const MAX_TEXTS: usize = 32;

    /// Refused for whatever reason.
    #[must_use]
    pub fn refused_in_all(&self) -> u64 {
        self.refused.values().sum()
    }

    /// Found, and neither answered nor lost yet.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.found
            .saturating_sub(self.accepted + self.refused_in_all() + self.lost)
    }

    fn settle(&mut self, verdict: Result<(), String>) {
        let Err(text) = verdict else {
            self.accepted += 1;
            return;
        };
        let known = self.refused.contains_key(&text) || self.refused.len() < Self::MAX_TEXTS;
        let text = if known { text } else { "(others)".to_owned() };
        *self.refused.entry(text).or_default() += 1;
    }
}

/// Everything a miner has counted so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MinerCounts {
    /// Whether it is logged in now.
    pub logged_in: bool,
    /// Logins that were answered with a job.
    pub logins: u64,
    /// Jobs received, the first of each login included.
    pub jobs: u64,
    /// Hashes computed.
    pub hashes: u64,
    /// Difficulty of the present job; 0 when there is none.
    pub difficulty: u64,
    /// Shares whose result is the hash.
    pub sound: Outcomes,
    /// Shares whose result failing hardware has changed.
    pub corrupt: Outcomes,
    /// Why the last connection ended or could not be made.
    pub trouble: Option<String>,
}

impl MinerCounts {
    pub(super) fn of(&mut self, corrupt: bool) -> &mut Outcomes {
        if corrupt {
            &mut self.corrupt
        } else {
            &mut self.sound
        }
    }

    pub(super) fn settle(&mut self, corrupt: bool, verdict: Result<(), String>) {
        self.of(corrupt).settle(verdict);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_share_found_is_in_one_place() {
        let mut outcomes = Outcomes {
            found: 5,
            ..Outcomes::default()
        };
        outcomes.settle(Ok(()));
        outcomes.settle(Err("Invalid result".into()));
        outcomes.settle(Err("Invalid result".into()));
        outcomes.lost += 1;
        assert_eq!(outcomes.refused["Invalid result"], 2);
        assert_eq!((outcomes.accepted, outcomes.in_flight()), (1, 1));
    }

    #[test]
    fn a_proxy_that_answers_something_new_each_time_fills_no_memory() {
        let mut outcomes = Outcomes::default();
        for number in 0..1_000 {
            outcomes.settle(Err(format!("reason {number}")));
        }
        assert_eq!(outcomes.refused.len(), Outcomes::MAX_TEXTS + 1);
        assert_eq!(outcomes.refused_in_all(), 1_000);
    }
}
