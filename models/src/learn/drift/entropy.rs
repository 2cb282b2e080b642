//! How evenly bytes of results and nonces are spread, rig by rig.
//!
//! Of a nonce the lowest byte alone is looked at: a thread passes all its 256 values several times
//! a second, so that it is even however the rig scans upward. Higher bits are not: blocks of a scan
//! are begun more often than ended, since a new job ends them.

use std::collections::BTreeMap;

use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF as _};

use super::real;
use crate::share::RigKey;
use crate::work::{Nonce, ResultHash};

/// Bytes of a result that its target says nothing of: all but the highest eight.
const FREE_BYTES: usize = 24;

/// Counts of byte values.
#[derive(Debug, Clone)]
struct ByteCounts([u32; 256]);

impl ByteCounts {
    fn add(&mut self, byte: u8) {
        let count = &mut self.0[usize::from(byte)];
        *count = count.saturating_add(1);
    }

    fn facts(&self) -> Option<ByteFacts> {
        let bytes: u64 = self.0.iter().map(|count| u64::from(*count)).sum();
        if bytes == 0 {
            return None;
        }
        let parts = self.0.iter().filter(|count| **count > 0);
        let plain: f64 = parts
            .clone()
            .map(|count| f64::from(*count) / real(bytes))
            .map(|part| -part * part.log2())
            .sum();
        let seen = real(parts.count() as u64);
        let corrected = plain + (seen - 1.0) / (2.0 * real(bytes) * std::f64::consts::LN_2);
        let kl = 8.0 - plain;
        let enough = bytes >= 256 * 5;
        let statistic = 2.0 * real(bytes) * std::f64::consts::LN_2 * kl;
        let p = enough
            .then(|| ChiSquared::new(255.0).ok())
            .flatten()
            .map(|chi| chi.sf(statistic.max(0.0)));
        Some(ByteFacts {
            bytes,
            entropy: corrected.min(8.0),
            kl: kl.max(0.0),
            kl_by_chance: 255.0 / (2.0 * real(bytes) * std::f64::consts::LN_2),
            p,
        })
    }
}

/// How evenly bytes are spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ByteFacts {
    /// How many bytes.
    pub bytes: u64,
    /// Shannon's entropy with the correction of Miller and Madow, bits a byte; at most 8. Of few
    /// bytes it is still too low.
    pub entropy: f64,
    /// Divergence from all values being as likely, bits a byte, without a correction.
    pub kl: f64,
    /// What that is on average by chance alone, for many bytes.
    pub kl_by_chance: f64,
    /// How often chance makes bytes as uneven (likelihood ratio, χ² with 255 degrees of freedom);
    /// none of fewer than five bytes a value, where that distribution does not hold.
    pub p: Option<f64>,
}

/// What came of a share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SentBytes<'a> {
    /// Whose.
    pub rig: RigKey,
    /// Its nonce.
    pub nonce: Nonce,
    /// Its result; none where the bytes are not known: the ledger keeps a result's difficulty alone.
    pub result: Option<&'a ResultHash>,
}

/// What is known of a rig's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RigBytes {
    /// Which.
    pub rig: u64,
    /// The lowest bytes of nonces.
    pub nonces: Option<ByteFacts>,
    /// The 24 bytes of results that targets say nothing of.
    pub results: Option<ByteFacts>,
}

#[derive(Debug, Clone)]
struct Counted {
    nonces: ByteCounts,
    results: ByteCounts,
}

/// Counts of bytes by rig: 2 kB each.
#[derive(Debug, Clone)]
pub struct EntropyTable {
    rigs: BTreeMap<RigKey, Counted>,
    most: usize,
    untold: u64,
}

impl EntropyTable {
    /// Counts at most so many rigs, those that come first.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self {
            rigs: BTreeMap::new(),
            most,
            untold: 0,
        }
    }

    /// Counts a share.
    pub fn take(&mut self, sent: SentBytes<'_>) {
        if self.rigs.len() >= self.most && !self.rigs.contains_key(&sent.rig) {
            self.untold = self.untold.saturating_add(1);
            return;
        }
        let counted = self.rigs.entry(sent.rig).or_insert_with(|| Counted {
            nonces: ByteCounts([0; 256]),
            results: ByteCounts([0; 256]),
        });
        let [lowest, ..] = sent.nonce.counter().to_le_bytes();
        counted.nonces.add(lowest);
        if let Some(result) = sent.result {
            for byte in result.as_bytes().iter().take(FREE_BYTES) {
                counted.results.add(*byte);
            }
        }
    }

    /// Shares of rigs that there was no room for.
    #[must_use]
    pub const fn untold(&self) -> u64 {
        self.untold
    }

    /// What is known, in the order of rigs.
    pub fn rigs(&self) -> impl Iterator<Item = RigBytes> + '_ {
        self.rigs.iter().map(|(rig, counted)| RigBytes {
            rig: rig.0,
            nonces: counted.nonces.facts(),
            results: counted.results.facts(),
        })
    }
}
