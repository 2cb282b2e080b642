//! Why a file is not let in.

use crate::ledger::ModelSlot;

/// Why an artifact was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadArtifact {
    /// Too long to be one.
    #[error("is longer than a model can be ({length} bytes; {max} at most)")]
    TooLong {
        /// Bytes.
        length: usize,
        /// At most.
        max: usize,
    },
    /// It does not begin as one.
    #[error("is no model: it does not begin as one")]
    NoModel,
    /// The layout of the file is another.
    #[error("is in layout {0} of model files, and this version reads {expected}", expected = super::VERSION)]
    Layout(u16),
    /// It ends too early.
    #[error("is cut short: its {0} is incomplete")]
    CutShort(&'static str),
    /// Something stands behind its end.
    #[error("has {0} bytes behind its end")]
    TooMuch(usize),
    /// Its checksum is another.
    #[error("was changed or damaged: its SHA-256 is another")]
    Damaged,
    /// Its header or body can't be read.
    #[error("has a {part} that can't be read: {why}")]
    Unreadable {
        /// Header or body.
        part: &'static str,
        /// What the reader says.
        why: String,
    },
    /// It is for something else.
    #[error("is a model of {}, not of {}", found.label(), wanted.label())]
    OtherSlot {
        /// What it is for.
        found: ModelSlot,
        /// What is wanted.
        wanted: ModelSlot,
    },
    /// Written by an older or a later version.
    #[error("has schema {found}, and this version knows {known} alone: train it anew")]
    Schema {
        /// Its schema.
        found: u16,
        /// The one that is known.
        known: u16,
    },
    /// Trained on other features.
    #[error("was trained on other features than this version has: train it anew")]
    Features,
    /// Its numbers can't be a model's.
    #[error("has numbers that can't be a model's: {0}")]
    Numbers(String),
    /// It does not answer what it answered when it was written.
    #[error(
        "answers otherwise than when it was written (question {0}): it was written by another build, or damaged"
    )]
    Answers(usize),
}
