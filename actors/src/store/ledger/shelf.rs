//! Reading the ledger.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zartrux_models::ledger::JournalEntry;

use super::day_book::DayBook;
use super::pages::{Pages, Visitor};
use super::seal::Seal;
use super::volume_files::VolumeFiles;
use super::{Day, Volume};
use crate::store::{Damage, StoreFault};

/// Reads the ledger, from any thread, also while it is written to, by this process or another.
///
/// Only who writes a volume has its database open: sled has no way to open one for reading alone,
/// one process excludes all others, and a database that is damaged loses on opening what follows
/// the damage. So everybody else reads the frames in its files.
#[derive(Debug, Clone)]
pub struct LedgerReader {
    pub(super) root: PathBuf,
    /// The volume that this process writes to, if it does.
    current: Arc<Mutex<Option<(Volume, Pages)>>>,
}

impl LedgerReader {
    /// Reads what is below a folder.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            current: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Volume, Pages)>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_current(&self, book: Option<&DayBook>) {
        *self.lock() = book.map(|book| (book.volume(), book.pages()));
    }

    fn current(&self, volume: Volume) -> Option<Pages> {
        let current = self.lock();
        let current = current.as_ref().filter(|(of, _)| *of == volume);
        current.map(|(_, pages)| pages.clone())
    }

    fn files(&self, volume: Volume) -> Result<VolumeFiles, StoreFault> {
        let folder = self.folder(volume);
        VolumeFiles::in_folder(&folder).map_err(|why| StoreFault::Io { folder, why })
    }

    /// The folder of all volumes.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of a volume.
    #[must_use]
    pub fn folder(&self, volume: Volume) -> PathBuf {
        self.root.join(volume.to_string())
    }

    /// The volumes that there are, the oldest first.
    #[must_use]
    pub fn volumes(&self) -> Vec<Volume> {
        volumes_in(&self.root)
    }

    /// Bytes that a volume takes up on the disk.
    #[must_use]
    pub fn bytes(&self, volume: Volume) -> u64 {
        bytes_of(&self.folder(volume))
    }

    /// Reads the shares of a volume with numbers above `after`, in order, each once.
    ///
    /// # Errors
    /// A file can't be read.
    pub fn shares(
        &self,
        volume: Volume,
        after: u64,
        visitor: &mut dyn Visitor,
    ) -> Result<ControlFlow<()>, StoreFault> {
        Ok(match self.current(volume) {
            Some(pages) => pages.shares(after, visitor),
            None if self.ends_by(volume, after) => ControlFlow::Continue(()),
            None => self.files(volume)?.shares(after, visitor),
        })
    }

    /// Whether a volume is over and has no share above `after`: its files need no look.
    fn ends_by(&self, volume: Volume, after: u64) -> bool {
        let seal = Seal::read(&self.folder(volume));
        seal.is_some_and(|seal| seal.last_share <= after)
    }

    /// The volumes that may hold shares with numbers above `after`, the oldest first. Numbers rise
    /// from volume to volume, so none before one that begins by then.
    #[must_use]
    pub fn volumes_above(&self, after: u64) -> Vec<Volume> {
        let mut volumes = self.volumes();
        let current = self.lock().clone();
        if let Some((current, pages)) = current
            && pages.first_share().is_some_and(|first| first <= after + 1)
        {
            volumes.retain(|volume| *volume >= current);
        }
        volumes.retain(|volume| !self.ends_by(*volume, after));
        volumes
    }

    /// Reads the journal of a volume, in order.
    ///
    /// # Errors
    /// A file can't be read.
    pub fn journal(
        &self,
        volume: Volume,
        tell: &mut dyn FnMut(JournalEntry) -> ControlFlow<()>,
        damaged: &mut dyn FnMut(Damage),
    ) -> Result<ControlFlow<()>, StoreFault> {
        Ok(match self.current(volume) {
            Some(pages) => pages.journal(tell, damaged),
            None => self.files(volume)?.journal(tell, damaged),
        })
    }

    /// The volumes that may hold shares of days from one to another, both included. A volume is
    /// named for the day on which it was begun, and a share for the moment it ended: those read
    /// from files stand in volumes of their own days too.
    #[must_use]
    pub fn volumes_between(&self, from: Day, to: Day) -> Vec<Volume> {
        let mut volumes = self.volumes();
        volumes.retain(|volume| (from..=to).contains(&volume.day));
        volumes
    }
}

/// The volumes below a folder, the oldest first.
pub(super) fn volumes_in(root: &Path) -> Vec<Volume> {
    let Ok(entries) = fs::read_dir(root) else {
        return Vec::new();
    };
    let mut volumes: Vec<Volume> = entries
        .filter_map(|entry| Volume::named(entry.ok()?.file_name().to_str()?))
        .collect();
    volumes.sort_unstable();
    volumes
}

/// Bytes that the files below a folder take up on the disk.
pub(in crate::store) fn bytes_of(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let kept = entry.metadata().ok()?;
            // The system counts blocks of 512 bytes, whatever its own.
            Some(if kept.is_dir() {
                bytes_of(&entry.path())
            } else {
                kept.blocks() * 512
            })
        })
        .sum()
}
