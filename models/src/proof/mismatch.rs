//! The evidence that a claimed result is not the hash.

use super::ComputedHash;
use crate::work::ResultHash;

/// Proof that a claimed result differs from the hash that was computed.
///
/// Only [`ComputedHash::check`] makes one:
///
/// ```compile_fail,E0451
/// use zartrux_models::proof::{ComputedHash, HashMismatch};
/// use zartrux_models::work::ResultHash;
///
/// fn accuse(claimed: ResultHash, computed: ComputedHash) -> HashMismatch {
///     HashMismatch { claimed, computed }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the result is {}, not {claimed}", computed.as_result())]
pub struct HashMismatch {
    claimed: ResultHash,
    computed: ComputedHash,
}

impl HashMismatch {
    /// What the miner claimed.
    #[must_use]
    pub const fn claimed(&self) -> ResultHash {
        self.claimed
    }

    /// What RandomX came to.
    #[must_use]
    pub const fn computed(&self) -> ComputedHash {
        self.computed
    }
}

impl ComputedHash {
    /// Compares with a claim: the `result` of a share under version 1, its `commitment` (the
    /// raw hash) under version 2.
    ///
    /// # Errors
    /// They differ; the error is the evidence.
    pub fn check(&self, claimed: &ResultHash) -> Result<(), HashMismatch> {
        if self.matches(claimed) {
            Ok(())
        } else {
            Err(HashMismatch {
                claimed: *claimed,
                computed: *self,
            })
        }
    }
}
