//! A map's hash of a rig's key.

use std::hash::{BuildHasherDefault, Hasher};

/// For maps by [`crate::share::RigKey`].
pub(super) type RigHash = BuildHasherDefault<RigHasher>;

/// Spreads a key's bits by one multiplication (Fibonacci hashing, Knuth, "The Art of Computer
/// Programming" 3, 6.4). Keys are hashes already, so nothing dearer is needed; keys that are small
/// numbers spread as well.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RigHasher(u64);

impl RigHasher {
    /// 2⁶⁴ ÷ the golden ratio.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
}

impl Hasher for RigHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, key: u64) {
        // High bits of the key have to reach low ones: a map goes by both ends.
        let key = self.0 ^ key;
        let product = (key ^ (key >> 32)).wrapping_mul(Self::FACTOR);
        self.0 = product ^ (product >> 32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::RigKey;
    use std::collections::HashSet;
    use std::hash::BuildHasher;

    #[test]
    fn keys_that_are_small_numbers_spread_over_a_map() {
        for step in [1, 1 << 16, 1 << 40] {
            let buckets: HashSet<u64> = (0..4_096)
                .map(|key| RigHash::default().hash_one(RigKey(key * step)) % 4_096)
                .collect();
            // Chance would hit 1 - 1/e of them.
            assert!(buckets.len() > 2_300, "{step}: {}", buckets.len());
        }
    }
}
