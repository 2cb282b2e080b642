//! What the C library's allocator keeps for itself.

/// Has it give large blocks back as soon as they are free.
///
/// Left alone, glibc takes each large block that is freed for a sign that such are wanted often,
/// and keeps up to twice as much in each thread's heap from then on: the store, which reads files
/// in pieces of megabytes and whose database has threads of its own, held three times what it
/// needed.
pub fn settle() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fix_thresholds();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the C library has no other way to be told")]
fn fix_thresholds() {
    /// With what glibc begins.
    const BYTES: libc::c_int = 128 << 10;
    for threshold in [libc::M_MMAP_THRESHOLD, libc::M_TRIM_THRESHOLD] {
        // SAFETY: it takes two numbers and no pointer, and may be called at any time. Where it
        // refuses, everything stays as it was.
        unsafe { libc::mallopt(threshold, BYTES) };
    }
}
