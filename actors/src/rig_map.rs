//! Maps by rig.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use rand::Rng;
use zartrux_models::share::RigKey;

/// A map by rig, with a hash that costs a nanosecond.
pub(crate) type RigMap<V> = HashMap<RigKey, V, RigHash>;

/// A rig's key is a hash already, but of names that miners choose, and who tries long enough finds
/// names whose keys end alike. So it is mixed once more, with a secret of the map's own.
#[derive(Debug, Clone)]
pub(crate) struct RigHash {
    secret: u64,
}

impl Default for RigHash {
    fn default() -> Self {
        Self {
            secret: rand::thread_rng().r#gen(),
        }
    }
}

impl BuildHasher for RigHash {
    type Hasher = RigHasher;

    fn build_hasher(&self) -> RigHasher {
        RigHasher(self.secret)
    }
}

/// Mixes one number.
#[derive(Debug)]
pub(crate) struct RigHasher(u64);

impl RigHasher {
    /// Odd, with bits all over: 2⁶⁴ divided by the golden ratio.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
}

impl Hasher for RigHasher {
    fn write_u64(&mut self, key: u64) {
        let wide = u128::from(self.0 ^ key) * u128::from(Self::FACTOR ^ self.0.rotate_left(32) | 1);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "both halves are used, one after the other"
        )]
        let folded = wide as u64 ^ (wide >> 64) as u64;
        self.0 = folded;
    }

    /// Only for the sake of the trait: a rig's key writes one `u64`.
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn keys_that_end_alike_are_spread_over_the_map() {
        let hash = RigHash { secret: 7 };
        let ends: HashSet<u64> = (0..1024u64)
            .map(|high| hash.hash_one(RigKey((high << 40) | 0xbeef)) & 0xffff)
            .collect();
        assert!(ends.len() > 950, "{} of 1024", ends.len());
    }

    #[test]
    fn two_maps_place_the_same_rig_differently() {
        let place = |secret| RigHash { secret }.hash_one(RigKey(1));
        assert_ne!(place(1), place(2));
        assert_eq!(place(1), place(1));
    }
}
