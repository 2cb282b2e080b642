//! The pool's books: connections, jobs, shares. Knows no socket and no clock.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::chain::Chain;
use super::session::{Check, Session};
use super::settings::PoolSettings;
use super::tally::{BadShare, PoolReport, Refusal, Tally};
use crate::demo::wire::{Job, LoggedIn, Login, Submit};

/// Number of a connection, never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Conn(u64);

/// Where shares without a login are counted.
const NOBODY: &str = "(nobody)";

/// Where shares of logins beyond the bound are counted.
const OTHERS: &str = "(others)";

/// Longest login taken, bytes.
const MAX_LOGIN: usize = 256;

/// All the pool knows.
#[derive(Debug)]
pub(super) struct Book {
    settings: PoolSettings,
    chain: Chain,
    sessions: HashMap<Conn, Session>,
    connected: u64,
    total: Tally,
    by_login: BTreeMap<String, Tally>,
    bad: VecDeque<BadShare>,
}

impl Book {
    pub(super) fn new(settings: PoolSettings) -> Self {
        Self {
            chain: Chain::new(&settings),
            settings,
            sessions: HashMap::new(),
            connected: 0,
            total: Tally::default(),
            by_login: BTreeMap::new(),
            bad: VecDeque::new(),
        }
    }

    /// A connection came; `None` when there are too many.
    pub(super) fn open(&mut self) -> Option<Conn> {
        if self.sessions.len() >= self.settings.connections {
            return None;
        }
        self.connected += 1;
        let conn = Conn(self.connected);
        self.sessions.insert(conn, Session::default());
        Some(conn)
    }

    /// A connection went.
    pub(super) fn close(&mut self, conn: Conn) {
        self.sessions.remove(&conn);
    }

    /// Whether the connection has logged in.
    pub(super) fn is_logged_in(&self, conn: Conn) -> bool {
        self.sessions.get(&conn).is_some_and(Session::is_logged_in)
    }

    /// A login; the refusal is the text to answer with.
    pub(super) fn log_in(&mut self, conn: Conn, login: &Login) -> Result<LoggedIn, &'static str> {
        if login.login.is_empty() || login.login.len() > MAX_LOGIN {
            return Err("Invalid payment address provided");
        }
        let offers_rx0 = login.algo.is_empty() || login.algo.iter().any(|algo| algo == "rx/0");
        if !offers_rx0 {
            return Err("No compatible algorithm found");
        }
        let id = self.chain.fresh_id();
        let session = self.sessions.get_mut(&conn).ok_or("Unauthenticated")?;
        session
            .log_in(&login.login, id.clone())
            .map_err(|()| "No double login is allowed")?;
        let job = session.give_job(&mut self.chain, &self.settings);
        let extensions = ["algo", "keepalive"].map(str::to_owned).to_vec();
        Ok(LoggedIn {
            id,
            job,
            extensions,
            status: "OK".to_owned(),
        })
    }

    /// Goes on to the next block; the jobs to send, one for each connection that is logged in.
    pub(super) fn next_job(&mut self) -> Vec<(Conn, Job)> {
        self.chain.advance();
        let (chain, settings) = (&mut self.chain, &self.settings);
        self.sessions
            .iter_mut()
            .filter(|(_, session)| session.is_logged_in())
            .map(|(conn, session)| (*conn, session.give_job(chain, settings)))
            .collect()
    }

    /// A share arrived: either it needs its hash checked or it is refused, and counted, here.
    pub(super) fn submit(&mut self, conn: Conn, share: &Submit) -> Result<Check, Refusal> {
        let session = self.sessions.get_mut(&conn);
        let (login, verdict) = match session {
            Some(session) => (session.login().to_owned(), session.examine(conn, share)),
            None => (String::new(), Err(Refusal::Unauthenticated)),
        };
        self.received(&login);
        verdict.inspect_err(|reason| self.refuse(*reason, bad_share(login, *reason, share)))
    }

    /// A submit arrived whose parameters cannot be read.
    pub(super) fn submit_unreadable(&mut self, conn: Conn) -> Refusal {
        let session = self.sessions.get(&conn);
        let login = session.map(Session::login).unwrap_or_default().to_owned();
        let reason = if login.is_empty() {
            Refusal::Unauthenticated
        } else {
            Refusal::Malformed
        };
        self.received(&login);
        self.refuse(reason, bad_share(login, reason, &Submit::default()));
        reason
    }

    /// The check of a share is over; `computed` is its true hash, `None` when that failed.
    pub(super) fn settle(
        &mut self,
        check: Check,
        computed: Option<[u8; 32]>,
    ) -> Result<(), Refusal> {
        let reason = match computed {
            Some(hash) if hash == check.result => {
                self.total.settle(Ok(()));
                self.of_login(&check.login).settle(Ok(()));
                return Ok(());
            }
            Some(_) => Refusal::WrongHash,
            None => Refusal::Unchecked,
        };
        let share = BadShare {
            randomx: computed,
            ..bad_share(check.login, reason, &check.share)
        };
        self.refuse(reason, share);
        Err(reason)
    }

    /// A share that passed `submit` finds no room at the checker.
    pub(super) fn turn_away(&mut self, check: Check) -> Refusal {
        let reason = Refusal::TooMany;
        self.refuse(reason, bad_share(check.login, reason, &check.share));
        reason
    }

    /// All counts.
    pub(super) fn report(&self) -> PoolReport {
        PoolReport {
            total: self.total.clone(),
            by_login: self.by_login.clone(),
            bad: self.bad.iter().cloned().collect(),
            jobs: self.chain.number(),
            connections: self.sessions.len(),
            connected: self.connected,
        }
    }

    fn received(&mut self, login: &str) {
        self.total.received += 1;
        self.of_login(login).received += 1;
    }

    fn refuse(&mut self, reason: Refusal, share: BadShare) {
        self.total.settle(Err(reason));
        self.of_login(&share.login).settle(Err(reason));
        if reason.is_bad() && self.bad.len() < PoolReport::MAX_BAD {
            self.bad.push_back(share);
        }
    }

    fn of_login(&mut self, login: &str) -> &mut Tally {
        let name = if login.is_empty() {
            NOBODY
        } else if self.by_login.len() < PoolReport::MAX_LOGINS || self.by_login.contains_key(login)
        {
            login
        } else {
            OTHERS
        };
        self.by_login.entry(name.to_owned()).or_default()
    }
}

fn bad_share(login: String, reason: Refusal, share: &Submit) -> BadShare {
    let cut = |text: &str| text.chars().take(64).collect::<String>();
    BadShare {
        login,
        reason,
        job_id: cut(&share.job_id),
        nonce: cut(&share.nonce),
        result: cut(&share.result),
        randomx: None,
    }
}
