//! The last shares of a lane, each with everything that was known and decided on its way.

use std::collections::VecDeque;
use std::ops::Range;
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
/// held to copy a few shares or to look for them among some hundred, never to render, and never to
/// look through all of them.
///
/// They lie here as they are, each in the place of one that gave way: nothing is allocated and
/// nothing freed for a share.
#[derive(Debug)]
pub struct ShareRecords {
    limit: usize,
    ring: Mutex<Ring>,
}

#[derive(Debug, Default)]
struct Ring {
    /// The oldest first.
    kept: VecDeque<SettledShare>,
    /// What each is called, and its rig: a search touches nothing else.
    names: VecDeque<(ShareId, RigKey)>,
    /// How many have given way: the number of the oldest that is kept.
    first: u64,
}

impl Ring {
    fn push(&mut self, share: SettledShare, limit: usize) {
        if self.kept.len() >= limit {
            self.kept.pop_front();
            self.names.pop_front();
            self.first += 1;
        } else if self.kept.len() == self.kept.capacity() {
            // By half, and never beyond what is kept at most: shares are large.
            let more = (self.kept.len() / 2).max(64).min(limit - self.kept.len());
            self.kept.reserve_exact(more);
        }
        self.names.push_back((share.id, share.rig));
        self.kept.push_back(share);
    }

    /// The places before `end` (a share's number) that are looked at under one lock.
    fn places_before(&self, end: u64) -> Range<usize> {
        let newest = self.first + self.kept.len() as u64;
        let places = end.min(newest).saturating_sub(self.first);
        let places = usize::try_from(places).unwrap_or(usize::MAX);
        places.saturating_sub(ShareRecords::AT_A_TIME)..places
    }
}

impl ShareRecords {
    /// Shares that a reader looks at under one lock: a few microseconds.
    const AT_A_TIME: usize = 256;

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
    pub fn keep(&self, share: SettledShare) {
        if self.keeps_any() {
            self.lock().push(share, self.limit);
        }
    }

    /// One of them: of several that are called the same, the newest.
    #[must_use]
    pub fn get(&self, id: ShareId) -> Option<Arc<SettledShare>> {
        let found = self.search(1, |(of, _)| *of == id);
        found.into_iter().next()
    }

    /// The last ones, of one rig or of all, the newest first. What ends while it looks is not
    /// among them.
    #[must_use]
    pub fn last(&self, rig: Option<RigKey>, limit: usize) -> Vec<Arc<SettledShare>> {
        self.search(limit, |(_, of)| rig.is_none_or(|rig| *of == rig))
    }

    fn search(
        &self,
        limit: usize,
        is_wanted: impl Fn(&(ShareId, RigKey)) -> bool,
    ) -> Vec<Arc<SettledShare>> {
        let mut found = Vec::new();
        // The number behind the next one to look at.
        let mut end = u64::MAX;
        while found.len() < limit {
            let ring = self.lock();
            let places = ring.places_before(end);
            if places.is_empty() {
                break;
            }
            end = ring.first + places.start as u64;
            let wanted = places.rev().filter(|place| is_wanted(&ring.names[*place]));
            let more = limit - found.len();
            found.extend(
                wanted
                    .take(more)
                    .map(|place| Arc::new(ring.kept[place].clone())),
            );
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
        assert_eq!((ring.names.len(), ring.kept.capacity()), (100, 100));
    }

    #[test]
    fn the_shares_of_one_rig_are_found_among_all_though_a_few_are_looked_at_at_a_time() {
        const ALL: u64 = 5 * ShareRecords::AT_A_TIME as u64 + 7;
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
