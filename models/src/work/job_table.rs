//! The jobs of a lane that shares may still be for, and the nonces submitted in each.

use std::collections::HashMap;
use std::sync::Arc;

use super::{IssuedJob, JobKey, JobOrigin, PoolKey, UpstreamJob};
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct NonceSetId(u32);

/// What is known of a job that is still alive.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The job.
    pub issued: &'a Arc<IssuedJob>,
    /// The nonces submitted in it.
    pub nonces: &'a NonceSet,
    /// How late a share for it is.
    pub lateness: Lateness,
}

/// Current and previous job of every pool session; older ones are forgotten.
#[derive(Debug, Default)]
pub struct JobTable {
    last_key: u32,
    pools: HashMap<PoolKey, [Option<LiveJob>; 2]>,
    by_key: HashMap<JobKey, PoolKey>,
    nonces: HashMap<NonceSetId, NonceSet>,
}

impl JobTable {
    /// Takes the next job of a pool session; the current one becomes the previous.
    ///
    /// `None` when it is the same work again, which must not be sent to miners. A job from a new
    /// connection makes the jobs of the former one expire.
    pub fn replace(&mut self, origin: JobOrigin, job: UpstreamJob) -> Option<Arc<IssuedJob>> {
        if let Some(current) = self.current(origin.pool)
            && current.origin == origin
            && current.job.is_same_work(&job)
        {
            return None;
        }
        self.last_key += 1;
        let key = JobKey(self.last_key);
        let issued = Arc::new(IssuedJob { key, origin, job });
        let pair = self.pools.entry(origin.pool).or_default();
        let former = pair[0].take();
        let same_blob = former
            .as_ref()
            .filter(|former| former.issued.job.blob == issued.job.blob);
        let live = LiveJob {
            issued: Arc::clone(&issued),
            nonces: same_blob.map_or(NonceSetId(key.0), |former| former.nonces),
        };
        self.nonces.entry(live.nonces).or_default();
        let (kept, expired) = match former {
            Some(former) if former.issued.origin == origin => (Some(former), None),
            other => (None, other),
        };
        let [_, oldest] = std::mem::replace(pair, [Some(live), kept]);
        self.by_key.insert(key, origin.pool);
        for gone in [expired, oldest].into_iter().flatten() {
            self.drop_job(origin.pool, &gone);
        }
        Some(issued)
    }

    fn drop_job(&mut self, pool: PoolKey, gone: &LiveJob) {
        self.by_key.remove(&gone.issued.key);
        let still_used = self
            .pools
            .get(&pool)
            .into_iter()
            .flatten()
            .flatten()
            .any(|live| live.nonces == gone.nonces);
        if !still_used {
            self.nonces.remove(&gone.nonces);
        }
    }

    /// Forgets the jobs of a pool session: its connection is gone.
    pub fn forget(&mut self, pool: PoolKey) {
        for gone in self.pools.remove(&pool).into_iter().flatten().flatten() {
            self.drop_job(pool, &gone);
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
            nonces: self.nonces.get(&live.nonces)?,
            lateness,
        })
    }

    /// The nonces submitted in a job, while it is alive.
    pub fn nonces_mut(&mut self, key: JobKey) -> Option<&mut NonceSet> {
        let set = self.live(key)?.0.nonces;
        self.nonces.get_mut(&set)
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
    use crate::work::{Algorithm, Blob, Difficulty, Nonce, Slot};

    fn job(id: &str) -> UpstreamJob {
        UpstreamJob {
            id: id.into(),
            blob: Blob::from_hex(&"00".repeat(76)).unwrap(),
            target: Difficulty::new(1000).target(),
            algorithm: Algorithm::Rx0,
            height: None,
            seed: None,
            next_seed: None,
            network_difficulty: None,
        }
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
        assert!(table.nonces.is_empty());
    }

    #[test]
    fn the_same_blob_under_another_id_keeps_its_nonces() {
        let nonce = Nonce::in_slot(Slot(1), 7);
        let mut table = JobTable::default();
        let first = table.replace(origin(0, 1), job("a")).unwrap().key;
        table.nonces_mut(first).unwrap().take(nonce);
        let second = table.replace(origin(0, 1), job("b")).unwrap().key;
        assert!(table.find(second).unwrap().nonces.is_taken(nonce));
        assert!(table.find(first).unwrap().nonces.is_taken(nonce));
        let mut fresh = job("c");
        fresh.blob = Blob::from_hex(&format!("{}01", "00".repeat(75))).unwrap();
        let third = table.replace(origin(0, 1), fresh).unwrap().key;
        assert!(!table.find(third).unwrap().nonces.is_taken(nonce));
        assert_eq!(table.nonces.len(), 2);
    }
}
