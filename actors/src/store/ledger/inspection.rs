//! A look at everything in a volume's files.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use zartrux_models::ledger::{JournalEntry, Kind, ShareEntry, journal_in, shares_in};

use super::commit_log::CommitLog;
use super::pages::Visitor;
use super::seal::Seal;
use super::volume_files::{VolumeFiles, search};
use super::{LedgerReader, Volume};
use crate::store::{Damage, StoreFault};

/// First and last number of those that were found.
pub type Numbers = Option<(u64, u64)>;

/// What was found in a volume.
#[derive(Debug, Clone, Default)]
pub struct Inspection {
    /// Shares.
    pub shares: u64,
    /// Their numbers.
    pub share_numbers: Numbers,
    /// Entries of the journal.
    pub journal: u64,
    /// Their numbers.
    pub journal_numbers: Numbers,
    /// Whether it is over, and was whole then.
    pub is_sealed: bool,
    /// Whether it was made anew because of damage: what was lost then is lost for good.
    pub was_mended: bool,
    /// Bytes of its files on the disk.
    pub bytes: u64,
    /// Bytes of them that are records.
    pub live_bytes: u64,
    /// What is not whole.
    pub faults: Vec<Damage>,
    /// What is odd and costs nothing.
    pub remarks: Vec<Damage>,
}

/// Whoever is told what is in a volume.
pub trait Inspector {
    /// A share, in the order of their numbers.
    fn share(&mut self, share: &ShareEntry);
    /// An entry of the journal, likewise.
    fn entry(&mut self, entry: &JournalEntry);
}

impl LedgerReader {
    /// Looks through the files of a volume.
    ///
    /// # Errors
    /// A file can't be read.
    pub fn inspect(
        &self,
        volume: Volume,
        inspector: &mut dyn Inspector,
    ) -> Result<Inspection, StoreFault> {
        let folder = self.folder(volume);
        let io = |why| StoreFault::Io {
            folder: folder.clone(),
            why,
        };
        let files = VolumeFiles::in_folder(&folder).map_err(io)?;
        let seal = Seal::read(&folder);
        let mut found = Inspection {
            is_sealed: seal.is_some(),
            was_mended: Seal::of_mended(&folder).is_some(),
            bytes: self.bytes(volume),
            live_bytes: files.live_bytes(),
            ..Inspection::default()
        };
        let mut looking = Looking {
            inspector,
            seal: Seal::default(),
            shares: None,
            gaps: Vec::new(),
        };
        let _ = files.shares(0, &mut looking);
        let (mut journal, mut gaps) = (None, Vec::new());
        let _ = files.journal(
            &mut |entry| {
                looking.seal.journal += 1;
                looking.seal.last_journal = entry.seq;
                journal = Some(journal.map_or(entry.seq, |(first, _)| first))
                    .map(|first| (first, entry.seq));
                looking.inspector.entry(&entry);
                ControlFlow::Continue(())
            },
            &mut |damage| gaps.push(damage),
        );
        let mut counted = looking.seal;
        (found.shares, found.share_numbers) = (counted.shares, looking.shares);
        (found.journal, found.journal_numbers) = (counted.journal, journal);
        let gaps = [looking.gaps, gaps].concat();
        counted.gaps = gaps.len() as u64;
        found.judge(&folder, &gaps, seal, &counted);
        found.look_for_twins(&folder).map_err(io)?;
        found.look_at_log(&folder).map_err(io)?;
        Ok(found)
    }

    /// What else is in its folder: damaged volumes that were put aside, and what an interrupted
    /// compaction has left.
    #[must_use]
    pub fn leftovers(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(&self.root) else {
            return Vec::new();
        };
        let mut others: Vec<PathBuf> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let name = entry.file_name();
                let is_volume = name.to_str().and_then(Volume::named).is_some();
                (!is_volume).then(|| entry.path())
            })
            .collect();
        others.sort_unstable();
        others
    }
}

impl Inspection {
    /// Compares what was counted with what should be there.
    fn judge(&mut self, folder: &Path, gaps: &[Damage], seal: Option<Seal>, counted: &Seal) {
        let known = seal.or_else(|| Seal::of_mended(folder));
        let known_gaps = known.map_or(0, |known| known.gaps);
        if counted.gaps <= known_gaps {
            self.remarks.extend_from_slice(gaps);
        } else {
            self.faults.extend_from_slice(gaps);
        }
        match seal {
            Some(seal) if seal != *counted && self.faults.is_empty() => {
                self.faults.push(Damage {
                    place: folder.display().to_string(),
                    why: format!(
                        "its seal speaks of {} shares up to number {} and {} entries of the \
                         journal up to {}, but there are {} up to {} and {} up to {}",
                        seal.shares,
                        seal.last_share,
                        seal.journal,
                        seal.last_journal,
                        counted.shares,
                        counted.last_share,
                        counted.journal,
                        counted.last_journal
                    ),
                });
            }
            None if Seal::path(folder).exists() => self.faults.push(Damage {
                place: Seal::path(folder).display().to_string(),
                why: "can't be read: nothing says what should be in the volume".to_owned(),
            }),
            Some(_) | None => {}
        }
    }

    /// Copies of a record are all the same; two different ones with the same number are none.
    fn look_for_twins(&mut self, folder: &Path) -> io::Result<()> {
        let mut shares = Twins::default();
        let mut journal = Twins::default();
        for file in VolumeFiles::all_in(folder) {
            search(&file, |_, frame| match frame.kind {
                Kind::Tail | Kind::Block => {
                    for share in shares_in(frame).unwrap_or_default() {
                        shares.note(share.seq, mark_of_share(&share));
                    }
                }
                Kind::Journal => {
                    for entry in journal_in(frame).unwrap_or_default() {
                        journal.note(entry.seq, mark_of_entry(&entry));
                    }
                }
                Kind::Rig | Kind::Rollup | Kind::Mark | Kind::FilterStates => {}
            })?;
        }
        for (what, twins) in [("shares", shares), ("the journal", journal)] {
            for seq in twins.found {
                self.faults.push(Damage {
                    place: format!("{}, {what}, number {seq}", folder.display()),
                    why: "stands for two different records".to_owned(),
                });
            }
        }
        Ok(())
    }

    /// What is no record in the commit log was never acknowledged if no number is missing.
    fn look_at_log(&mut self, folder: &Path) -> io::Result<()> {
        let mut places = Vec::new();
        CommitLog::read(folder, 0, |_, _| (), |hole| places.push(hole.at()))?;
        self.remarks.extend(places.into_iter().map(|at| {
            Damage {
                place: format!("{}, byte {at}", CommitLog::path(folder).display()),
                why: "is no record: a commit that was never ended, or a copy that is not needed"
                    .to_owned(),
            }
        }));
        Ok(())
    }
}

/// Counts what passes by.
struct Looking<'a> {
    inspector: &'a mut dyn Inspector,
    seal: Seal,
    shares: Numbers,
    gaps: Vec<Damage>,
}

impl Visitor for Looking<'_> {
    fn share(&mut self, share: ShareEntry) -> ControlFlow<()> {
        self.seal.shares += 1;
        self.seal.last_share = share.seq;
        let first = self.shares.map_or(share.seq, |(first, _)| first);
        self.shares = Some((first, share.seq));
        self.inspector.share(&share);
        ControlFlow::Continue(())
    }

    fn damage(&mut self, damage: Damage) {
        self.gaps.push(damage);
    }
}

/// Marks of records by their numbers: four bytes each.
#[derive(Debug, Default)]
struct Twins {
    marks: BTreeMap<u64, [u32; 64]>,
    found: BTreeSet<u64>,
}

impl Twins {
    /// Numbers that are told at most.
    const TOLD: usize = 100;

    fn note(&mut self, seq: u64, mark: u32) {
        let page = self.marks.entry(seq / 64).or_insert([0; 64]);
        // Below 64.
        let known = &mut page[usize::try_from(seq % 64).unwrap_or(0)];
        if *known == 0 {
            *known = mark;
        } else if *known != mark && self.found.len() < Self::TOLD {
            self.found.insert(seq);
        }
    }
}

fn mark_of_share(share: &ShareEntry) -> u32 {
    mark(&(
        share.unix_ms,
        share.rig,
        share.id,
        share.nonce,
        share.found,
        share.run,
    ))
}

fn mark_of_entry(entry: &JournalEntry) -> u32 {
    mark(&(entry.unix_ms, entry.node, entry.run, entry.event.label()))
}

/// Never 0, which stands for none.
fn mark(what: &impl Hash) -> u32 {
    let mut hash = DefaultHasher::new();
    what.hash(&mut hash);
    // The lower half of it will do.
    u32::try_from(hash.finish() & 0xffff_ffff).unwrap_or(0) | 1
}
