//! The frames in the files of a volume, read without opening its database.
//!
//! Everything that is stored is in frames of its own, with a checksum each, and sled writes them
//! down as they are, in one piece. So its files can be read like any other: while somebody else
//! has them open, and when sled's own structures are damaged, which cost nothing then. (sled does
//! notice a changed byte; but it takes one in what was written since the database was opened
//! before for the end of it, and zeroes what follows.)

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::ops::{ControlFlow, RangeInclusive};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::commit_log::CommitLog;
use super::pages::Visitor;
use super::seal::Seal;
use crate::store::Damage;
use zartrux_models::ledger::{Frame, JournalEntry, Kind, ShareEntry, journal_in, shares_in};

/// Where frames of shares and of the journal are, by the first number in each.
#[derive(Debug, Default)]
pub(super) struct VolumeFiles {
    folder: PathBuf,
    sealed: Option<Seal>,
    /// Open for as long as they are read: a commit log goes when its volume is sealed.
    files: Vec<File>,
    /// The longest of those that begin with the same number.
    shares: BTreeMap<u64, Place>,
    journal: BTreeMap<u64, Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    file: usize,
    at: u64,
    length: usize,
    entries: usize,
}

/// Bytes that are searched at a time; the last [`OVERLAP`] again with the next.
const WINDOW: usize = 4 << 20;
/// The longest frame.
const OVERLAP: usize = Frame::BODY_MAX + 64;

impl VolumeFiles {
    /// Searches the files of a volume.
    ///
    /// # Errors
    /// A file can't be read.
    pub(super) fn in_folder(folder: &Path) -> io::Result<Self> {
        Self::search(folder, Self::all_in(folder))
    }

    /// As [`Self::in_folder`], without the commit log.
    pub(super) fn of_database(folder: &Path) -> io::Result<Self> {
        let mut files = Self::all_in(folder);
        files.retain(|file| *file != CommitLog::path(folder));
        Self::search(folder, files)
    }

    /// The files that may hold records.
    pub(super) fn all_in(folder: &Path) -> Vec<PathBuf> {
        // The log before the database: what is packed meanwhile is found there.
        let mut files = vec![CommitLog::path(folder), folder.join("db")];
        if let Ok(blobs) = fs::read_dir(folder.join("blobs")) {
            files.extend(blobs.filter_map(|entry| Some(entry.ok()?.path())));
        }
        files
    }

    /// Bytes of the records that are read; what else there is are older copies of them, and what
    /// the database needs for itself.
    pub(super) fn live_bytes(&self) -> u64 {
        let places = self.shares.values().chain(self.journal.values());
        places.map(|place| place.length as u64).sum()
    }

    fn search(folder: &Path, files: Vec<PathBuf>) -> io::Result<Self> {
        let mut found = Self {
            folder: folder.to_owned(),
            sealed: Seal::read(folder),
            ..Self::default()
        };
        for path in files {
            match File::open(&path) {
                Ok(open) => found.files.push(open),
                Err(why) if why.kind() == io::ErrorKind::NotFound => continue,
                Err(why) => return Err(why),
            }
            let file = found.files.len() - 1;
            let open = found.files[file].try_clone()?;
            search_in(open, 0, |at, frame| found.note(file, at, frame))?;
        }
        Ok(found)
    }

    fn note(&mut self, file: usize, at: u64, frame: &Frame<'_>) {
        let (list, first, entries) = match frame.kind {
            Kind::Tail | Kind::Block => match shares_in(frame) {
                Ok(shares) if !shares.is_empty() => (&mut self.shares, shares[0].seq, shares.len()),
                Ok(_) | Err(_) => return,
            },
            Kind::Journal => match journal_in(frame) {
                Ok(entries) if !entries.is_empty() => {
                    (&mut self.journal, entries[0].seq, entries.len())
                }
                Ok(_) | Err(_) => return,
            },
            Kind::Rig | Kind::Rollup | Kind::Mark | Kind::FilterStates => return,
        };
        let place = Place {
            file,
            at,
            length: frame.length(),
            entries,
        };
        let kept = list.entry(first).or_insert(place);
        if kept.entries < entries {
            *kept = place;
        }
    }

    /// The shares with numbers above one, in order, each once.
    pub(super) fn shares_above(&self, after: u64) -> impl Iterator<Item = ShareEntry> + '_ {
        let mut last = after;
        // A frame that begins before may reach beyond.
        let from = self
            .shares
            .range(..=after)
            .next_back()
            .map_or(0, |(first, _)| *first);
        self.shares
            .range(from..)
            .filter_map(|(_, place)| self.read(*place))
            .flat_map(|bytes| {
                Frame::read(&bytes)
                    .ok()
                    .and_then(|frame| shares_in(&frame).ok())
                    .unwrap_or_default()
            })
            .filter(move |share| {
                let fresh = share.seq > last;
                if fresh {
                    last = share.seq;
                }
                fresh
            })
    }

    /// The entries of the journal, in order, each once.
    pub(super) fn journal_entries(&self) -> impl Iterator<Item = JournalEntry> + '_ {
        let mut last = 0;
        self.journal
            .values()
            .filter_map(|place| self.read(*place))
            .flat_map(|bytes| {
                Frame::read(&bytes)
                    .ok()
                    .and_then(|frame| journal_in(&frame).ok())
                    .unwrap_or_default()
            })
            .filter(move |entry| {
                let fresh = entry.seq > last;
                if fresh {
                    last = entry.seq;
                }
                fresh
            })
    }

    /// Tells of the shares with numbers above `after`, in order, each once, and of those that
    /// should be there and are not.
    pub(super) fn shares(&self, after: u64, visitor: &mut dyn Visitor) -> ControlFlow<()> {
        let mut gaps = Gaps::after(after);
        for share in self.shares_above(after) {
            if let Some(missing) = gaps.before(share.seq) {
                visitor.damage(self.missing("shares", &missing));
            }
            visitor.share(share)?;
        }
        let end = self.sealed.filter(|seal| seal.shares > 0);
        if let Some(missing) = end.and_then(|seal| gaps.before(seal.last_share + 1)) {
            visitor.damage(self.missing("shares", &missing));
        }
        ControlFlow::Continue(())
    }

    /// Tells of the entries of the journal, in order, each once, and of those that should be there
    /// and are not.
    pub(super) fn journal(
        &self,
        tell: &mut dyn FnMut(JournalEntry) -> ControlFlow<()>,
        damaged: &mut dyn FnMut(Damage),
    ) -> ControlFlow<()> {
        let mut gaps = Gaps::after(0);
        for entry in self.journal_entries() {
            if let Some(missing) = gaps.before(entry.seq) {
                damaged(self.missing("the journal", &missing));
            }
            tell(entry)?;
        }
        let end = self.sealed.filter(|seal| seal.journal > 0);
        if let Some(missing) = end.and_then(|seal| gaps.before(seal.last_journal + 1)) {
            damaged(self.missing("the journal", &missing));
        }
        ControlFlow::Continue(())
    }

    fn missing(&self, what: &str, missing: &RangeInclusive<u64>) -> Damage {
        Damage {
            place: format!(
                "{}, {what}, numbers {} to {}",
                self.folder.display(),
                missing.start(),
                missing.end()
            ),
            why: "no undamaged record of them is in its files".to_owned(),
        }
    }

    fn read(&self, place: Place) -> Option<Vec<u8>> {
        let mut bytes = vec![0; place.length];
        let file = self.files.get(place.file)?;
        file.read_exact_at(&mut bytes, place.at).ok()?;
        Some(bytes)
    }
}

/// Numbers that should follow each other.
struct Gaps {
    last: u64,
    begun: bool,
}

impl Gaps {
    /// Where everything up to a number is not asked for; from 0 on, whatever comes first begins.
    const fn after(last: u64) -> Self {
        Self { last, begun: false }
    }

    /// What is missing before the number that comes next.
    fn before(&mut self, next: u64) -> Option<RangeInclusive<u64>> {
        let expected = self.last + 1;
        let missing = self.begun && next > expected;
        self.begun = true;
        self.last = next;
        missing.then(|| expected..=next - 1)
    }
}

/// Tells of every frame in a file, with where it begins.
pub(in crate::store) fn search(path: &Path, tell: impl FnMut(u64, &Frame<'_>)) -> io::Result<()> {
    search_from(path, 0, tell).map(|_| ())
}

/// As [`search`], from a place on; also how long the file is. One that is not there is empty.
pub(super) fn search_from(
    path: &Path,
    from: u64,
    tell: impl FnMut(u64, &Frame<'_>),
) -> io::Result<u64> {
    match File::open(path) {
        Ok(file) => search_in(file, from, tell),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(why) => Err(why),
    }
}

fn search_in(mut file: File, from: u64, mut tell: impl FnMut(u64, &Frame<'_>)) -> io::Result<u64> {
    file.seek(SeekFrom::Start(from))?;
    let mut window = Vec::new();
    let mut base = from;
    loop {
        let wanted = WINDOW - window.len();
        let got = Read::by_ref(&mut file)
            .take(wanted as u64)
            .read_to_end(&mut window)?;
        let is_last = got < wanted;
        // A frame that begins within the last part may end in the next window.
        let certain = if is_last {
            window.len()
        } else {
            WINDOW - OVERLAP
        };
        let mut next = certain;
        for (at, frame) in Frame::scan(&window) {
            if at >= certain {
                break;
            }
            tell(base + at as u64, &frame);
            next = next.max(at + frame.length());
        }
        if is_last {
            return Ok(base + window.len() as u64);
        }
        window.drain(..next);
        base += next as u64;
    }
}
