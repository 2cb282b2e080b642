//! Several entries in one frame.

use super::JournalEntry;
use super::wire::{self, SCHEMA};
use crate::ledger::{BadFrame, BadRecord, Frame, Kind};

/// Entries that one frame may hold: far from the longest body, however long their texts are.
pub const FRAME_ENTRIES: usize = 1024;

/// Why a frame of the journal could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadJournal {
    /// The frame itself.
    #[error(transparent)]
    Frame(#[from] BadFrame),
    /// An entry in it.
    #[error(transparent)]
    Record(#[from] BadRecord),
    /// It holds something else.
    #[error("is no part of the journal but a {0}")]
    NoJournal(&'static str),
}

/// A frame of entries; of [`FRAME_ENTRIES`] at most, which is for the caller to see to.
#[must_use]
pub fn write_journal(entries: &[JournalEntry]) -> Vec<u8> {
    Frame::wrap(Kind::Journal, SCHEMA, |out| {
        for entry in entries {
            wire::write(out, entry);
        }
    })
}

/// The entries of a frame, of any schema that was ever written.
///
/// # Errors
/// It is damaged, holds something else, or is of a later version.
pub fn read_journal(bytes: &[u8]) -> Result<Vec<JournalEntry>, BadJournal> {
    journal_in(&Frame::read(bytes)?)
}

/// As [`read_journal`], of a frame that was read already.
///
/// # Errors
/// It holds something else, or is of a later version.
pub fn journal_in(frame: &Frame<'_>) -> Result<Vec<JournalEntry>, BadJournal> {
    if frame.kind != Kind::Journal {
        return Err(BadJournal::NoJournal(frame.kind.label()));
    }
    let mut bytes = frame.body;
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (entry, length) = wire::read(frame.schema, bytes)?;
        entries.push(entry);
        bytes = bytes.get(length.max(1)..).unwrap_or_default();
    }
    Ok(entries)
}
