//! The 256 MiB that a seed is expanded to.

use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

use super::ffi::{self, RawCache};
use super::{Features, Pages, ProofError, memory};
use crate::work::SeedHash;

/// An initialised RandomX cache: all that light mode needs to hash under one seed, and what a
/// dataset is computed from. Shared by any number of virtual machines.
pub struct Cache {
    raw: NonNull<RawCache>,
    key: Box<[u8]>,
    large_pages: bool,
}

// SAFETY: the library gives the cache no tie to the thread that made it.
#[expect(unsafe_code, reason = "a foreign pointer is not Send by itself")]
unsafe impl Send for Cache {}
// SAFETY: `Cache` is handed out only after its initialisation and never initialised again;
// from then on the library (hashing, `vm_set_cache`, `init_dataset`) only reads it. It is
// released when its last owner drops it, and machines and builders own what they read.
#[expect(unsafe_code, reason = "a foreign pointer is not Sync by itself")]
unsafe impl Sync for Cache {}

impl Cache {
    /// Expands a seed; half a second to a second of one core.
    ///
    /// # Errors
    /// The system refuses the memory.
    pub fn for_seed(seed: &SeedHash, pages: Pages) -> Result<Arc<Self>, ProofError> {
        Self::for_key(seed.as_bytes(), pages)
    }

    /// Expands a key of any length (Monero's are seed hashes; published test vectors' are not).
    ///
    /// # Errors
    /// The system refuses the memory.
    pub fn for_key(key: &[u8], pages: Pages) -> Result<Arc<Self>, ProofError> {
        let (raw, large_pages) = Features::detect()
            .attempts(pages)
            .find_map(|flags| {
                let raw = NonNull::new(ffi::randomx_alloc_cache(flags))?;
                Some((raw, flags & ffi::FLAG_LARGE_PAGES != 0))
            })
            .ok_or(ProofError::CacheMemory)?;
        // Owned from here on: released whatever follows.
        let cache = Self {
            raw,
            key: key.into(),
            large_pages,
        };
        if !large_pages {
            memory::advise_huge(cache.contents(), ffi::CACHE_SIZE);
        }
        // SAFETY: `raw` is a live cache that nobody else knows of yet; the key outlives the call.
        #[expect(unsafe_code, reason = "calls librandomx")]
        unsafe {
            ffi::randomx_init_cache(raw.as_ptr(), cache.key.as_ptr().cast(), cache.key.len());
        }
        Ok(Arc::new(cache))
    }

    /// Whether this is the cache of that seed.
    #[must_use]
    pub fn is_for(&self, seed: &SeedHash) -> bool {
        *self.key == *seed.as_bytes()
    }

    /// Whether it lies in reserved large pages.
    #[must_use]
    pub const fn large_pages(&self) -> bool {
        self.large_pages
    }

    pub(super) const fn raw(&self) -> *mut RawCache {
        self.raw.as_ptr()
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    /// Where the 256 MiB are: the first member of the library's structure, which its compiled
    /// programs rely on too. Used for advice only, so that a wrong address would do no harm.
    fn contents(&self) -> *mut std::ffi::c_void {
        // SAFETY: the structure is alive, aligned as its first member is, and begins with a
        // pointer (the library asserts the layout).
        #[expect(unsafe_code, reason = "the library has no accessor for it")]
        unsafe {
            self.raw.as_ptr().cast::<*mut std::ffi::c_void>().read()
        }
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        // SAFETY: allocated in `for_key`, released nowhere else; no machine or builder can
        // still read it, since each holds an `Arc` of it.
        #[expect(unsafe_code, reason = "calls librandomx")]
        unsafe {
            ffi::randomx_release_cache(self.raw.as_ptr());
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("key", &const_hex::encode(&self.key))
            .field("large_pages", &self.large_pages)
            .finish_non_exhaustive()
    }
}
