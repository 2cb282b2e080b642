//! Blocks of shares as training takes them.

use sha2::{Digest as _, Sha256};

use crate::filter::Behaviour;
use crate::learn::artifact::{DataFacts, Digest};
use crate::share::RigKey;

/// How a rig behaved over 64 shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BehaviourRow {
    /// Whose.
    pub rig: RigKey,
    /// When its last share came, milliseconds since 1970.
    pub at_ms: u64,
    /// In the order of [`Behaviour::FEATURES`].
    pub behaviour: [f32; Behaviour::LEN],
    /// Whether one of its shares was found wrong or sent before.
    pub proven_bad: bool,
}

impl BehaviourRow {
    /// Its numbers as a model is shown them: within their bounds.
    #[must_use]
    pub fn behaviour(&self) -> Behaviour {
        Behaviour::from_values(self.behaviour.map(f64::from))
    }
}

/// What the header of a model says of its rows; the place in the ledger is the caller's to add.
#[must_use]
pub fn facts_of(rows: &[BehaviourRow]) -> DataFacts {
    let mut hash = Sha256::new();
    for row in rows {
        hash.update(row.rig.0.to_le_bytes());
        hash.update(row.at_ms.to_le_bytes());
        for value in row.behaviour {
            hash.update(value.to_le_bytes());
        }
        hash.update([u8::from(row.proven_bad)]);
    }
    let times = || rows.iter().map(|row| row.at_ms);
    DataFacts {
        rows: rows.len() as u64,
        first_ms: times().min().unwrap_or(0),
        last_ms: times().max().unwrap_or(0),
        last_seq: 0,
        digest: Digest(hash.finalize().into()),
    }
}
