//! What the pools, the miners and the driver share.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use crate::account::{Account, ConnNumber, MinerNumber};
use crate::found::Violation;
use crate::support::clock;

/// Pools of the farm: the first is preferred.
pub(crate) const POOLS: usize = 3;
/// Hashes per share, as all pools ask for.
pub(crate) const POOL_DIFFICULTY: u64 = 400;
/// Of the first jobs.
const FIRST_SEED: [u8; 32] = [0x41; 32];

/// What miners are to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Mine.
    Run,
    /// Stay, and submit nothing; visitors leave.
    Quiet,
    /// Leave.
    End,
}

/// How a pool behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Serve,
    Refuse,
    Silent,
    Ban,
    Garbage,
    Down,
}

/// What is to be done with a connection of a pool.
#[derive(Debug)]
pub(crate) enum Order {
    Send(String),
    /// After what was to be sent.
    Close,
}

/// A connection of the proxy with a pool.
#[derive(Debug)]
pub(crate) struct PoolConn {
    pub(crate) pool: usize,
    pub(crate) orders: mpsc::UnboundedSender<Order>,
    pub(crate) welcome: bool,
}

/// What changes.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) account: Account,
    pub(crate) conns: HashMap<ConnNumber, PoolConn>,
    pub(crate) last_conn: ConnNumber,
    pub(crate) height: u64,
    /// Jobs are of `rx/2`.
    pub(crate) forked: bool,
    pub(crate) seed: [u8; 32],
    pub(crate) no_jobs_until: Option<Instant>,
    /// Until then miners may be turned away or disconnected, since no pool serves or the daemon ends.
    excused_until: Instant,
    pub(crate) answers: u64,
    pub(crate) counts: BTreeMap<String, u64>,
    violations: Vec<Violation>,
    /// The end of the log of the daemon under which something was found.
    pub(crate) log: Vec<String>,
}

impl State {
    /// Counts something for the report.
    pub(crate) fn count(&mut self, what: &str) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
    }
}

/// Everything that is shared.
#[derive(Debug)]
pub(crate) struct World {
    state: Mutex<State>,
    begin: Instant,
    /// Where miners connect; none while there is no daemon.
    pub(crate) proxy: watch::Sender<Option<SocketAddr>>,
    pub(crate) phase: watch::Sender<Phase>,
    /// How each pool behaves, and how often that was changed.
    pub(crate) modes: [watch::Sender<(Mode, u64)>; POOLS],
    requests: AtomicU64,
    miners: AtomicU64,
    logged_in: AtomicU64,
}

impl World {
    pub(crate) fn new() -> Self {
        let begin = clock::now();
        Self {
            state: Mutex::new(State {
                account: Account::default(),
                conns: HashMap::new(),
                last_conn: 0,
                height: 3_000_000,
                forked: false,
                seed: FIRST_SEED,
                no_jobs_until: None,
                excused_until: begin,
                answers: 0,
                counts: BTreeMap::new(),
                violations: Vec::new(),
                log: Vec::new(),
            }),
            begin,
            proxy: watch::channel(None).0,
            phase: watch::channel(Phase::Run).0,
            modes: std::array::from_fn(|_| watch::channel((Mode::Serve, 0)).0),
            requests: AtomicU64::new(1),
            miners: AtomicU64::new(0),
            logged_in: AtomicU64::new(0),
        }
    }

    /// Milliseconds since the soak began.
    pub(crate) fn at_ms(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Looks at the state, or changes it; what the account finds by that is noted with the time.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = act(&mut state);
        let at_ms = self.at_ms();
        for (invariant, text) in state.account.take_found() {
            state.violations.push(Violation {
                invariant,
                text,
                at_ms,
            });
        }
        outcome
    }

    /// Notes something that must never be.
    pub(crate) fn violated(&self, invariant: &'static str, text: impl Into<String>) {
        let (text, at_ms) = (text.into(), self.at_ms());
        self.with(|state| {
            state.violations.push(Violation {
                invariant,
                text,
                at_ms,
            });
        });
    }

    /// Counts a check of an invariant that was made.
    pub(crate) fn checked(&self, invariant: &'static str) {
        self.with(|state| *state.account.tally.checks.entry(invariant).or_default() += 1);
    }

    pub(crate) fn violations(&self) -> Vec<Violation> {
        self.with(|state| state.violations.clone())
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.with(|state| !state.violations.is_empty())
    }

    /// From now on, and for this long, miners may be turned away.
    pub(crate) fn excuse(&self, span: Duration) {
        let until = clock::now() + span;
        self.with(|state| state.excused_until = state.excused_until.max(until));
    }

    pub(crate) fn is_excused(&self) -> bool {
        let now = clock::now();
        self.with(|state| now < state.excused_until)
    }

    /// An id that no other request has: an answer that goes astray shows itself.
    pub(crate) fn next_request(&self) -> i64 {
        i64::try_from(self.requests.fetch_add(1, Ordering::Relaxed)).expect("fewer requests")
    }

    pub(crate) fn next_miner(&self) -> MinerNumber {
        self.miners.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn logged_in(&self, more: bool) {
        if more {
            self.logged_in.fetch_add(1, Ordering::Relaxed);
        } else {
            self.logged_in.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Miners that have a job.
    pub(crate) fn miners_in(&self) -> u64 {
        self.logged_in.load(Ordering::Relaxed)
    }

    /// Miners' connections so far.
    pub(crate) fn visits(&self) -> u64 {
        self.miners.load(Ordering::Relaxed)
    }

    pub(crate) fn mode(&self, pool: usize) -> Mode {
        self.modes[pool].borrow().0
    }

    /// A pool behaves in another way from now on: a number of that change.
    pub(crate) fn set_mode(&self, pool: usize, mode: Mode) -> u64 {
        let mut change = 0;
        self.modes[pool].send_modify(|(now, changes)| {
            *now = mode;
            *changes += 1;
            change = *changes;
        });
        change
    }

    /// It serves again, unless it has been changed since.
    pub(crate) fn end_mode(&self, pool: usize, since: u64) {
        self.modes[pool].send_if_modified(|(now, changes)| {
            let ends = *changes == since;
            if ends {
                *now = Mode::Serve;
            }
            ends
        });
    }
}
