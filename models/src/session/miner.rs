//! A miner's session: lines in, what was heard out.

mod packed;

use super::{Assignment, Assignments};
use crate::share::{NotAdmitted, RefusalReason, Share, admit};
use crate::stratum::{
    Abilities, BadRequest, LINE_LIMIT, LINE_LIMIT_BEFORE_LOGIN, Login, MinerRequest, RequestId,
    Submit, Text, parse_miner_line,
};
use crate::work::{JobKey, JobTable};

/// The id that a login reply names and every later request repeats: 16 hex digits on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(pub u64);

impl SessionId {
    /// 16 lower-case hex digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        format!("{:016x}", self.0)
    }

    fn is(self, text: &str) -> bool {
        text.len() == 16 && u64::from_str_radix(text, 16) == Ok(self.0)
    }
}

/// What a line came to. The shell answers, asks for a lease, or passes the share on.
#[derive(Debug, PartialEq)]
pub enum Heard<'a> {
    /// Asks for a lease; the login reply goes out once there is one.
    LoginAsked(RequestId, Login<'a>),
    /// A share that passed admission: claim its nonce, then pass it on.
    Admitted(RequestId, Share),
    /// A share that did not.
    NotAdmitted(RequestId, NotAdmitted),
    /// To be answered with `KEEPALIVED`.
    KeepAlive(RequestId),
    /// Says that it hashes something else now, or at another rate. To be answered with
    /// [`NO_OTHER_JOB`].
    Abilities(RequestId, Abilities<'a>),
    /// To be answered with this text.
    Error(RequestId, Text<'a>),
    /// To be answered with this text, and the connection closed.
    Fatal(RequestId, Text<'a>),
    /// To be closed without an answer; the text is for the log.
    Garbage(String),
}

/// The answer to `getjob`. The same job again would not do: a miner takes it for a fault of the pool
/// and reconnects. At an error text it goes on with the job it has.
pub const NO_OTHER_JOB: &str = "There is no other job for now";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Fresh,
    /// The login to answer once there is a lease.
    AwaitingLease(RequestId),
    LoggedIn,
}

/// The state of one miner's session. Cheap to copy: a step on it happens wholly or not at all.
#[derive(Debug, Clone)]
pub struct MinerProtocol {
    session: SessionId,
    phase: Phase,
    assignments: Assignments,
}

impl MinerProtocol {
    /// A session that has just connected; `last` is the lane's last job.
    #[must_use]
    pub const fn new(session: SessionId, last: JobKey) -> Self {
        Self {
            session,
            phase: Phase::Fresh,
            assignments: Assignments::after(last),
        }
    }

    /// The session's id.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// Longest line it may send now, bytes.
    #[must_use]
    pub const fn line_limit(&self) -> usize {
        match self.phase {
            Phase::Fresh => LINE_LIMIT_BEFORE_LOGIN,
            Phase::AwaitingLease(_) | Phase::LoggedIn => LINE_LIMIT,
        }
    }

    /// Whether it has been given its first job.
    #[must_use]
    pub fn is_logged_in(&self) -> bool {
        self.phase == Phase::LoggedIn
    }

    /// The login that waits for a lease.
    #[must_use]
    pub const fn awaiting_lease(&self) -> Option<RequestId> {
        match self.phase {
            Phase::AwaitingLease(id) => Some(id),
            Phase::Fresh | Phase::LoggedIn => None,
        }
    }

    /// What it works on.
    #[must_use]
    pub const fn current(&self) -> Option<Assignment> {
        self.assignments.current()
    }

    /// Takes a line.
    pub fn on_line<'a>(&mut self, line: &'a [u8], jobs: &JobTable) -> Heard<'a> {
        let read = match parse_miner_line(line) {
            Ok(read) => read,
            Err(BadRequest::Malformed { id, what }) => {
                let text = Text(format!("Malformed request: {what}").into());
                // xmrig stays connected and idle after a refused login: it must be closed.
                return if self.phase == Phase::Fresh {
                    Heard::Fatal(id, text)
                } else {
                    Heard::Error(id, text)
                };
            }
            Err(bad @ (BadRequest::NotJson(_) | BadRequest::NoId)) => {
                return Heard::Garbage(bad.to_string());
            }
        };
        match (read.request, self.phase) {
            (MinerRequest::Login(login), Phase::Fresh) => {
                self.phase = Phase::AwaitingLease(read.id);
                Heard::LoginAsked(read.id, login)
            }
            (MinerRequest::Submit(submit), phase) => self.on_submit(read.id, &submit, phase, jobs),
            (MinerRequest::Keepalive, Phase::LoggedIn) => Heard::KeepAlive(read.id),
            (MinerRequest::GetJob(abilities), Phase::LoggedIn) => {
                Heard::Abilities(read.id, abilities)
            }
            (
                MinerRequest::Keepalive | MinerRequest::GetJob(_) | MinerRequest::Other(_),
                Phase::Fresh,
            ) => Heard::Fatal(read.id, "Unauthenticated".into()),
            (MinerRequest::Login(_), _)
            | (MinerRequest::Other(_), _)
            | (MinerRequest::Keepalive | MinerRequest::GetJob(_), Phase::AwaitingLease(_)) => {
                Heard::Error(read.id, "Invalid method".into())
            }
        }
    }

    fn on_submit<'a>(
        &self,
        id: RequestId,
        submit: &Submit<'_>,
        phase: Phase,
        jobs: &JobTable,
    ) -> Heard<'a> {
        if phase != Phase::LoggedIn || !self.session.is(&submit.session) {
            return Heard::NotAdmitted(id, RefusalReason::Unauthenticated.into());
        }
        match admit(submit, &self.assignments, jobs) {
            Ok(share) => Heard::Admitted(id, share),
            Err(not) => Heard::NotAdmitted(id, not),
        }
    }

    /// Notes the job it is given; the first one answers its login, whose id is returned.
    pub fn give(&mut self, given: Assignment) -> Option<RequestId> {
        self.assignments.give(given);
        let answers = self.awaiting_lease();
        self.phase = Phase::LoggedIn;
        answers
    }
}
