//! How many connections and logins each address has had: one table for all lanes.
//!
//! The table is bounded. An address is forgotten only once it is as if it had never come: no
//! connection open, every limit at its full. So nobody gets rid of a limit by sending a crowd. When
//! the table is full of addresses that are remembered for a reason, those that come newly share one
//! entry, as if they were one address, until there is room.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::addresses::Place;
use super::bucket::Bucket;
use super::turned::Turned;

/// Parts of the table, each with a lock of its own that is held for a look-up.
const SHARDS: usize = 16;
/// Between two looks for entries that can be forgotten, µs.
const SWEEP_EVERY: u64 = 1_000_000;

/// What one address may do; `None`: as much as it likes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AddressLimits {
    /// Connections open at once.
    pub connections: Option<u32>,
    /// New connections within a minute.
    pub connects_per_minute: Option<u32>,
    /// Logins within a minute, right or wrong.
    pub logins_per_minute: Option<u32>,
    /// Wrong passwords within a minute. Beyond them nobody from there is let in until half of them
    /// are free again, half a minute later.
    pub failed_logins_per_minute: Option<u32>,
}

/// Where an open connection is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Nowhere: there was no limit when it came.
    #[default]
    Nowhere,
    /// In its address's entry.
    Own,
    /// In the entry of those that found no room.
    Common,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    connections: u32,
    barred: bool,
    connects: Bucket,
    logins: Bucket,
    failures: Bucket,
}

impl Entry {
    const fn tells_nothing(&self, now: u64) -> bool {
        self.connections == 0
            && self.connects.is_full(now)
            && self.logins.is_full(now)
            && self.failures.is_full(now)
    }
}

#[derive(Debug, Default)]
struct Shard {
    entries: HashMap<Place, Entry>,
    common: Entry,
    swept: Option<u64>,
}

impl Shard {
    fn entry(&mut self, place: Place, most: usize, now: u64) -> (&mut Entry, Counted) {
        let full = self.entries.len() >= most && !self.entries.contains_key(&place);
        if full && self.swept.is_none_or(|at| now >= at + SWEEP_EVERY) {
            self.swept = Some(now);
            self.entries.retain(|_, entry| !entry.tells_nothing(now));
        }
        if self.entries.len() >= most && !self.entries.contains_key(&place) {
            (&mut self.common, Counted::Common)
        } else {
            (self.entries.entry(place).or_default(), Counted::Own)
        }
    }
}

/// The table.
#[derive(Debug)]
pub(super) struct Limits {
    shards: [Mutex<Shard>; SHARDS],
    /// Keyed at random: nobody can aim at one part.
    hasher: RandomState,
    /// Most entries of a part.
    most: usize,
}

impl Limits {
    /// A table of at most about so many addresses, some 60 bytes each.
    pub(super) fn new(most_addresses: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            most: most_addresses.div_ceil(SHARDS).max(1),
        }
    }

    fn shard(&self, place: Place) -> MutexGuard<'_, Shard> {
        let hash = self.hasher.hash_one(place);
        let index = usize::from(hash.to_le_bytes()[0]) % SHARDS;
        self.shards[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection wants in, at `now` (µs).
    pub(super) fn connect(
        &self,
        limits: &AddressLimits,
        place: Place,
        now: u64,
    ) -> Result<Counted, Turned> {
        if limits.connections.is_none() && limits.connects_per_minute.is_none() {
            return Ok(Counted::Nowhere);
        }
        let mut shard = self.shard(place);
        let (entry, counted) = shard.entry(place, self.most, now);
        if limits
            .connections
            .is_some_and(|most| entry.connections >= most)
        {
            return Err(Turned::Connections);
        }
        if let Some(per_minute) = limits.connects_per_minute
            && !entry.connects.take(per_minute, now)
        {
            return Err(Turned::Connects);
        }
        if limits.connections.is_none() {
            return Ok(Counted::Nowhere);
        }
        entry.connections += 1;
        Ok(counted)
    }

    /// A connection is there already: it takes no new one's place.
    pub(super) fn inherit(&self, limits: &AddressLimits, place: Place, now: u64) -> Counted {
        if limits.connections.is_none() {
            return Counted::Nowhere;
        }
        let mut shard = self.shard(place);
        let (entry, counted) = shard.entry(place, self.most, now);
        entry.connections += 1;
        counted
    }

    /// A connection is gone.
    pub(super) fn disconnect(&self, place: Place, counted: Counted) {
        if counted == Counted::Nowhere {
            return;
        }
        let mut shard = self.shard(place);
        let entry = if counted == Counted::Common {
            Some(&mut shard.common)
        } else {
            shard.entries.get_mut(&place)
        };
        if let Some(entry) = entry {
            entry.connections = entry.connections.saturating_sub(1);
        }
    }

    /// A login came, at `now` (µs).
    pub(super) fn log_in(
        &self,
        limits: &AddressLimits,
        place: Place,
        now: u64,
    ) -> Result<(), Turned> {
        if let Some(per_minute) = limits.logins_per_minute {
            let mut shard = self.shard(place);
            if !shard
                .entry(place, self.most, now)
                .0
                .logins
                .take(per_minute, now)
            {
                return Err(Turned::Logins);
            }
        }
        Ok(())
    }

    /// Whether nobody from there is let in for now, since too many passwords were wrong.
    pub(super) fn is_barred(&self, limits: &AddressLimits, place: Place, now: u64) -> bool {
        if limits.failed_logins_per_minute.is_none() {
            return false;
        }
        let mut shard = self.shard(place);
        let full = shard.entries.len() >= self.most;
        let Shard {
            entries, common, ..
        } = &mut *shard;
        // No entry is made: most addresses never fail.
        let entry = match entries.get_mut(&place) {
            Some(entry) => entry,
            None if full => common,
            None => return false,
        };
        if entry.barred && entry.failures.is_half_full(now) {
            entry.barred = false;
        }
        entry.barred
    }

    /// A password was wrong; true if nobody from there is let in from now on.
    pub(super) fn failed(&self, limits: &AddressLimits, place: Place, now: u64) -> bool {
        if let Some(per_minute) = limits.failed_logins_per_minute {
            let mut shard = self.shard(place);
            let (entry, _) = shard.entry(place, self.most, now);
            if entry.failures.drain(per_minute, now) {
                return !std::mem::replace(&mut entry.barred, true);
            }
        }
        false
    }

    #[cfg(test)]
    fn remembered(&self) -> usize {
        let entries = |shard: &Mutex<Shard>| shard.lock().unwrap().entries.len();
        self.shards.iter().map(entries).sum()
    }
}

#[cfg(test)]
#[path = "limits/tests.rs"]
mod tests;
