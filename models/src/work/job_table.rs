//! The jobs of a lane that shares may still be for, and the nonces submitted in each.

mod packed;

use std::collections::HashMap;
use std::sync::Arc;

use super::{IssuedJob, JobKey, JobOrigin, PoolKey, UpstreamJob, Work};
use crate::plan::SlotPlan;
use crate::share::NonceSet;

/// How late a share is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lateness {
    /// For the current job of its upstream.
    Current,
    /// For the one before: forwarded and labelled, the pool decides.
    Stale,
}

/// A job that shares may be for.
#[derive(Debug, Clone)]
struct LiveJob {
    issued: Arc<IssuedJob>,
    /// Jobs with the same blob share their nonces: a pool may send the same work under another id
    /// or difficulty, and the same nonce in it is the same share.
    nonces: NonceSetId,
}

/// Number of a space of nonces within a lane, shared by jobs of the same blob; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NonceSetId(pub u32);

/// What jobs of the same blob have in common, as they are the same work.
#[derive(Debug, Default)]
struct BlobSpace {
    nonces: NonceSet,
    /// Had two jobs of a blob different plans, two miners would scan the same nonces.
    plan: SlotPlan,
}

/// What a pool session worked on when its connection went: the next one may bring it again.
#[derive(Debug)]
struct Parted {
    work: Work,
    nonces: NonceSetId,
}

/// What is known of a job that is still alive.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The job.
    pub issued: &'a Arc<IssuedJob>,
    /// The nonces submitted in it.
    pub nonces: &'a NonceSet,
    /// Which set that is.
    pub nonce_set: NonceSetId,
    /// How late a share for it is.
    pub lateness: Lateness,
}

/// Current and previous job of every pool session; older ones are forgotten.
#[derive(Debug, Default)]
pub struct JobTable {
    last_key: u32,
    pools: HashMap<PoolKey, [Option<LiveJob>; 2]>,
    by_key: HashMap<JobKey, PoolKey>,
    spaces: HashMap<NonceSetId, BlobSpace>,
    /// Pool sessions without a connection: at most one set each.
    parted: HashMap<PoolKey, Parted>,
}

impl JobTable {
    /// [`replace_planned`](Self::replace_planned) without a ranking: each slot has the byte of its
    /// own number.
    pub fn replace(&mut self, origin: JobOrigin, job: UpstreamJob) -> Option<Arc<IssuedJob>> {
        self.replace_planned(origin, job, SlotPlan::identity)
    }

    /// Takes the next job of a pool session; the current one becomes the previous. `plan` is asked
    /// for a plan if its blob is another one: a plan lives as long as the nonces of its blob.
    ///
    /// `None` when it is the same work again, which must not be sent to miners. A job from a new
    /// connection makes the jobs of the former one expire; the nonces submitted in its last one
    /// stay known if the blob is the same.
    pub fn replace_planned(
        &mut self,
        origin: JobOrigin,
        job: UpstreamJob,
        plan: impl FnOnce() -> SlotPlan,
    ) -> Option<Arc<IssuedJob>> {
        if let Some(current) = self.current(origin.pool)
            && current.origin == origin
            && current.job.is_same_work(&job)
        {
            return None;
        }
        self.last_key += 1;
        let key = JobKey(self.last_key);
        let parted = self.parted.remove(&origin.pool);
        let pair = self.pools.entry(origin.pool).or_default();
        let former = pair[0].take();
        let last = match (&former, &parted) {
            (Some(former), _) => Some((&former.issued.job.work, former.nonces)),
            (None, parted) => parted.as_ref().map(|parted| (&parted.work, parted.nonces)),
        };
        let nonces = match last {
            Some((work, nonces)) if *work == job.work => nonces,
            Some(_) | None => NonceSetId(key.0),
        };
        let space = self.spaces.entry(nonces).or_insert_with(|| BlobSpace {
            nonces: NonceSet::default(),
            plan: match job.work {
                Work::Sliced(_) => plan(),
                // There is no order among extra nonces that could be better than another.
                Work::Template(_) => SlotPlan::identity(),
            },
        });
        let issued = Arc::new(IssuedJob {
            key,
            origin,
            job,
            plan: space.plan.clone(),
        });
        let live = LiveJob {
            issued: Arc::clone(&issued),
            nonces,
        };
        let (kept, expired) = match former {
            Some(former) if former.issued.origin == origin => (Some(former), None),
            other => (None, other),
        };
        let [_, oldest] = std::mem::replace(pair, [Some(live), kept]);
        self.by_key.insert(key, origin.pool);
        for gone in [expired, oldest].into_iter().flatten() {
            self.drop_job(origin.pool, &gone);
        }
        if let Some(parted) = parted {
            self.drop_unused(origin.pool, parted.nonces);
        }
        Some(issued)
    }

    fn drop_job(&mut self, pool: PoolKey, gone: &LiveJob) {
        self.by_key.remove(&gone.issued.key);
        self.drop_unused(pool, gone.nonces);
    }

    fn drop_unused(&mut self, pool: PoolKey, set: NonceSetId) {
        let live = self.pools.get(&pool).into_iter().flatten().flatten();
        let parted = self.parted.get(&pool).map(|parted| parted.nonces);
        if !live
            .map(|live| live.nonces)
            .chain(parted)
            .any(|used| used == set)
        {
            self.spaces.remove(&set);
        }
    }

    /// Forgets the jobs of a pool session: its connection is gone.
    ///
    /// The nonces of the last one are kept until the next connection shows whether it brings the
    /// same blob: what was submitted in it was submitted.
    pub fn forget(&mut self, pool: PoolKey) {
        let Some(pair) = self.pools.remove(&pool) else {
            return;
        };
        if let [Some(current), _] = &pair {
            let parted = Parted {
                work: current.issued.job.work.clone(),
                nonces: current.nonces,
            };
            self.parted.insert(pool, parted);
        }
        for gone in pair.into_iter().flatten() {
            self.drop_job(pool, &gone);
        }
    }

    /// Forgets all of a pool session: there will be no further connection.
    pub fn close(&mut self, pool: PoolKey) {
        self.forget(pool);
        if let Some(parted) = self.parted.remove(&pool) {
            self.drop_unused(pool, parted.nonces);
        }
    }

    /// The current job of a pool session.
    #[must_use]
    pub fn current(&self, pool: PoolKey) -> Option<&Arc<IssuedJob>> {
        let [current, _] = self.pools.get(&pool)?;
        current.as_ref().map(|live| &live.issued)
    }

    fn live(&self, key: JobKey) -> Option<(&LiveJob, Lateness)> {
        let pair = self.pools.get(self.by_key.get(&key)?)?;
        [Lateness::Current, Lateness::Stale]
            .into_iter()
            .zip(pair)
            .find_map(|(lateness, live)| {
                let live = live.as_ref().filter(|live| live.issued.key == key)?;
                Some((live, lateness))
            })
    }

    /// A job that is still alive.
    #[must_use]
    pub fn find(&self, key: JobKey) -> Option<Found<'_>> {
        let (live, lateness) = self.live(key)?;
        Some(Found {
            issued: &live.issued,
            nonces: &self.spaces.get(&live.nonces)?.nonces,
            nonce_set: live.nonces,
            lateness,
        })
    }

    /// A set of submitted nonces, while a job uses it or may come back to it.
    pub fn nonces_of(&mut self, set: NonceSetId) -> Option<&mut NonceSet> {
        self.spaces.get_mut(&set).map(|space| &mut space.nonces)
    }

    /// Whether a share that waits can still be forwarded: its nonces are known, and the connection
    /// that brought its job is still there.
    #[must_use]
    pub fn may_wait(&self, set: NonceSetId, origin: JobOrigin) -> bool {
        self.spaces.contains_key(&set)
            && self
                .current(origin.pool)
                .is_some_and(|current| current.origin == origin)
    }

    /// The number of the last job: whatever is given out next is greater.
    #[must_use]
    pub const fn last_key(&self) -> JobKey {
        JobKey(self.last_key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::ModelId;
    use crate::plan::NonceOrder;
    use crate::work::{Algorithm, Blob, Difficulty, Nonce, Slot};

    fn job(id: &str) -> UpstreamJob {
        UpstreamJob {
            id: id.into(),
            work: Blob::from_hex(&"00".repeat(76)).unwrap().into(),
            target: Difficulty::new(1000).target(),
            algorithm: Algorithm::Rx0,
            height: None,
            seed: None,
            next_seed: None,
            network_difficulty: None,
        }
    }

    fn other_blob(id: &str) -> UpstreamJob {
        UpstreamJob {
            work: Blob::from_hex(&format!("{}01", "00".repeat(75)))
                .unwrap()
                .into(),
            ..job(id)
        }
    }

    /// A share with this nonce was forwarded in a job; the set that knows it.
    fn take(table: &mut JobTable, key: JobKey, nonce: Nonce) -> NonceSetId {
        let set = table.find(key).unwrap().nonce_set;
        table.nonces_of(set).unwrap().take(nonce);
        set
    }

    const fn origin(pool: u32, connection: u32) -> JobOrigin {
        JobOrigin {
            pool: PoolKey(pool),
            connection,
        }
    }

    #[test]
    fn the_previous_job_is_stale_and_the_one_before_it_is_gone() {
        let mut table = JobTable::default();
        let keys: Vec<JobKey> = ["a", "b", "c"]
            .map(|id| table.replace(origin(0, 1), job(id)).unwrap().key)
            .to_vec();
        assert!(table.find(keys[0]).is_none());
        assert_eq!(table.find(keys[1]).unwrap().lateness, Lateness::Stale);
        assert_eq!(table.find(keys[2]).unwrap().lateness, Lateness::Current);
    }

    #[test]
    fn the_same_work_again_is_no_new_job() {
        let mut table = JobTable::default();
        assert!(table.replace(origin(0, 1), job("a")).is_some());
        assert!(table.replace(origin(0, 1), job("a")).is_none());
        assert!(
            table.replace(origin(1, 1), job("a")).is_some(),
            "another pool session"
        );
    }

    #[test]
    fn jobs_die_with_their_connection() {
        let mut table = JobTable::default();
        let former = table.replace(origin(0, 1), job("a")).unwrap().key;
        let next = table.replace(origin(0, 2), job("a")).unwrap().key;
        assert!(table.find(former).is_none());
        assert_eq!(table.find(next).unwrap().lateness, Lateness::Current);
        table.forget(PoolKey(0));
        assert!(table.find(next).is_none());
        assert!(table.by_key.is_empty());
        assert_eq!(table.spaces.len(), 1, "the same blob may come again");
        table.close(PoolKey(0));
        assert!(table.spaces.is_empty());
        assert!(table.parted.is_empty());
    }

    #[test]
    fn the_same_blob_under_another_id_keeps_its_nonces() {
        let nonce = Nonce::in_slot(Slot(1), 7);
        let mut table = JobTable::default();
        let first = table.replace(origin(0, 1), job("a")).unwrap().key;
        take(&mut table, first, nonce);
        let second = table.replace(origin(0, 1), job("b")).unwrap().key;
        assert!(table.find(second).unwrap().nonces.is_taken(nonce));
        assert!(table.find(first).unwrap().nonces.is_taken(nonce));
        let third = table.replace(origin(0, 1), other_blob("c")).unwrap().key;
        assert!(!table.find(third).unwrap().nonces.is_taken(nonce));
        assert_eq!(table.spaces.len(), 2);
    }

    #[test]
    fn nonces_outlive_the_job_in_which_they_were_claimed_while_another_has_its_blob() {
        let mut table = JobTable::default();
        let keys = ["a", "b", "c"].map(|id| table.replace(origin(0, 1), job(id)).unwrap().key);
        let set = table.find(keys[2]).unwrap().nonce_set;
        assert_eq!(set, table.find(keys[1]).unwrap().nonce_set);
        assert!(table.find(keys[0]).is_none());
        assert!(table.nonces_of(set).is_some());
        assert!(table.may_wait(set, origin(0, 1)));
        for id in ["d", "e"] {
            table.replace(origin(0, 1), other_blob(id)).unwrap();
        }
        assert!(table.nonces_of(set).is_none());
        assert!(!table.may_wait(set, origin(0, 1)));
    }

    #[test]
    fn a_new_connection_with_the_same_blob_knows_the_nonces_of_the_lost_one() {
        let nonce = Nonce::in_slot(Slot(1), 7);
        let mut table = JobTable::default();
        let first = table.replace(origin(0, 1), job("a")).unwrap().key;
        let set = take(&mut table, first, nonce);
        table.forget(PoolKey(0));
        // A connection that is lost before it brings a job changes nothing.
        table.forget(PoolKey(0));
        assert!(table.find(first).is_none());
        assert!(
            table.nonces_of(set).is_some(),
            "what is under way settles in it"
        );
        assert!(
            !table.may_wait(set, origin(0, 1)),
            "what waits has lost its connection"
        );
        let second = table.replace(origin(0, 2), job("a")).unwrap().key;
        assert!(table.find(second).unwrap().nonces.is_taken(nonce));
        assert!(table.may_wait(set, origin(0, 2)));
        assert!(!table.may_wait(set, origin(0, 1)));
        let elsewhere = table.replace(origin(1, 1), job("a")).unwrap().key;
        assert_ne!(
            table.find(elsewhere).unwrap().nonce_set,
            set,
            "another pool session"
        );
    }

    #[test]
    fn a_new_connection_with_another_blob_drops_the_nonces_of_the_lost_one() {
        let nonce = Nonce::in_slot(Slot(1), 7);
        let mut table = JobTable::default();
        let first = table.replace(origin(0, 1), job("a")).unwrap().key;
        let set = take(&mut table, first, nonce);
        table.replace(origin(0, 1), other_blob("b")).unwrap();
        for connection in 2..100 {
            table.forget(PoolKey(0));
            assert_eq!(table.spaces.len(), 1, "one set for each pool session");
            let next = if connection % 2 == 0 { job } else { other_blob };
            table.replace(origin(0, connection), next("a")).unwrap();
        }
        assert!(table.nonces_of(set).is_none());
        assert_eq!((table.spaces.len(), table.parted.len()), (1, 0));
    }

    fn planned(table: &mut JobTable, origin: JobOrigin, job: UpstreamJob, seed: u64) -> SlotPlan {
        let bytes: Vec<u8> = (0..=u8::MAX).rev().collect();
        let order = NonceOrder::new(ModelId(1), &bytes).unwrap();
        let issued = table.replace_planned(origin, job, || SlotPlan::draw(seed, &order));
        issued.unwrap().plan.clone()
    }

    #[test]
    fn a_plan_is_its_blobs_under_another_id_and_over_a_reconnection() {
        let mut table = JobTable::default();
        let first = planned(&mut table, origin(0, 1), job("a"), 1);
        assert_eq!(first.drawn_from().unwrap().seed, 1);
        assert_eq!(planned(&mut table, origin(0, 1), job("b"), 2), first);
        table.forget(PoolKey(0));
        assert_eq!(planned(&mut table, origin(0, 2), job("a"), 3), first);
        // The former connection may be lost without a word.
        assert_eq!(planned(&mut table, origin(0, 3), job("a"), 4), first);
        // A ranking that came or went meanwhile changes nothing before the next blob.
        let without = table.replace(origin(0, 3), job("c")).unwrap();
        assert_eq!(without.plan, first);
        let other = planned(&mut table, origin(0, 3), other_blob("a"), 5);
        assert_eq!(other.drawn_from().unwrap().seed, 5);
        let elsewhere = planned(&mut table, origin(1, 1), job("a"), 6);
        assert_eq!(elsewhere.drawn_from().unwrap().seed, 6);
    }

    #[test]
    fn a_blob_that_began_without_a_ranking_goes_on_without_one() {
        let mut table = JobTable::default();
        table.replace(origin(0, 1), job("a")).unwrap();
        let plan = planned(&mut table, origin(0, 1), job("b"), 1);
        assert_eq!(plan, SlotPlan::identity());
    }
}
