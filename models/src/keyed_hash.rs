//! A map's hash of keys that are one or two numbers.

use std::hash::{BuildHasher, Hasher, RandomState};

/// For maps by numbers: a rig's key, a nonce, a job. Costs two multiplications where the standard
/// library's costs ten times as much.
///
/// A rig's key is a hash already, but of names that miners choose, and who tries long enough finds
/// names whose keys end alike; nonces are chosen freely. So they are mixed with a secret of the map's
/// own.
#[derive(Debug, Clone)]
pub struct KeyedHash {
    secret: [u64; 2],
}

impl Default for KeyedHash {
    fn default() -> Self {
        let random = RandomState::new();
        Self {
            secret: [0_u64, 1].map(|which| random.hash_one(which)),
        }
    }
}

impl BuildHasher for KeyedHash {
    type Hasher = KeyedHasher;

    fn build_hasher(&self) -> KeyedHasher {
        let [state, secret] = self.secret;
        KeyedHasher { state, secret }
    }
}

/// Mixes one number by two multiplications, the second by the secret: as wyhash does.
#[derive(Debug, Clone, Copy)]
pub struct KeyedHasher {
    state: u64,
    secret: u64,
}

/// 2⁶⁴ ÷ the golden ratio: odd, with bits all over.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Both halves of a product.
#[expect(
    clippy::cast_possible_truncation,
    reason = "both halves are used, one after the other"
)]
const fn fold(one: u64, other: u64) -> u64 {
    let wide = (one as u128) * (other as u128);
    wide as u64 ^ (wide >> 64) as u64
}

impl Hasher for KeyedHasher {
    fn finish(&self) -> u64 {
        self.state
    }

    /// Only for the sake of the trait: keys write whole numbers.
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, key: u8) {
        self.write_u64(u64::from(key));
    }

    fn write_u32(&mut self, key: u32) {
        self.write_u64(u64::from(key));
    }

    fn write_u64(&mut self, key: u64) {
        let once = fold(self.state ^ key, FACTOR);
        self.state = fold(once, self.secret ^ FACTOR | 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::RigKey;
    use std::collections::HashSet;

    #[test]
    fn keys_that_are_small_numbers_spread_over_a_map() {
        let hash = KeyedHash { secret: [7; 2] };
        for step in [1, 1 << 16, 1 << 40] {
            let buckets: HashSet<u64> = (0..4_096)
                .map(|key| hash.hash_one(RigKey(key * step)) % 4_096)
                .collect();
            // Chance would hit 1 - 1/e of them.
            assert!(buckets.len() > 2_300, "{step}: {}", buckets.len());
        }
    }

    #[test]
    fn names_that_are_chosen_to_meet_in_one_map_do_not_meet_in_another() {
        let (known, other) = (KeyedHash { secret: [7; 2] }, KeyedHash { secret: [8; 2] });
        let place = |hash: &KeyedHash, key| hash.hash_one(RigKey(key)) & 0xff;
        let chosen: Vec<u64> = (0..1 << 16)
            .filter(|key| place(&known, *key) == 0)
            .collect();
        assert!(chosen.len() > 200, "{}", chosen.len());
        let elsewhere: HashSet<u64> = chosen.iter().map(|key| place(&other, *key)).collect();
        assert!(
            elsewhere.len() > 80,
            "{} of {}",
            elsewhere.len(),
            chosen.len()
        );
    }

    #[test]
    fn each_map_has_a_secret_of_its_own() {
        let secrets: HashSet<[u64; 2]> = (0..8).map(|_| KeyedHash::default().secret).collect();
        assert_eq!(secrets.len(), 8);
    }
}
