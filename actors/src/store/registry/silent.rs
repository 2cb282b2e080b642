//! Which rigs are silent, readable from any thread without asking the registry.

use std::sync::{Arc, Mutex, PoisonError};

use zartrux_models::share::RigKey;

/// A rig that is missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilentRig {
    /// Its key.
    pub rig: RigKey,
    /// Its rig id, or its user where it gives none; hostile bytes, a wallet in full.
    pub name: Box<str>,
    /// When its last share came, ms since 1970; 0: it never sent one.
    pub last_share_ms: u64,
}

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SilentRigs {
    /// In the order of their keys, at most [`SilentRigs::NAMED`].
    pub rigs: Vec<SilentRig>,
    /// How many there are.
    pub total: usize,
}

impl SilentRigs {
    /// Rigs that are named.
    pub const NAMED: usize = 10_000;
}

/// Where the registry shows them; none before it has looked at every rig once.
#[derive(Debug, Default)]
pub struct SilentBoard(Mutex<Option<Arc<SilentRigs>>>);

impl SilentBoard {
    pub(super) fn show(&self, report: Option<Arc<SilentRigs>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = report;
    }

    /// Those that are silent; none before every rig was looked at once.
    #[must_use]
    pub fn rigs(&self) -> Option<Arc<SilentRigs>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
