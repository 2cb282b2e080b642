//! Writing sealed volumes anew, without what sled's log keeps of the past.
//!
//! A crash at any moment loses nothing. The new volume is written below `compacting`, which no
//! reader takes for a volume. When it is seen to hold the same, the old one gets the name
//! `DAY.replaced`, the new one gets the old one's, and `DAY.replaced` goes. Whoever opens the
//! ledger for writing next ends what was begun: with the volume under its name, `DAY.replaced` is
//! not needed; without, it is the volume.

use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::io;
use std::path::Path;

use zartrux_models::ledger::{write_journal, write_tail};

use super::mending::Anew;
use super::seal::Seal;
use super::shelf::bytes_of;
use super::volume_files::VolumeFiles;
use super::{Ledger, Volume};
use crate::store::StoreFault;

/// Below it volumes are written anew.
const FOLDER: &str = "compacting";
/// What the old one's name ends with.
const REPLACED: &str = ".replaced";

/// What came of a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compacted {
    /// It was written anew.
    Anew {
        /// Bytes on the disk before.
        before: u64,
        /// Bytes on the disk now.
        after: u64,
    },
    /// There is little to be won.
    Compact,
    /// It is not over, or was not looked through yet.
    Unsealed,
    /// It does not hold what its seal says: it is to be mended first.
    NotWhole,
}

impl Ledger {
    /// Bytes that are not worth the effort.
    const LITTLE: u64 = 1 << 20;

    /// Writes a volume anew if at least a quarter of its files is no record any more, and that is
    /// worth it.
    ///
    /// # Errors
    /// The system refuses; the volume is as it was.
    pub fn compact(&self, volume: Volume) -> Result<Compacted, StoreFault> {
        self.sealer.wait();
        let folder = self.root.join(volume.to_string());
        if volume == self.volume() {
            return Ok(Compacted::Unsealed);
        }
        let Some(seal) = Seal::read(&folder) else {
            return Ok(Compacted::Unsealed);
        };
        let io = |why| StoreFault::Io {
            folder: folder.clone(),
            why,
        };
        let before = bytes_of(&folder);
        let old = VolumeFiles::in_folder(&folder).map_err(io)?;
        let dead = before.saturating_sub(old.live_bytes());
        if dead < before / 4 || dead < Self::LITTLE {
            return Ok(Compacted::Compact);
        }
        if Seal::of(&old) != seal {
            return Ok(Compacted::NotWhole);
        }
        let aside = self.root.join(FOLDER);
        remove(&aside).map_err(io)?;
        let anew = aside.join(volume.to_string());
        Anew::filled(&aside, volume, &old)?;
        let new = VolumeFiles::of_database(&anew).map_err(io)?;
        let is_same = Seal::of(&new) == seal && hold_the_same(&old, &new);
        let after = bytes_of(&anew);
        if !is_same || after >= before {
            remove(&aside).map_err(io)?;
            return Ok(if is_same {
                Compacted::Compact
            } else {
                Compacted::NotWhole
            });
        }
        seal.write(&anew).map_err(io)?;
        if let Some(mended) = Seal::of_mended(&folder) {
            mended.write_mended(&anew).map_err(io)?;
        }
        sync(&anew)
            .and_then(|()| self.take_place_of(volume))
            .map_err(io)?;
        Ok(Compacted::Anew { before, after })
    }

    fn take_place_of(&self, volume: Volume) -> io::Result<()> {
        let folder = self.root.join(volume.to_string());
        let replaced = self.root.join(format!("{volume}{REPLACED}"));
        let aside = self.root.join(FOLDER);
        fs::rename(&folder, &replaced)?;
        fs::rename(aside.join(volume.to_string()), &folder)?;
        sync(&self.root)?;
        remove(&replaced)?;
        remove(&aside)
    }
}

fn hold_the_same(old: &VolumeFiles, new: &VolumeFiles) -> bool {
    // As it is written: what is no number is not even equal to itself.
    let shares = |files: &VolumeFiles| {
        let mut hash = DefaultHasher::new();
        for share in files.shares_above(0) {
            hash.write(&write_tail(std::slice::from_ref(&share)));
        }
        hash.finish()
    };
    let journal = |files: &VolumeFiles| {
        let mut hash = DefaultHasher::new();
        for entry in files.journal_entries() {
            hash.write(&write_journal(std::slice::from_ref(&entry)));
        }
        hash.finish()
    };
    shares(old) == shares(new) && journal(old) == journal(new)
}

/// Ends, or undoes, compactions that were interrupted. Only for who has the ledger open for
/// writing.
pub(super) fn end_compactions(root: &Path) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let name = entry?.file_name();
        let Some(volume) = name
            .to_str()
            .and_then(|name| name.strip_suffix(REPLACED))
            .and_then(Volume::named)
        else {
            continue;
        };
        let folder = root.join(volume.to_string());
        if folder.exists() {
            remove(&root.join(&name))?;
        } else {
            fs::rename(root.join(&name), folder)?;
        }
    }
    remove(&root.join(FOLDER))
}

/// The new names must be on the disk before the old files go.
fn sync(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
        Ok(()) | Err(_) => Ok(()),
    }
}
