//! Shares as rows of a file that other programs read: CSV, and JSON with an object a line.
//!
//! Both have the same columns. First the facts and the features that were known before the
//! verdict, then `verdict`, then what it takes to read the same share back:
//!
//! - `timestamp` RFC 3339 in UTC, to the millisecond · `nonce` 8 hex digits · `job` the pool's
//!   name of it · `rig` 16 hex digits · `arm` · `odometer` nonces since the scan began · `age`
//!   seconds · `difficulty` asked for
//! - the numbers of [`OutcomeFeatures::FEATURES`](crate::filter::OutcomeFeatures::FEATURES) by
//!   their names, as [`Replay`] knows them; `late` is one of them and a fact
//! - `verdict`: `accepted`, `credited`, `rejected:stale`, `refused:duplicate` and so on
//! - everything else of a [`ShareEntry`](super::ShareEntry); `block_height` is the block's, since
//!   `height` is the feature. A filter's word is `unavailable`, `no_opinion`, or a cause with the
//!   logarithm of its weight, `biased_bytes:-0.25`
//!
//! An empty cell, and null, is a value that is not there. Only `timestamp`, `rig`, `verdict` and
//! `difficulty` must be; what else a file lacks is as if nothing had been known of it, and the
//! share counts as imported. `odometer` and the features follow from the rest and are not read.
//!
//! In CSV a row is one line, and in the words of others (`job`, `upstream`, `pool_said`) a
//! backslash stands before what a spreadsheet would take for a formula, as before a break of line
//! and itself. Numbers read back as the same bits.
//!
//! A row that cannot be read is [set aside](SetAside) with its line, column and reason, and
//! reading goes on.

mod cell;
mod cells;
mod column;
mod draft;
mod lines;
mod object;
mod parse;
mod reader;
mod reason;
mod replay;
pub(crate) mod seen;
mod set_aside;
mod text;
mod time;
mod upstreams;
mod writer;

#[cfg(test)]
mod tests;

pub use reader::{Counts, Row, RowReader};
pub use reason::{BadHeader, Reason, SetAside};
pub use replay::{KnownFeatures, Replay, verdict_of};
pub use set_aside::SetAsideWriter;
pub use time::{read as read_time, written as written_time};
pub use upstreams::{UpstreamList, UpstreamNames};
pub use writer::RowWriter;

/// How rows are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Comma-separated values with a header (RFC 4180, a row a line).
    Csv,
    /// A JSON object a line.
    JsonLines,
}

/// Longest line that is read, bytes; the longest that is written is a tenth of it.
pub const LINE_MAX: usize = 64 << 10;

/// Most columns of a file, and names of an object.
pub const COLUMNS_MAX: usize = 256;

/// Longest name of a column, bytes.
pub const NAME_MAX: usize = 64;

/// Most names of unknown columns that are kept to be told.
pub const UNKNOWN_MAX: usize = 32;

/// Most bytes kept of a line that is set aside.
pub const RAW_MAX: usize = 1 << 10;
