//! The table as it is written down. What is of templates is left out: their next connection brings
//! others.

use std::collections::HashSet;
use std::sync::Arc;

use super::{BlobSpace, JobTable, LiveJob, NonceSetId, Parted};
use crate::handover::{BadPart, JobWire, JobsWire, SpaceWire};
use crate::plan::SlotPlan;
use crate::share::NonceSet;
use crate::work::{
    Algorithm, Blob, Difficulty, IssuedJob, JobKey, JobOrigin, Nonce, PoolKey, SeedHash, Target,
    UpstreamJob, Work,
};

/// Longest id of a job; the line that brought it was no longer.
const ID_MAX: usize = 64 * 1024;

impl JobTable {
    /// As it is written down. A nonce whose share is under way is free again.
    #[must_use]
    pub fn pack(&self) -> JobsWire {
        let mut wire = JobsWire {
            last_key: self.last_key,
            ..JobsWire::default()
        };
        let mut used = HashSet::new();
        for live in self.pools.values().flatten().flatten() {
            let issued = &live.issued;
            if let Some(mut job) = JobWire::of(&issued.job, issued.key.0, issued.origin) {
                job.space = live.nonces.0;
                used.insert(live.nonces);
                wire.jobs.push(job);
            }
        }
        // The newest first; within a pool session that is its current one.
        wire.jobs.sort_by_key(|job| std::cmp::Reverse(job.key));
        for (pool, parted) in &self.parted {
            if let Work::Sliced(blob) = &parted.work {
                used.insert(parted.nonces);
                let blob = blob.as_bytes().to_vec();
                wire.parted.push((pool.0, blob, parted.nonces.0));
            }
        }
        let spaces = self.spaces.iter().filter(|(set, _)| used.contains(set));
        wire.spaces = spaces.map(|(set, space)| space.pack(*set)).collect();
        wire
    }

    /// What was written down.
    ///
    /// # Errors
    /// No table is like that.
    pub fn unpack(wire: &JobsWire) -> Result<Self, BadPart> {
        let mut table = Self {
            last_key: wire.last_key,
            ..Self::default()
        };
        for space in &wire.spaces {
            let set = NonceSetId(space.set);
            let space = BlobSpace::unpack(space)?;
            if set.0 > wire.last_key || table.spaces.insert(set, space).is_some() {
                return Err(BadPart("nonces of no job, or of one twice"));
            }
        }
        let mut newest = u32::MAX;
        for job in &wire.jobs {
            if job.key >= newest || job.key > wire.last_key {
                return Err(BadPart("jobs out of order, or newer than the newest"));
            }
            newest = job.key;
            table.put(job)?;
        }
        for (pool, blob, set) in &wire.parted {
            let (pool, nonces) = (PoolKey(*pool), NonceSetId(*set));
            let parted = Parted {
                work: Work::Sliced(Blob::unpack(blob)?),
                nonces,
            };
            if table.pools.contains_key(&pool)
                || !table.spaces.contains_key(&nonces)
                || table.parted.insert(pool, parted).is_some()
            {
                return Err(BadPart("a pool session both with a job and without"));
            }
        }
        Ok(table)
    }

    /// Takes the next job that was written down: the current one of its pool session first.
    fn put(&mut self, wire: &JobWire) -> Result<(), BadPart> {
        let nonces = NonceSetId(wire.space);
        let space = self.spaces.get(&nonces);
        let plan = space.ok_or(BadPart("a job without nonces"))?.plan.clone();
        let origin = JobOrigin {
            pool: PoolKey(wire.pool),
            connection: wire.connection,
        };
        let key = JobKey(wire.key);
        let live = LiveJob {
            issued: Arc::new(IssuedJob {
                key,
                origin,
                job: UpstreamJob::unpack(wire)?,
                plan,
            }),
            nonces,
        };
        let pair = self.pools.entry(origin.pool).or_default();
        let place = match pair {
            [current @ None, _] => current,
            [Some(current), previous @ None] if current.issued.origin == origin => previous,
            [_, _] => return Err(BadPart("more jobs of a connection than live")),
        };
        *place = Some(live);
        self.by_key.insert(key, origin.pool);
        Ok(())
    }

    /// The pool sessions that have a job.
    pub fn with_jobs(&self) -> impl Iterator<Item = PoolKey> + '_ {
        self.pools.keys().copied()
    }

    /// The pool sessions of which anything is known.
    #[must_use]
    pub fn known(&self) -> HashSet<PoolKey> {
        self.pools.keys().chain(self.parted.keys()).copied().collect()
    }

    /// All live jobs of a pool session, the current one first.
    pub fn jobs_of(&self, pool: PoolKey) -> impl Iterator<Item = &Arc<IssuedJob>> {
        let pair = self.pools.get(&pool).into_iter().flatten();
        pair.flatten().map(|live| &live.issued)
    }
}

impl BlobSpace {
    fn pack(&self, set: NonceSetId) -> SpaceWire {
        let taken = self.nonces.all_taken();
        SpaceWire {
            set: set.0,
            taken: taken.map(|leased| *leased.nonce.as_bytes()).collect(),
            plan: self.plan.pack(),
        }
    }

    fn unpack(wire: &SpaceWire) -> Result<Self, BadPart> {
        if wire.taken.len() > NonceSet::MAX {
            return Err(BadPart("more nonces than are kept for a blob"));
        }
        let mut nonces = NonceSet::default();
        for nonce in &wire.taken {
            nonces.take(Nonce::new(*nonce));
        }
        Ok(Self {
            nonces,
            plan: SlotPlan::unpack(wire.plan.as_ref())?,
        })
    }
}

impl Blob {
    fn unpack(bytes: &[u8]) -> Result<Self, BadPart> {
        Self::from_hex(&const_hex::encode(bytes)).map_err(|_| BadPart("a blob that is none"))
    }
}

impl UpstreamJob {
    /// What was written down.
    ///
    /// # Errors
    /// No pool sends such a job.
    pub fn unpack(wire: &JobWire) -> Result<Self, BadPart> {
        if wire.id.len() > ID_MAX {
            return Err(BadPart("a job's id that is too long"));
        }
        let target = Target::from_hex(&const_hex::encode(wire.target.to_le_bytes()));
        if wire.network_difficulty == Some(0) {
            return Err(BadPart("a difficulty of 0"));
        }
        Ok(Self {
            id: wire.id.clone(),
            work: Work::Sliced(Blob::unpack(&wire.blob)?),
            target: target.map_err(|_| BadPart("a target of 0"))?,
            algorithm: Algorithm::named(&wire.algorithm),
            height: wire.height,
            seed: wire.seed.map(SeedHash::new),
            next_seed: wire.next_seed.map(SeedHash::new),
            network_difficulty: wire.network_difficulty.map(Difficulty::new),
        })
    }
}
