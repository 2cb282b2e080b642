//! Which rigs are missed.

use std::collections::{BTreeMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;

use zartrux_models::ledger::{Presence, PresencePolicy, RigEntry};
use zartrux_models::share::RigKey;

use super::silent::{SilentRig, SilentRigs};

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

/// Looks at the rigs a few at a time, and keeps account of those that are silent.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Where it goes on.
    after: Option<RigKey>,
    silent: BTreeMap<RigKey, SilentRig>,
    /// As it was shown last; none before every rig has been looked at.
    report: Option<Arc<SilentRigs>>,
    /// Another rig is silent, or one is not any more.
    changed: bool,
}

impl Watch {
    pub(super) const fn after(&self) -> Option<RigKey> {
        self.after
    }

    /// Looks at the next rigs, in the order of their keys; none when that was the last.
    pub(super) fn look(&mut self, rigs: &[RigEntry], expectation: &Expectation, now_ms: u64) {
        let until = rigs.last().map(|last| last.key);
        let from = self.after.map_or(Bound::Unbounded, Bound::Excluded);
        let to = until.map_or(Bound::Unbounded, Bound::Included);
        let goes_on = until.is_none() || self.after < until;
        let known: Vec<RigKey> = if goes_on {
            self.silent.range((from, to)).map(|(rig, _)| *rig).collect()
        } else {
            Vec::new()
        };
        // One that was not among those looked at is not known any more.
        for rig in known {
            let still = rigs.binary_search_by_key(&rig, |entry| entry.key).ok();
            let still = still.and_then(|at| rigs.get(at));
            if !still.is_some_and(|entry| is_silent(entry, expectation, now_ms)) {
                self.silent.remove(&rig);
                self.changed = true;
            }
        }
        for entry in rigs {
            if is_silent(entry, expectation, now_ms) && !self.silent.contains_key(&entry.key) {
                self.silent.insert(entry.key, shown(entry));
                self.changed = true;
            }
        }
        self.after = until;
        let is_round = rigs.is_empty();
        if is_round && self.report.is_none() || self.changed && self.report.is_some() {
            self.changed = false;
            self.report = Some(Arc::new(SilentRigs {
                rigs: self
                    .silent
                    .values()
                    .take(SilentRigs::NAMED)
                    .cloned()
                    .collect(),
                total: self.silent.len(),
            }));
        }
    }

    /// Those that are silent; none before every rig has been looked at.
    pub(super) fn report(&self) -> Option<Arc<SilentRigs>> {
        self.report.clone()
    }
}

fn is_silent(rig: &RigEntry, expectation: &Expectation, now_ms: u64) -> bool {
    expectation.presence(rig, now_ms) == Presence::Silent
}

fn shown(rig: &RigEntry) -> SilentRig {
    let name = if rig.names.rig_id.is_empty() {
        &rig.names.user
    } else {
        &rig.names.rig_id
    };
    SilentRig {
        rig: rig.key,
        name: (&**name).into(),
        last_share_ms: rig.last_share_ms,
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

    const NOBODY: [u64; 0] = [];

    fn round(watch: &mut Watch, rigs: &[RigEntry], now_ms: u64) -> Vec<u64> {
        watch.look(rigs, &expectation(), now_ms);
        watch.look(&[], &expectation(), now_ms);
        let report = watch.report().expect("a whole round");
        assert_eq!(report.total, report.rigs.len());
        report.rigs.iter().map(|silent| silent.rig.0).collect()
    }

    #[test]
    fn a_rig_is_silent_from_when_it_is_missed_until_it_is_back() {
        let mut watch = Watch::default();
        let start = 10_000_000;
        assert_eq!(round(&mut watch, &[settled(1, start)], start), NOBODY);
        let silent = start + 900_001;
        assert_eq!(round(&mut watch, &[settled(1, start)], silent), [1]);
        assert_eq!(round(&mut watch, &[settled(1, start)], silent + 1), [1]);
        let back = [settled(1, silent + 10)];
        assert_eq!(round(&mut watch, &back, silent + 20), NOBODY);
    }

    #[test]
    fn nothing_is_said_before_every_rig_was_looked_at() {
        let mut watch = Watch::default();
        watch.look(&[settled(1, 1), settled(2, 1)], &expectation(), 1_000_000);
        assert_eq!(watch.report(), None);
        watch.look(&[settled(3, 1)], &expectation(), 1_000_000);
        watch.look(&[], &expectation(), 1_000_000);
        assert_eq!(watch.report().unwrap().total, 3);
    }

    #[test]
    fn a_rig_that_was_forgotten_is_not_silent_any_more() {
        let mut watch = Watch::default();
        let rigs = [1, 2, 3].map(|key| settled(key, 1));
        assert_eq!(round(&mut watch, &rigs, 1_000_000), [1, 2, 3]);
        let left = [settled(1, 1), settled(3, 1)];
        assert_eq!(round(&mut watch, &left, 1_000_001), [1, 3]);
        assert_eq!(round(&mut watch, &left[..1], 1_000_002), [1]);
    }

    #[test]
    fn a_million_visitors_that_leave_are_not_missed() {
        let mut watch = Watch::default();
        let visitors: Vec<RigEntry> = (0..10_000)
            .map(|key| RigEntry {
                last_share_ms: 1_000,
                mined_ms: 60_000,
                ..RigEntry::new(RigKey(key), 0)
            })
            .collect();
        assert_eq!(round(&mut watch, &visitors, 2_000), NOBODY);
        assert_eq!(round(&mut watch, &visitors, 2_000_000), NOBODY);
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
