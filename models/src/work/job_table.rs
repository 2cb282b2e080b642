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
#[derive(Debug)]
pub struct LiveJob {
    /// The job.
    pub issued: Arc<IssuedJob>,
    /// Nonces submitted in it.
    pub nonces: NonceSet,
}

/// Current and previous job of every pool session; older ones are forgotten.
#[derive(Debug, Default)]
pub struct JobTable {
    last_key: u32,
    pools: HashMap<PoolKey, [Option<LiveJob>; 2]>,
    by_key: HashMap<JobKey, PoolKey>,
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
        let live = LiveJob {
            issued: Arc::clone(&issued),
            nonces: NonceSet::default(),
        };
        let (kept, expired) = match former {
            Some(former) if former.issued.origin == origin => (Some(former), None),
            other => (None, other),
        };
        let [_, oldest] = std::mem::replace(pair, [Some(live), kept]);
        for gone in [expired, oldest].into_iter().flatten() {
            self.by_key.remove(&gone.issued.key);
        }
        self.by_key.insert(key, origin.pool);
        Some(issued)
    }

    /// Forgets the jobs of a pool session: its connection is gone.
    pub fn forget(&mut self, pool: PoolKey) {
        self.pools.remove(&pool);
        self.by_key.retain(|_, of| *of != pool);
    }

    /// The current job of a pool session.
    #[must_use]
    pub fn current(&self, pool: PoolKey) -> Option<&Arc<IssuedJob>> {
        let [current, _] = self.pools.get(&pool)?;
        current.as_ref().map(|live| &live.issued)
    }

    /// A job that is still alive, and how late a share for it is.
    #[must_use]
    pub fn find(&self, key: JobKey) -> Option<(&LiveJob, Lateness)> {
        let pair = self.pools.get(self.by_key.get(&key)?)?;
        [Lateness::Current, Lateness::Stale]
            .into_iter()
            .zip(pair)
            .find_map(|(lateness, live)| {
                let live = live.as_ref().filter(|live| live.issued.key == key)?;
                Some((live, lateness))
            })
    }

    /// The nonces submitted in a job, while it is alive.
    pub fn nonces_mut(&mut self, key: JobKey) -> Option<&mut NonceSet> {
        let pair = self.pools.get_mut(self.by_key.get(&key)?)?;
        pair.iter_mut()
            .flatten()
            .find(|live| live.issued.key == key)
            .map(|live| &mut live.nonces)
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
    use crate::work::{Algorithm, Blob, Difficulty};

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
        assert_eq!(table.find(keys[1]).unwrap().1, Lateness::Stale);
        assert_eq!(table.find(keys[2]).unwrap().1, Lateness::Current);
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
        assert_eq!(table.find(next).unwrap().1, Lateness::Current);
        table.forget(PoolKey(0));
        assert!(table.find(next).is_none());
        assert!(table.by_key.is_empty());
    }
}
