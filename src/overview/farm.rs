//! Shares and rigs.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// Is the farm earning?
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Earning {
    /// Of the shares that the pool answered in the last hour, how many it took: 0 to 1; none without
    /// an answer.
    pub accepted_ratio_1h: Option<f64>,
    /// Answers in the last hour that this rests on.
    pub answered_1h: u64,
    /// Hash rates of the whole farm over `10m`, `1h` and `24h`, from shares; those without a share
    /// are left out.
    pub hash_rates: Vec<RateShown>,
    /// Since the last share that the pool took, ms; none before the first.
    pub since_accepted_ms: Option<u64>,
    /// Miners connected.
    pub miners: u64,
    /// Miners with a job.
    pub miners_at_work: u64,
    /// From a share's line to its reply, the median and the 99th percentile since launch, µs: upper
    /// bounds within a factor of two; none before the first share.
    pub reply_micros: Option<[u64; 2]>,
}

/// A hash rate with its interval.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RateShown {
    /// The span of time: `10m`, `1h` or `24h`.
    pub over: &'static str,
    /// Hashes per second.
    pub per_second: f64,
    /// The truth is between this
    pub low: f64,
    /// and this in 95 of 100 cases.
    pub high: f64,
    /// Good shares in it.
    pub shares: u64,
}

/// What became of all shares since launch. `received` is the sum of all others but `late` and
/// `mended`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Shares {
    /// Submits from miners.
    pub received: u64,
    /// Under way.
    pub pending: u64,
    /// Taken by the pool.
    pub accepted: u64,
    /// Refused by the pool, by class of its words.
    pub rejected: BTreeMap<String, u64>,
    /// Never answered by the pool.
    pub unanswered: u64,
    /// Met only the miner's own target.
    pub credited: u64,
    /// Proved bad and refused here, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Stayed home: of a rig in quarantine, and not proved in time.
    pub held: u64,
    /// Their upstream connection was gone.
    pub undeliverable: u64,
    /// Too many were under way.
    pub overload: u64,
    /// Of those sent or credited: for the job before the current one.
    pub late: u64,
    /// Of those sent: the true hash took the place of a wrong one.
    pub mended: u64,
}

/// How many rigs there are, and how they are.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RigsShown {
    /// Known to the registry; none where nothing is stored.
    pub known: Option<usize>,
    /// By presence, looked at every few seconds; none where nothing is stored or before the first
    /// look.
    pub presence: Option<Presences>,
    /// Remembered by the judges, by standing; none while a judge's step hangs.
    pub standing: Option<BTreeMap<&'static str, u64>>,
}

/// Rigs by presence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Presences {
    /// Their shares come.
    pub online: u64,
    /// The next share is overdue.
    pub late: u64,
    /// None has come for so long that something is wrong.
    pub silent: u64,
    /// In quarantine.
    pub quarantined: u64,
    /// Away, and nobody waits for them.
    pub gone: u64,
}

/// A rig that needs somebody.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Attention {
    /// Its key, 16 hex digits.
    pub rig: String,
    /// As it logged in; hostile bytes.
    pub rig_id: Option<String>,
    /// As it logged in, a wallet masked; hostile bytes.
    pub user: Option<String>,
    /// `quarantined`, `suspect`, `silent`, `late` or `failing` (many of its shares are refused).
    pub state: &'static str,
    /// In words.
    pub reason: String,
    /// Since when, ms since 1970; none where it is not known.
    pub since_unix_ms: Option<u64>,
}
