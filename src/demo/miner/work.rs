//! A job as the miner works on it, and the order in which it tries nonces.

use crate::demo::target::Target64;
use crate::demo::wire::Job;
use crate::demo::{blob, hex};

/// Longest blob taken, bytes; xmrig's limit.
const MAX_BLOB: usize = 408;

/// A job that can be mined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Work {
    pub(super) job_id: String,
    pub(super) blob: Vec<u8>,
    pub(super) seed: [u8; 32],
    pub(super) target: Target64,
    /// Whether the last nonce byte stays as it came.
    pub(super) fixed_byte: bool,
}

impl Work {
    /// Reads a job; `nicehash` says whether the peer announced that it owns the last nonce byte.
    ///
    /// # Errors
    /// A text that says what cannot be mined.
    pub(super) fn read(job: &Job, nicehash: bool) -> Result<Self, &'static str> {
        if job.algo.as_deref().is_some_and(|algo| algo != "rx/0") {
            return Err("a job of another algorithm");
        }
        let blob = const_hex::decode(&job.blob).map_err(|_| "a blob that is no hex")?;
        if blob.len() < blob::NONCE_AT + 4 || blob.len() > MAX_BLOB {
            return Err("a blob of impossible length");
        }
        let nonce = &blob[blob::NONCE_AT..blob::NONCE_AT + 4];
        let fixed_byte = nicehash || nonce.iter().any(|byte| *byte != 0);
        let seed = job
            .seed_hash
            .as_deref()
            .and_then(hex::decode)
            .ok_or("a job without a seed")?;
        let target = Target64::from_wire(&job.target).ok_or("a target that is none")?;
        Ok(Self {
            job_id: job.job_id.clone(),
            blob,
            seed,
            target,
            fixed_byte,
        })
    }

    /// The nonce of the `count`-th hash, in the order of the blob: upward from 0, little-endian,
    /// as xmrig counts. `None` when all have been tried.
    pub(super) fn nonce(&self, count: u64) -> Option<[u8; 4]> {
        let bits = if self.fixed_byte { 24 } else { 32 };
        if count >> bits != 0 {
            return None;
        }
        let low = count.to_le_bytes();
        let last = if self.fixed_byte {
            *self.blob.get(blob::NONCE_AT + 3)?
        } else {
            low[3]
        };
        Some([low[0], low[1], low[2], last])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(blob: &[u8]) -> Job {
        Job {
            blob: const_hex::encode(blob),
            job_id: "1".into(),
            target: "ffffffff".into(),
            algo: Some("rx/0".into()),
            height: None,
            seed_hash: Some("00".repeat(32)),
            next_seed_hash: None,
        }
    }

    #[test]
    fn the_last_nonce_byte_stays_and_the_others_count_upward() {
        let mut blob = blob::build(0, &[0; 32], &[0; 32]);
        blob[42] = 0xa9;
        let work = Work::read(&job(&blob), false).unwrap();
        assert_eq!(work.nonce(0), Some([0, 0, 0, 0xa9]));
        assert_eq!(work.nonce(0x01_0203), Some([3, 2, 1, 0xa9]));
        assert_eq!(work.nonce(0xff_ffff), Some([0xff, 0xff, 0xff, 0xa9]));
        assert_eq!(work.nonce(0x100_0000), None);
    }

    #[test]
    fn slot_zero_is_kept_only_when_the_peer_announces_nicehash() {
        let blob = blob::build(0, &[0; 32], &[0; 32]);
        assert_eq!(
            Work::read(&job(&blob), true).unwrap().nonce(0x100_0000),
            None
        );
        let free = Work::read(&job(&blob), false).unwrap();
        assert_eq!(free.nonce(0x100_0000), Some([0, 0, 0, 1]));
        assert_eq!(free.nonce(0x1_0000_0000), None);
    }

    #[test]
    fn jobs_that_cannot_be_mined_are_refused() {
        let good = job(&blob::build(0, &[0; 32], &[0; 32]));
        assert!(Work::read(&good, true).is_ok());
        let bad = [
            Job {
                algo: Some("rx/wow".into()),
                ..good.clone()
            },
            Job {
                blob: "zz".into(),
                ..good.clone()
            },
            Job {
                blob: "00".repeat(42),
                ..good.clone()
            },
            Job {
                blob: "00".repeat(MAX_BLOB + 1),
                ..good.clone()
            },
            Job {
                seed_hash: None,
                ..good.clone()
            },
            Job {
                target: "00000000".into(),
                ..good
            },
        ];
        for job in bad {
            assert!(Work::read(&job, true).is_err(), "{job:?}");
        }
    }
}
