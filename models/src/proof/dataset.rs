//! The 2080 MiB that fast mode reads instead of computing.

use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::ffi::{self, RawDataset};
use super::{Cache, Features, Pages, ProofError, memory};
use crate::work::SeedHash;

/// A complete RandomX dataset of one seed. Shared by any number of virtual machines.
pub struct Dataset {
    raw: NonNull<RawDataset>,
    key: Box<[u8]>,
    large_pages: bool,
}

// SAFETY: the library gives the dataset no tie to the thread that made it.
#[expect(unsafe_code, reason = "a foreign pointer is not Send by itself")]
unsafe impl Send for Dataset {}
// SAFETY: `DatasetBuilder` hands it out only when every item is written; from then on the
// library only reads it. It is released when its last owner drops it, and machines own theirs.
#[expect(unsafe_code, reason = "a foreign pointer is not Sync by itself")]
unsafe impl Sync for Dataset {}

impl Dataset {
    /// Whether this is the dataset of that seed.
    #[must_use]
    pub fn is_for(&self, seed: &SeedHash) -> bool {
        *self.key == *seed.as_bytes()
    }

    /// Whether it lies in reserved large pages.
    #[must_use]
    pub const fn large_pages(&self) -> bool {
        self.large_pages
    }

    pub(super) const fn raw(&self) -> *mut RawDataset {
        self.raw.as_ptr()
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }
}

impl Drop for Dataset {
    fn drop(&mut self) {
        // SAFETY: allocated in `DatasetBuilder::new`, released nowhere else; machines and the
        // builder each hold an `Arc` of it.
        #[expect(unsafe_code, reason = "calls librandomx")]
        unsafe {
            ffi::randomx_release_dataset(self.raw.as_ptr());
        }
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dataset")
            .field("key", &const_hex::encode(&self.key))
            .field("large_pages", &self.large_pages)
            .finish_non_exhaustive()
    }
}

/// A dataset in the making: any number of threads fill it together, a piece at a time, and may
/// do other work between two pieces.
#[derive(Debug)]
pub struct DatasetBuilder {
    dataset: Arc<Dataset>,
    cache: Arc<Cache>,
    items: usize,
    claimed: AtomicUsize,
    filled: AtomicUsize,
}

impl DatasetBuilder {
    /// Items in a piece: 10 to 20 ms of one core.
    const PIECE: usize = 8192;

    /// Allocates the memory; nothing is computed yet.
    ///
    /// # Errors
    /// The system refuses the memory.
    pub fn new(cache: Arc<Cache>, pages: Pages) -> Result<Self, ProofError> {
        let (raw, large_pages) = Features::detect()
            .attempts(pages)
            .map(|flags| flags & ffi::FLAG_LARGE_PAGES)
            .find_map(|flags| {
                let raw = NonNull::new(ffi::randomx_alloc_dataset(flags))?;
                Some((raw, flags != 0))
            })
            .ok_or(ProofError::DatasetMemory)?;
        let dataset = Dataset {
            raw,
            key: cache.key().into(),
            large_pages,
        };
        let items = ffi::randomx_dataset_item_count();
        if !large_pages {
            // SAFETY: a live dataset.
            #[expect(unsafe_code, reason = "calls librandomx")]
            let contents = unsafe { ffi::randomx_get_dataset_memory(raw.as_ptr()) };
            memory::advise_huge(contents, items * ffi::DATASET_ITEM_SIZE);
        }
        Ok(Self {
            dataset: Arc::new(dataset),
            cache,
            items,
            claimed: AtomicUsize::new(0),
            filled: AtomicUsize::new(0),
        })
    }

    /// Fills one piece that no other thread has claimed. False when all are claimed; the
    /// dataset is complete once their threads have returned from here, too.
    pub fn fill_piece(&self) -> bool {
        // Asking in vain, however often, does not count up: the counter can never wrap.
        if !self.has_unclaimed() {
            return false;
        }
        let start = self.claimed.fetch_add(Self::PIECE, Ordering::Relaxed);
        if start >= self.items {
            return false;
        }
        let count = Self::PIECE.min(self.items - start);
        // SAFETY: both structures are alive and the cache is initialised. The range is within
        // the dataset and was claimed by this call alone, and nobody reads the dataset before
        // `finished` has seen every range filled.
        #[expect(unsafe_code, reason = "calls librandomx")]
        unsafe {
            ffi::randomx_init_dataset(self.dataset.raw(), self.cache.raw(), start, count);
        }
        self.filled.fetch_add(count, Ordering::Release);
        true
    }

    /// Whether pieces are left that no thread has claimed.
    #[must_use]
    pub fn has_unclaimed(&self) -> bool {
        self.claimed.load(Ordering::Relaxed) < self.items
    }

    /// How much is filled, 0 to 1.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
        let fraction = self.filled.load(Ordering::Relaxed) as f64 / self.items as f64;
        fraction
    }

    /// The dataset, when all of it is filled.
    #[must_use]
    pub fn finished(&self) -> Option<Arc<Dataset>> {
        // Acquire pairs with the release of each piece: what they wrote is seen.
        let complete = self.filled.load(Ordering::Acquire) == self.items;
        complete.then(|| Arc::clone(&self.dataset))
    }

    /// The cache that it is computed from.
    #[must_use]
    pub const fn cache(&self) -> &Arc<Cache> {
        &self.cache
    }
}
