//! What became of each key.

use std::fmt;

/// What became of a key that was not taken over as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where it stands in the source, such as `pools[0].tls`.
    pub key: String,
    /// In which way it is not what it was.
    pub kind: NoteKind,
    /// One sentence, without secrets.
    pub text: String,
}

/// In which way a key is not what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoteKind {
    /// It was converted, and means something different now.
    Changed,
    /// It did something for which Zartrux has nothing: look whether you need it.
    Unsupported,
    /// It is not set, or of no concern to Zartrux: nothing is lost.
    Ignored,
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Changed => "changed",
            Self::Unsupported => "not supported",
            Self::Ignored => "ignored",
        })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.key, self.kind, self.text)
    }
}

/// Accounts for every key.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) notes: Vec<Note>,
    pub(super) converted: Vec<String>,
}

impl Ledger {
    /// The key means the same as before.
    pub(super) fn converted(&mut self, key: impl Into<String>) {
        self.converted.push(key.into());
    }

    /// The key means something different now.
    pub(super) fn changed(&mut self, key: impl Into<String>, text: impl Into<String>) {
        self.note(key, NoteKind::Changed, text);
    }

    /// The key did something that cannot be had here.
    pub(super) fn unsupported(&mut self, key: impl Into<String>, text: impl Into<String>) {
        self.note(key, NoteKind::Unsupported, text);
    }

    /// Nothing is lost with the key.
    pub(super) fn ignored(&mut self, key: impl Into<String>, text: impl Into<String>) {
        self.note(key, NoteKind::Ignored, text);
    }

    fn note(&mut self, key: impl Into<String>, kind: NoteKind, text: impl Into<String>) {
        self.notes.push(Note {
            key: key.into(),
            kind,
            text: text.into(),
        });
    }
}
