//! What is written, field by field. Once a version is out, a field that comes or goes makes another
//! version.

use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::BadPart;
use crate::plan::UntouchedSlots;
use crate::stratum::LINE_LIMIT;

/// Numbers of a lane that are never used twice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountersWire {
    /// Of the last connection.
    pub last_generation: u32,
    /// Of the last admitted share.
    pub last_share: u64,
}

/// The job table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobsWire {
    /// Number of the last job.
    pub last_key: u32,
    /// Live jobs: those of a pool session together, its current one first.
    pub jobs: Vec<JobWire>,
    /// Nonces by blob.
    pub spaces: Vec<SpaceWire>,
    /// Pool sessions without a connection: the blob they had, and its nonces.
    pub parted: Vec<(u32, Vec<u8>, u32)>,
}

/// A live job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobWire {
    /// Its number.
    pub key: u32,
    /// Its pool session.
    pub pool: u32,
    /// Which connection of it.
    pub connection: u32,
    /// Which nonces.
    pub space: u32,
    /// The pool's id.
    pub id: Box<str>,
    /// The blob.
    pub blob: Vec<u8>,
    /// The target's threshold.
    pub target: u64,
    /// Name of the algorithm.
    pub algorithm: Box<str>,
    /// Height.
    pub height: Option<u64>,
    /// RandomX key.
    pub seed: Option<[u8; 32]>,
    /// The next epoch's.
    pub next_seed: Option<[u8; 32]>,
    /// Of a block.
    pub network_difficulty: Option<u64>,
}

/// What jobs of one blob share.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpaceWire {
    /// Its number.
    pub set: u32,
    /// Nonces that were forwarded or credited, with the pool's verdict or without.
    pub taken: Vec<[u8; 4]>,
    /// Which slot has which byte; none: that of its own number.
    pub plan: Option<SlotPlanWire>,
}

/// A plan that was drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotPlanWire {
    /// Of the generator.
    pub seed: u64,
    /// The model's order.
    pub ranking: Option<u64>,
    /// The order from outside.
    pub outside: Option<u64>,
    /// By slot.
    pub bytes: Vec<u8>,
    /// By byte: place among all arms.
    pub arms: Vec<u8>,
}

/// A pool session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PoolWire {
    /// Its number in the lane.
    pub key: u32,
    /// Of its last connection.
    pub connection: u32,
    /// Digest of where it goes and as whom.
    pub upstream: [u8; 32],
    /// Nobody sits on it any more; it is kept for shares under way.
    pub lingers: bool,
    /// Slots of its present blob that can be leased to newcomers.
    pub untouched: UntouchedSlots,
    /// Its open connection.
    pub link: Option<LinkWire>,
}

/// An open connection to a pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkWire {
    /// Place of its socket.
    pub descriptor: u32,
    /// It is in TLS, and the process before carries its bytes: not for long.
    pub carried: bool,
    /// Host and port, for people.
    pub place: Box<str>,
    /// What the protocol knows.
    pub protocol: PoolProtocolWire,
    /// Begun, and not ended.
    pub line: Vec<u8>,
    /// Written, and not taken by the system yet.
    pub unsent: Vec<u8>,
    /// Since when it is logged in, ms since 1970.
    pub logged_in_unix_ms: Option<u64>,
    /// For how long, ms.
    pub logged_in_ms: Option<u64>,
    /// It took a share.
    pub served: bool,
}

/// A pool's protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolProtocolWire {
    /// The pool's id of the session.
    pub session: Box<str>,
    /// It announced `algo`.
    pub algo: bool,
    /// It announced `keepalive`.
    pub keepalives: bool,
    /// It announced `nicehash`.
    pub nicehash: bool,
    /// Number of the last request.
    pub last_request: u64,
    /// Since when nothing was sent, ms.
    pub silent_ms: Option<u64>,
    /// A keepalive without an answer.
    pub keepalive: Option<u64>,
    /// It refused one.
    pub keepalive_refused: bool,
    /// In a row.
    pub odd_lines: u32,
    /// What sets this connection apart.
    pub number: u32,
    /// The last job: one with this key in the table is the same.
    pub job: Option<JobWire>,
}

/// What the planner knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanWire {
    /// Number of the next pool session.
    pub next_pool: u32,
    /// Which upstream serves, by route.
    pub routes: Vec<RouteWire>,
}

/// A route; there is one without a name where there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteWire {
    /// Its name.
    pub name: Box<str>,
    /// The upstream that serves, as [`PoolWire::upstream`].
    pub serving: Option<[u8; 32]>,
}

/// A miner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeatWire {
    /// Place of its socket.
    pub descriptor: u32,
    /// What the protocol knows.
    pub miner: MinerWire,
    /// Begun, and not ended.
    pub line: Vec<u8>,
    /// Not taken by the system yet.
    pub unsent: Vec<u8>,
    /// A balancer's, whose header is still to come.
    pub heading: bool,
    /// Where it is, as its limits count it; none where it is not counted yet.
    pub address: Option<IpAddr>,
    /// A balancer said so.
    pub proxied: bool,
    /// Who it is; none before its login.
    pub identity: Option<IdentityWire>,
    /// Pool session and slot.
    pub lease: Option<(u32, u8)>,
    /// See the actor.
    pub leaves_top_byte: bool,
    /// What it is asked for.
    pub difficulty: Option<u64>,
    /// Work and time of its estimate.
    pub vardiff: Option<(f32, f32)>,
    /// The algorithm of that.
    pub hashing: Option<Box<str>>,
    /// Seconds since vardiff was told of time.
    pub vardiff_age: u32,
    /// Seconds since its scan began.
    pub scan_age: u32,
    /// Seconds until another slot should be asked for.
    pub renew_in: Option<u32>,
    /// Difficulties of its scan's shares.
    pub scan_work: u32,
    /// Seconds since it is kept from jobs.
    pub unfit_age: Option<u32>,
    /// Seconds since it is waited for.
    pub waiting_age: u32,
    /// Seconds since it was heard of.
    pub heard_age: u32,
    /// Shares received, passed and refused.
    pub tally: (u32, u32, u32),
    /// Good, stale and wrong shares since its last admitted one.
    pub heard: (u8, u8, u8),
}

impl SeatWire {
    /// Whether what else it says makes sense.
    pub(super) fn check(&self) -> Result<(), BadPart> {
        if self.line.len() > LINE_LIMIT {
            return Err(BadPart("a line is too long"));
        }
        if self.lease.is_some() && self.identity.is_none() {
            return Err(BadPart("a lease of nobody"));
        }
        let fair = |it: &f32| it.is_finite() && *it >= 0.0;
        if self
            .vardiff
            .is_some_and(|(work, time)| !fair(&work) || !fair(&time))
        {
            return Err(BadPart("an estimate that is no number"));
        }
        Ok(())
    }
}

/// Who a miner is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdentityWire {
    /// `login`.
    pub user: Box<str>,
    /// `rigid`.
    pub rig: Box<str>,
    /// `agent`.
    pub agent: Box<str>,
    /// `algo`.
    pub algorithms: Box<str>,
    /// `algo-perf`.
    pub perf: Vec<(Box<str>, f64)>,
    /// Its place among namesakes.
    pub names: NamesWire,
    /// It has had an admitted share.
    pub introduced: bool,
    /// A share was turned away unseen.
    pub turned_away: bool,
}

/// A place among namesakes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamesWire {
    /// The rig.
    pub key: u64,
    /// Names and address.
    pub place: u64,
    /// Which of those that log in alike.
    pub ordinal: Option<u8>,
    /// Where the names' first one was from, if they are several rigs'.
    pub owner: Option<u64>,
}

/// A miner's protocol.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinerWire {
    /// Its session.
    pub session: u64,
    /// It has had its first job.
    pub logged_in: bool,
    /// The login that waits for a lease.
    pub login: Option<i64>,
    /// What it was given, newest first.
    pub recent: Vec<AssignmentWire>,
    /// It was given none up to there.
    pub none_up_to: u32,
}

/// A job as a miner got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentWire {
    /// The job.
    pub job: u32,
    /// The top byte.
    pub slot: u8,
    /// The lowest that was asked for.
    pub difficulty: u64,
    /// Different ones were.
    pub retargeted: bool,
}

/// What is remembered of rigs where there is no store that would.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RigsWire {
    /// By the judge.
    pub judge: Vec<(u64, Vec<u8>)>,
    /// By the filters.
    pub filters: Vec<StageWire>,
}

/// What a filter remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageWire {
    /// Place among all stages.
    pub stage: u8,
    /// By rig.
    pub rigs: Vec<(u64, Vec<u8>)>,
}
