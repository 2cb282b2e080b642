//! What a fake pool has seen.

use zartrux::demo::wire::{Job, Login, Submit};

/// Number of a connection, from 1 in the order in which they came.
pub type Conn = usize;

/// A connection so far.
#[derive(Clone, Default)]
pub struct ConnRecord {
    /// The login's parameters, once it came.
    pub login: Option<Login>,
    /// Whether the login was answered, and with anything but an error.
    pub welcome: bool,
    /// Jobs sent to it, oldest first; the last 64.
    pub jobs: Vec<Job>,
    /// Submits it sent.
    pub submits: u64,
    /// Keepalives it sent.
    pub keepalives: u64,
    /// Lines it sent, submits and all.
    pub lines: u64,
    /// Whether it is over, whoever ended it.
    pub closed: bool,
}

/// A submit as it came.
#[derive(Debug, Clone)]
pub struct SubmitRecord {
    /// Place among all submits of the pool, from 0.
    pub place: usize,
    /// Who sent it.
    pub conn: Conn,
    /// Place among those of its connection, from 1.
    pub number: u64,
    /// Of the request.
    pub id: i64,
    /// The line.
    pub raw: String,
    /// What it says; `None` when it cannot be read.
    pub submit: Option<Submit>,
    /// The connection's job of that id, if it had one.
    pub job: Option<Job>,
}

impl SubmitRecord {
    /// What it says.
    pub fn parts(&self) -> &Submit {
        self.submit
            .as_ref()
            .unwrap_or_else(|| panic!("no submit: {}", self.raw))
    }
}

/// Something that came and was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oddity {
    /// Who sent it.
    pub conn: Conn,
    /// The line, cut to 200 characters.
    pub line: String,
}
