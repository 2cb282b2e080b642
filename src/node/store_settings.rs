//! From settings to where and how much is stored.

use std::path::{Path, PathBuf};
use std::time::Duration;

use zartrux_actors::miner_sessions::rig_key_of;
use zartrux_actors::store::ledger::Retention;
use zartrux_actors::store::registry::Expectation;
use zartrux_actors::store::state::StateBounds;
use zartrux_config::{Expect, Settings};
use zartrux_models::ledger::PresencePolicy;

/// Folders of the store below the data folder.
#[derive(Debug, Clone)]
pub struct StoreFolders {
    /// The volumes of the ledger.
    pub shares: PathBuf,
    /// The registry and the sums.
    pub state: PathBuf,
}

impl StoreFolders {
    /// Of a data folder.
    #[must_use]
    pub fn below(data: &Path) -> Self {
        let store = data.join("store");
        Self {
            shares: store.join("shares"),
            state: store.join("state"),
        }
    }
}

/// How much of the ledger is kept.
#[must_use]
pub fn retention(settings: &Settings) -> Retention {
    const DAY: u64 = 24 * 60 * 60;
    Retention {
        days: settings
            .store
            .keep
            .map(|keep| u32::try_from(keep.as_secs() / DAY).unwrap_or(u32::MAX)),
        bytes: settings.store.max_size.bytes() as u64,
    }
}

/// How much of the registry and the sums is kept.
#[must_use]
pub fn state_bounds(settings: &Settings) -> StateBounds {
    let store = &settings.store;
    StateBounds {
        max_rigs: settings.filters.max_rigs,
        keep_minutes: store.keep_minutes.as_secs() / 60,
        keep_hours: store.keep_hours.as_secs() / 3_600,
        keep_days: store.keep_days.as_secs() / 86_400,
        cache_bytes: 8 << 20,
    }
}

/// When a rig is late, silent, and not waited for any more.
pub(super) fn presence_policy(settings: &Settings) -> PresencePolicy {
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    PresencePolicy {
        late_after_ms: millis(settings.rigs.late_after),
        silent_after_ms: millis(settings.rigs.silent_after),
        forget_after_ms: millis(settings.filters.forget_after),
    }
}

/// Which rigs should be there.
#[must_use]
pub fn expectation(settings: &Settings) -> Expectation {
    let rigs = &settings.rigs;
    Expectation {
        policy: presence_policy(settings),
        listed_only: rigs.expect == Expect::Listed,
        listed: rigs.expected.iter().map(|name| rig_key_of(name)).collect(),
    }
}
