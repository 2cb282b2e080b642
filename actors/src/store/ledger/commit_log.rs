//! The commit log of a volume: a plain file to which each commit is appended, frame by frame.
//!
//! What is written here survives the end of the process as soon as the system has taken it, which
//! takes microseconds; sled's own flush waits for the disk, at times for a tenth of a second, and a
//! miner's reply can't. From here it is packed into the database when there is time. The log is
//! kept until the volume is over and its database was seen to be whole: what the database loses
//! when it recovers from damage is here still.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use zartrux_models::ledger::Frame;

use super::volume_files::search_from;

/// Its name in the volume's folder.
const NAME: &str = "commits";

/// A commit log, open for appending.
#[derive(Debug)]
pub(super) struct CommitLog {
    path: PathBuf,
    /// Opened by the first commit: who only reads a volume leaves no file behind.
    file: Option<File>,
    length: u64,
    /// Bytes at its end may be the torn part of a commit that failed.
    torn: bool,
}

impl CommitLog {
    /// Where the log of a volume is.
    pub(super) fn path(folder: &Path) -> PathBuf {
        folder.join(NAME)
    }

    /// A volume's log, whether it is there or not.
    pub(super) fn of(folder: &Path) -> io::Result<Self> {
        let path = Self::path(folder);
        let length = match std::fs::metadata(&path) {
            Ok(kept) => kept.len(),
            Err(why) if why.kind() == io::ErrorKind::NotFound => 0,
            Err(why) => return Err(why),
        };
        Ok(Self {
            path,
            file: None,
            length,
            torn: false,
        })
    }

    /// Where the next commit will begin.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// Appends frames, all or, as far as the system lets us, none.
    pub(super) fn append(&mut self, frames: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let mut options = OpenOptions::new();
                self.file
                    .insert(options.create(true).append(true).open(&self.path)?)
            }
        };
        if self.torn {
            file.set_len(self.length)?;
            self.torn = false;
        }
        match file.write_all(frames) {
            Ok(()) => {
                self.length += frames.len() as u64;
                Ok(())
            }
            Err(why) => {
                // Should this fail too, readers find the next frame by its beginning.
                self.torn = file.set_len(self.length).is_err();
                Err(why)
            }
        }
    }

    /// The file, to have the disk write it down from another thread; none before the first commit.
    pub(super) fn handle(&self) -> io::Result<Option<File>> {
        self.file.as_ref().map(File::try_clone).transpose()
    }

    /// Tells of the frames from a place on, each with where it begins, and of bytes between them
    /// that are none: where they begin.
    pub(super) fn read(
        folder: &Path,
        from: u64,
        mut tell: impl FnMut(u64, &Frame<'_>),
        mut damaged: impl FnMut(u64),
    ) -> io::Result<()> {
        let mut expected = from;
        let end = search_from(&Self::path(folder), from, |at, frame| {
            if at != expected {
                damaged(expected);
            }
            expected = at + frame.length() as u64;
            tell(at, frame);
        })?;
        if end > expected {
            damaged(expected);
        }
        Ok(())
    }

    /// Removes a volume's log: its database was seen to be whole.
    pub(super) fn remove(folder: &Path) -> io::Result<()> {
        match std::fs::remove_file(Self::path(folder)) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
