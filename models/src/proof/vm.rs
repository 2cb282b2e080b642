//! The virtual machine that computes a hash, and the hash as only it can make it.

use std::ffi::c_int;
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, PoisonError};

use super::ffi::{self, RawVm};
use super::{Cache, Dataset, Features, Pages, ProofError, selftest};
use crate::work::{ResultHash, SeedHash};

/// The algorithm's version; cache and dataset are the same for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Version {
    /// `rx/0`.
    #[default]
    V1,
    /// `rx/2`.
    V2,
}

impl Version {
    const fn flag(self) -> c_int {
        match self {
            Self::V1 => 0,
            Self::V2 => ffi::FLAG_V2,
        }
    }
}

/// A hash that RandomX computed in this process.
///
/// Only [`Vm::hash`] makes one, so that whoever holds one knows that the work was done:
///
/// ```compile_fail,E0423
/// let made_up = zartrux_models::proof::ComputedHash([0; 32]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ComputedHash([u8; 32]);

impl ComputedHash {
    /// Whether it is the claimed result.
    #[must_use]
    pub fn matches(&self, claimed: &ResultHash) -> bool {
        self.0 == *claimed.as_bytes()
    }

    /// The hash as a result: what an honest miner would have claimed under version 1, and what
    /// it sends as `commitment` under version 2.
    #[must_use]
    pub const fn as_result(&self) -> ResultHash {
        ResultHash::new(self.0)
    }
}

impl fmt::Debug for ComputedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ComputedHash({})", self.as_result())
    }
}

/// What a machine reads; owned, so that it cannot be released under it.
enum Source {
    Light(Arc<Cache>),
    Fast(Arc<Dataset>),
}

/// A RandomX virtual machine: 2 MiB of its own, one hash at a time.
pub struct Vm {
    raw: NonNull<RawVm>,
    source: Source,
    version: Version,
    flags: c_int,
}

// SAFETY: the machine has no tie to the thread that made it: its memory is the process's, and
// the floating-point state that a hash needs is set and restored within the call. It is not
// `Sync`: a hash changes the machine, hence `&mut self`.
#[expect(unsafe_code, reason = "a foreign pointer is not Send by itself")]
unsafe impl Send for Vm {}

impl Vm {
    /// A machine in light mode, 25 to 30 ms a hash.
    ///
    /// # Errors
    /// The system refuses the memory, or this build does not know the version.
    pub fn light(cache: Arc<Cache>, version: Version, pages: Pages) -> Result<Self, ProofError> {
        require(version)?;
        Self::create(Source::Light(cache), version, pages)
    }

    /// A machine in fast mode, 2 to 6 ms a hash.
    ///
    /// # Errors
    /// The system refuses the memory, or this build does not know the version.
    pub fn fast(dataset: Arc<Dataset>, version: Version, pages: Pages) -> Result<Self, ProofError> {
        require(version)?;
        Self::create(Source::Fast(dataset), version, pages)
    }

    /// A light machine of a version that this build may turn out not to know: for finding out.
    pub(super) fn unchecked(cache: Arc<Cache>, version: Version) -> Result<Self, ProofError> {
        Self::create(Source::Light(cache), version, Pages::Ordinary)
    }

    fn create(source: Source, version: Version, pages: Pages) -> Result<Self, ProofError> {
        // The library writes a static variable while it makes a machine: one at a time.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);

        let (cache, dataset, full) = match &source {
            Source::Light(cache) => (cache.raw(), ptr::null_mut(), 0),
            Source::Fast(dataset) => (ptr::null_mut(), dataset.raw(), ffi::FLAG_FULL_MEM),
        };
        let (raw, flags) = Features::detect()
            .attempts(pages)
            .map(|flags| flags | full | version.flag())
            .find_map(|flags| {
                // SAFETY: exactly what these flags ask for is given, alive and complete: an
                // initialised cache, or a dataset with `FLAG_FULL_MEM`.
                #[expect(unsafe_code, reason = "calls librandomx")]
                let raw = unsafe { ffi::randomx_create_vm(flags, cache, dataset) };
                Some((NonNull::new(raw)?, flags))
            })
            .ok_or(ProofError::VmMemory)?;
        Ok(Self {
            raw,
            source,
            version,
            flags,
        })
    }

    /// Hashes under another seed from now on; 30 µs. For light mode.
    ///
    /// # Errors
    /// The machine is in fast mode.
    pub fn set_cache(&mut self, cache: Arc<Cache>) -> Result<(), ProofError> {
        let Source::Light(current) = &mut self.source else {
            return Err(ProofError::NotLight);
        };
        // SAFETY: the machine was made without `FLAG_FULL_MEM`, the cache is initialised. The
        // former cache is alive during the call, so the library, which takes a cache of the
        // same key at the same address for the same cache, cannot mistake one for the other.
        #[expect(unsafe_code, reason = "calls librandomx")]
        unsafe {
            ffi::randomx_vm_set_cache(self.raw.as_ptr(), cache.raw());
        }
        *current = cache;
        Ok(())
    }

    /// The RandomX hash of `input` under this machine's seed.
    pub fn hash(&mut self, input: &[u8]) -> ComputedHash {
        let mut output = [0; ffi::HASH_SIZE];
        // SAFETY: the machine and what it reads are alive, `&mut` keeps other threads out, the
        // input is read within its length and the output has the size that is written.
        #[expect(unsafe_code, reason = "calls librandomx")]
        unsafe {
            ffi::randomx_calculate_hash(
                self.raw.as_ptr(),
                input.as_ptr().cast(),
                input.len(),
                output.as_mut_ptr().cast(),
            );
        }
        ComputedHash(output)
    }

    /// Whether it hashes under that seed.
    #[must_use]
    pub fn is_for(&self, seed: &SeedHash) -> bool {
        match &self.source {
            Source::Light(cache) => cache.is_for(seed),
            Source::Fast(dataset) => dataset.is_for(seed),
        }
    }

    /// Whether it reads a dataset.
    #[must_use]
    pub const fn is_fast(&self) -> bool {
        matches!(self.source, Source::Fast(_))
    }

    /// The algorithm's version that it computes.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Whether it compiles its programs.
    #[must_use]
    pub const fn jit(&self) -> bool {
        self.flags & ffi::FLAG_JIT != 0
    }

    /// Whether its own 2 MiB lie in a reserved large page.
    #[must_use]
    pub const fn large_pages(&self) -> bool {
        self.flags & ffi::FLAG_LARGE_PAGES != 0
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        // SAFETY: made in `create`, destroyed nowhere else; `source` is dropped after it.
        #[expect(unsafe_code, reason = "calls librandomx")]
        unsafe {
            ffi::randomx_destroy_vm(self.raw.as_ptr());
        }
    }
}

impl fmt::Debug for Vm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = match &self.source {
            Source::Light(cache) => cache.key(),
            Source::Fast(dataset) => dataset.key(),
        };
        f.debug_struct("Vm")
            .field("key", &const_hex::encode(key))
            .field("version", &self.version)
            .field("fast", &self.is_fast())
            .field("jit", &self.jit())
            .finish_non_exhaustive()
    }
}

fn require(version: Version) -> Result<(), ProofError> {
    match version {
        Version::V1 => Ok(()),
        Version::V2 if selftest::knows_v2() => Ok(()),
        Version::V2 => Err(ProofError::NoVersion2),
    }
}
