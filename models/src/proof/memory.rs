//! Pages: which kind to ask for, and what the system allows to be done with them.

use std::ffi::c_void;

/// Which pages to put RandomX into. Whatever is asked for, less will do: large pages make
/// hashing faster, never different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pages {
    /// Reserved large pages (`vm.nr_hugepages`) where there are any, else ordinary ones.
    #[default]
    PreferLarge,
    /// Ordinary pages. On Linux they are still advised to be huge, which needs no set-up.
    Ordinary,
}

/// Advises the system to back `len` bytes from `start` with huge pages.
///
/// Worth a tenth of a light hash where `transparent_hugepage` is `madvise`, the default of most
/// distributions. Only advice: a refusal is of no consequence.
#[expect(
    unsafe_code,
    reason = "madvise has no safe wrapper in the standard library"
)]
pub(super) fn advise_huge(start: *mut c_void, len: usize) {
    #[cfg(target_os = "linux")]
    {
        // The largest page size in use: a multiple of every smaller one.
        const PAGE: usize = 64 << 10;
        let skip = start.align_offset(PAGE).min(len);
        let len = (len - skip) & !(PAGE - 1);
        // SAFETY: this advice changes neither contents nor protection of any page, whatever
        // range it is given; a range that is not mapped is answered with an error.
        unsafe { libc::madvise(start.wrapping_byte_add(skip), len, libc::MADV_HUGEPAGE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (start, len);
}

/// Whether the system lets this process execute a page that it has written, one after the
/// other, as the compiler of RandomX does.
#[expect(
    unsafe_code,
    reason = "mmap has no safe wrapper in the standard library"
)]
pub(super) fn may_execute() -> bool {
    #[cfg(unix)]
    {
        const LEN: usize = 4096;
        // SAFETY: an anonymous mapping of its own at an address of the system's choice, never
        // read or written, its protection changed and unmapped again under the same length.
        unsafe {
            let page = libc::mmap(
                std::ptr::null_mut(),
                LEN,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANON,
                -1,
                0,
            );
            if page == libc::MAP_FAILED {
                return false;
            }
            let allowed = libc::mprotect(page, LEN, libc::PROT_READ | libc::PROT_EXEC) == 0;
            libc::munmap(page, LEN);
            allowed
        }
    }
    #[cfg(not(unix))]
    true
}
