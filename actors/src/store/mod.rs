//! The store.

pub mod state;
