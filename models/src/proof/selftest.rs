//! Whether RandomX computes correctly here, and which versions of it.
//!
//! A library that computes wrong hashes would convict every honest rig, so nobody is judged
//! before the published vectors have been reproduced, in the very way that is used for shares.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::{Cache, Pages, ProofError, SelfTestError, Version, Vm};
use crate::work::ResultHash;

/// From the library's `tests.cpp`: input, hash of version 1, hash of version 2, under one key.
const KEY: &[u8] = b"test key 000";
const VECTORS: [(&str, [u8; 32], [u8; 32]); 2] = [
    (
        "This is a test",
        bytes("639183aae1bf4c9a35884cb46b09cad9175f04efd7684e7262a0ac1c2f0b4e3f"),
        bytes("22ec6b861b3eb23686b2efbad69513c967ecfce80983df66c9c5b4fbfb4cdb6f"),
    ),
    (
        "sed do eiusmod tempor incididunt ut labore et dolore magna aliqua",
        bytes("c36d4ed4191e617309867ed66a443be4075014e2b061bcdaf9ce7b721d2b77a8"),
        bytes("4d6b063a1a603751d525f18a171336a4002f2f06df6c17e4b25fe17e17796e42"),
    ),
];

/// What the test found out; a machine does not change its mind.
struct Outcome {
    version1: Result<(), SelfTestError>,
    knows_v2: bool,
}

/// Reproduces the published vectors of version 1. Computed once per process: 256 MiB for about
/// a second; later calls return what was found.
///
/// # Errors
/// A hash comes out wrong; or there is no memory (which is not remembered).
pub fn self_test() -> Result<(), SelfTestError> {
    outcome()?.version1.clone()
}

/// Whether this build computes RandomX version 2, found by its published vectors too: the
/// vendored library is of version 1; `RANDOMX_DIR` may have pointed the build at another.
///
/// Runs [`self_test`] if that has not run yet. False where it cannot.
#[must_use]
pub fn knows_v2() -> bool {
    outcome().is_ok_and(|outcome| outcome.knows_v2)
}

fn outcome() -> Result<&'static Outcome, ProofError> {
    static OUTCOME: OnceLock<Outcome> = OnceLock::new();
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    if let Some(outcome) = OUTCOME.get() {
        return Ok(outcome);
    }
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(outcome) = OUTCOME.get() {
        return Ok(outcome);
    }
    let found = run()?;
    Ok(OUTCOME.get_or_init(|| found))
}

fn run() -> Result<Outcome, ProofError> {
    let cache = Cache::for_key(KEY, Pages::Ordinary)?;
    let mut vm = Vm::unchecked(Arc::clone(&cache), Version::V1)?;
    let version1 = VECTORS.iter().try_for_each(|&(input, published, _)| {
        let published = ResultHash::new(published);
        let computed = vm.hash(input.as_bytes());
        computed
            .check(&published)
            .map_err(|mismatch| SelfTestError::WrongHash {
                input,
                computed: mismatch.computed().as_result(),
                published,
            })
    });
    // A library of version 1 ignores the flag and returns version 1's hash.
    let mut vm = Vm::unchecked(cache, Version::V2)?;
    let knows_v2 = VECTORS.iter().all(|&(input, _, published)| {
        vm.hash(input.as_bytes())
            .matches(&ResultHash::new(published))
    });
    Ok(Outcome { version1, knows_v2 })
}

/// Reads 64 hex digits while compiling.
const fn bytes(hex: &str) -> [u8; 32] {
    match const_hex::const_decode_to_array(hex.as_bytes()) {
        Ok(bytes) => bytes,
        #[expect(clippy::panic, reason = "runs in the compiler only")]
        Err(_) => panic!("not 64 hex digits"),
    }
}
