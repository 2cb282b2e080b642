//! What the store shows of itself, readable from any thread without asking it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::Damage;
use super::ledger::Mended;

/// Live figures; the store and the lanes write, anybody reads.
#[derive(Debug, Default)]
pub struct StoreStatus {
    recorded: AtomicU64,
    journaled: AtomicU64,
    lost: AtomicU64,
    late: AtomicU64,
    commits: AtomicU64,
    commit_micros: AtomicU64,
    commit_micros_max: AtomicU64,
    last_seq: AtomicU64,
    volumes: AtomicU64,
    bytes: AtomicU64,
    failures: AtomicU64,
    words: Mutex<Words>,
}

#[derive(Debug, Default)]
struct Words {
    failing: Option<Failing>,
    damage: VecDeque<String>,
}

/// Why the store can't write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failing {
    /// In words.
    pub why: String,
    /// Since when, milliseconds since 1970.
    pub since_unix_ms: u64,
}

/// A copy of what the store shows.
#[derive(Debug, Clone, Serialize)]
pub struct StoreReport {
    /// Why it can't write, if it can't: shares go on, and are acknowledged unrecorded.
    pub failing: Option<Failing>,
    /// Shares written since the process started.
    pub shares_recorded: u64,
    /// Entries of the journal written since the process started.
    pub journal_recorded: u64,
    /// Shares that were never written: the store could not for too long.
    pub shares_lost: u64,
    /// Shares acknowledged before they were written: the store took too long.
    pub acknowledged_unrecorded: u64,
    /// Commits.
    pub commits: u64,
    /// Smoothed time of a commit, µs.
    pub commit_micros: u64,
    /// The longest one, µs.
    pub commit_micros_max: u64,
    /// Number of the last share in the ledger.
    pub last_seq: u64,
    /// Volumes of the ledger.
    pub volumes: u64,
    /// Bytes that they take up.
    pub ledger_bytes: u64,
    /// Times that it failed since the process started.
    pub failures: u64,
    /// What could not be read, the last first; at most [`StoreStatus::DAMAGE`].
    pub damage: Vec<String>,
}

impl StoreStatus {
    /// Damages that are remembered.
    pub const DAMAGE: usize = 16;

    fn words(&self) -> MutexGuard<'_, Words> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it shows.
    #[must_use]
    pub fn report(&self) -> StoreReport {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let words = self.words();
        StoreReport {
            failing: words.failing.clone(),
            damage: words.damage.iter().cloned().collect(),
            shares_recorded: get(&self.recorded),
            journal_recorded: get(&self.journaled),
            shares_lost: get(&self.lost),
            acknowledged_unrecorded: get(&self.late),
            commits: get(&self.commits),
            commit_micros: get(&self.commit_micros),
            commit_micros_max: get(&self.commit_micros_max),
            last_seq: get(&self.last_seq),
            volumes: get(&self.volumes),
            ledger_bytes: get(&self.bytes),
            failures: get(&self.failures),
        }
    }

    /// Why it can't write, if it can't.
    #[must_use]
    pub fn failing(&self) -> Option<Failing> {
        self.words().failing.clone()
    }

    /// Whether it can write, as far as is known.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.words().failing.is_some()
    }

    pub(super) fn committed(&self, shares: u64, journal: u64, last_seq: u64, took: Duration) {
        self.recorded.fetch_add(shares, Ordering::Relaxed);
        self.journaled.fetch_add(journal, Ordering::Relaxed);
        self.last_seq.store(last_seq, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.commit_micros_max.fetch_max(micros, Ordering::Relaxed);
        let before = self.commit_micros.load(Ordering::Relaxed);
        let first = self.commits.fetch_add(1, Ordering::Relaxed) == 0;
        let smoothed = if first {
            micros
        } else {
            (before * 15).saturating_add(micros) / 16
        };
        self.commit_micros.store(smoothed, Ordering::Relaxed);
    }

    /// A share could not be handed to the store: it has as many waiting as it may.
    pub(crate) fn lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    /// A share was acknowledged before it was written.
    pub(crate) fn acknowledged_unrecorded(&self) {
        self.late.fetch_add(1, Ordering::Relaxed);
    }

    /// True when it could write before.
    pub(super) fn fails(&self, why: String, now_ms: u64) -> bool {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let mut words = self.words();
        let since = words.failing.as_ref().map(|failing| failing.since_unix_ms);
        words.failing = Some(Failing {
            why,
            since_unix_ms: since.unwrap_or(now_ms),
        });
        since.is_none()
    }

    /// It can write; why it could not before, if it could not.
    pub(super) fn works(&self) -> Option<Failing> {
        self.words().failing.take()
    }

    /// Tells of something that can't be read, or is gone.
    pub fn damaged(&self, damage: &Damage) {
        let mut words = self.words();
        words.damage.push_front(damage.to_string());
        words.damage.truncate(Self::DAMAGE);
    }

    /// Tells of a damaged volume that was made anew.
    pub fn tell_mended(&self, mended: &Mended) {
        tracing::error!(
            volume = %mended.volume, why = mended.why, shares = mended.shares,
            moved_to = %mended.moved_to.display(),
            "a volume of the ledger was damaged and is made anew from what was found"
        );
        self.damaged(&Damage {
            place: format!("volume {} of the ledger", mended.volume),
            why: format!(
                "{}; {} shares were found and its files moved to {}",
                mended.why,
                mended.shares,
                mended.moved_to.display()
            ),
        });
    }

    pub(super) fn measured(&self, volumes: u64, bytes: u64) {
        self.volumes.store(volumes, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }
}
