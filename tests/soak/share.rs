//! Work as a miner has it, and shares as it finds them. No RandomX is computed: for `rx/0` a result
//! is drawn, for `rx/2` the raw hash is, and the result follows from it.

use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use zartrux::demo::blob;
use zartrux::demo::target::Target64;
use zartrux::demo::wire::Job;
use zartrux_models::proof::link;

use crate::account::{JobNumber, Key};

/// Hashes of `rx/2` that are tried for one share at most.
const TRIES: usize = 200_000;

/// A job under a lease.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) job_id: String,
    /// The pool's job, which is written into its blob.
    pub(crate) number: JobNumber,
    /// The top nonce byte.
    pub(crate) slot: u8,
    pub(crate) target: Target64,
    algo: String,
    blob: Vec<u8>,
}

impl Work {
    /// None if it is no job.
    pub(crate) fn read(job: &Job) -> Option<Self> {
        let blob = const_hex::decode(&job.blob).ok()?;
        let number = blob.get(43..51)?.try_into().ok()?;
        Some(Self {
            job_id: job.job_id.clone(),
            number: JobNumber::from_le_bytes(number),
            slot: blob[42],
            target: Target64::from_wire(&job.target)?,
            algo: job.algo.clone()?,
            blob,
        })
    }

    /// The nonce that counts `low`, 24 bits, in a slot.
    pub(crate) fn nonce(low: u32, slot: u8) -> [u8; 4] {
        let [a, b, c, _] = low.to_le_bytes();
        [a, b, c, slot]
    }

    /// Where a share of this nonce is found.
    pub(crate) const fn key(&self, nonce: [u8; 4]) -> Key {
        (self.number, u32::from_le_bytes(nonce))
    }

    /// A result for a nonce that meets the target, or one that misses it.
    pub(crate) fn find(&self, nonce: [u8; 4], meets: bool, random: &mut StdRng) -> Found {
        let mut drawn: [u8; 32] = random.r#gen();
        if self.algo == "rx/2" {
            let input = blob::with_nonce(&self.blob, nonce).expect("a blob with a place for it");
            for _ in 0..TRIES {
                let result = *link(&input, &drawn).as_bytes();
                if self.target.is_met_by(&result) == meets {
                    return Found {
                        nonce,
                        result,
                        raw: Some(drawn),
                    };
                }
                drawn = random.r#gen();
            }
            panic!("{} is met sooner", self.target);
        }
        let target = self.target.get();
        let value = if meets {
            random.gen_range(0..target)
        } else {
            random.gen_range(target..=u64::MAX)
        };
        drawn[24..].copy_from_slice(&value.to_le_bytes());
        Found {
            nonce,
            result: drawn,
            raw: None,
        }
    }

    /// What a submit says.
    pub(crate) fn submit(&self, session: &str, found: &Found) -> Value {
        let mut params = json!({
            "id": session, "job_id": self.job_id, "nonce": const_hex::encode(found.nonce),
            "result": const_hex::encode(found.result), "algo": self.algo,
        });
        if let Some(raw) = found.raw {
            params["commitment"] = const_hex::encode(raw).into();
        }
        params
    }
}

/// A share.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) nonce: [u8; 4],
    pub(crate) result: [u8; 32],
    raw: Option<[u8; 32]>,
}
