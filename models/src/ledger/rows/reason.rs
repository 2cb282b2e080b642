//! Why a row was not taken, and why a file was not begun.

use super::{COLUMNS_MAX, LINE_MAX, NAME_MAX};
use crate::ledger::ShareEntry;

/// Why a row was set aside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Its line is longer than any that is written.
    #[error("line is longer than {LINE_MAX} bytes")]
    LineTooLong,
    /// It is not text.
    #[error("is not UTF-8")]
    NotUtf8,
    /// A quote is opened and not closed: a row is one line.
    #[error("a quote is not closed on the same line; a break of line in a text is written \\n")]
    OpenQuote,
    /// It does not have a cell for each column.
    #[error("has {found} cells where the header has {expected}")]
    Cells {
        /// In the row, as far as they were counted.
        found: usize,
        /// In the header.
        expected: usize,
    },
    /// The line is no JSON object.
    #[error("is not a JSON object: {0}")]
    NotAnObject(String),
    /// An object has a name twice.
    #[error("is given twice")]
    GivenTwice,
    /// More names than any row can have.
    #[error("has more than {COLUMNS_MAX} names")]
    TooManyNames,
    /// A list or an object where a value should be.
    #[error("is neither text nor number, true, false or null")]
    NotAValue,
    /// Nothing stands where something must.
    #[error("is missing")]
    Missing,
    /// No point in time.
    #[error("is not a time: RFC 3339 from 1970 on, or milliseconds since then")]
    NotATime,
    /// No whole number in range.
    #[error("is not a whole number from {least} to {most}")]
    NotWhole {
        /// The least one.
        least: u64,
        /// The greatest one.
        most: u64,
    },
    /// No number in range.
    #[error("is not a number from {least} to {most}")]
    NotANumber {
        /// The least one.
        least: &'static str,
        /// The greatest one.
        most: &'static str,
    },
    /// Not so many hex digits.
    #[error("is not {0} hexadecimal digits; a spreadsheet may have made a number of it")]
    NotHex(&'static str),
    /// Neither yes nor no.
    #[error("is neither true (1) nor false (0)")]
    NotYesNo,
    /// A name that stands for nothing.
    #[error("is no {0} that is known")]
    UnknownName(&'static str),
    /// A verdict that has to say more.
    #[error("says that it was refused and not why")]
    WithoutReason,
    /// One of two that belong together.
    #[error("says nothing without a value for {0}")]
    Alone(&'static str),
    /// A text is longer than any that is kept.
    #[error("is longer than {} bytes", ShareEntry::TEXT_MAX)]
    TextTooLong,
    /// There are more upstreams than can be numbered.
    #[error("names one more upstream than can be kept")]
    TooManyUpstreams,
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum BadHeader {
    /// It could not be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// There is nothing in it.
    #[error("the file is empty: the first line must name the columns")]
    Empty,
    /// The first line is no row of CSV.
    #[error("the first line {0}")]
    Line(Reason),
    /// There are more columns than any file of shares has.
    #[error("the first line names {0} columns; at most {COLUMNS_MAX} are read")]
    TooManyColumns(usize),
    /// A name is longer than any column's.
    #[error("column {0} has a name of more than {NAME_MAX} bytes")]
    LongName(usize),
    /// Two columns have one name.
    #[error("the first line names the column {0} twice")]
    Twice(Box<str>),
    /// A column is missing without which a row says nothing.
    #[error(
        "the first line does not name the column {0}; names stand as they are exported, with \
         commas between them"
    )]
    Missing(&'static str),
}

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Its line in the file, from 1.
    pub line: u64,
    /// The column that is at fault, where it is one.
    pub column: Option<Box<str>>,
    /// Why.
    pub reason: Reason,
    /// The line as it is in the file, at most [`super::RAW_MAX`] bytes of it.
    pub raw: Box<[u8]>,
}

/// What is wrong with a row, and in which column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) column: Option<Box<str>>,
    pub(super) reason: Reason,
}

impl Fault {
    pub(super) fn of(column: &str, reason: Reason) -> Self {
        Self {
            column: Some(column.into()),
            reason,
        }
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Self {
            column: None,
            reason,
        }
    }
}
