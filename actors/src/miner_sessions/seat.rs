//! One connected miner: what the lane keeps of it between two lines.

use std::sync::Arc;

use zartrux_models::filter::{Scanner, VerdictsHeard};
use zartrux_models::plan::{Capability, Lease, SeatKey, Vardiff};
use zartrux_models::session::MinerProtocol;
use zartrux_models::stratum::{AlgoPerf, LineAssembler};
use zartrux_models::work::{Algorithm, Difficulty, JobKey};

use super::acknowledging::ListedRefusals;
use super::connection::Connection;
use super::entering::{Checking, Origin};
use super::identity::Standing;
use super::unfit;

/// Who a miner says it is. Hostile bytes: shown escaped, never trusted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Identity {
    /// `login`, cut to [`Identity::MAX`] bytes.
    pub(super) user: Box<str>,
    /// `rigid`, cut likewise; empty when not given.
    pub(super) rig: Box<str>,
    /// `agent`; the same text is kept once per lane.
    pub(super) agent: Arc<str>,
    /// `algo`, separated by commas; likewise kept once.
    pub(super) algorithms: Arc<str>,
    /// What it can hash, by its list and its agent; likewise kept once.
    pub(super) capability: Arc<Capability>,
    /// `algo-perf`.
    pub(super) perf: AlgoPerf,
    /// Which rig that is.
    pub(super) standing: Standing,
    /// How its program scans, by its agent.
    pub(super) scanner: Scanner,
    /// It has had an admitted share, and who keeps a list of rigs was told.
    pub(super) introduced: bool,
    /// A share of it was turned away unseen since its last admitted one.
    pub(super) turned_away: bool,
}

impl Identity {
    /// Longest name kept, bytes: an integrated address (106) with worker and difficulty.
    pub(super) const MAX: usize = 192;
    /// Longest list of algorithms kept, bytes.
    pub(super) const ALGORITHMS_MAX: usize = 512;
}

/// What became of one connection's shares: invariant I2 for a single miner.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SeatTally {
    received: u32,
    /// Forwarded or credited.
    passed: u32,
    /// For whatever reason.
    refused: u32,
    /// Admitted and without a reply yet.
    pending: u32,
}

impl SeatTally {
    /// Received, passed and refused, without those that are under way.
    pub(super) const fn settled(&self) -> (u32, u32, u32) {
        let settled = self.passed.wrapping_add(self.refused);
        (settled, self.passed, self.refused)
    }

    /// Goes on where another process has counted so many.
    pub(super) const fn resumed((received, passed, refused): (u32, u32, u32)) -> Self {
        Self {
            received,
            passed,
            refused,
            pending: 0,
        }
    }

    /// Whether every share is somewhere.
    pub(super) const fn balances(&self) -> bool {
        let settled = self.passed.wrapping_add(self.refused);
        self.received == settled.wrapping_add(self.pending)
    }

    pub(super) const fn pending(&self) -> u32 {
        self.pending
    }

    pub(super) const fn refuse(&mut self) {
        self.received = self.received.wrapping_add(1);
        self.refused = self.refused.wrapping_add(1);
    }

    pub(super) const fn admit(&mut self) {
        self.received = self.received.wrapping_add(1);
        self.pending = self.pending.wrapping_add(1);
    }

    /// A verdict that nobody waits for shows as an imbalance.
    pub(super) const fn settle(&mut self, passed: bool) {
        self.pending = self.pending.saturating_sub(1);
        if passed {
            self.passed = self.passed.wrapping_add(1);
        } else {
            self.refused = self.refused.wrapping_add(1);
        }
    }
}

/// Seconds of the lane's clock, which starts with the lane.
pub(super) type Second = u32;

/// A connected miner.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) key: SeatKey,
    pub(super) connection: Connection,
    pub(super) protocol: MinerProtocol,
    pub(super) assembler: LineAssembler,
    /// What the socket did not take yet.
    pub(super) unsent: Vec<u8>,
    pub(super) from: Origin,
    /// Its login, while the password is checked.
    pub(super) checking: Option<Box<Checking>>,
    pub(super) identity: Option<Box<Identity>>,
    pub(super) lease: Option<Lease>,
    /// It was told at its login to leave the top byte of its nonces alone.
    pub(super) leaves_top_byte: bool,
    /// What it is asked for; nothing before its first job.
    pub(super) difficulty: Option<Difficulty>,
    pub(super) vardiff: Option<Vardiff>,
    /// The algorithm that `vardiff` is of.
    pub(super) hashing: Option<Algorithm>,
    /// When vardiff last heard of time passing.
    pub(super) vardiff_at: Second,
    /// When the current lease's scan began: the first job given under it.
    pub(super) scan_began: Second,
    /// When another slot should be asked for, as the odometer says.
    pub(super) renew_at: Option<Second>,
    /// Difficulties of this scan's shares, added up.
    pub(super) scan_work: u32,
    /// Another slot was asked for and has not come yet.
    pub(super) renewal_asked: bool,
    /// Since when it is kept from jobs that its miner can't hash.
    pub(super) unfit_since: Option<Second>,
    /// Since when it is waited for: its login, and after that its first job.
    pub(super) waiting_since: Second,
    pub(super) last_heard: Second,
    /// The wheel's next entry for this seat.
    pub(super) wheel_at: Second,
    pub(super) tally: SeatTally,
    pub(super) refusals: ListedRefusals,
    /// What became of its shares since its last admitted one.
    pub(super) heard: VerdictsHeard,
}

impl Seat {
    /// A seat for a connection that was just accepted.
    pub(super) fn new(
        key: SeatKey,
        connection: Connection,
        protocol: MinerProtocol,
        from: Origin,
        now: Second,
    ) -> Self {
        Self {
            key,
            connection,
            protocol,
            assembler: LineAssembler::empty(),
            unsent: Vec::new(),
            from,
            checking: None,
            identity: None,
            lease: None,
            leaves_top_byte: true,
            difficulty: None,
            vardiff: None,
            hashing: None,
            vardiff_at: now,
            scan_began: now,
            renew_at: None,
            scan_work: 0,
            renewal_asked: false,
            unfit_since: None,
            waiting_since: now,
            last_heard: now,
            wheel_at: 0,
            tally: SeatTally::default(),
            refusals: ListedRefusals::default(),
            heard: VerdictsHeard::default(),
        }
    }

    /// The last job that it was given.
    pub(super) fn last_job(&self) -> JobKey {
        let given = self.protocol.current();
        given.map_or(JobKey(0), |given| given.job)
    }

    /// The second by which something must have happened on this seat.
    pub(super) fn deadline(&self, limits: &SeatLimits) -> Second {
        let silent = match (self.protocol.is_logged_in(), self.identity.is_some()) {
            (true, _) => self.last_heard.saturating_add(limits.idle),
            (false, true) => self.waiting_since.saturating_add(limits.login_hold),
            (false, false) => self.waiting_since.saturating_add(limits.login),
        };
        let due = self.renew_at.map_or(silent, |renew| renew.min(silent));
        let unfit = self
            .unfit_since
            .map(|since| since.saturating_add(unfit::GRACE));
        unfit.map_or(due, |unfit| unfit.min(due))
    }
}

/// What a seat is allowed, in seconds and bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeatLimits {
    /// From connecting to a complete login line.
    pub(super) login: Second,
    /// From a login to its first job.
    pub(super) login_hold: Second,
    /// Between two lines of a miner that is logged in.
    pub(super) idle: Second,
    /// Bytes that may wait for a miner that does not read.
    pub(super) unsent: usize,
}
