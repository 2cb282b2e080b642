//! Which rigs are missed.

use std::collections::HashSet;

use zartrux_models::ledger::{Change, Presence, PresencePolicy, RigEntry};
use zartrux_models::share::RigKey;

/// Which rigs should be there.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// When a rig is late, silent, and not waited for any more.
    pub policy: PresencePolicy,
    /// Only those that are listed are missed.
    pub listed_only: bool,
    /// Those that are listed in the settings.
    pub listed: HashSet<RigKey>,
}

impl Expectation {
    /// Whether somebody would miss a rig.
    #[must_use]
    pub fn expects(&self, rig: &RigEntry, now_ms: u64) -> bool {
        let listed = self.listed.contains(&rig.key);
        listed || !self.listed_only && self.policy.expects(rig, listed, now_ms)
    }

    /// Whether a rig is there.
    #[must_use]
    pub fn presence(&self, rig: &RigEntry, now_ms: u64) -> Presence {
        let expected = self.expects(rig, now_ms);
        Presence::of(
            rig.last_share_ms,
            expected,
            rig.quarantined,
            &self.policy,
            now_ms,
        )
    }
}

/// Looks at the rigs a few at a time, and tells of each that goes silent or comes back.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Where it goes on.
    after: Option<RigKey>,
    /// Those that are silent, and it was told or was so before the process began.
    silent: HashSet<RigKey>,
    /// Every rig has been looked at since the process began.
    been_round: bool,
}

/// A rig that went silent or came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) rig: RigKey,
    pub(super) change: Change,
}

impl Watch {
    pub(super) const fn after(&self) -> Option<RigKey> {
        self.after
    }

    /// Looks at the next rigs, in the order of their keys; none when that was the last.
    pub(super) fn look(
        &mut self,
        rigs: &[RigEntry],
        expectation: &Expectation,
        now_ms: u64,
    ) -> Vec<Told> {
        let mut told = Vec::new();
        for rig in rigs {
            let before = if self.silent.contains(&rig.key) {
                Presence::Silent
            } else {
                Presence::Online
            };
            let is = expectation.presence(rig, now_ms);
            if is == Presence::Silent {
                self.silent.insert(rig.key);
            } else {
                self.silent.remove(&rig.key);
            }
            let change = Presence::transition(before, is)
                // What was so before the process began was told then.
                .filter(|change| self.been_round || *change == Change::CameBack);
            told.extend(change.map(|change| Told {
                rig: rig.key,
                change,
            }));
        }
        self.after = rigs.last().map(|last| last.key);
        self.been_round |= rigs.is_empty();
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: PresencePolicy = PresencePolicy {
        late_after_ms: 300_000,
        silent_after_ms: 900_000,
        forget_after_ms: 86_400_000,
    };

    fn settled(key: u64, last_share_ms: u64) -> RigEntry {
        RigEntry {
            last_share_ms,
            mined_ms: 2 * PresencePolicy::SETTLED_MS,
            ..RigEntry::new(RigKey(key), 0)
        }
    }

    fn expectation() -> Expectation {
        Expectation {
            policy: POLICY,
            listed_only: false,
            listed: HashSet::new(),
        }
    }

    fn round(watch: &mut Watch, rigs: &[RigEntry], now_ms: u64) -> Vec<Change> {
        let told = watch.look(rigs, &expectation(), now_ms);
        watch.look(&[], &expectation(), now_ms);
        told.into_iter().map(|told| told.change).collect()
    }

    #[test]
    fn a_rig_that_goes_silent_is_told_of_once_and_once_when_it_is_back() {
        let mut watch = Watch::default();
        let start = 10_000_000;
        assert_eq!(round(&mut watch, &[settled(1, start)], start), []);
        let silent = start + 900_001;
        assert_eq!(
            round(&mut watch, &[settled(1, start)], silent),
            [Change::WentSilent]
        );
        assert_eq!(round(&mut watch, &[settled(1, start)], silent + 1), []);
        let back = [settled(1, silent + 10)];
        assert_eq!(round(&mut watch, &back, silent + 20), [Change::CameBack]);
        assert_eq!(round(&mut watch, &back, silent + 30), []);
    }

    #[test]
    fn what_was_silent_before_the_process_began_is_not_told_again() {
        let mut watch = Watch::default();
        assert_eq!(round(&mut watch, &[settled(1, 0)], 1_000_000), []);
        assert_eq!(round(&mut watch, &[settled(1, 0)], 1_000_100), []);
        let back = [settled(1, 1_000_150)];
        assert_eq!(round(&mut watch, &back, 1_000_200), [Change::CameBack]);
    }

    #[test]
    fn a_million_visitors_that_leave_raise_no_alert() {
        let mut watch = Watch::default();
        let visitors: Vec<RigEntry> = (0..10_000)
            .map(|key| RigEntry {
                last_share_ms: 1_000,
                mined_ms: 60_000,
                ..RigEntry::new(RigKey(key), 0)
            })
            .collect();
        assert_eq!(round(&mut watch, &visitors, 2_000), []);
        assert_eq!(round(&mut watch, &visitors, 2_000_000), []);
        assert!(watch.silent.is_empty());
    }

    #[test]
    fn one_that_is_listed_is_missed_even_if_it_never_came() {
        let listed = Expectation {
            listed_only: true,
            listed: HashSet::from([RigKey(7)]),
            ..expectation()
        };
        let now = 50_000_000;
        assert_eq!(
            listed.presence(&RigEntry::new(RigKey(7), 0), now),
            Presence::Silent
        );
        assert_eq!(listed.presence(&settled(8, 0), now), Presence::Gone);
    }
}
