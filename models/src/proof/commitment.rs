//! The link of RandomX version 2 between raw hash and result.
//!
//! Under `rx/2` a submit carries the raw RandomX hash in the field called `commitment`, and its
//! `result` is the BLAKE2b-256 of the blob followed by that raw hash (xmrig 6.26,
//! `CpuWorker.cpp`; RandomX, `randomx_calculate_commitment`). The link costs a microsecond to
//! check. That it holds proves nothing about the raw hash: BLAKE2b alone can be ground.

use blake2::{Blake2b256, Digest};

use crate::work::ResultHash;

/// Proof that a version 2 share's result does not follow from its blob and raw hash.
///
/// Only [`check_link`] makes one:
///
/// ```compile_fail,E0451
/// use zartrux_models::proof::BrokenLink;
/// use zartrux_models::work::ResultHash;
///
/// fn accuse(claimed: ResultHash, linked: ResultHash) -> BrokenLink {
///     BrokenLink { claimed, linked }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the result that follows from blob and commitment is {linked}, not {claimed}")]
pub struct BrokenLink {
    claimed: ResultHash,
    linked: ResultHash,
}

impl BrokenLink {
    /// What the miner claimed.
    #[must_use]
    pub const fn claimed(&self) -> ResultHash {
        self.claimed
    }

    /// What follows from the blob and the raw hash that it sent.
    #[must_use]
    pub const fn linked(&self) -> ResultHash {
        self.linked
    }
}

/// The result that belongs to a blob (nonce written) and its raw RandomX hash.
#[must_use]
pub fn link(blob: &[u8], raw: &[u8; 32]) -> ResultHash {
    let digest = Blake2b256::new()
        .chain_update(blob)
        .chain_update(raw)
        .finalize();
    ResultHash::new(digest.into())
}

/// Checks that `result` follows from the blob (nonce written) and the raw hash.
///
/// # Errors
/// It does not; the error is the evidence.
pub fn check_link(blob: &[u8], raw: &[u8; 32], result: &ResultHash) -> Result<(), BrokenLink> {
    let linked = link(blob, raw);
    if linked == *result {
        Ok(())
    } else {
        Err(BrokenLink {
            claimed: *result,
            linked,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The library's own "Commitment test": the raw hash of "This is a test" under key
    /// "test key 000", and the result that belongs to it.
    const RAW: &str = "639183aae1bf4c9a35884cb46b09cad9175f04efd7684e7262a0ac1c2f0b4e3f";
    const RESULT: &str = "d53ccf348b75291b7be76f0a7ac8208bbced734b912f6fca60539ab6f86be919";

    #[test]
    fn the_published_link_holds() {
        let raw = *ResultHash::from_hex(RAW).unwrap().as_bytes();
        let result = ResultHash::from_hex(RESULT).unwrap();
        assert_eq!(check_link(b"This is a test", &raw, &result), Ok(()));
    }

    #[test]
    fn one_bit_anywhere_breaks_the_link() {
        let raw = *ResultHash::from_hex(RAW).unwrap().as_bytes();
        let result = ResultHash::from_hex(RESULT).unwrap();

        let broken = check_link(b"This is a tesu", &raw, &result).unwrap_err();
        assert_eq!(broken.claimed(), result);
        assert_ne!(broken.linked(), result);

        let mut other = raw;
        other[31] ^= 1;
        assert!(check_link(b"This is a test", &other, &result).is_err());

        let mut other = *result.as_bytes();
        other[0] ^= 0x80;
        let claimed = ResultHash::new(other);
        let broken = check_link(b"This is a test", &raw, &claimed).unwrap_err();
        assert_eq!(broken.linked(), result);
    }
}
