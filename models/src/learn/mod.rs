//! What is learnt from the ledger, and how well: values in, values out.
//!
//! - [`OutcomeRow`], [`RowsInOrder`]: shares as the models see them, in the order of their coming,
//!   with nothing among their features that was not known then
//! - [`lift`]: whether an order of nonces finds more shares than chance, with an interval
//! - [`ranking`]: an order of slots, from what was found in them
//! - [`artifact`]: trained models as files: checked as a whole before anything is believed

pub mod artifact;
mod class;
pub mod lift;
pub mod ranking;
mod rows;

#[cfg(test)]
mod trap;

pub use class::OutcomeClass;
pub use rows::{OutcomeRow, RowsInOrder, RowsSkipped};
