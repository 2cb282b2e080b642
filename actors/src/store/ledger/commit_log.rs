//! The commit log of a volume: a plain file to which each commit is appended, frame by frame.
//!
//! What is written here survives the end of the process as soon as the system has taken it, which
//! takes microseconds; sled's own flush waits for the disk, at times for a tenth of a second, and a
//! miner's reply can't. From here it is packed into the database when there is time. The log is
//! kept until the volume is over and its database was seen to be whole: what the database loses
//! when it recovers from damage is here still.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use zartrux_models::ledger::Frame;

use super::volume_files::search_from;

/// Its name in the volume's folder.
const NAME: &str = "commits";

/// Bytes in a commit log that are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hole {
    /// From here on they have changed.
    Damaged(u64),
    /// From here to the end they begin a record: the process ended in the middle of writing it, so
    /// nobody was told that it was committed.
    Unended(u64),
}

impl Hole {
    /// Where it begins, bytes from the beginning of the log.
    pub(super) const fn at(self) -> u64 {
        match self {
            Self::Damaged(at) | Self::Unended(at) => at,
        }
    }
}

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

    /// Lets the next commit begin here: what follows is the beginning of one that never ended.
    pub(super) const fn cut_off(&mut self, at: u64) {
        self.length = at;
        self.torn = true;
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
    /// that are none.
    pub(super) fn read(
        folder: &Path,
        from: u64,
        mut tell: impl FnMut(u64, &Frame<'_>),
        mut no_record: impl FnMut(Hole),
    ) -> io::Result<()> {
        let mut expected = from;
        let end = search_from(&Self::path(folder), from, |at, frame| {
            if at != expected {
                no_record(Hole::Damaged(expected));
            }
            expected = at + frame.length() as u64;
            tell(at, frame);
        })?;
        if end > expected {
            no_record(Self::last_hole(folder, expected, end)?);
        }
        Ok(())
    }

    /// What the bytes after the last record are.
    fn last_hole(folder: &Path, at: u64, end: u64) -> io::Result<Hole> {
        // A longer rest holds more than one frame, and only one can be unended.
        let length = usize::try_from(end - at).unwrap_or(usize::MAX);
        if length > Frame::BODY_MAX + 64 {
            return Ok(Hole::Damaged(at));
        }
        let mut rest = vec![0; length];
        File::open(Self::path(folder))?.read_exact_at(&mut rest, at)?;
        Ok(if Frame::is_begun_by(&rest) {
            Hole::Unended(at)
        } else {
            Hole::Damaged(at)
        })
    }

    /// Removes a volume's log: its database was seen to be whole.
    pub(super) fn remove(folder: &Path) -> io::Result<()> {
        match std::fs::remove_file(Self::path(folder)) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
