//! The store: what outlives the process.

mod fault;
#[cfg(test)]
mod fixtures;
pub mod ledger;

pub use fault::{Damage, StoreFault};
