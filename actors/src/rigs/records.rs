//! The last shares of a lane, each with everything that was known and decided on its way.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use zartrux_models::filter::CascadeEvidence;
use zartrux_models::judge::Ruling;
use zartrux_models::share::{RigKey, ShareId, TargetClass};
use zartrux_models::work::{Difficulty, IssuedJob, Lateness, Nonce, ResultHash};

use crate::share_ticket::{ProofRecord, Settlement, ShareSettled, StepTimes};

/// A share that ended, as it was: what [`ShareRecord`](super::ShareRecord) is rendered from.
#[derive(Debug, Clone, PartialEq)]
pub struct SettledShare {
    /// What it is called.
    pub id: ShareId,
    /// When it ended, milliseconds since 1970.
    pub unix_ms: u64,
    /// Whose it was.
    pub rig: RigKey,
    /// Place in the list of the upstream that its job came from, if the judge knew it.
    pub upstream: Option<usize>,
    /// Its job.
    pub job: Arc<IssuedJob>,
    /// By the targets that it claimed to meet.
    pub class: TargetClass,
    /// The difficulty that its rig was asked for.
    pub asked: Difficulty,
    /// As sent on: the claimed result, or the true one in its place.
    pub result: ResultHash,
    /// Its nonce.
    pub nonce: Nonce,
    /// For the job before the current one.
    pub late: bool,
    /// What the filters said.
    pub evidence: CascadeEvidence,
    /// What the judge said, if it came that far.
    pub ruling: Option<Ruling>,
    /// What came of its proof, if it was to be proved.
    pub proof: Option<ProofRecord>,
    /// How it ended.
    pub settlement: Settlement,
    /// With each step.
    pub times: StepTimes,
    /// From its line to its end.
    pub total: Duration,
}

impl SettledShare {
    /// What is kept of a share that ended.
    #[must_use]
    pub fn of(settled: &ShareSettled, unix_ms: u64, total: Duration) -> Self {
        let ShareSettled { ticket, settlement } = settled;
        let share = &ticket.share;
        Self {
            id: ticket.id,
            unix_ms,
            rig: ticket.rig,
            upstream: ticket.upstream,
            job: Arc::clone(&share.job),
            class: share.class,
            asked: share.asked,
            result: share.result,
            nonce: share.nonce,
            late: share.lateness == Lateness::Stale,
            evidence: ticket.evidence,
            ruling: ticket.ruling,
            proof: ticket.proof,
            settlement: settlement.clone(),
            times: ticket.times,
            total,
        }
    }
}

/// The last shares of a lane, at most a given number. The lane writes, anybody reads; the lock is
/// held to copy a few references, never to render, and never to look through all of them.
#[derive(Debug)]
pub struct ShareRecords {
    limit: usize,
    ring: Mutex<Ring>,
}

#[derive(Debug, Default)]
struct Ring {
    /// The oldest first, each beside its rig, so that a search for one touches nothing else.
    kept: VecDeque<(RigKey, Arc<SettledShare>)>,
    /// How many have given way: the number of the oldest that is kept.
    first: u64,
    /// Numbers by id: shares do not end in the order in which they came.
    numbers: HashMap<ShareId, u64>,
}

impl Ring {
    /// Keeps one; returns the one that gave way to it, if any.
    fn push(&mut self, share: Arc<SettledShare>, limit: usize) -> Option<Arc<SettledShare>> {
        let full = self.kept.len() >= limit;
        let oldest = if full { self.kept.pop_front() } else { None };
        let oldest = oldest.map(|(_, old)| old);
        if let Some(old) = &oldest {
            // Unless a later share is called the same.
            if self.numbers.get(&old.id) == Some(&self.first) {
                self.numbers.remove(&old.id);
            }
            self.first += 1;
        }
        self.numbers
            .insert(share.id, self.first + self.kept.len() as u64);
        self.kept.push_back((share.rig, share));
        oldest
    }

    fn get(&self, id: ShareId) -> Option<&Arc<SettledShare>> {
        let place = usize::try_from(self.numbers.get(&id)? - self.first).ok()?;
        self.kept.get(place).map(|(_, share)| share)
    }
}

impl ShareRecords {
    /// Shares that a reader looks at under one lock: a few microseconds.
    const AT_A_TIME: usize = 512;

    /// Keeps up to `limit` shares; with 0 none.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            ring: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether any are kept: whoever writes saves the making of what is not.
    #[must_use]
    pub const fn keeps_any(&self) -> bool {
        self.limit > 0
    }

    /// Keeps one; the oldest gives way.
    pub fn keep(&self, share: impl Into<Arc<SettledShare>>) {
        if !self.keeps_any() {
            return;
        }
        let oldest = self.lock().push(share.into(), self.limit);
        // What it frees is freed outside the lock.
        drop(oldest);
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: ShareId) -> Option<Arc<SettledShare>> {
        self.lock().get(id).cloned()
    }

    /// The last ones, of one rig or of all, the newest first. What ends while it looks is not
    /// among them.
    #[must_use]
    pub fn last(&self, rig: Option<RigKey>, limit: usize) -> Vec<Arc<SettledShare>> {
        let mut found = Vec::new();
        // The number behind the next one to look at.
        let mut end = u64::MAX;
        while found.len() < limit {
            let ring = self.lock();
            let newest = ring.first + ring.kept.len() as u64;
            let places = end.min(newest).saturating_sub(ring.first);
            let places = usize::try_from(places).unwrap_or(usize::MAX);
            if places == 0 {
                break;
            }
            let from = places.saturating_sub(Self::AT_A_TIME);
            let some = ring.kept.range(from..places).rev();
            let wanted = some.filter(|(of, _)| rig.is_none_or(|rig| *of == rig));
            found.extend(
                wanted
                    .map(|(_, share)| share)
                    .take(limit - found.len())
                    .cloned(),
            );
            end = ring.first + from as u64;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::easy_job;

    fn share(count: u64, rig: u64) -> SettledShare {
        SettledShare {
            id: ShareId::new(0, count),
            unix_ms: count,
            rig: RigKey(rig),
            upstream: Some(0),
            job: easy_job(),
            class: TargetClass::Local,
            asked: Difficulty::ONE,
            result: ResultHash::new([0xff; 32]),
            nonce: Nonce::new([0; 4]),
            late: false,
            evidence: CascadeEvidence::default(),
            ruling: None,
            proof: None,
            settlement: Settlement::Credited,
            times: StepTimes::default(),
            total: Duration::ZERO,
        }
    }

    #[test]
    fn as_many_shares_are_kept_as_was_said_and_the_newest_come_first() {
        let records = ShareRecords::new(3);
        for count in 1..=5 {
            records.keep(share(count, count % 2));
        }
        let ids = |shares: Vec<Arc<SettledShare>>| -> Vec<u64> {
            shares.iter().map(|share| share.unix_ms).collect()
        };
        assert_eq!(ids(records.last(None, 10)), [5, 4, 3]);
        assert_eq!(ids(records.last(None, 2)), [5, 4]);
        assert_eq!(ids(records.last(Some(RigKey(1)), 10)), [5, 3]);
        assert_eq!(records.get(ShareId::new(0, 2)), None);
        assert_eq!(records.get(ShareId::new(0, 3)).unwrap().unix_ms, 3);
    }

    #[test]
    fn a_share_is_found_by_its_id_though_shares_end_out_of_order() {
        let records = ShareRecords::new(100);
        // Each ends up to six places from where it came.
        for count in (0..1_000).map(|place| place ^ 6) {
            records.keep(share(count, 1));
        }
        let kept = (0..1_000).filter(|count| records.get(ShareId::new(0, *count)).is_some());
        let last = records.last(None, 1_000);
        assert_eq!((kept.count(), last.len()), (100, 100));
        for share in last {
            assert_eq!(records.get(share.id), Some(share));
        }
        let ring = records.lock();
        assert_eq!(ring.numbers.len(), ring.kept.len());
    }

    #[test]
    fn the_shares_of_one_rig_are_found_among_all_though_a_few_are_looked_at_at_a_time() {
        const ALL: u64 = 3 * ShareRecords::AT_A_TIME as u64 + 7;
        let records = ShareRecords::new(2_000);
        for count in 0..ALL {
            records.keep(share(count, u64::from(count % 100 == 0)));
        }
        let of_rig = |limit| -> Vec<u64> {
            let found = records.last(Some(RigKey(1)), limit);
            found.iter().map(|share| share.unix_ms).collect()
        };
        let all: Vec<u64> = (0..ALL).rev().filter(|count| count % 100 == 0).collect();
        assert_eq!(of_rig(usize::MAX), all);
        assert_eq!(of_rig(9), all[..9]);
        assert_eq!(records.last(None, usize::MAX).len() as u64, ALL);
        assert_eq!(records.last(Some(RigKey(2)), 10), []);
    }

    #[test]
    fn none_are_kept_where_none_are_wanted() {
        let records = ShareRecords::new(0);
        records.keep(share(1, 1));
        assert!(!records.keeps_any() && records.last(None, 1).is_empty());
    }
}
