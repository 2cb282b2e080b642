//! The seal of a volume that is over: what must be in it.

use std::fs;
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zartrux_models::ledger::{Frame, Kind, ShareEntry};

use super::pages::Visitor;
use super::volume_files::VolumeFiles;
use crate::store::Damage;

/// What was counted in the files of a volume when it was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Seal {
    pub(super) shares: u64,
    pub(super) last_share: u64,
    pub(super) journal: u64,
    pub(super) last_journal: u64,
    /// Places where numbers are missing; a volume that was mended may have some.
    pub(super) gaps: u64,
}

impl Seal {
    /// Its layout.
    const SCHEMA: u8 = 1;

    pub(super) fn path(folder: &Path) -> PathBuf {
        folder.join("sealed")
    }

    /// Counts what is in a volume.
    pub(super) fn of(files: &VolumeFiles) -> Self {
        let mut seal = Self::default();
        let _ = files.shares(0, &mut seal);
        let (mut journal, mut last, mut gaps) = (0, 0, 0);
        let _ = files.journal(
            &mut |entry| {
                journal += 1;
                last = entry.seq;
                ControlFlow::Continue(())
            },
            &mut |_| gaps += 1,
        );
        Self {
            journal,
            last_journal: last,
            gaps: seal.gaps + gaps,
            ..seal
        }
    }

    /// Whether that is all, up to the last share and the last entry of the journal, but for places
    /// that are known to be lost.
    pub(super) const fn is_whole(&self, (share, entry): (u64, u64), lost: u64) -> bool {
        let shares = self.shares == 0 || self.last_share == share;
        let journal = self.journal == 0 || self.last_journal == entry;
        self.gaps <= lost && shares && journal
    }

    /// What is wrong with it, in words.
    pub(super) fn says(&self, (share, entry): (u64, u64)) -> String {
        format!(
            "its shares should go up to number {share} and its journal up to {entry}, but they end \
             with {} and {}, and there are {} gaps",
            self.last_share, self.last_journal, self.gaps
        )
    }

    /// The seal of a volume, if it has one that checks out.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        Self::read_from(&Self::path(folder))
    }

    /// What was counted when a volume was made anew because of damage: what is missing then is lost
    /// for good.
    pub(super) fn of_mended(folder: &Path) -> Option<Self> {
        Self::read_from(&Self::mended_path(folder))
    }

    fn mended_path(folder: &Path) -> PathBuf {
        folder.join("mended")
    }

    fn read_from(path: &Path) -> Option<Self> {
        let bytes = fs::read(path).ok()?;
        let frame = Frame::read(&bytes).ok()?;
        let known = frame.kind == Kind::Mark && frame.schema == Self::SCHEMA;
        known
            .then(|| serde_json::from_slice(frame.body).ok())
            .flatten()
    }

    /// Seals a volume, once the disk has all of its files.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        self.write_to(folder, &Self::path(folder))
    }

    /// Notes that a volume was made anew.
    pub(super) fn write_mended(&self, folder: &Path) -> io::Result<()> {
        self.write_to(folder, &Self::mended_path(folder))
    }

    fn write_to(&self, folder: &Path, path: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                fs::File::open(entry.path())?.sync_data()?;
            }
        }
        let body = serde_json::to_vec(self)?;
        let bytes = Frame::wrap(Kind::Mark, Self::SCHEMA, |out| out.extend_from_slice(&body));
        // Never half a seal under its name.
        let aside = path.with_extension("new");
        let mut file = fs::File::create(&aside)?;
        file.write_all(&bytes)?;
        file.sync_data()?;
        fs::rename(aside, path)
    }
}

impl Visitor for Seal {
    fn share(&mut self, share: ShareEntry) -> ControlFlow<()> {
        self.shares += 1;
        self.last_share = share.seq;
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) {
        self.gaps += 1;
    }
}
