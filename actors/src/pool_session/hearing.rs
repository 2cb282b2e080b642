//! Shares out, verdicts and jobs in.

use std::time::Instant;

use zartrux_models::session::{Ignored, JobPace, PoolEffect, Rejection};
use zartrux_models::stratum::{ErrorClass, PoolRequestId};

use super::connection::End;
use super::pending::PendingShare;
use super::{PoolSession, PoolState};
use crate::share_ticket::{Settlement, ShareTicket};

impl PoolSession {
    /// Sends a share, or settles it at once: its job is of a connection that is gone, or the session
    /// is closing.
    pub(super) fn forward(&mut self, ticket: ShareTicket) -> Result<(), End> {
        let origin = ticket.share.job.origin;
        let current = origin.connection == self.connection && self.pages.is_open(origin.pool);
        if !current || self.link.is_none() || !self.core.is_logged_in() {
            self.undeliverable(ticket);
            return Ok(());
        }
        let now = self.clock.now();
        match self.step_and_send(|core, line| core.submit(&ticket.share, now, line)) {
            Ok((Some(request), end)) => {
                let share = PendingShare {
                    ticket,
                    since: now,
                    end,
                };
                self.pending.insert(request, share);
                self.pages.submitted(origin.pool);
                Ok(())
            }
            Ok((None, _)) => {
                self.undeliverable(ticket);
                Ok(())
            }
            Err(end) => {
                self.undeliverable(ticket);
                Err(end)
            }
        }
    }

    /// Takes a line of the pool.
    pub(super) fn on_line(&mut self, line: &[u8]) -> Result<(), End> {
        let effect = self
            .guard
            .transact(&mut self.core, |core| core.on_line(line))?;
        match effect {
            PoolEffect::LoggedIn { job, extensions } => {
                self.pages.logged_in(self.clock.unix_millis());
                self.logged_in_at = Some(self.clock.now());
                tracing::info!(
                    pool = %self.place,
                    session = self.key.0,
                    connection = self.connection,
                    ?extensions,
                    "logged in at the pool"
                );
                self.tell(PoolState::LoggedIn);
                if job.is_some() {
                    self.on_job();
                }
                Ok(())
            }
            PoolEffect::Job(_) => {
                self.on_job();
                Ok(())
            }
            PoolEffect::Replied {
                request,
                verdict,
                close,
            } => {
                self.on_verdict(request, verdict);
                close.map_or(Ok(()), |close| Err(close.into()))
            }
            PoolEffect::Redirected { host, port } => {
                let host = host.map_or_else(|| self.endpoint.host.clone(), Into::into);
                let port = port.unwrap_or(self.endpoint.port);
                let reason = format!("the pool sends us to {host}:{port}");
                self.redirect = Some((host, port));
                Err(End::of_peer(ErrorClass::Pool, &reason))
            }
            PoolEffect::Ignored(why) => {
                self.on_ignored(&why);
                Ok(())
            }
            PoolEffect::Close(close) => Err(close.into()),
        }
    }

    fn on_job(&mut self) {
        if let Some(job) = self.core.job() {
            self.pages.job(job, self.clock.unix_millis());
        }
        let now = self.clock.now();
        self.job_due = Some(self.job_pace.next(now).unwrap_or(now));
        self.pass_job_on(now);
        if self.job_due.is_some() && self.warnings_left > 0 {
            self.warnings_left -= 1;
            tracing::warn!(
                pool = %self.place,
                session = self.key.0,
                at_most_every = ?JobPace::EVERY,
                "the pool sends jobs faster than miners are given any: only the newest goes on"
            );
        }
    }

    /// The newest job goes on, if one waits and it is time for it.
    pub(super) fn pass_job_on(&mut self, now: Instant) {
        if self.job_due.take_if(|due| *due <= now).is_some() {
            self.job_pace.pass(now);
            self.report_job();
        }
    }

    fn on_verdict(&mut self, request: PoolRequestId, verdict: Result<(), Rejection>) {
        // Any verdict shows that submits are answered, even one that comes too late.
        self.patience_ends = None;
        if self.state == PoolState::Unresponsive {
            tracing::info!(pool = %self.place, session = self.key.0, "the pool answers again");
            self.tell(PoolState::LoggedIn);
        }
        let Some(share) = self.pending.take(request) else {
            self.pages.connection().late_reply();
            return;
        };
        let page = share.ticket.share.job.origin.pool;
        let took = self.clock.now().saturating_duration_since(share.since);
        self.pages.of(page).latency(took);
        match verdict {
            Ok(()) => {
                self.served = true;
                self.pages.of(page).accepted(self.clock.unix_millis());
                self.settle(share.ticket, Settlement::Accepted);
            }
            Err(Rejection { class, text }) => {
                self.pages.of(page).rejected(class);
                tracing::debug!(pool = %self.place, session = self.key.0, %class, %text, "refused");
                self.note_unknown(class, &text);
                self.settle(share.ticket, Settlement::Rejected { class, text });
            }
        }
        self.pages.ended(page);
    }

    /// Words that nobody has classified are shown as they came, once in a row; some pools put a
    /// number into them, so that no two are the same.
    fn note_unknown(&mut self, class: ErrorClass, text: &str) {
        let unknown = class == ErrorClass::Unknown && *self.unknown_words != *text;
        if unknown && self.warnings_left > 0 {
            self.warnings_left -= 1;
            tracing::warn!(pool = %self.place, %text, "refused in words that are not known");
            self.unknown_words = text.into();
        }
    }

    fn on_ignored(&mut self, why: &Ignored) {
        match why {
            Ignored::Odd(_) => self.pages.connection().odd_line(),
            Ignored::Reconnect(_) => self.pages.connection().reconnect_refused(),
            Ignored::KeptAlive
            | Ignored::KeepaliveRefused(_)
            | Ignored::SameJob
            | Ignored::Method(_)
            | Ignored::Error(_)
            | Ignored::Left => {}
        }
        let harmless = matches!(why, Ignored::KeptAlive | Ignored::SameJob | Ignored::Left);
        if harmless || self.warnings_left == 0 {
            tracing::debug!(pool = %self.place, session = self.key.0, %why, "line ignored");
        } else {
            self.warnings_left -= 1;
            tracing::warn!(pool = %self.place, session = self.key.0, %why, "line ignored");
        }
    }
}
