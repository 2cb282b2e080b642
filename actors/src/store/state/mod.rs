//! The state: the registry of rigs and the roll-ups, both derived from the ledger.
//!
//! What is told to a [`StateBook`] changes memory only. A checkpoint writes it all, together with
//! the number of the last share that it includes, in one batch that the database applies wholly or
//! not at all. So after a crash the ledger's shares behind that number are applied again, and the
//! state is as if nothing had happened: it depends on the shares and their order alone, not on when
//! checkpoints were. (Names, standings and refusals that were only counted are no shares: what came
//! of them since the last checkpoint is lost.)
//!
//! What a rig's shares count for is kept beside the rig, in [`OpenCells`], and goes into pages by the
//! dozen, so that a share changes one value and not one for each page that it belongs to.
//!
//! Everything is bounded: rigs in number, of which the one seen longest ago is merged into
//! [`RigEntry::OTHERS`]; roll-ups by age; what is not written yet, by
//! [`StateBook::wants_checkpoint`]. Entries live in the database; memory has an index of 25 bytes a
//! rig and the database's cache.

mod checkpoint;
mod error;
mod forget;
mod index;
mod keys;
mod marks;
mod pending;
mod prune;
mod quiet;
mod read;
#[cfg(test)]
mod tests;
mod verify;

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use zartrux_models::filter::Stage;
use zartrux_models::ledger::{
    Cell, Level, Names, OpenCells, RigEntry, RigRecord, ShareEntry, UpstreamId,
};
use zartrux_models::share::{RefusalReason, RigKey};

pub use error::{Damage, StateError};
pub use prune::Pruned;
pub use verify::Verified;

use crate::rigs::RigNames;
use crate::supervision::cause_of;
use index::{Index, Place};
use pending::{Changed, Pending};

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateBounds {
    /// Rigs in the registry.
    pub max_rigs: usize,
    /// Age up to which roll-ups by the minute are kept, minutes.
    pub keep_minutes: u64,
    /// Age up to which those by the hour are kept, hours.
    pub keep_hours: u64,
    /// Age up to which those by the day are kept, days.
    pub keep_days: u64,
    /// The database's cache, bytes.
    pub cache_bytes: u64,
}

/// The registry and the roll-ups, in a folder of their own.
#[derive(Debug)]
pub struct StateBook {
    db: sled::Db,
    tree: sled::Tree,
    folder: PathBuf,
    bounds: StateBounds,
    index: Index,
    pending: Pending,
    /// The last share that the database includes.
    through: u64,
    /// The last share that memory includes.
    applied: u64,
    /// Rigs that were forgotten, ever.
    rolled_up: u64,
    upstreams: HashMap<Box<str>, UpstreamId>,
    /// Where pruning goes on.
    pruned_to: Vec<u8>,
    /// The last rig that was found quiet: when it was last seen, ms since 1970, and which.
    quiet_to: (u64, u64),
    /// Bytes of values written since it was opened.
    written: usize,
    damage: RefCell<Vec<Damage>>,
}

impl StateBook {
    /// The tree that everything is in.
    const TREE: &'static str = "state";

    /// Bytes of values after which the database should be opened anew: some hundred milliseconds at
    /// the next start.
    const WRITTEN: usize = 32 << 20;

    /// Unwritten rigs and cells from which on a checkpoint is wanted: two thousand rigs with a share
    /// each, of some kilobytes. sled frees what a batch replaces only when it is through with the
    /// batch, some kilobytes for each of its values: eight times as many cost 120 MiB more.
    const PENDING: usize = 4_096;

    /// Opens the state of a folder, or begins one. Looks at every rig once, for the index.
    ///
    /// # Errors
    /// The folder can't be used, another process uses it, the database is damaged, or it does not
    /// say how much of the ledger it includes.
    pub fn open(folder: &Path, bounds: StateBounds) -> Result<Self, StateError> {
        let fail = |why| StateError::of(folder, why);
        let config = sled::Config::new()
            .path(folder)
            .cache_capacity(bounds.cache_bytes)
            .flush_every_ms(Some(500));
        let opened = catch_unwind(AssertUnwindSafe(|| open_when_free(&config)));
        let db = opened
            // What it does not foresee in its own files.
            .map_err(|panic| StateError::Corrupt {
                folder: folder.to_owned(),
                why: cause_of(panic.as_ref()),
            })?
            .map_err(fail)?;
        let tree = db.open_tree(Self::TREE).map_err(fail)?;
        let mut book = Self {
            db,
            tree,
            folder: folder.to_path_buf(),
            bounds,
            index: Index::default(),
            pending: Pending::default(),
            through: 0,
            applied: 0,
            rolled_up: 0,
            upstreams: HashMap::new(),
            pruned_to: Vec::new(),
            quiet_to: (0, 0),
            written: 0,
            damage: RefCell::default(),
        };
        book.read_checkpoint()?;
        book.read_upstreams()?;
        let mut index = Index::default();
        for rig in book.stored_rigs(None) {
            let rig = rig?;
            if rig.key != RigEntry::OTHERS {
                index.insert(Place::of(&rig));
            }
        }
        book.index = index;
        Ok(book)
    }

    /// The last share that the database includes: those behind it are to be applied again.
    #[must_use]
    pub const fn through_seq(&self) -> u64 {
        self.through
    }

    /// Rigs in the registry.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether no rig is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rigs that were forgotten so far, each time counted.
    #[must_use]
    pub const fn rolled_up(&self) -> u64 {
        self.rolled_up
    }

    /// Whether so much is unwritten that a checkpoint should follow before more is told.
    #[must_use]
    pub fn wants_checkpoint(&self) -> bool {
        self.pending.size() >= Self::PENDING
    }

    /// Takes a share, in the order of the ledger; one that was taken before counts for nothing.
    /// Returns whether it was news.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn apply(&mut self, entry: &ShareEntry) -> Result<bool, StateError> {
        if entry.seq <= self.applied {
            return Ok(false);
        }
        let counted = self.change(entry.rig, entry.unix_ms, |rig| rig.apply(entry))?;
        self.count(entry.rig, entry.unix_ms, &counted);
        self.applied = entry.seq;
        Ok(true)
    }

    /// Notes how a rig calls itself and what it offered to do.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn note_names(
        &mut self,
        rig: RigKey,
        names: &RigNames,
        algorithms: &[&str],
        now_ms: u64,
    ) -> Result<(), StateError> {
        self.change(rig, now_ms, |rig| {
            let names = Names::new(&names.user, &names.rig_id, &names.agent);
            rig.name(names, algorithms);
            rig.see(now_ms);
        })
    }

    /// Notes what its judge remembers of a rig, and whether that is quarantine. Returns whether it
    /// is kept: not of a rig that is not in the registry, nor more than
    /// [`RigEntry::STANDING_MAX`] bytes.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn note_standing(
        &mut self,
        rig: RigKey,
        standing: Option<Vec<u8>>,
        quarantined: bool,
    ) -> Result<bool, StateError> {
        let length = standing.as_ref().map_or(0, Vec::len);
        if length > RigEntry::STANDING_MAX {
            return Ok(false);
        }
        self.change_known(rig, |rig| {
            rig.standing = standing;
            rig.quarantined = quarantined;
        })
    }

    /// Notes what a filter remembers of a rig. Returns whether it is kept: not of a rig that is not
    /// in the registry, nor more than [`RigEntry::FILTER_MAX`] bytes.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn note_filter_state(
        &mut self,
        rig: RigKey,
        stage: Stage,
        state: Box<[u8]>,
    ) -> Result<bool, StateError> {
        if state.len() > RigEntry::FILTER_MAX {
            return Ok(false);
        }
        self.change_known(rig, |rig| rig.filters[stage.index()] = Some(state))
    }

    /// Notes refusals that were only counted, and stand in no ledger.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn note_refusals_unlisted(
        &mut self,
        rig: RigKey,
        reason: RefusalReason,
        count: u64,
        now_ms: u64,
    ) -> Result<(), StateError> {
        let mut counted = Cell::default();
        counted.add_unlisted(reason, count);
        self.change(rig, now_ms, |rig| {
            rig.lifetime.merge(&counted);
            rig.see(now_ms);
        })?;
        self.count(rig, now_ms, &counted);
        Ok(())
    }

    fn count(&mut self, rig: RigKey, at_ms: u64, counted: &Cell) {
        let level = if rig == RigEntry::OTHERS {
            Level::Day
        } else {
            Level::Minute
        };
        self.pending.count(rig, level.cell_start(at_ms), counted);
        self.pending
            .count_all(Level::Minute.cell_start(at_ms), counted);
    }

    /// Changes a rig, which is made if there is none.
    fn change<R>(
        &mut self,
        key: RigKey,
        now_ms: u64,
        change: impl FnOnce(&mut RigEntry) -> R,
    ) -> Result<R, StateError> {
        let changed = match self.pending.rigs.remove(&key) {
            Some(changed) => changed,
            None => self.begin_change(key, now_ms)?,
        };
        Ok(self.put_changed(changed, change))
    }

    /// Changes a rig, if it is in the registry. Returns whether it is.
    fn change_known(
        &mut self,
        key: RigKey,
        change: impl FnOnce(&mut RigEntry),
    ) -> Result<bool, StateError> {
        let changed = match self.pending.rigs.remove(&key) {
            Some(changed) => changed,
            None => match self.stored_rig(key)? {
                (stored, Some(record)) => Changed::new(record, stored),
                (_, None) => return Ok(false),
            },
        };
        self.put_changed(changed, change);
        Ok(true)
    }

    fn put_changed<R>(
        &mut self,
        mut changed: Changed,
        change: impl FnOnce(&mut RigEntry) -> R,
    ) -> R {
        let before = Place::of(&changed.rig);
        let answer = change(&mut changed.rig);
        let after = Place::of(&changed.rig);
        let key = changed.rig.key;
        if key != RigEntry::OTHERS {
            self.index.remove(before);
            self.index.insert(after);
        }
        self.pending.rigs.insert(key, changed);
        answer
    }

    fn begin_change(&mut self, key: RigKey, now_ms: u64) -> Result<Changed, StateError> {
        let (stored, record) = self.stored_rig(key)?;
        if let Some(record) = record {
            return Ok(Changed::new(record, stored));
        }
        while key != RigEntry::OTHERS && self.len() >= self.bounds.max_rigs.max(1) {
            self.forget_one()?;
        }
        let new = RigRecord {
            rig: RigEntry::new(key, now_ms),
            open: OpenCells::default(),
        };
        Ok(Changed::new(new, stored))
    }
}

/// Opens a database, waiting a fifth of a second for its lock: sled's own threads hold it for a
/// moment after the last user of this process has dropped it.
fn open_when_free(config: &sled::Config) -> sled::Result<sled::Db> {
    let mut tries = 40;
    loop {
        match config.open() {
            Err(why) if tries > 0 && error::is_locked(&why) => tries -= 1,
            opened => return opened,
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
}
