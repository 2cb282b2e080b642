//! Actors, lanes, upstream sessions, prover and store.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// How an actor is.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct HealthReport {
    /// Unique name, such as `lane0/pool/1`.
    name: String,
    /// What sort of actor.
    kind: String,
    /// How it is.
    state: String,
    /// Number of the current core, from 1; each fault makes a new one.
    generation: u32,
    /// Faults since the process started.
    faults: u64,
    /// Messages sent to it and not yet handled.
    queue_depth: usize,
    /// Messages and lines handled.
    steps: u64,
    /// Smoothed time of a step, µs (one step in 16 is timed).
    step_micros: f64,
    /// Longest timed step, µs.
    step_micros_max: f64,
    /// The last fault, if any.
    last_fault: Option<Fault>,
    /// From the last fault to the next step that succeeded, µs.
    recovery_micros: Option<u64>,
    /// The longest of these, µs.
    recovery_micros_max: Option<u64>,
    /// What the actor says of itself.
    note: String,
}

/// How an actor is.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Fault {
    /// What the panic said, at most 300 bytes.
    cause: String,
    /// Milliseconds since 1970.
    at_unix_ms: u64,
    /// The generation that failed.
    generation: u32,
}

/// Shares by their fate. Invariant I2: see `ShareCounts::balances`.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct LaneCounts {
    /// Shares by fate.
    shares: ShareCounts,
    /// Connections of miners.
    connections: ConnectionCounts,
    /// Times that the sums of a single miner did not fit: anything but 0 is a defect.
    seats_out_of_balance: u64,
    /// From a share's line read to its reply written, for shares that were answered.
    reply_latency: LatencyCounts,
}

/// Shares by their fate. Invariant I2: see `ShareCounts::balances`.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ShareCounts {
    /// Submits that miners sent.
    received: u64,
    /// Admitted and not settled yet.
    pending: u64,
    /// Written to the pool and taken by it.
    accepted: u64,
    /// Written to the pool and refused by it, by class of its words.
    rejected: BTreeMap<String, u64>,
    /// Written to the pool and never answered.
    unanswered: u64,
    /// Met only the miner's own target; counted here.
    credited: u64,
    /// Proved bad, by reason.
    refused: BTreeMap<String, u64>,
    /// Not written: the connection that brought the job was gone.
    undeliverable: u64,
    /// Stayed home: the rig is in quarantine, and the hash could not be recomputed in time.
    held: u64,
    /// Not taken: as many shares as are allowed were under way.
    overload: u64,
    /// Of those written or credited: for the job before the current one.
    stale: u64,
    /// Of those written: the true hash took the place of a wrong one.
    corrected: u64,
    /// Work of the accepted shares at the pool's difficulty, in hashes.
    accepted_work: u64,
    /// Work of all shares that met the miners' own targets, in hashes.
    miner_work: u64,
}

/// Shares by their fate. Invariant I2: see `ShareCounts::balances`.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ConnectionCounts {
    /// Open now.
    open: u64,
    /// Most that were open at once; of several lanes together, the sum of each one's most.
    most_open: u64,
    /// Logged in now.
    logged_in: u64,
    /// Accepted so far.
    accepted: u64,
    /// Closed by us for what the peer did (garbage, too slow, too long a line, no login).
    dropped: u64,
    /// Of those: since a line did not come whole in time, or bytes were not read in time.
    stalled: u64,
    /// Of those: since all together left too much unread or unfinished, and this one for longest.
    crowded_out: u64,
    /// Times that a connection was read no further for a while, since it had sent too much.
    pauses: u64,
    /// Bytes that miners leave unread, or have sent of lines that are not whole: half a second ago.
    buffered: u64,
    /// Turned away because as many as are allowed were open.
    turned_away: u64,
    /// Leases renewed because their nonces were nearly used up.
    leases_renewed: u64,
    /// Slots leased again whose tenant had left after a moment.
    slots_leased_again: u64,
    /// Most hashes that miners tried again there.
    hashes_tried_again: u64,
    /// Turned away at the door or at their login, by reason.
    turned: TurnedCounts,
}

/// Miners that were turned away at the door or at their login, by reason.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct TurnedCounts {
    /// Its address is denied, or not among those that are allowed.
    denied: u64,
    /// As many connections as one address may have are open.
    connections: u64,
    /// Its address has connected too often within a minute.
    connects: u64,
    /// A balancer's connection that does not begin with its header.
    header: u64,
    /// Its address has logged in too often within a minute.
    logins: u64,
    /// Too many logins of its address have failed.
    barred: u64,
    /// The password is not the right one, or the name is not known.
    password: u64,
    /// Too many passwords wait to be checked.
    busy: u64,
    /// Its password was not checked in time.
    unchecked: u64,
    /// The process is over its memory ceiling.
    memory: u64,
}

/// Shares by their fate. Invariant I2: see `ShareCounts::balances`.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct LatencyCounts {
    /// `buckets[i]` counts durations below 2^i µs and not below 2^(i-1) µs.
    buckets: Vec<u64>,
    /// Sum of all, µs.
    sum_micros: u64,
}

/// Counters of one pool session, over all its connections.
#[derive(Serialize, ToSchema)]
pub(crate) struct PoolReport {
    /// Attempts to connect.
    attempts: u64,
    /// Connections that were logged in.
    connections: u64,
    /// Since when it is logged in, ms since 1970; `None`: it is not.
    connected_since_unix_ms: Option<u64>,
    /// Connections lost and attempts failed, by class; classes that never occurred are left out.
    lost: BTreeMap<String, u64>,
    /// Submits that were written and have ended: accepted, rejected or unanswered.
    forwarded: u64,
    /// Submits the pool took.
    accepted: u64,
    /// When it took the last one, ms since 1970.
    last_accepted_unix_ms: Option<u64>,
    /// Submits the pool refused, by class of its words; classes that never occurred are left out.
    rejected: BTreeMap<String, u64>,
    /// Submits that were written and never answered.
    unanswered: u64,
    /// Shares that were not written.
    undeliverable: u64,
    /// Submits that wait for their verdict.
    pending: usize,
    /// Verdicts on submits that had been settled already.
    late_replies: u64,
    /// Jobs received.
    jobs: u64,
    /// When the last job came, ms since 1970.
    last_job_unix_ms: Option<u64>,
    /// Height of the last job, where the pool tells it.
    height: Option<u64>,
    /// Difficulty of the last job, in hashes.
    difficulty: Option<u64>,
    /// Algorithm of the last job; hostile bytes.
    algorithm: Option<String>,
    /// Lines that made no sense.
    odd_lines: u64,
    /// `client.reconnect` that were not followed.
    reconnects_refused: u64,
    /// Bytes read.
    bytes_read: u64,
    /// Bytes written.
    bytes_written: u64,
    /// Writes; submits that come together share one.
    writes: u64,
    /// From a submit to its verdict, smoothed, µs.
    submit_latency_micros: Option<u64>,
    /// True when it is on the connection of another session, where what concerns that is counted;
    /// left out otherwise.
    shares_connection: Option<bool>,
}

/// A prover, as the API shows it.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ProverStatus {
    /// How hashes are computed.
    mode: Value,
    /// Each computing thread.
    threads: Vec<ThreadStatus>,
    /// Requests that wait.
    queue_depth: usize,
    /// Requests that may wait.
    queue_capacity: usize,
    /// Accepted requests and their answers.
    requests: Value,
    /// Hashes computed for requests, those that came too late included.
    hashes: u64,
    /// Time of a hash in light mode, µs, smoothed; none before the first seed.
    light_hash_micros: Option<f64>,
    /// Time of a hash in fast mode, µs, smoothed; none before the first dataset.
    fast_hash_micros: Option<f64>,
    /// The seeds known: served, in preparation, wanted.
    seeds: Vec<SeedStatus>,
    /// Why the last cache could not be built, if it could not.
    cache_failure: Option<String>,
    /// Why the last dataset could not be made, if it could not.
    dataset_failure: Option<String>,
    /// Whether programs are compiled; interpreting them takes three times as long.
    jit: bool,
    /// Whether the processor's AES instructions are used.
    hard_aes: bool,
    /// Whether every cache and dataset lies in reserved large pages.
    large_pages: bool,
    /// Whether `rx/2` can be proved.
    knows_v2: bool,
}

/// A prover, as the API shows it.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ThreadStatus {
    /// For how long it has been busy with a hash, ms.
    busy_ms: Option<u64>,
    /// Generation, faults, times.
    #[serde(flatten)]
    health: HealthReport,
}

/// A prover, as the API shows it.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct SeedStatus {
    /// The seed hash, hex.
    seed: String,
    /// How its hashes can be computed.
    state: Value,
    /// Its dataset, in fast mode.
    dataset: Option<Value>,
}

/// Live figures; the store and the lanes write, anybody reads.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct StoreReport {
    /// Why it can't write, if it can't: shares go on, and are acknowledged unrecorded.
    failing: Option<Failing>,
    /// Shares written since the process started.
    shares_recorded: u64,
    /// Entries of the journal written since the process started.
    journal_recorded: u64,
    /// Shares that were never written: the store could not for too long.
    shares_lost: u64,
    /// Shares acknowledged before they were written: the store took too long.
    acknowledged_unrecorded: u64,
    /// Commits.
    commits: u64,
    /// Smoothed time of a commit, µs.
    commit_micros: u64,
    /// The longest one, µs.
    commit_micros_max: u64,
    /// Number of the last share in the ledger.
    last_seq: u64,
    /// Volumes of the ledger.
    volumes: u64,
    /// Bytes that they take up.
    ledger_bytes: u64,
    /// Times that it failed since the process started.
    failures: u64,
    /// What could not be read, the last first; at most a fixed number.
    damage: Vec<String>,
}

/// Live figures; the store and the lanes write, anybody reads.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Failing {
    /// In words.
    why: String,
    /// Since when, milliseconds since 1970.
    since_unix_ms: u64,
}
