//! What is learnt from the ledger, and how well: values in, values out.
//!
//! - [`OutcomeRow`], [`RowsInOrder`]: shares as the models see them, in the order of their coming,
//!   with nothing among their features that was not known then
//! - [`difficulty`]: of the network's next block exactly, of later ones by forecast
//! - [`artifact`]: trained models as files: checked as a whole before anything is believed

pub mod artifact;
mod class;
pub mod difficulty;
mod rows;

pub use class::OutcomeClass;
pub use rows::{OutcomeRow, RowsInOrder, RowsSkipped};
