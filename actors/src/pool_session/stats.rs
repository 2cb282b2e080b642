//! What a pool session counts; read from any thread without asking it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use zartrux_models::stratum::ErrorClass;
use zartrux_models::work::{Algorithm, UpstreamJob};

/// Counters of one pool session, over all its connections.
#[derive(Debug, Default)]
pub struct PoolStats {
    attempts: AtomicU64,
    logins: AtomicU64,
    logged_in_at: AtomicU64,
    accepted: AtomicU64,
    accepted_at: AtomicU64,
    rejected: [AtomicU64; ErrorClass::ALL.len()],
    unanswered: AtomicU64,
    undeliverable: AtomicU64,
    late_replies: AtomicU64,
    pending: AtomicUsize,
    jobs: AtomicU64,
    job_at: AtomicU64,
    job_height: AtomicU64,
    job_difficulty: AtomicU64,
    job_algorithm: Mutex<Option<Algorithm>>,
    odd_lines: AtomicU64,
    reconnects_refused: AtomicU64,
    bytes_read: AtomicU64,
    bytes_written: AtomicU64,
    writes: AtomicU64,
    latency_micros: AtomicU64,
    lost: [AtomicU64; ErrorClass::ALL.len()],
    follows: AtomicBool,
}

/// A copy of a pool session's counters, as the API shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PoolReport {
    /// Attempts to connect.
    pub attempts: u64,
    /// Connections that were logged in.
    pub connections: u64,
    /// Since when it is logged in, ms since 1970; `None`: it is not.
    pub connected_since_unix_ms: Option<u64>,
    /// Connections lost and attempts failed, by class; classes that never occurred are left out.
    pub lost: BTreeMap<&'static str, u64>,
    /// Submits that were written and have ended: accepted, rejected or unanswered.
    pub forwarded: u64,
    /// Submits the pool took.
    pub accepted: u64,
    /// When it took the last one, ms since 1970.
    pub last_accepted_unix_ms: Option<u64>,
    /// Submits the pool refused, by class of its words; classes that never occurred are left out.
    pub rejected: BTreeMap<&'static str, u64>,
    /// Submits that were written and never answered.
    pub unanswered: u64,
    /// Shares that were not written.
    pub undeliverable: u64,
    /// Submits that wait for their verdict.
    pub pending: usize,
    /// Verdicts on submits that had been settled already.
    pub late_replies: u64,
    /// Jobs received.
    pub jobs: u64,
    /// When the last job came, ms since 1970.
    pub last_job_unix_ms: Option<u64>,
    /// Height of the last job, where the pool tells it.
    pub height: Option<u64>,
    /// Difficulty of the last job, in hashes.
    pub difficulty: Option<u64>,
    /// Algorithm of the last job; hostile bytes.
    pub algorithm: Option<String>,
    /// Lines that made no sense.
    pub odd_lines: u64,
    /// `client.reconnect` that were not followed.
    pub reconnects_refused: u64,
    /// Bytes read.
    pub bytes_read: u64,
    /// Bytes written.
    pub bytes_written: u64,
    /// Writes; submits that come together share one.
    pub writes: u64,
    /// From a submit to its verdict, smoothed, µs.
    pub submit_latency_micros: Option<u64>,
    /// It is on the connection of another session, where what concerns that is counted. Left out
    /// when it has one of its own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub shares_connection: bool,
}

impl PoolReport {
    /// Adds what another session has counted, and nothing of how it stands.
    pub fn add_counts(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.attempts, other.attempts),
            (&mut self.connections, other.connections),
            (&mut self.forwarded, other.forwarded),
            (&mut self.accepted, other.accepted),
            (&mut self.unanswered, other.unanswered),
            (&mut self.undeliverable, other.undeliverable),
            (&mut self.late_replies, other.late_replies),
            (&mut self.jobs, other.jobs),
            (&mut self.odd_lines, other.odd_lines),
            (&mut self.reconnects_refused, other.reconnects_refused),
            (&mut self.bytes_read, other.bytes_read),
            (&mut self.bytes_written, other.bytes_written),
            (&mut self.writes, other.writes),
        ] {
            *mine = mine.saturating_add(theirs);
        }
        for (mine, theirs) in [
            (&mut self.lost, &other.lost),
            (&mut self.rejected, &other.rejected),
        ] {
            for (label, count) in theirs {
                *mine.entry(label).or_default() += count;
            }
        }
    }
}

impl PoolStats {
    pub(crate) fn attempt(&self) {
        add(&self.attempts, 1);
    }

    pub(crate) fn logged_in(&self, unix_ms: u64) {
        add(&self.logins, 1);
        self.seen_logged_in(unix_ms);
    }

    /// Logged in over a connection that is counted elsewhere.
    pub(crate) fn seen_logged_in(&self, unix_ms: u64) {
        self.logged_in_at.store(unix_ms, Ordering::Relaxed);
    }

    pub(crate) fn lost(&self, class: ErrorClass) {
        add(&self.lost[class.index()], 1);
        self.left();
    }

    /// Whether it is on the connection of another session.
    pub(crate) fn follow(&self, follows: bool) {
        self.follows.store(follows, Ordering::Relaxed);
    }

    /// Not logged in any more.
    pub(crate) fn left(&self) {
        self.logged_in_at.store(0, Ordering::Relaxed);
    }

    pub(crate) fn job(&self, job: &UpstreamJob, unix_ms: u64) {
        add(&self.jobs, 1);
        self.show_job(job, unix_ms);
    }

    /// A job that is counted elsewhere.
    pub(crate) fn show_job(&self, job: &UpstreamJob, unix_ms: u64) {
        self.job_at.store(unix_ms, Ordering::Relaxed);
        self.job_height
            .store(job.height.unwrap_or_default(), Ordering::Relaxed);
        self.job_difficulty
            .store(job.target.difficulty().get(), Ordering::Relaxed);
        let mut algorithm = self
            .job_algorithm
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if algorithm.as_ref() != Some(&job.algorithm) {
            *algorithm = Some(job.algorithm.clone());
        }
    }

    pub(crate) fn accepted(&self, unix_ms: u64) {
        add(&self.accepted, 1);
        self.accepted_at.store(unix_ms, Ordering::Relaxed);
    }

    pub(crate) fn rejected(&self, class: ErrorClass) {
        add(&self.rejected[class.index()], 1);
    }

    pub(crate) fn unanswered(&self) {
        add(&self.unanswered, 1);
    }

    pub(crate) fn undeliverable(&self) {
        add(&self.undeliverable, 1);
    }

    pub(crate) fn pending(&self, count: usize) {
        self.pending.store(count, Ordering::Relaxed);
    }

    pub(crate) fn late_reply(&self) {
        add(&self.late_replies, 1);
    }

    pub(crate) fn odd_line(&self) {
        add(&self.odd_lines, 1);
    }

    pub(crate) fn reconnect_refused(&self) {
        add(&self.reconnects_refused, 1);
    }

    pub(crate) fn read(&self, bytes: usize) {
        add(&self.bytes_read, bytes as u64);
    }

    pub(crate) fn wrote(&self, bytes: u64, writes: u64) {
        add(&self.bytes_written, bytes);
        add(&self.writes, writes);
    }

    pub(crate) fn latency(&self, took: Duration) {
        // Zero means that nothing was measured yet.
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        let smooth = self.latency_micros.load(Ordering::Relaxed);
        let smooth = if smooth == 0 {
            micros
        } else {
            (smooth - smooth / 8).saturating_add(micros / 8).max(1)
        };
        self.latency_micros.store(smooth, Ordering::Relaxed);
    }

    /// A copy of everything.
    #[must_use]
    pub fn report(&self) -> PoolReport {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let known = |counter: &AtomicU64| Some(read(counter)).filter(|value| *value > 0);
        let (accepted, unanswered) = (read(&self.accepted), read(&self.unanswered));
        let rejected = by_class(&self.rejected);
        PoolReport {
            attempts: read(&self.attempts),
            connections: read(&self.logins),
            connected_since_unix_ms: known(&self.logged_in_at),
            lost: by_class(&self.lost),
            forwarded: accepted + rejected.values().sum::<u64>() + unanswered,
            accepted,
            last_accepted_unix_ms: known(&self.accepted_at),
            rejected,
            unanswered,
            undeliverable: read(&self.undeliverable),
            pending: self.pending.load(Ordering::Relaxed),
            late_replies: read(&self.late_replies),
            jobs: read(&self.jobs),
            last_job_unix_ms: known(&self.job_at),
            height: known(&self.job_height),
            difficulty: known(&self.job_difficulty),
            algorithm: self
                .job_algorithm
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .as_ref()
                .map(|algorithm| algorithm.name().to_owned()),
            odd_lines: read(&self.odd_lines),
            reconnects_refused: read(&self.reconnects_refused),
            bytes_read: read(&self.bytes_read),
            bytes_written: read(&self.bytes_written),
            writes: read(&self.writes),
            submit_latency_micros: known(&self.latency_micros),
            shares_connection: self.follows.load(Ordering::Relaxed),
        }
    }
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

fn by_class(counters: &[AtomicU64; ErrorClass::ALL.len()]) -> BTreeMap<&'static str, u64> {
    ErrorClass::ALL
        .iter()
        .zip(counters)
        .map(|(class, counter)| (class.label(), counter.load(Ordering::Relaxed)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latency_follows_what_is_measured() {
        let stats = PoolStats::default();
        assert_eq!(stats.report().submit_latency_micros, None);
        stats.latency(Duration::from_millis(8));
        assert_eq!(stats.report().submit_latency_micros, Some(8_000));
        for _ in 0..200 {
            stats.latency(Duration::from_millis(80));
        }
        let settled = stats.report().submit_latency_micros.unwrap();
        assert!((79_000..=80_000).contains(&settled), "{settled}");
    }

    #[test]
    fn rejections_and_losses_are_counted_by_class() {
        let stats = PoolStats::default();
        stats.rejected(ErrorClass::Stale);
        stats.rejected(ErrorClass::Stale);
        stats.accepted(1_700_000_000_000);
        stats.unanswered();
        stats.lost(ErrorClass::Ban);
        let report = stats.report();
        assert_eq!(report.rejected, BTreeMap::from([("stale", 2)]));
        assert_eq!(report.forwarded, 4);
        assert_eq!(report.lost, BTreeMap::from([("ban", 1)]));
        assert!(
            serde_json::to_string(&report)
                .unwrap()
                .contains("\"stale\":2")
        );
    }
}
