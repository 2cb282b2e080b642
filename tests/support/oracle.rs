//! An independent judge of shares: own target arithmetic, RandomX in light mode.

use std::sync::Arc;

use zartrux::demo::blob;
use zartrux::demo::randomx::{Caches, Hasher};
use zartrux::demo::target::Target64;
use zartrux::demo::wire::Job;

/// What a share is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The result is the hash and meets the target.
    Good,
    /// The result is not the hash, which is this.
    BadHash([u8; 32]),
    /// The result is the hash and misses the target.
    LowDifficulty,
    /// Something is not hex of the right length.
    Malformed,
}

/// Computes hashes; keeps the caches of the last two seeds (256 MiB each).
pub struct Oracle {
    hasher: Hasher,
}

impl Oracle {
    /// An oracle with caches of its own.
    pub fn new() -> Self {
        Self::sharing(Arc::new(Caches::default()))
    }

    /// An oracle that shares its caches.
    pub const fn sharing(caches: Arc<Caches>) -> Self {
        Self {
            hasher: Hasher::new(caches),
        }
    }

    /// The hash of a blob with a nonce; `None` when something is not hex of the right length.
    pub fn hash(&mut self, seed_hash: &str, blob: &str, nonce: &str) -> Option<[u8; 32]> {
        let seed: [u8; 32] = exact(seed_hash)?;
        let blob = const_hex::decode(blob).ok()?;
        let input = blob::with_nonce(&blob, exact(nonce)?)?;
        Some(self.hasher.hash(&seed, &input).expect("memory for RandomX"))
    }

    /// Judges a share of these parts, each as it stood on the wire.
    pub fn judge(
        &mut self,
        seed_hash: &str,
        blob: &str,
        target: &str,
        nonce: &str,
        result: &str,
    ) -> Judgement {
        let (Some(claimed), Some(target)) = (exact::<32>(result), Target64::from_wire(target))
        else {
            return Judgement::Malformed;
        };
        match self.hash(seed_hash, blob, nonce) {
            None => Judgement::Malformed,
            Some(hash) if hash != claimed => Judgement::BadHash(hash),
            Some(hash) if target.is_met_by(&hash) => Judgement::Good,
            Some(_) => Judgement::LowDifficulty,
        }
    }

    /// Judges a share for a job as a pool sent it.
    pub fn judge_for(&mut self, job: &Job, nonce: &str, result: &str) -> Judgement {
        let seed_hash = job.seed_hash.as_deref().unwrap_or_default();
        self.judge(seed_hash, &job.blob, &job.target, nonce, result)
    }
}

fn exact<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let plain = hex.len() == 2 * N && !hex.starts_with("0x");
    (plain && const_hex::decode_to_slice(hex, &mut bytes).is_ok()).then_some(bytes)
}
