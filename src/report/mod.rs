//! A report on what the ledger holds.
//!
//! Shares go into a [`Collector`], out comes a [`Report`], a value. What it says in words, tables
//! and pictures is its [`Document`], which is written as a page of HTML or as text: so both say the
//! same. Nothing of it knows files or clocks, and the same shares make the same bytes.

mod bytes;
mod collect;
mod difficulty;
mod document;
mod drift;
mod funnel;
mod html;
mod lift;
mod map;
mod outcome;
mod plots;
mod rigs;
mod text;
mod window;

#[cfg(test)]
mod simulated;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub(crate) use bytes::Bytes;
pub(crate) use collect::{Beside, Bounds, Champions, Collector, OutcomeChampion, Seen};
pub(crate) use difficulty::{Difficulty, difficulty, read_headers};
pub(crate) use document::Document;
pub(crate) use drift::Drift;
pub(crate) use funnel::Funnel;
pub(crate) use html::page;
pub(crate) use lift::Lift;
pub(crate) use map::RigMap;
pub(crate) use outcome::OutcomeJudged;
pub(crate) use rigs::{JournalSaid, Rigs};
pub(crate) use text::text;

/// Something measured, or why there is nothing to measure, in words.
pub(crate) type Measured<T> = Result<T, String>;

/// What the ledger holds of a span of time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Report {
    /// What it covers.
    pub(crate) coverage: Coverage,
    /// What became of shares.
    pub(crate) funnel: Funnel,
    /// Rig by rig.
    pub(crate) rigs: Rigs,
    /// How evenly the bytes of nonces are spread.
    pub(crate) bytes: Bytes,
    /// How rigs behave, on a map.
    pub(crate) map: Measured<RigMap>,
    /// How well the model of outcomes foretells later shares.
    pub(crate) outcome: Measured<OutcomeJudged>,
    /// Whether what it is shown has changed since its training.
    pub(crate) drift: Measured<Drift>,
    /// What the order of nonces has brought.
    pub(crate) lift: Lift,
    /// The network's difficulty; none where no block headers were given.
    pub(crate) difficulty: Option<Measured<Difficulty>>,
}

/// What a report covers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Coverage {
    /// The first moment asked for, milliseconds since 1970; none: all there is.
    pub(crate) from_ms: Option<u64>,
    /// The first moment that was not asked for any more.
    pub(crate) to_ms: Option<u64>,
    /// When the first share ended.
    pub(crate) first_ms: Option<u64>,
    /// When the last share ended.
    pub(crate) last_ms: Option<u64>,
    /// Shares.
    pub(crate) shares: u64,
    /// Of these, read from files and not seen by this node.
    pub(crate) imported: u64,
    /// Rigs that sent them; a lower bound where `rigs_uncounted` is not 0.
    pub(crate) rigs: u64,
    /// Shares of rigs that there was no room to tell apart.
    pub(crate) rigs_uncounted: u64,
    /// Places in the ledger that can't be read.
    pub(crate) damage: u64,
}
