//! What stands for scans in a model's file.

use sha2::{Digest as _, Sha256};

use super::Trial;
use crate::learn::artifact::{DataFacts, Digest};

/// What a model's file says of the scans that it was made from.
#[must_use]
pub fn facts_of(trials: &[Trial]) -> DataFacts {
    let mut hash = Sha256::new();
    for trial in trials {
        hash.update(trial.arm.label());
        hash.update([0, trial.slot]);
        hash.update(trial.at_ms.to_le_bytes());
        hash.update(trial.rig.0.to_le_bytes());
        hash.update(trial.shares.to_le_bytes());
        hash.update(trial.seconds.to_le_bytes());
        hash.update(trial.asked.to_le_bytes());
        hash.update(trial.tried.to_le_bytes());
    }
    let times = || trials.iter().map(|trial| trial.at_ms);
    DataFacts {
        rows: trials.len() as u64,
        first_ms: times().min().unwrap_or(0),
        last_ms: times().max().unwrap_or(0),
        last_seq: 0,
        digest: Digest(hash.finalize().into()),
    }
}
