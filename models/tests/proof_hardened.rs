//! RandomX where the system forbids to execute what was written (a service hardened with
//! `MemoryDenyWriteExecute=`). Alone in its file: the prohibition holds for the whole process.
#![cfg(test)]
#![cfg(target_os = "linux")]

use zartrux_models::proof::{Cache, Features, Pages, Version, Vm};

/// `PR_SET_MDWE` with `PR_MDWE_REFUSE_EXEC_GAIN`, Linux 6.3; false on an older kernel.
#[expect(unsafe_code, reason = "prctl has no safe wrapper")]
fn forbid_execution() -> bool {
    const PR_SET_MDWE: libc::c_int = 65;
    const REFUSE_EXEC_GAIN: libc::c_ulong = 1;
    // SAFETY: this option takes four plain numbers and touches no memory of ours.
    unsafe { libc::prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0) == 0 }
}

#[test]
fn without_leave_to_execute_programs_are_interpreted_to_the_same_hash() {
    let forbidden = forbid_execution();
    if forbidden {
        assert!(!Features::detect().jit());
    }
    let cache = Cache::for_key(b"test key 000", Pages::PreferLarge).unwrap();
    let mut vm = Vm::light(cache, Version::V1, Pages::PreferLarge).unwrap();
    assert_eq!(vm.jit(), Features::detect().jit());
    assert_eq!(
        vm.hash(b"This is a test").as_result().to_string(),
        "639183aae1bf4c9a35884cb46b09cad9175f04efd7684e7262a0ac1c2f0b4e3f"
    );
}
