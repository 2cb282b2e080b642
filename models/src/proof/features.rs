//! What the processor and the system let RandomX use.

use std::ffi::c_int;
use std::sync::OnceLock;

use super::{ffi, memory};

/// The ways of computing that this machine offers; the result is the same in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features {
    flags: c_int,
}

impl Features {
    /// Looks once per process.
    ///
    /// The just-in-time compiler is used only where the system lets a page that was written be
    /// executed: a service hardened by `MemoryDenyWriteExecute=` does not, and the library,
    /// which ignores that refusal, would crash.
    #[must_use]
    pub fn detect() -> Self {
        static DETECTED: OnceLock<Features> = OnceLock::new();
        *DETECTED.get_or_init(|| {
            let mut flags = ffi::randomx_get_flags() & !ffi::FLAG_V2;
            if !memory::may_execute() {
                flags &= !ffi::FLAG_JIT;
            }
            if flags & ffi::FLAG_JIT != 0 {
                // Never writable and executable at once; costs 2 to 3 % of a light hash.
                flags |= ffi::FLAG_SECURE;
            }
            Self { flags }
        })
    }

    /// Whether programs are compiled; interpreting them takes three times as long.
    #[must_use]
    pub const fn jit(self) -> bool {
        self.flags & ffi::FLAG_JIT != 0
    }

    /// Whether the processor's AES instructions are used.
    #[must_use]
    pub const fn hard_aes(self) -> bool {
        self.flags & ffi::FLAG_HARD_AES != 0
    }

    /// The library's flags to try one after the other, from the fastest to the most modest.
    pub(super) fn attempts(self, pages: memory::Pages) -> impl Iterator<Item = c_int> {
        let compiled = self.flags;
        let interpreted = self.flags & !(ffi::FLAG_JIT | ffi::FLAG_SECURE);
        let large = pages == memory::Pages::PreferLarge;
        [
            (large, compiled | ffi::FLAG_LARGE_PAGES),
            (true, compiled),
            (large, interpreted | ffi::FLAG_LARGE_PAGES),
            (compiled != interpreted, interpreted),
        ]
        .into_iter()
        .filter_map(|(wanted, flags)| wanted.then_some(flags))
    }
}
