//! What tells a share from all others, wherever it is read.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use zartrux_models::ledger::{ShareEntry, write_tail};
use zartrux_models::share::{RigKey, ShareId};

/// The same for the same share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// Its name. Machines that were never told apart have the same names for other shares; these
    /// differ in their times.
    Named {
        node: u16,
        run: u32,
        id: ShareId,
        unix_ms: u64,
        rig: RigKey,
    },
    /// It has no name: 128 bits of all that it says, but for its place in a ledger.
    Content([u64; 2]),
}

impl Key {
    pub(super) fn of(share: &ShareEntry) -> Self {
        if let Some(id) = share.id {
            return Self::Named {
                node: share.node,
                run: share.run,
                id,
                unix_ms: share.unix_ms,
                rig: share.rig,
            };
        }
        let mut bare = share.clone();
        (bare.seq, bare.upstream, bare.flags.imported) = (0, None, true);
        let bytes = write_tail(&[bare]);
        Self::Content([0u8, 1].map(|salt| {
            let mut hash = DefaultHasher::new();
            (salt, &bytes).hash(&mut hash);
            hash.finish()
        }))
    }
}
