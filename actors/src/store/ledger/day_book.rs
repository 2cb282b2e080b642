//! One volume of the ledger.
//!
//! ```text
//! 2026-11-24/            a sled database
//!   blocks    first seq → 64 shares, packed
//!   journal   first seq → entries of the journal
//!   marks     how far the commit log is packed
//! 2026-11-24/commits     the commit log, until the volume is sealed
//! ```
//!
//! A commit is appended to the commit log, and packed into the database when there is time. sled
//! recovers a beginning of what was written, never a later part without an earlier: so the mark,
//! which is written after what it speaks of, is never ahead of it, and what is in both places is
//! known by its number and told once.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use zartrux_models::ledger::{
    BLOCK_SHARES, Frame, JournalEntry, Kind, ShareEntry, journal_in, read_journal, read_shares,
    shares_in, write_block, write_journal, write_tail,
};

use super::Volume;
use super::commit_log::{CommitLog, Hole};
use super::database::{mark_of, open_database, read_mark, seq_of};
use super::pages::Pages;
use crate::store::{Damage, StoreFault};

/// Shares that are packed at a time at least.
const PACK_SHARES: usize = 4 * BLOCK_SHARES;
/// Entries of the journal that are packed at a time at least, and into one frame at most.
const PACK_JOURNAL: usize = 256;
/// The mark that says from where the commit log is not packed.
const UNPACKED_FROM: &str = "unpacked_from";
/// Shares and entries in one frame of the commit log at most.
const FRAME_ENTRIES: usize = 256;

/// A volume, open for writing.
pub struct DayBook {
    volume: Volume,
    folder: PathBuf,
    db: sled::Db,
    blocks: sled::Tree,
    journal: sled::Tree,
    marks: sled::Tree,
    log: CommitLog,
    /// In the commit log and not packed; each with where its frame begins.
    unpacked: Vec<(u64, ShareEntry)>,
    unpacked_journal: Vec<JournalEntry>,
    last_seq: u64,
    last_journal_seq: u64,
    /// The last run of each machine that was found when it was opened.
    last_runs: BTreeMap<u16, u32>,
    damage: Vec<Damage>,
}

impl fmt::Debug for DayBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DayBook")
            .field("volume", &self.volume)
            .field("last_seq", &self.last_seq)
            .finish_non_exhaustive()
    }
}

impl DayBook {
    /// Opens a volume, and makes it if it is not there.
    ///
    /// # Errors
    /// It is damaged, in use, or the system refuses.
    pub fn open(root: &Path, volume: Volume, cache_bytes: u64) -> Result<Self, StoreFault> {
        let folder = root.join(volume.to_string());
        let io = |why| StoreFault::Io {
            folder: folder.clone(),
            why,
        };
        fs::create_dir_all(&folder).map_err(io)?;
        let db = open_database(&folder, cache_bytes)?;
        let tree = |name: &str| {
            db.open_tree(name)
                .map_err(|why| StoreFault::of_sled(&folder, why))
        };
        let (blocks, journal, marks) = (tree("blocks")?, tree("journal")?, tree("marks")?);
        let mut book = Self {
            volume,
            db,
            blocks,
            journal,
            marks,
            log: CommitLog::of(&folder).map_err(io)?,
            unpacked: Vec::new(),
            unpacked_journal: Vec::new(),
            last_seq: 0,
            last_journal_seq: 0,
            last_runs: BTreeMap::new(),
            damage: Vec::new(),
            folder,
        };
        book.read_ends()?;
        book.read_log()?;
        Ok(book)
    }

    /// Finds where the database ends.
    fn read_ends(&mut self) -> Result<(), StoreFault> {
        if let Some((key, value)) = self.sled(self.blocks.last())? {
            match read_shares(&value) {
                Ok(shares) => {
                    self.last_seq = shares.last().map_or(0, |share| share.seq);
                    let own = shares.iter().rfind(|share| !share.flags.imported);
                    if let Some(share) = own {
                        self.saw_run(share.node, share.run);
                    }
                }
                Err(why) => {
                    // Where it ends is in doubt by one block at most.
                    self.last_seq = seq_of(&key) + BLOCK_SHARES as u64 - 1;
                    self.damage
                        .push(Damage::of_batch(self.place("blocks", &key), &why));
                }
            }
        }
        if let Some((key, value)) = self.sled(self.journal.last())? {
            let entries = read_journal(&value).unwrap_or_default();
            self.last_journal_seq = entries.last().map_or_else(|| seq_of(&key), |last| last.seq);
            if let Some(last) = entries.last() {
                self.saw_run(last.node, last.run);
            }
        }
        Ok(())
    }

    /// Takes what the commit log has beyond the database.
    fn read_log(&mut self) -> Result<(), StoreFault> {
        let from = read_mark(&self.marks, UNPACKED_FROM).unwrap_or(0);
        let folder = self.folder.clone();
        let mut holes = Vec::new();
        let read = CommitLog::read(
            &folder,
            from.min(self.log.length()),
            |at, frame| self.take(at, frame),
            |hole| holes.push(hole),
        );
        read.map_err(|why| self.io(why))?;
        for hole in holes {
            let place = format!(
                "{}, byte {}",
                CommitLog::path(&self.folder).display(),
                hole.at()
            );
            match hole {
                Hole::Unended(at) => {
                    tracing::info!(
                        "{place}: a commit that was begun and never ended is cut off: nobody was \
                         told of it"
                    );
                    self.log.cut_off(at);
                }
                Hole::Damaged(_) => self.damage.push(Damage {
                    place,
                    why:
                        "is no record: what was committed there is lost, or was never acknowledged"
                            .to_owned(),
                }),
            }
        }
        Ok(())
    }

    fn take(&mut self, at: u64, frame: &Frame<'_>) {
        match frame.kind {
            Kind::Tail => {
                for share in shares_in(frame).unwrap_or_default() {
                    if share.seq > self.last_seq {
                        self.last_seq = share.seq;
                        if !share.flags.imported {
                            self.saw_run(share.node, share.run);
                        }
                        self.unpacked.push((at, share));
                    }
                }
            }
            Kind::Journal => {
                for entry in journal_in(frame).unwrap_or_default() {
                    if entry.seq > self.last_journal_seq {
                        self.last_journal_seq = entry.seq;
                        self.saw_run(entry.node, entry.run);
                        self.unpacked_journal.push(entry);
                    }
                }
            }
            Kind::Block | Kind::Rig | Kind::Rollup | Kind::Mark | Kind::FilterStates => {}
        }
    }

    fn sled<T>(&self, result: sled::Result<T>) -> Result<T, StoreFault> {
        result.map_err(|why| StoreFault::of_sled(&self.folder, why))
    }

    fn io(&self, why: io::Error) -> StoreFault {
        StoreFault::Io {
            folder: self.folder.clone(),
            why,
        }
    }

    /// Where something is, for people.
    fn place(&self, tree: &str, key: &[u8]) -> String {
        format!(
            "{}, {tree} from number {}",
            self.folder.display(),
            seq_of(key)
        )
    }

    /// Which day, and which part of it.
    #[must_use]
    pub const fn volume(&self) -> Volume {
        self.volume
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The highest number of a share in it; 0 if there is none.
    #[must_use]
    pub const fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// The highest number of a journal entry in it; 0 if there is none.
    #[must_use]
    pub const fn last_journal_seq(&self) -> u64 {
        self.last_journal_seq
    }

    /// The last run of a machine that it knew of when it was opened; 0 if it knew of none.
    #[must_use]
    pub fn last_run(&self, node: u16) -> u32 {
        self.last_runs.get(&node).copied().unwrap_or(0)
    }

    fn saw_run(&mut self, node: u16, run: u32) {
        let last = self.last_runs.entry(node).or_default();
        *last = run.max(*last);
    }

    /// What could not be read when it was opened.
    #[must_use]
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// Bytes of its database's file and of its commit log.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.db.size_on_disk().unwrap_or(0) + self.log.length()
    }

    /// The commit log's file, to have the disk write it down from another thread; none before the
    /// first commit.
    ///
    /// # Errors
    /// The system has no more handles.
    pub fn log_handle(&self) -> Result<Option<File>, StoreFault> {
        self.log.handle().map_err(|why| self.io(why))
    }

    /// What whoever reads it meanwhile needs.
    pub(super) fn pages(&self) -> Pages {
        Pages {
            folder: self.folder.clone(),
            blocks: self.blocks.clone(),
            journal: self.journal.clone(),
            marks: self.marks.clone(),
        }
    }

    /// Commits shares and journal entries with numbers above those there are; what has a number
    /// that is there already is left out. When this returns they survive the end of the process.
    ///
    /// # Errors
    /// The system refuses; nothing was committed.
    pub fn commit(
        &mut self,
        shares: &[ShareEntry],
        journal: &[JournalEntry],
    ) -> Result<(), StoreFault> {
        let known = shares.partition_point(|share| share.seq <= self.last_seq);
        let known_journal = journal.partition_point(|entry| entry.seq <= self.last_journal_seq);
        let (shares, journal) = (&shares[known..], &journal[known_journal..]);
        let (mut frames, mut places) = (Vec::new(), Vec::new());
        for part in shares.chunks(FRAME_ENTRIES) {
            places.push(self.log.length() + frames.len() as u64);
            frames.extend_from_slice(&write_tail(part));
        }
        for part in journal.chunks(FRAME_ENTRIES) {
            frames.extend_from_slice(&write_journal(part));
        }
        if frames.is_empty() {
            return Ok(());
        }
        self.log.append(&frames).map_err(|why| self.io(why))?;
        for (place, part) in places.into_iter().zip(shares.chunks(FRAME_ENTRIES)) {
            self.unpacked
                .extend(part.iter().map(|share| (place, share.clone())));
        }
        self.unpacked_journal.extend_from_slice(journal);
        self.last_seq = shares.last().map_or(self.last_seq, |last| last.seq);
        self.last_journal_seq = journal
            .last()
            .map_or(self.last_journal_seq, |last| last.seq);
        Ok(())
    }

    /// Packs what was committed, if it is enough to be worth it.
    ///
    /// # Errors
    /// The database refuses; what was committed stays so.
    pub fn pack(&mut self) -> Result<(), StoreFault> {
        if self.unpacked.len() < PACK_SHARES && self.unpacked_journal.len() < PACK_JOURNAL {
            return Ok(());
        }
        self.pack_first(self.unpacked.len() / BLOCK_SHARES * BLOCK_SHARES)
    }

    /// Packs everything: the volume is over, or the process leaves.
    ///
    /// # Errors
    /// The database refuses; what was committed stays so.
    pub fn pack_all(&mut self) -> Result<(), StoreFault> {
        self.pack_first(self.unpacked.len())?;
        self.flush()
    }

    fn pack_first(&mut self, count: usize) -> Result<(), StoreFault> {
        let packing: Vec<ShareEntry> = self
            .unpacked
            .iter()
            .take(count)
            .map(|(_, share)| share.clone())
            .collect();
        self.add_packed(&packing)?;
        for part in self.unpacked_journal.chunks(PACK_JOURNAL) {
            self.put_journal(part)?;
        }
        self.unpacked.drain(..packing.len());
        self.unpacked_journal.clear();
        let from = self
            .unpacked
            .first()
            .map_or_else(|| self.log.length(), |(place, _)| *place);
        self.sled(
            self.marks
                .insert(UNPACKED_FROM, mark_of(UNPACKED_FROM, from)),
        )
        .map(|_| ())
    }

    /// Adds shares to the database at once: from other files, or what is packed.
    ///
    /// # Errors
    /// The database refuses.
    pub fn add_packed(&mut self, shares: &[ShareEntry]) -> Result<(), StoreFault> {
        for block in shares.chunks(BLOCK_SHARES) {
            if let (Some(first), Some(last)) = (block.first(), block.last()) {
                self.sled(
                    self.blocks
                        .insert(first.seq.to_be_bytes(), write_block(block)),
                )?;
                self.last_seq = self.last_seq.max(last.seq);
            }
        }
        Ok(())
    }

    /// Adds entries of the journal to the database at once.
    pub(super) fn add_journal(&mut self, entries: &[JournalEntry]) -> Result<(), StoreFault> {
        for part in entries.chunks(PACK_JOURNAL) {
            self.put_journal(part)?;
            let last = part.last().map_or(0, |entry| entry.seq);
            self.last_journal_seq = self.last_journal_seq.max(last);
        }
        Ok(())
    }

    fn put_journal(&self, part: &[JournalEntry]) -> Result<(), StoreFault> {
        let Some(first) = part.first() else {
            return Ok(());
        };
        let frame = write_journal(part);
        self.sled(self.journal.insert(first.seq.to_be_bytes(), frame))
            .map(|_| ())
    }

    /// Numbers go on from another volume.
    pub(super) fn continue_after(&mut self, seq: u64, journal_seq: u64) {
        self.last_seq = self.last_seq.max(seq);
        self.last_journal_seq = self.last_journal_seq.max(journal_seq);
    }

    /// What another volume knows of runs.
    pub(super) fn know_runs_of(&mut self, before: &Self) {
        for (node, run) in &before.last_runs {
            self.saw_run(*node, *run);
        }
    }

    /// Has what is in the database survive the end of the process.
    ///
    /// # Errors
    /// The database refuses.
    pub fn flush(&self) -> Result<(), StoreFault> {
        self.sled(self.db.flush()).map(|_| ())
    }
}
