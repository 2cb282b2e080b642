//! Hashes that come out wrong on purpose.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// Armed wrong hashes.
#[derive(Debug, Default)]
pub(super) struct WrongHashes {
    armed: AtomicU8,
    fired: AtomicUsize,
}

impl WrongHashes {
    pub(super) fn arm(&self, count: u8) {
        self.armed.store(count, Ordering::Relaxed);
    }

    /// What is hashed for `blob`: while wrong hashes are armed, something that differs in one
    /// bit, another than the time before. (A hash itself can't be altered: only RandomX makes
    /// one.)
    pub(super) fn input<'a>(&self, blob: &'a [u8]) -> Cow<'a, [u8]> {
        let mut input = Cow::Borrowed(blob);
        let take = |left: u8| left.checked_sub(1);
        let taken = self
            .armed
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        if taken.is_ok() && !blob.is_empty() {
            let bit = self.fired.fetch_add(1, Ordering::Relaxed);
            input.to_mut()[bit / 8 % blob.len()] ^= 1 << (bit % 8);
        }
        input
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_hashes_as_were_armed_are_of_something_else_and_each_of_another() {
        let wrong = WrongHashes::default();
        assert_eq!(*wrong.input(b"blob"), *b"blob");
        wrong.arm(2);
        let inputs = [(); 3].map(|()| wrong.input(b"blob"));
        assert!(inputs[0] != inputs[1] && *inputs[0] != *b"blob" && *inputs[1] != *b"blob");
        assert_eq!(*inputs[2], *b"blob");
        wrong.arm(1);
        assert!(!inputs.contains(&wrong.input(b"blob")), "nor of one before");
        wrong.arm(1);
        assert_eq!(*wrong.input(b""), *b"");
    }
}
