//! What can go wrong with what is stored.

use std::io;
use std::path::{Path, PathBuf};

use zartrux_models::ledger::BadBatch;

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// Another process has it open.
    #[error(
        "{} is in use by another process: stop the daemon, or wait for the other command to end",
        .0.display()
    )]
    InUse(PathBuf),
    /// The files of a database do not hold together any more.
    #[error("{} is damaged: {why}", folder.display())]
    Damaged {
        /// The database's folder.
        folder: PathBuf,
        /// What was found.
        why: String,
    },
    /// The system refused.
    #[error("{}: {why}", folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// The database refused.
    #[error("{}: {why}", folder.display())]
    Database {
        /// The database's folder.
        folder: PathBuf,
        /// What it says.
        why: String,
    },
    /// The database failed in a way that it does not foresee.
    #[error("{} failed at a step: {why}", folder.display())]
    Panicked {
        /// The database's folder.
        folder: PathBuf,
        /// What the panic said.
        why: String,
    },
}

impl StoreFault {
    /// What the database said, as ours.
    #[must_use]
    pub fn of_sled(folder: &Path, fault: sled::Error) -> Self {
        let folder = folder.to_owned();
        match fault {
            sled::Error::Corruption { at, .. } => Self::Damaged {
                folder,
                why: at.map_or_else(
                    || "its structure is lost".to_owned(),
                    |at| format!("a page does not fit its checksum, {at:?}"),
                ),
            },
            sled::Error::Io(why)
                if why.kind() == io::ErrorKind::WouldBlock
                    || why.to_string().contains("could not acquire lock") =>
            {
                Self::InUse(folder)
            }
            sled::Error::Io(why) => Self::Io { folder, why },
            other @ (sled::Error::CollectionNotFound(_)
            | sled::Error::Unsupported(_)
            | sled::Error::ReportableBug(_)) => Self::Database {
                folder,
                why: other.to_string(),
            },
        }
    }

    /// Whether another process is in the way.
    #[must_use]
    pub const fn is_in_use(&self) -> bool {
        matches!(self, Self::InUse(_))
    }

    /// Whether the files themselves are at fault: waiting helps nothing.
    #[must_use]
    pub const fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Panicked { .. })
    }
}

/// A part of what is stored that can't be read; the rest can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where: a day's folder, and the tree and key in it where they are known.
    pub place: String,
    /// What is wrong.
    pub why: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.why)
    }
}

impl Damage {
    /// A frame of shares that can't be read.
    #[must_use]
    pub fn of_batch(place: String, why: &BadBatch) -> Self {
        Self {
            place,
            why: why.to_string(),
        }
    }
}
