//! Trained models as files.
//!
//! ```text
//! "ZXMODEL\0" | version: u16 | length: u32 | header | length: u32 | body | SHA-256 of all before
//! ```
//!
//! Numbers little-endian, header and body by bincode. The header says what the model is for, what
//! its features are, what it was trained on, how well it does and what it answers to questions that
//! are always the same. Reading checks all of it, so that a file that was cut, changed or written by
//! another version is refused with its reason before anybody goes by it. The same model from the
//! same data has the same bytes: nothing in it is taken from a clock.

mod bad;
mod header;
mod read;
#[cfg(test)]
mod tests;
mod write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

pub use bad::BadArtifact;
pub use header::{DataFacts, Digest, Header, Metric};
pub use read::{Artifact, read, read_header, signed_anew};
pub use write::write;

use crate::filter::Feature;
use crate::ledger::ModelSlot;

/// Longest file that is believed, bytes.
pub const FILE_MAX: usize = 16 << 20;

const MAGIC: [u8; 8] = *b"ZXMODEL\0";

/// Of the layout of files.
const VERSION: u16 = 1;

/// What can be written down as an artifact.
pub trait Learnt: Serialize + DeserializeOwned + Sized {
    /// What it is for.
    const SLOT: ModelSlot;

    /// Of its own layout; another layout or another meaning of its numbers is another schema.
    const SCHEMA: u16;

    /// Stands for what it is shown: models of other features are refused.
    fn features() -> Digest;

    /// Whether its numbers can be a model's: finite, within bounds, of the right shapes.
    ///
    /// # Errors
    /// What is amiss, in words.
    fn check(&self) -> Result<(), String>;

    /// What it answers to questions that are always the same.
    fn answers(&self) -> Vec<f64>;
}

/// Stands for features by their names, units, bounds and order.
#[must_use]
pub fn digest_of_features(features: &[Feature]) -> Digest {
    let mut hash = Sha256::new();
    for feature in features {
        for text in [feature.name, feature.unit] {
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        }
        for bound in [feature.low, feature.high, feature.neutral] {
            hash.update(bound.to_le_bytes());
        }
    }
    Digest(hash.finalize().into())
}
