//! What is learnt from the ledger, and how well: values in, values out.
//!
//! - [`OutcomeRow`], [`RowsInOrder`]: shares as the models see them, in the order of their coming,
//!   with nothing among their features that was not known then
//! - [`Course`]: the last of everything that can be learnt from, as the ledger is read on
//! - [`outcome`]: a model of which shares are refused, and why
//! - [`evaluation`]: how well such a model foretells what comes later
//! - [`behaviour`]: groups of rigs by how they behave
//! - [`lift`]: whether an order of nonces finds more shares than chance, with an interval
//! - [`ranking`]: an order of slots, from what was found in them
//! - [`difficulty`]: the network's, exactly for the next block and with intervals beyond
//! - [`drift`]: whether what models are shown has changed
//! - [`training`]: from what was learnt to files
//! - [`Duel`], [`roster`]: which of two models is better, and which is in force
//! - [`artifact`]: trained models as files: checked as a whole before anything is believed

pub mod artifact;
pub mod behaviour;
mod class;
mod coming;
mod course;
pub mod difficulty;
mod digest;
pub mod drift;
mod duel;
pub mod evaluation;
pub mod lift;
pub mod outcome;
pub mod ranking;
pub mod roster;
mod rows;
pub mod training;
#[cfg(test)]
mod trap;

pub use class::OutcomeClass;
pub use course::{Course, CourseBounds, Fresh};
pub use digest::{digest_of_rows, facts_of_rows};
pub use duel::{Advantage, Duel, gain_of};
pub use rows::{OutcomeRow, RowsInOrder, RowsSkipped};
