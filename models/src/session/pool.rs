//! A pool's session: lines and the time in, one effect out.

mod effect;
mod job_pace;
mod packed;
mod settings;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::share::Share;
use crate::stratum::{
    Answer, BadJob, BadLine, Dialect, ErrorClass, Extensions, JobFields, PoolError, PoolLine,
    PoolRequestId, Reconnect, ReplyResult, SubmitRequest, TemplateNumbers, bounded_text,
    parse_pool_line, push_keepalive_request, push_login_request, push_submit_request,
};
use crate::work::{BadBlob, UpstreamJob, Work};

pub use effect::{Ignored, PoolClose, PoolEffect, Rejection};
pub use job_pace::JobPace;
pub(crate) use packed::check_link;
pub use settings::PoolSettings;

/// Lines in a row that are JSON but make no sense, after which a pool is left.
pub const ODD_LINES_IN_A_ROW: u32 = 16;

/// Longest session id taken, bytes; known pools use up to 36.
pub const SESSION_ID_LIMIT: usize = 256;

/// The login is the first request of a connection.
const LOGIN: PoolRequestId = PoolRequestId(1);

#[derive(Debug, Clone)]
enum Phase {
    /// Nothing was sent yet.
    Fresh,
    LoggingIn {
        since: Instant,
    },
    LoggedIn {
        session: Arc<str>,
        extensions: Extensions,
    },
    /// Left; nothing the pool still says counts.
    Left,
}

/// The state of one upstream connection. Cheap to copy, so that a step on it happens wholly or not
/// at all.
#[derive(Debug, Clone)]
pub struct PoolProtocol {
    settings: Arc<PoolSettings>,
    phase: Phase,
    /// The number of the last request.
    last_request: PoolRequestId,
    last_sent: Option<Instant>,
    /// A keepalive that has no answer yet; `p2pool` never gives one.
    keepalive: Option<PoolRequestId>,
    keepalive_refused: bool,
    odd_lines: u32,
    job: Option<Arc<UpstreamJob>>,
    /// Sent before the answer to the login, and good if that brings none.
    early: Option<Arc<UpstreamJob>>,
    /// What sets this connection apart from others in the pool's templates.
    number: u32,
}

impl PoolProtocol {
    /// A connection that is still to be opened.
    #[must_use]
    pub const fn new(settings: Arc<PoolSettings>) -> Self {
        Self {
            settings,
            phase: Phase::Fresh,
            last_request: PoolRequestId(0),
            last_sent: None,
            keepalive: None,
            keepalive_refused: false,
            odd_lines: 0,
            job: None,
            early: None,
            number: 0,
        }
    }

    /// The same with a number of its own, by which a template that several connections got holds
    /// other work for each.
    #[must_use]
    pub const fn numbered(mut self, number: u32) -> Self {
        self.number = number;
        self
    }

    /// Whether submits can be sent.
    #[must_use]
    pub const fn is_logged_in(&self) -> bool {
        matches!(self.phase, Phase::LoggedIn { .. })
    }

    /// The job the pool sent last.
    #[must_use]
    pub const fn job(&self) -> Option<&Arc<UpstreamJob>> {
        self.job.as_ref()
    }

    /// The connection is open: appends the login to `out`.
    pub fn on_connected(&mut self, now: Instant, out: &mut Vec<u8>) {
        let id = self.next_request(now);
        debug_assert_eq!(id, LOGIN);
        push_login_request(out, id, &self.settings.login_request());
        self.phase = Phase::LoggingIn { since: now };
    }

    /// Appends a submit to `out`; `None`, and nothing appended, when not logged in.
    ///
    /// The caller makes sure that the share's job came over this connection.
    pub fn submit(
        &mut self,
        share: &Share,
        now: Instant,
        out: &mut Vec<u8>,
    ) -> Option<PoolRequestId> {
        let Phase::LoggedIn {
            session,
            extensions,
        } = self.phase.clone()
        else {
            return None;
        };
        let id = self.next_request(now);
        let job = &share.job.job;
        let submit = SubmitRequest {
            session: &session,
            job_id: &job.id,
            nonce: share.nonce,
            result: share.result,
            commitment: share.raw_hash.as_ref(),
            algorithm: extensions.algo.then_some(&job.algorithm),
            numbers: self.numbers_of(share),
        };
        push_submit_request(out, id, &submit);
        Some(id)
    }

    fn numbers_of(&self, share: &Share) -> Option<TemplateNumbers> {
        match (self.settings.dialect, &share.job.job.work) {
            (Dialect::Template(order), Work::Template(page)) => Some(TemplateNumbers {
                pool: order.as_sent(self.number),
                worker: order.as_sent(page.extra_nonce(share.slot)),
            }),
            (Dialect::Stratum, _) | (Dialect::Template(_), Work::Sliced(_)) => None,
        }
    }

    fn checked(&self, fields: &JobFields<'_>) -> Result<Arc<UpstreamJob>, BadJob> {
        let job = match self.settings.dialect {
            Dialect::Stratum => fields.check(),
            Dialect::Template(_) => fields.check_template(self.number),
        };
        job.map(Arc::new)
    }

    /// Takes a line, without its newline.
    pub fn on_line(&mut self, line: &[u8]) -> PoolEffect {
        if matches!(self.phase, Phase::Fresh | Phase::Left) {
            return PoolEffect::Ignored(Ignored::Left);
        }
        let effect = match parse_pool_line(line) {
            Ok(PoolLine::Reply { id, answer }) => self.on_reply(id, answer),
            Ok(PoolLine::Job(fields)) => self.on_job(&fields),
            Ok(PoolLine::Reconnect(to)) => self.on_reconnect(&to),
            Ok(PoolLine::Other(method)) => {
                PoolEffect::Ignored(Ignored::Method(bounded_text(&method)))
            }
            Err(bad @ BadLine::NotJson(_)) => {
                PoolEffect::Close(PoolClose::new(ErrorClass::Pool, &bad.to_string()))
            }
            Err(bad @ (BadLine::Shape(_) | BadLine::Field { .. })) => self.odd(&bad.to_string()),
        };
        self.settle_phase(&effect);
        effect
    }

    /// The time has come that [`Self::deadline`] named: appends a keepalive to `out`, or says why
    /// the pool is to be left.
    pub fn on_tick(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<PoolClose> {
        if self.deadline().is_none_or(|at| now < at) {
            return None;
        }
        match &self.phase {
            Phase::LoggingIn { .. } => {
                self.phase = Phase::Left;
                let waited = self.settings.response_timeout;
                let reason = format!("no answer to the login within {waited:?}");
                Some(PoolClose::new(ErrorClass::Pool, &reason))
            }
            Phase::LoggedIn { session, .. } => {
                let session = Arc::clone(session);
                let id = self.next_request(now);
                push_keepalive_request(out, id, &session);
                self.keepalive = Some(id);
                None
            }
            Phase::Fresh | Phase::Left => None,
        }
    }

    /// When [`Self::on_tick`] has something to do next, if nothing happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match &self.phase {
            Phase::LoggingIn { since } => Some(*since + self.settings.response_timeout),
            Phase::LoggedIn { .. } => Some(self.last_sent? + self.keepalive_after()?),
            Phase::Fresh | Phase::Left => None,
        }
    }

    fn keepalive_after(&self) -> Option<Duration> {
        /// A pool is never flooded, whatever is configured.
        const SHORTEST: Duration = Duration::from_millis(100);
        self.settings
            .keepalive
            .filter(|_| !self.keepalive_refused)
            .map(|interval| interval.max(SHORTEST))
    }

    const fn next_request(&mut self, now: Instant) -> PoolRequestId {
        self.last_request.0 += 1;
        self.last_sent = Some(now);
        self.last_request
    }

    fn settle_phase(&mut self, effect: &PoolEffect) {
        match effect {
            PoolEffect::Close(_)
            | PoolEffect::Redirected { .. }
            | PoolEffect::Replied { close: Some(_), .. } => self.phase = Phase::Left,
            PoolEffect::LoggedIn { .. }
            | PoolEffect::Job(_)
            | PoolEffect::Replied { close: None, .. } => self.odd_lines = 0,
            PoolEffect::Ignored(_) => {}
        }
    }

    fn odd(&mut self, what: &str) -> PoolEffect {
        self.odd_lines += 1;
        if self.odd_lines < ODD_LINES_IN_A_ROW {
            return PoolEffect::Ignored(Ignored::Odd(bounded_text(what)));
        }
        let reason = format!("{ODD_LINES_IN_A_ROW} odd lines in a row, the last: {what}");
        PoolEffect::Close(PoolClose::new(ErrorClass::Pool, &reason))
    }

    fn on_reply(&mut self, id: Option<PoolRequestId>, answer: Answer<'_>) -> PoolEffect {
        let logging_in = matches!(self.phase, Phase::LoggingIn { .. });
        match (id, answer) {
            (Some(LOGIN) | None, Answer::No(error)) if logging_in => {
                let rejection = Rejection::from(&error);
                let reason = format!("login refused: {}", rejection.text);
                PoolEffect::Close(PoolClose::new(rejection.class, &reason))
            }
            (Some(LOGIN), Answer::Yes(result)) if logging_in => self.on_login_result(result),
            (None, Answer::No(error)) => Self::on_stray_error(&error),
            (Some(id), answer) if id > LOGIN && id <= self.last_request && !logging_in => {
                self.on_answer(id, answer)
            }
            (Some(id), _) => self.odd(&format!("a reply to request {}, which was not made", id.0)),
            (None, Answer::Yes(_)) => self.odd("a result that names no request"),
        }
    }

    fn on_login_result(&mut self, result: ReplyResult<'_>) -> PoolEffect {
        let unusable = |why: String| {
            PoolEffect::Close(PoolClose::new(
                ErrorClass::Pool,
                &format!("unusable answer to the login: {why}"),
            ))
        };
        let login = match result.login() {
            Ok(login) => login,
            Err(bad) => return unusable(bad.to_string()),
        };
        if login.session.is_empty() || login.session.len() > SESSION_ID_LIMIT {
            return unusable(format!("a session id of {} bytes", login.session.len()));
        }
        let job = match login.job.map(|job| self.checked(&job)).transpose() {
            Ok(job) => job,
            Err(bad) => return PoolEffect::Close(bad.into()),
        };
        let job = job.or(self.early.take());
        self.job.clone_from(&job);
        self.phase = Phase::LoggedIn {
            session: (&*login.session).into(),
            extensions: login.extensions,
        };
        PoolEffect::LoggedIn {
            job,
            extensions: login.extensions,
        }
    }

    /// An error that answers nothing.
    fn on_stray_error(error: &PoolError<'_>) -> PoolEffect {
        let rejection = Rejection::from(error);
        match rejection.class {
            ErrorClass::Ban => PoolEffect::Close(PoolClose::new(ErrorClass::Ban, &rejection.text)),
            ErrorClass::Throttle
            | ErrorClass::Stale
            | ErrorClass::Ours
            | ErrorClass::Rig
            | ErrorClass::Pool
            | ErrorClass::Unknown => PoolEffect::Ignored(Ignored::Error(rejection)),
        }
    }

    fn on_answer(&mut self, id: PoolRequestId, answer: Answer<'_>) -> PoolEffect {
        let of_keepalive = self.keepalive == Some(id);
        if of_keepalive {
            self.keepalive = None;
        }
        let rejection = match answer {
            Answer::Yes(_) if of_keepalive => return PoolEffect::Ignored(Ignored::KeptAlive),
            Answer::Yes(_) => {
                return PoolEffect::Replied {
                    request: id,
                    verdict: Ok(()),
                    close: None,
                };
            }
            Answer::No(error) => Rejection::from(&error),
        };
        let close = self.ends_session(&rejection);
        if !of_keepalive {
            return PoolEffect::Replied {
                request: id,
                verdict: Err(rejection),
                close,
            };
        }
        // Some pools count each unknown request against us: one refusal is enough.
        self.keepalive_refused = true;
        close.map_or(
            PoolEffect::Ignored(Ignored::KeepaliveRefused(rejection)),
            PoolEffect::Close,
        )
    }

    /// Whether nothing good can follow on this connection.
    fn ends_session(&self, rejection: &Rejection) -> Option<PoolClose> {
        let starts_with = |start: &str| {
            rejection
                .text
                .get(..start.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(start))
        };
        if rejection.class == ErrorClass::Ban {
            Some(PoolClose::new(ErrorClass::Ban, &rejection.text))
        } else if starts_with("unauthenticated") || starts_with("unauthorized") {
            let reason = format!("the pool does not know this session: {}", rejection.text);
            Some(PoolClose::new(ErrorClass::Ours, &reason))
        } else if starts_with("invalid nonce") && self.announced().nicehash {
            // A slot of 0 can't be seen in the blob; the refusal of every other slot tells.
            let reason = BadBlob::SlotTaken.to_string();
            Some(PoolClose::new(ErrorClass::Ours, &reason))
        } else {
            None
        }
    }

    fn announced(&self) -> Extensions {
        match &self.phase {
            Phase::LoggedIn { extensions, .. } => *extensions,
            Phase::Fresh | Phase::LoggingIn { .. } | Phase::Left => Extensions::default(),
        }
    }

    /// A job that can't be read ends the session: the pool works on it, and the one before is dead.
    fn on_job(&mut self, fields: &JobFields<'_>) -> PoolEffect {
        if !self.is_logged_in() {
            self.early = self.checked(fields).ok();
            return self.odd("a job before the answer to the login");
        }
        let job = match self.checked(fields) {
            Ok(job) => job,
            Err(bad) => return PoolEffect::Close(bad.into()),
        };
        if self
            .job
            .as_ref()
            .is_some_and(|last| last.is_same_work(&job))
        {
            return PoolEffect::Ignored(Ignored::SameJob);
        }
        self.job = Some(Arc::clone(&job));
        PoolEffect::Job(job)
    }

    /// Obeying would let whoever owns the connection move the farm's work elsewhere.
    fn on_reconnect(&self, to: &Reconnect<'_>) -> PoolEffect {
        match to.host.as_deref().filter(|host| !host.is_empty()) {
            None if to.port.is_none() => PoolEffect::Redirected {
                host: None,
                port: None,
            },
            Some(host) if self.settings.allows_reconnect_to(host) => PoolEffect::Redirected {
                host: Some(host.into()),
                port: to.port,
            },
            host => {
                let host = bounded_text(host.unwrap_or("another port"));
                PoolEffect::Ignored(Ignored::Reconnect(host))
            }
        }
    }
}

#[cfg(test)]
mod template_tests;
#[cfg(test)]
mod tests;
