//! Reading the volume that this process writes to.

use std::ops::ControlFlow;
use std::path::PathBuf;

use zartrux_models::ledger::{
    Frame, JournalEntry, Kind, ShareEntry, journal_in, read_journal, read_shares, shares_in,
};

use super::commit_log::CommitLog;
use super::database::{read_mark, seq_of};
use super::volume_files::VolumeFiles;
use crate::store::{Damage, StoreFault};

/// The trees of an open volume.
#[derive(Debug, Clone)]
pub(super) struct Pages {
    pub(super) folder: PathBuf,
    pub(super) blocks: sled::Tree,
    pub(super) journal: sled::Tree,
    pub(super) marks: sled::Tree,
}

/// What a reading is told.
pub trait Visitor {
    /// A share; break ends the reading.
    fn share(&mut self, share: ShareEntry) -> ControlFlow<()>;
    /// A part that can't be read; what can be goes on.
    fn damage(&mut self, damage: Damage);
}

impl Pages {
    /// Reads the shares with numbers above `after`, in order, each once. What is out of the
    /// database's reach because of damage is looked for in its files.
    pub(super) fn shares(&self, after: u64, visitor: &mut dyn Visitor) -> ControlFlow<()> {
        // Before the blocks: what is packed meanwhile is still in the log from here on.
        let unpacked_from = self.unpacked_from();
        let mut last = after;
        if let Err(damage) = self.packed_shares(&mut last, visitor)? {
            visitor.damage(damage);
            return match VolumeFiles::in_folder(&self.folder) {
                Ok(files) => files.shares(last, visitor),
                Err(why) => {
                    visitor.damage(self.unreadable("files", &why));
                    ControlFlow::Continue(())
                }
            };
        }
        let mut log = Vec::new();
        let read = CommitLog::read(
            &self.folder,
            unpacked_from,
            |_, frame| {
                if frame.kind == Kind::Tail {
                    log.extend(shares_in(frame).unwrap_or_default());
                }
            },
            // Told when it was opened; what is being appended may look like it.
            |_| (),
        );
        if let Err(why) = read {
            visitor.damage(self.unreadable("commits", &why));
        }
        log.into_iter().try_for_each(|share| {
            if share.seq > last {
                last = share.seq;
                visitor.share(share)
            } else {
                ControlFlow::Continue(())
            }
        })
    }

    /// The lowest number of a share that is packed, if the database tells.
    pub(super) fn first_share(&self) -> Option<u64> {
        let (key, _) = self.blocks.first().ok()??;
        Some(seq_of(&key))
    }

    fn unpacked_from(&self) -> u64 {
        read_mark(&self.marks, "unpacked_from").unwrap_or(0)
    }

    /// A fault of the database itself is handed back.
    fn packed_shares(
        &self,
        last: &mut u64,
        visitor: &mut dyn Visitor,
    ) -> ControlFlow<(), Result<(), Damage>> {
        // The block before may reach beyond.
        let from = match self.blocks.range(..=last.to_be_bytes()).next_back() {
            None => 0,
            Some(Ok((key, _))) => seq_of(&key),
            Some(Err(why)) => return ControlFlow::Continue(Err(self.lost("blocks", why))),
        };
        for item in self.blocks.range(from.to_be_bytes()..) {
            let (key, value) = match item {
                Ok(item) => item,
                Err(why) => return ControlFlow::Continue(Err(self.lost("blocks", why))),
            };
            match read_shares(&value) {
                Ok(shares) => {
                    for share in shares {
                        if share.seq > *last {
                            *last = share.seq;
                            visitor.share(share)?;
                        }
                    }
                }
                Err(why) => visitor.damage(Damage::of_batch(self.place("blocks", &key), &why)),
            }
        }
        ControlFlow::Continue(Ok(()))
    }

    fn place(&self, tree: &str, key: &[u8]) -> String {
        format!(
            "{}, {tree} from number {}",
            self.folder.display(),
            seq_of(key)
        )
    }

    fn lost(&self, tree: &str, why: sled::Error) -> Damage {
        self.unreadable(tree, &StoreFault::of_sled(&self.folder, why))
    }

    fn unreadable(&self, what: &str, why: &dyn std::error::Error) -> Damage {
        Damage {
            place: format!("{}, {what}", self.folder.display()),
            why: why.to_string(),
        }
    }

    /// Reads the journal in order.
    pub(super) fn journal(
        &self,
        tell: &mut dyn FnMut(JournalEntry) -> ControlFlow<()>,
        damaged: &mut dyn FnMut(Damage),
    ) -> ControlFlow<()> {
        let unpacked_from = self.unpacked_from();
        let mut last = 0;
        let mut once = |entry: JournalEntry| {
            if entry.seq > last {
                last = entry.seq;
                tell(entry)
            } else {
                ControlFlow::Continue(())
            }
        };
        for item in &self.journal {
            let (key, value) = match item {
                Ok(item) => item,
                Err(why) => {
                    damaged(self.lost("journal", why));
                    return match VolumeFiles::in_folder(&self.folder) {
                        Ok(files) => files.journal(&mut once, damaged),
                        Err(why) => {
                            damaged(self.unreadable("files", &why));
                            ControlFlow::Continue(())
                        }
                    };
                }
            };
            match read_journal(&value) {
                Ok(entries) => entries.into_iter().try_for_each(&mut once)?,
                Err(why) => damaged(Damage {
                    place: self.place("journal", &key),
                    why: why.to_string(),
                }),
            }
        }
        let mut log = Vec::new();
        let in_log = |_: u64, frame: &Frame<'_>| {
            if frame.kind == Kind::Journal {
                log.extend(journal_in(frame).unwrap_or_default());
            }
        };
        if let Err(why) = CommitLog::read(&self.folder, unpacked_from, in_log, |_| ()) {
            damaged(self.unreadable("commits", &why));
        }
        log.into_iter().try_for_each(once)
    }
}
