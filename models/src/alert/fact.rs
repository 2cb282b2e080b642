//! What whoever looks at the daemon has seen.

use crate::ledger::{AlertKind, cut};

/// Longest subject, bytes; what is beyond is cut.
pub const SUBJECT_MAX: usize = 120;
/// Longest text, bytes; what is beyond is cut.
pub const TEXT_MAX: usize = 300;

/// Something that is so now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What sort.
    pub kind: AlertKind,
    /// Whom or what it is about: what tells it from others of its kind. Hostile bytes, cut.
    pub subject: Box<str>,
    /// In words. Hostile bytes where it repeats what others said, cut.
    pub text: Box<str>,
}

impl Fact {
    /// A fact; long texts are cut, control characters go.
    #[must_use]
    pub fn new(kind: AlertKind, subject: &str, text: &str) -> Self {
        Self {
            kind,
            subject: clean(subject, SUBJECT_MAX),
            text: clean(text, TEXT_MAX),
        }
    }
}

/// One line without control characters, of at most so many bytes.
pub(super) fn clean(text: &str, most: usize) -> Box<str> {
    let line: String = text
        .chars()
        .take(most)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut end = line.len().min(most);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    cut(&line[..end]).into()
}

/// Which kinds were looked at: a kind that could not be looked at stays as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looked(u32);

impl Looked {
    /// All kinds.
    pub const ALL: Self = Self((1 << AlertKind::ALL.len()) - 1);

    /// This one as well.
    #[must_use]
    pub const fn with(self, kind: AlertKind) -> Self {
        Self(self.0 | 1 << kind.index())
    }

    /// All of these but one.
    #[must_use]
    pub const fn without(self, kind: AlertKind) -> Self {
        Self(self.0 & !(1 << kind.index()))
    }

    /// Whether this kind was looked at.
    #[must_use]
    pub const fn has(self, kind: AlertKind) -> bool {
        self.0 & (1 << kind.index()) != 0
    }
}

/// One look at the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observation {
    /// The kinds that it was about.
    pub looked: Looked,
    /// What holds; of a kind that was not looked at nothing is taken.
    pub facts: Vec<Fact>,
}

impl Observation {
    /// A look at everything that found nothing.
    #[must_use]
    pub const fn quiet() -> Self {
        Self {
            looked: Looked::ALL,
            facts: Vec::new(),
        }
    }

    /// One thing more that holds.
    pub fn add(&mut self, kind: AlertKind, subject: &str, text: &str) {
        self.facts.push(Fact::new(kind, subject, text));
    }
}
