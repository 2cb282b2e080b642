//! In which order to give out slots, from what was found in them before.
//!
//! A Poisson regression on the bits of a nonce's top byte: ln rate = rig + Σ ±½·effect. Each rig is
//! compared with itself only, by the search that it did, and never with nonces drawn at random. The
//! effects are shrunk by how much they vary beyond what chance lets them (C. Morris, JASA 78, 1983):
//! of noise about nothing is left, and that is what is to be expected of a hash.

mod bits;
mod fit;
mod model;
#[cfg(test)]
mod tests;

pub use bits::{BitRatio, bit_ratios};
pub use fit::CannotRank;
pub use model::{BitEffect, NonceRanking};
