//! The ledger of shares on disk: one database for each day.
//!
//! A database a day, and not a tree a day in one database: what is dropped gives its space back to
//! the system at once, what is closed takes no memory, the process starts without looking at old
//! days, and a damaged file costs its own day.

mod commit_log;
mod compaction;
mod database;
mod day;
mod day_book;
mod inspection;
mod mending;
mod pages;
mod seal;
mod shelf;
#[cfg(test)]
mod tests;
mod volume;
mod volume_files;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use zartrux_models::ledger::{JournalEntry, ShareEntry};

pub use compaction::Compacted;
pub use day::{DAY_MS, Day};
pub use day_book::DayBook;
pub use inspection::{Inspection, Inspector, Numbers};
pub use mending::{Mended, mend};
pub use pages::Visitor;
pub use shelf::LedgerReader;
pub use volume::Volume;

use super::{Damage, StoreFault};
use compaction::end_compactions;
use mending::Sealer;
use seal::Seal;
use shelf::volumes_in;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days; what is older goes. None keeps everything.
    pub days: Option<u32>,
    /// Bytes of all volumes; the oldest go first. The one that is written to stays.
    pub bytes: u64,
}

impl Retention {
    /// A volume is over once it takes up this part of what all may: so that the oldest that goes is
    /// never nearly everything.
    const PARTS: u64 = 8;
    /// It is over then, however much may be kept: a database of this size is read through at the
    /// start in a fraction of a second.
    const VOLUME_MAX: u64 = 256 << 20;

    fn volume_bytes(self) -> u64 {
        (self.bytes / Self::PARTS).min(Self::VOLUME_MAX)
    }
}

/// The ledger, open for writing.
#[derive(Debug)]
pub struct Ledger {
    root: PathBuf,
    book: DayBook,
    reader: LedgerReader,
    retention: Retention,
    sealer: Sealer,
    /// Commits since the volume's size was looked at.
    unlooked: u32,
}

impl Ledger {
    /// Memory that the pages of the volume which is written to may take: they are written once and
    /// not read.
    const CACHE: u64 = 2 << 20;
    /// Commits between two looks at the volume's size.
    const LOOK_AFTER: u32 = 64;

    /// Opens the ledger below a folder, and makes it if it is not there. Where the last volume is
    /// damaged it is made anew from what can be found of it, so that the daemon starts.
    ///
    /// # Errors
    /// It is in use, or the system refuses.
    pub fn open(
        root: &Path,
        now_ms: u64,
        retention: Retention,
    ) -> Result<(Self, Option<Mended>), StoreFault> {
        fs::create_dir_all(root).map_err(|why| StoreFault::Io {
            folder: root.to_owned(),
            why,
        })?;
        let today = Volume::first_of(Day::of_unix_ms(now_ms));
        // The clock may have gone back: numbers must rise from volume to volume.
        let volume = volumes_in(root).pop().unwrap_or(today);
        let (mut book, mended) = match DayBook::open(root, volume, Self::CACHE) {
            Ok(book) => (book, None),
            Err(fault) if fault.is_damage() => {
                let mended = mend(root, volume, &fault.to_string())?;
                (DayBook::open(root, volume, Self::CACHE)?, Some(mended))
            }
            Err(fault) => return Err(fault),
        };
        // It is open, so that nobody else is at it.
        end_compactions(root).map_err(|why| StoreFault::Io {
            folder: root.to_owned(),
            why,
        })?;
        let mut earlier = volumes_in(root);
        earlier.retain(|other| *other < volume);
        continue_after_earlier(&mut book, root, &earlier);
        let reader = LedgerReader::new(root);
        reader.set_current(Some(&book));
        let sealer = Sealer::default();
        sealer.seal(root, earlier);
        let mut ledger = Self {
            root: root.to_owned(),
            book,
            reader,
            retention,
            sealer,
            unlooked: 0,
        };
        ledger.turn_the_page(now_ms)?;
        Ok((ledger, mended))
    }

    /// So much is kept from now on: what is too much goes when it is looked at next.
    pub const fn keep(&mut self, retention: Retention) {
        self.retention = retention;
    }

    /// The highest number of a share.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.book.last_seq()
    }

    /// The highest number of an entry of the journal.
    #[must_use]
    pub fn last_journal_seq(&self) -> u64 {
        self.book.last_journal_seq()
    }

    /// The last run of a machine that it knew of when it was opened; 0 if it knew of none.
    #[must_use]
    pub fn last_run(&self, node: u16) -> u32 {
        self.book.last_run(node)
    }

    /// Reads it, from any thread.
    #[must_use]
    pub const fn reader(&self) -> &LedgerReader {
        &self.reader
    }

    /// The volume that is written to.
    #[must_use]
    pub const fn volume(&self) -> Volume {
        self.book.volume()
    }

    /// What could not be read of the volume that is written to when it was opened.
    #[must_use]
    pub fn damage(&self) -> &[Damage] {
        self.book.damage()
    }

    /// Commits shares and entries of the journal, which have their numbers, above all there are:
    /// when this returns they survive the end of the process.
    ///
    /// # Errors
    /// The database refuses: what was to be committed may be there or not.
    pub fn commit(
        &mut self,
        now_ms: u64,
        shares: &[ShareEntry],
        journal: &[JournalEntry],
    ) -> Result<(), StoreFault> {
        self.turn_the_page(now_ms)?;
        self.book.commit(shares, journal)
    }

    /// Does what can wait: packs what was committed.
    ///
    /// # Errors
    /// The database refuses.
    pub fn pack(&mut self) -> Result<(), StoreFault> {
        self.book.pack()
    }

    /// Goes on in another volume when the day is over, or the volume is large.
    fn turn_the_page(&mut self, now_ms: u64) -> Result<(), StoreFault> {
        let today = Day::of_unix_ms(now_ms);
        let here = self.book.volume();
        let next = if today > here.day {
            Volume::first_of(today)
        } else if self.is_large() {
            here.next()
        } else {
            return Ok(());
        };
        self.book.pack_all()?;
        let mut book = DayBook::open(&self.root, next, Self::CACHE)?;
        book.continue_after(self.book.last_seq(), self.book.last_journal_seq());
        book.know_runs_of(&self.book);
        self.reader.set_current(Some(&book));
        drop(std::mem::replace(&mut self.book, book));
        self.sealer.seal(&self.root, vec![here]);
        Ok(())
    }

    fn is_large(&mut self) -> bool {
        self.unlooked += 1;
        if self.unlooked < Self::LOOK_AFTER {
            return false;
        }
        self.unlooked = 0;
        self.book.bytes() > self.retention.volume_bytes()
    }

    /// Whether volumes that are over are being looked through: dropping any would wait for that.
    #[must_use]
    pub fn is_sealing(&self) -> bool {
        self.sealer.is_busy()
    }

    /// What was found while volumes that are over were looked through; each is told once.
    #[must_use]
    pub fn found_damaged(&self) -> Vec<Mended> {
        self.sealer.take_mended()
    }

    /// The commit log's file, to have the disk write it down from another thread; none before the
    /// first commit.
    ///
    /// # Errors
    /// The system has no more handles.
    pub fn log_handle(&self) -> Result<Option<fs::File>, StoreFault> {
        self.book.log_handle()
    }

    /// Drops the volumes that are too old or too many, never the one that is written to; which.
    ///
    /// # Errors
    /// A folder can't be removed.
    pub fn retain(&self, now_ms: u64) -> Result<Vec<Volume>, StoreFault> {
        // What is being sealed can't be removed at the same time.
        self.sealer.wait();
        let today = Day::of_unix_ms(now_ms);
        let mut volumes = self.reader.volumes();
        volumes.retain(|volume| *volume != self.book.volume());
        let sizes: Vec<u64> = volumes
            .iter()
            .map(|volume| self.reader.bytes(*volume))
            .collect();
        let mut total = self.book.bytes() + sizes.iter().sum::<u64>();
        let mut dropped = Vec::new();
        for (volume, bytes) in volumes.into_iter().zip(sizes) {
            let age = today.0.saturating_sub(volume.day.0);
            let too_old = self.retention.days.is_some_and(|days| age > days);
            if !too_old && total <= self.retention.bytes {
                // The following are younger, and fit.
                break;
            }
            let folder = self.reader.folder(volume);
            fs::remove_dir_all(&folder).map_err(|why| StoreFault::Io { folder, why })?;
            total -= bytes;
            dropped.push(volume);
        }
        Ok(dropped)
    }

    /// Packs everything and closes it.
    ///
    /// # Errors
    /// The database refuses; what was committed is there nevertheless.
    pub fn close(mut self) -> Result<(), StoreFault> {
        self.sealer.wait();
        self.book.pack_all()
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // A reader must not keep the database open for the next one who writes.
        self.reader.set_current(None);
    }
}

/// A volume without any share goes on with the numbers of the one before.
fn continue_after_earlier(book: &mut DayBook, root: &Path, earlier: &[Volume]) {
    for volume in earlier.iter().rev() {
        if book.last_seq() > 0 && book.last_journal_seq() > 0 {
            return;
        }
        if let Some(seal) = Seal::read(&root.join(volume.to_string())) {
            book.continue_after(seal.last_share, seal.last_journal);
            continue;
        }
        // One that does not open is told of by whoever seals it.
        if let Ok(before) = DayBook::open(root, *volume, Ledger::CACHE) {
            book.continue_after(before.last_seq(), before.last_journal_seq());
            book.know_runs_of(&before);
        }
    }
}

/// A visitor made of two functions.
pub struct Reading<S, D> {
    /// Told of each share.
    pub share: S,
    /// Told of what can't be read.
    pub damage: D,
}

impl<S, D> std::fmt::Debug for Reading<S, D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reading")
    }
}

impl<S, D> Visitor for Reading<S, D>
where
    S: FnMut(ShareEntry) -> ControlFlow<()>,
    D: FnMut(Damage),
{
    fn share(&mut self, share: ShareEntry) -> ControlFlow<()> {
        (self.share)(share)
    }

    fn damage(&mut self, damage: Damage) {
        (self.damage)(damage);
    }
}
