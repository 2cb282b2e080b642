//! What is learnt from the ledger, and how well: values in, values out.
//!
//! - [`OutcomeRow`], [`RowsInOrder`]: shares as the models see them, in the order of their coming,
//!   with nothing among their features that was not known then
//! - [`behaviour`]: groups of rigs by how they behave
//! - [`drift`]: whether what models are shown has changed
//! - [`artifact`]: trained models as files: checked as a whole before anything is believed

pub mod artifact;
pub mod behaviour;
mod class;
mod coming;
pub mod drift;
mod rows;

pub use class::OutcomeClass;
pub use rows::{OutcomeRow, RowsInOrder, RowsSkipped};
