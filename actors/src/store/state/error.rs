//! What can go wrong with the state, and what of it is damaged.

use std::path::{Path, PathBuf};

/// Why the state can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Only one process may have it open.
    #[error("{}: another process has it open", folder.display())]
    InUse {
        /// Where it is kept.
        folder: PathBuf,
    },
    /// The database's own pages do not fit together.
    #[error("{}: the database is damaged: {why}", folder.display())]
    Corrupt {
        /// Where it is kept.
        folder: PathBuf,
        /// What the database says.
        why: String,
    },
    /// Nothing says how much of the ledger the state includes: it is to be made anew from there.
    #[error("{}: nothing says how far it has come: {why}", folder.display())]
    NoCheckpoint {
        /// Where it is kept.
        folder: PathBuf,
        /// Why its mark can't be read.
        why: String,
    },
    /// The disk, mostly.
    #[error("{}: {source}", folder.display())]
    Database {
        /// Where it is kept.
        folder: PathBuf,
        /// What the database says.
        source: sled::Error,
    },
    /// There were more upstreams than there are numbers for them.
    #[error("65,535 upstreams were named, and there is no number for another one")]
    TooManyUpstreams,
}

impl StateError {
    pub(super) fn of(folder: &Path, source: sled::Error) -> Self {
        let folder = folder.to_path_buf();
        match &source {
            sled::Error::Corruption { .. } => Self::Corrupt {
                folder,
                why: source.to_string(),
            },
            // sled has no error of its own for this.
            sled::Error::Io(io) if io.to_string().contains("could not acquire lock") => {
                Self::InUse { folder }
            }
            sled::Error::Io(_)
            | sled::Error::CollectionNotFound(_)
            | sled::Error::Unsupported(_)
            | sled::Error::ReportableBug(_) => Self::Database { folder, source },
        }
    }
}

/// A stored value that does not check out; it is left where it is, and out of what is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The tree it is in.
    pub tree: &'static str,
    /// Its key, as hex.
    pub key: String,
    /// What is wrong.
    pub why: String,
}
