//! RandomX where memory is short. Alone in its file: the limit holds for the whole process.
#![cfg(test)]
#![cfg(target_os = "linux")]

use std::fs;

use zartrux_models::proof::{Cache, DatasetBuilder, Pages, ProofError};

/// Lets the process grow by `spare` bytes of address space and no more.
#[expect(unsafe_code, reason = "setrlimit has no safe wrapper")]
fn limit_growth(spare: u64) {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
    let limit = libc::rlimit {
        rlim_cur: pages * 4096 + spare,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: reads the structure it is given.
    let refused = unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) };
    assert_eq!(refused, 0);
}

#[test]
fn refused_memory_is_an_error_and_not_a_crash() {
    let cache = Cache::for_key(b"a key", Pages::Ordinary).unwrap();
    limit_growth(64 << 20);
    let refused = Cache::for_key(b"another key", Pages::PreferLarge);
    assert_eq!(refused.unwrap_err(), ProofError::CacheMemory);
    let refused = DatasetBuilder::new(cache, Pages::PreferLarge);
    assert_eq!(refused.unwrap_err(), ProofError::DatasetMemory);

    limit_growth(512 << 20);
    assert!(Cache::for_key(b"another key", Pages::PreferLarge).is_ok());
}
