//! RandomX for the demo's peers: one cache per seed, shared by the pool and all miners.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use zartrux_models::proof::{Cache, Pages, ProofError, Version, Vm};
use zartrux_models::work::SeedHash;

use super::clock;

/// The caches of the last seeds asked for; 256 MiB each.
#[derive(Debug, Default)]
pub struct Caches {
    kept: Mutex<VecDeque<([u8; 32], Arc<Cache>)>>,
}

impl Caches {
    /// Seeds kept at once: the present one and the next.
    const KEPT: usize = 2;

    /// The cache of `seed`, made at the first call: half a second to a second of one core,
    /// during which others who ask wait.
    ///
    /// # Errors
    /// The system refuses the memory.
    pub fn of_seed(&self, seed: &[u8; 32]) -> Result<Arc<Cache>, ProofError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, cache)) = kept.iter().find(|(key, _)| key == seed) {
            return Ok(Arc::clone(cache));
        }
        let cache = Cache::for_seed(&SeedHash::new(*seed), Pages::PreferLarge)?;
        if kept.len() >= Self::KEPT {
            kept.pop_front();
        }
        kept.push_back((*seed, Arc::clone(&cache)));
        Ok(cache)
    }

    /// Like [`Caches::of_seed`], and says how long it took.
    ///
    /// # Errors
    /// The system refuses the memory.
    pub fn prepare(&self, seed: &[u8; 32]) -> Result<Duration, ProofError> {
        let begun = clock::now();
        self.of_seed(seed)?;
        Ok(begun.elapsed())
    }
}

/// One RandomX machine in light mode that follows whatever seed it is asked for.
#[derive(Debug)]
pub struct Hasher {
    caches: Arc<Caches>,
    vm: Option<Vm>,
}

impl Hasher {
    /// A hasher that takes its caches from `caches`; the machine is made with the first hash.
    #[must_use]
    pub const fn new(caches: Arc<Caches>) -> Self {
        Self { caches, vm: None }
    }

    /// RandomX (version 1) of `input` under `seed`; 25 to 30 ms, and a new cache at a new seed.
    ///
    /// # Errors
    /// The system refuses the memory.
    pub fn hash(&mut self, seed: &[u8; 32], input: &[u8]) -> Result<[u8; 32], ProofError> {
        let fits = self
            .vm
            .as_ref()
            .is_some_and(|vm| vm.is_for(&SeedHash::new(*seed)));
        if !fits {
            let cache = self.caches.of_seed(seed)?;
            // Gives its cache back before the next is taken up.
            self.vm = None;
            self.vm = Some(Vm::light(cache, Version::V1, Pages::PreferLarge)?);
        }
        let vm = self.vm.as_mut().ok_or(ProofError::VmMemory)?;
        Ok(*vm.hash(input).as_result().as_bytes())
    }
}
