//! The made-up chain that the demo's pool mines on.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::settings::PoolSettings;
use crate::demo::blob;

/// The RandomX key that a pool starts with, hex.
pub const FIRST_SEED_HASH: &str =
    "418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e3";

/// The two RandomX keys: hashes of blocks 0 and 2 of a private chain.
const KEYS: [&str; 2] = [
    FIRST_SEED_HASH,
    "f844abc1745b30d19a2cc0f9907bc8a98e07643ff507d4b6cfed2fdf3697a10d",
];

/// Timestamp of the first block, seconds since 1970; the chain's own time goes on from there.
const FIRST_TIMESTAMP: u64 = 1_795_359_654;

/// The tip of the chain and what comes next.
#[derive(Debug)]
pub(super) struct Chain {
    random: StdRng,
    number: u64,
    timestamp: u64,
    step: u64,
    previous: [u8; 32],
    change: Option<super::SeedChange>,
}

impl Chain {
    /// A chain with job 1 under way.
    pub(super) fn new(settings: &PoolSettings) -> Self {
        let mut random = StdRng::seed_from_u64(settings.random);
        let previous = random.r#gen();
        Self {
            random,
            number: 1,
            timestamp: FIRST_TIMESTAMP,
            step: settings.job_every.as_secs().max(1),
            previous,
            change: settings.seed_change,
        }
    }

    /// Goes on to the next block.
    pub(super) fn advance(&mut self) {
        self.number += 1;
        self.timestamp += self.step;
        self.previous = self.random.r#gen();
    }

    /// Number of the job under way, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Height of the block being mined.
    pub(super) fn height(&self) -> u64 {
        3_000_000 + self.number
    }

    /// The RandomX key of the job under way, hex.
    pub(super) fn seed_hash(&self) -> &'static str {
        let changed = self
            .change
            .is_some_and(|change| self.number >= change.at_job);
        KEYS[usize::from(changed)]
    }

    /// The key to come, once it is announced.
    pub(super) fn next_seed_hash(&self) -> Option<&'static str> {
        let change = self.change?;
        let announced = change.at_job.saturating_sub(change.announced)..change.at_job;
        announced.contains(&self.number).then_some(KEYS[1])
    }

    /// A blob of the block being mined with a Merkle root of its own: what a pool makes of one
    /// template for one connection by giving it an extra nonce that no other has.
    pub(super) fn fresh_blob(&mut self) -> [u8; blob::LEN] {
        let root = self.random.r#gen();
        blob::build(self.timestamp, &self.previous, &root)
    }

    /// An id that was not given before, 16 hex digits.
    pub(super) fn fresh_id(&mut self) -> String {
        format!("{:016x}", self.random.r#gen::<u64>())
    }
}

#[cfg(test)]
mod tests {
    use super::super::SeedChange;
    use super::*;

    #[test]
    fn a_seed_change_is_announced_and_then_happens() {
        let change = SeedChange {
            at_job: 4,
            announced: 2,
        };
        let settings = PoolSettings {
            seed_change: Some(change),
            ..PoolSettings::default()
        };
        let mut chain = Chain::new(&settings);
        let mut seen = Vec::new();
        for _ in 0..5 {
            let key = KEYS
                .iter()
                .position(|key| *key == chain.seed_hash())
                .unwrap();
            seen.push((chain.number(), key, chain.next_seed_hash().is_some()));
            chain.advance();
        }
        assert_eq!(
            seen,
            [
                (1, 0, false),
                (2, 0, true),
                (3, 0, true),
                (4, 1, false),
                (5, 1, false)
            ]
        );
    }

    #[test]
    fn no_two_blobs_are_the_same() {
        let mut chain = Chain::new(&PoolSettings::default());
        let mut blobs = std::collections::HashSet::new();
        for _ in 0..50 {
            assert!(blobs.insert(chain.fresh_blob()) && blobs.insert(chain.fresh_blob()));
            chain.advance();
        }
    }
}
