//! The side of the pools.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// An upstream of the settings.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UpstreamShown {
    /// `host:port`.
    pub name: String,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// Whom it pays, masked.
    pub user: String,
    /// The route that it is of.
    pub route: String,
    /// Lanes that it serves.
    pub serves: usize,
    /// Lanes in all.
    pub lanes: usize,
    /// Since its last job, ms; none: no session has had one.
    pub job_age_ms: Option<u64>,
    /// Height of its last job, where it tells.
    pub height: Option<u64>,
    /// Difficulty of its last job, hashes.
    pub difficulty: Option<u64>,
    /// From a submit to its verdict, smoothed, µs: the slowest session's.
    pub submit_micros: Option<u64>,
    /// Taken, of all sessions that are open.
    pub accepted: u64,
    /// Refused, by class of its words, of all sessions that are open.
    pub rejected: BTreeMap<String, u64>,
    /// Slots that miners hold, of [`Self::slots`]; none where it is not known.
    pub slots_used: Option<u64>,
    /// Slots of its open sessions: 256 each.
    pub slots: u64,
    /// Its sessions, the first [`Self::SESSIONS_MAX`].
    pub sessions: Vec<SessionShown>,
    /// Its sessions in all.
    pub sessions_total: usize,
}

impl UpstreamShown {
    /// Sessions that are shown of one upstream.
    pub const SESSIONS_MAX: usize = 16;
}

/// A connection to an upstream.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SessionShown {
    /// Lane and number, such as `lane0/pool/1`.
    pub name: String,
    /// Since when it is logged in, ms since 1970; none: it is not.
    pub connected_since_unix_ms: Option<u64>,
    /// Since its last job, ms.
    pub job_age_ms: Option<u64>,
    /// Submits that ended.
    pub forwarded: u64,
    /// Of these, taken.
    pub accepted: u64,
    /// Submits that wait for their verdict.
    pub pending: usize,
    /// From a submit to its verdict, smoothed, µs.
    pub submit_micros: Option<u64>,
    /// Connections lost and attempts failed, by class.
    pub lost: BTreeMap<String, u64>,
}
