//! Proof of work: RandomX recomputed, and the evidence that a claimed result is wrong.
//!
//! This is the only foreign code of the project. The C library is built and linked by
//! `randomx-rs`; its functions are declared in `ffi` and nowhere else, and every type here is
//! a safe owner of what they return.
//!
//! Three types are evidence, because only a computation can build them: [`ComputedHash`],
//! [`HashMismatch`] and [`BrokenLink`]. Whoever is to refuse a share asks for one of them.

mod cache;
mod commitment;
mod dataset;
mod error;
mod features;
mod ffi;
mod memory;
mod mismatch;
mod selftest;
mod vm;

pub use cache::Cache;
pub use commitment::{BrokenLink, check_link, link};
pub use dataset::{Dataset, DatasetBuilder};
pub use error::{ProofError, SelfTestError};
pub use features::Features;
pub use memory::Pages;
pub use mismatch::HashMismatch;
pub use selftest::{knows_v2, self_test};
pub use vm::{ComputedHash, Version, Vm};
