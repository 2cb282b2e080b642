//! Making damaged volumes anew, and sealing those that are over.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use zartrux_models::ledger::{BLOCK_SHARES, JournalEntry, ShareEntry};

use super::commit_log::CommitLog;
use super::day_book::DayBook;
use super::pages::Visitor;
use super::seal::Seal;
use super::volume_files::VolumeFiles;
use super::{Ledger, Volume};
use crate::store::{Damage, StoreFault};

/// A damaged volume that was made anew from what could be found of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// Which.
    pub volume: Volume,
    /// What was wrong with it.
    pub why: String,
    /// Where its damaged files are now.
    pub moved_to: PathBuf,
    /// Shares that were found.
    pub shares: u64,
    /// Entries of the journal that were found.
    pub journal: u64,
}

/// Makes a damaged volume anew from what can be found in its files, which stay, under another name.
///
/// # Errors
/// The system refuses.
pub fn mend(root: &Path, volume: Volume, why: &str) -> Result<Mended, StoreFault> {
    let folder = root.join(volume.to_string());
    let io = |why| StoreFault::Io {
        folder: folder.clone(),
        why,
    };
    let mut number = 1u32;
    let moved_to = loop {
        let aside = root.join(format!("{volume}.damaged-{number}"));
        if !aside.exists() {
            break aside;
        }
        number += 1;
    };
    fs::rename(&folder, &moved_to).map_err(io)?;
    let found = VolumeFiles::in_folder(&moved_to).map_err(io)?;
    let counts = Anew::filled(root, volume, &found)?;
    let is_there = VolumeFiles::in_folder(&folder).map_err(io)?;
    Seal::of(&is_there).write_mended(&folder).map_err(io)?;
    Ok(Mended {
        volume,
        why: why.to_owned(),
        moved_to,
        shares: counts.0,
        journal: counts.1,
    })
}

/// A volume into which is put what is found.
pub(super) struct Anew {
    book: DayBook,
    shares: Vec<ShareEntry>,
    journal: Vec<JournalEntry>,
    counts: (u64, u64),
    fault: Option<StoreFault>,
}

impl Anew {
    /// Makes a volume of all that was found of it; how many shares and entries of the journal.
    pub(super) fn filled(
        root: &Path,
        volume: Volume,
        found: &VolumeFiles,
    ) -> Result<(u64, u64), StoreFault> {
        let mut anew = Self {
            book: DayBook::open(root, volume, Ledger::CACHE)?,
            shares: Vec::new(),
            journal: Vec::new(),
            counts: (0, 0),
            fault: None,
        };
        let _ = found.shares(0, &mut anew);
        let _ = found.journal(&mut |entry| anew.entry(entry), &mut |_| ());
        anew.finish()?;
        Ok(anew.counts)
    }

    fn entry(&mut self, entry: JournalEntry) -> ControlFlow<()> {
        self.counts.1 += 1;
        self.journal.push(entry);
        self.put(BLOCK_SHARES)
    }

    fn put(&mut self, from: usize) -> ControlFlow<()> {
        let mut put = Ok(());
        if self.shares.len() >= from {
            put = self.book.add_packed(&std::mem::take(&mut self.shares));
        }
        if self.journal.len() >= from {
            let journal = std::mem::take(&mut self.journal);
            put = put.and_then(|()| self.book.add_journal(&journal));
        }
        match put {
            Ok(()) => ControlFlow::Continue(()),
            Err(fault) => {
                self.fault = Some(fault);
                ControlFlow::Break(())
            }
        }
    }

    fn finish(&mut self) -> Result<(), StoreFault> {
        let _ = self.put(0);
        match self.fault.take() {
            Some(fault) => Err(fault),
            None => self.book.flush(),
        }
    }
}

impl Visitor for Anew {
    fn share(&mut self, share: ShareEntry) -> ControlFlow<()> {
        self.counts.0 += 1;
        self.shares.push(share);
        self.put(BLOCK_SHARES)
    }

    /// It is made anew because there is some.
    fn damage(&mut self, _: Damage) {}
}

/// Looks through the files of a volume that is over, as whoever reads it will. If all is there its
/// commit log goes; if not it is mended.
fn seal(root: &Path, volume: Volume) -> Result<Option<Mended>, StoreFault> {
    let folder = root.join(volume.to_string());
    let io = |why| StoreFault::Io {
        folder: folder.clone(),
        why,
    };
    if Seal::read(&folder).is_some() {
        return Ok(None);
    }
    let mended = match DayBook::open(root, volume, Ledger::CACHE) {
        Ok(mut book) => {
            book.pack_all()?;
            let last = (book.last_seq(), book.last_journal_seq());
            drop(book);
            let found = VolumeFiles::of_database(&folder).map_err(io)?;
            let seal = Seal::of(&found);
            let lost = Seal::of_mended(&folder).map_or(0, |mended| mended.gaps);
            if seal.is_whole(last, lost) {
                seal.write(&folder).map_err(io)?;
                CommitLog::remove(&folder).map_err(io)?;
                return Ok(None);
            }
            mend(root, volume, &seal.says(last))?
        }
        Err(fault) if fault.is_damage() => mend(root, volume, &fault.to_string())?,
        Err(fault) => return Err(fault),
    };
    // More than this will not be found the next time either.
    if let Some(all) = Seal::of_mended(&folder) {
        all.write(&folder).map_err(io)?;
    }
    Ok(Some(mended))
}

/// Seals volumes on a thread of its own, one after another.
#[derive(Debug, Default)]
pub(super) struct Sealer {
    thread: Mutex<Option<JoinHandle<()>>>,
    mended: Arc<Mutex<Vec<Mended>>>,
}

impl Sealer {
    /// Damaged volumes that are remembered until somebody asks.
    const REMEMBERED: usize = 64;

    /// Seals volumes; one that fails is tried again at the next start.
    pub(super) fn seal(&self, root: &Path, volumes: Vec<Volume>) {
        let before = self.lock().take();
        let (root, mended) = (root.to_owned(), Arc::clone(&self.mended));
        let work = move || {
            if let Some(before) = before {
                // It says itself what fails.
                let _ = before.join();
            }
            for volume in volumes {
                match seal(&root, volume) {
                    Ok(None) => {}
                    Ok(Some(found)) => {
                        let mut list = mended.lock().unwrap_or_else(PoisonError::into_inner);
                        if list.len() < Self::REMEMBERED {
                            list.push(found);
                        }
                    }
                    Err(fault) => {
                        tracing::warn!(%volume, %fault, "a volume of the ledger could not be sealed");
                    }
                }
            }
        };
        match std::thread::Builder::new()
            .name("store-sealer".to_owned())
            .spawn(work)
        {
            Ok(thread) => *self.lock() = Some(thread),
            Err(fault) => tracing::warn!(%fault, "no thread to seal volumes of the ledger"),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<()>>> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take_mended(&self) -> Vec<Mended> {
        std::mem::take(&mut *self.mended.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn is_busy(&self) -> bool {
        self.lock()
            .as_ref()
            .is_some_and(|thread| !thread.is_finished())
    }

    /// Waits until everything is sealed.
    pub(super) fn wait(&self) {
        let thread = self.lock().take();
        if let Some(thread) = thread {
            // It says itself what fails.
            let _ = thread.join();
        }
    }
}

impl Drop for Sealer {
    fn drop(&mut self) {
        self.wait();
    }
}
