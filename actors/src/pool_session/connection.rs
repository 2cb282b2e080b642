//! From one connection to the next.

use std::time::Duration;

use actix::{ActorContext, ActorFutureExt, AsyncContext, Context, WrapFuture};
use zartrux_models::session::{PoolClose, PoolProtocol};
use zartrux_models::stratum::{ErrorClass, LineAssembler, bounded_text};

use super::outbox::Outbox;
use super::pump::Pump;
use super::retry::{Cause, spread};
use super::{Link, PoolSession, PoolState};
use crate::dial::{ConnectFault, Dial, Transport};
use crate::share_ticket::{Settlement, ShareTicket};
use crate::supervision::Faulted;

/// Warnings about what a pool says that are logged for one connection.
pub(super) const WARNINGS: u32 = 10;

/// Why a connection ends.
#[derive(Debug)]
pub(super) struct End {
    pub(super) close: PoolClose,
    pub(super) cause: Cause,
}

impl End {
    pub(super) fn of_peer(class: ErrorClass, reason: &str) -> Self {
        PoolClose {
            class,
            reason: bounded_text(reason),
        }
        .into()
    }
}

impl From<PoolClose> for End {
    fn from(close: PoolClose) -> Self {
        Self {
            cause: Cause::Peer(close.class),
            close,
        }
    }
}

impl From<Faulted> for End {
    fn from(faulted: Faulted) -> Self {
        Self {
            close: PoolClose {
                class: ErrorClass::Ours,
                reason: faulted.to_string().into(),
            },
            cause: Cause::Fault,
        }
    }
}

impl PoolSession {
    /// Opens the next connection.
    pub(super) fn connect(&mut self, ctx: &mut Context<Self>) {
        self.connection = self.connection.wrapping_add(1);
        self.core = PoolProtocol::new(self.settings.clone()).numbered(rand::random());
        self.warnings_left = WARNINGS;
        self.pages.connection().attempt();
        let (host, port) = self
            .redirect
            .take()
            .unwrap_or_else(|| (self.endpoint.host.clone(), self.endpoint.port));
        self.place = format!("{host}:{port}");
        self.tell(PoolState::Connecting);
        let dial = Dial {
            host,
            port,
            tls: self.endpoint.tls,
            timeout: self.timeouts.connect,
            connector: self.connector.clone(),
            way: self.endpoint.way.clone(),
            names: self.names.clone(),
            clock: self.clock,
        };
        ctx.spawn(
            dial.open()
                .into_actor(self)
                .map(|opened, this, ctx| this.on_opened(opened, ctx)),
        );
    }

    fn on_opened(&mut self, opened: Result<Transport, ConnectFault>, ctx: &mut Context<Self>) {
        let transport = match opened {
            Ok(transport) => transport,
            Err(fault) => {
                let end = End::of_peer(fault.class(), &fault.to_string());
                return self.lose(&end, ctx);
            }
        };
        self.link = Some(Link {
            transport,
            outbox: Outbox::default(),
            lines: LineAssembler::default(),
        });
        let now = self.clock.now();
        if let Err(end) = self.step_and_send(|core, line| core.on_connected(now, line)) {
            return self.lose(&end, ctx);
        }
        ctx.spawn(Pump::new(self.connection));
    }

    /// The connection is gone, or was never made: settles what was on it, and makes the next one in
    /// due time, or none if the session is closing.
    pub(super) fn lose(&mut self, end: &End, ctx: &mut Context<Self>) {
        self.settle_all();
        self.link = None;
        self.core = PoolProtocol::new(self.settings.clone());
        self.patience_ends = None;
        self.job_due = None;
        self.pages.lost(end.close.class);
        if self.is_closing() {
            tracing::info!(
                pool = %self.place,
                session = self.key.0,
                reason = %end.close.reason,
                "the connection ended before its last verdicts"
            );
            return self.leave(ctx);
        }
        let lasted = self.logged_in_at.take().map_or(Duration::ZERO, |since| {
            self.clock.now().saturating_duration_since(since)
        });
        let served = std::mem::take(&mut self.served);
        let delay = spread(self.retry.delay(end.cause, served, lasted));
        tracing::warn!(
            pool = %self.place,
            session = self.key.0,
            connection = self.connection,
            class = %end.close.class,
            reason = %end.close.reason,
            next_attempt_in = ?delay,
            "no connection to the pool"
        );
        self.tell(PoolState::Lost {
            reason: end.close.reason.clone(),
            class: end.close.class,
        });
        self.guard.health().set_note(format!(
            "no connection to {}: {}; next attempt in {:.1} s",
            self.place,
            end.close.reason,
            delay.as_secs_f64()
        ));
        ctx.run_later(delay, |this, ctx| this.connect(ctx));
    }

    /// Ends the session: what was told to close has nothing more to wait for.
    pub(super) fn leave(&mut self, ctx: &mut Context<Self>) {
        self.write_out();
        self.guard.health().set_note("closed");
        ctx.stop();
    }

    /// Runs a step that renders a line, and puts the line into the outbox; returns where in the
    /// stream it ends, and what the step returned.
    pub(super) fn step_and_send<R>(
        &mut self,
        step: impl Fn(&mut PoolProtocol, &mut Vec<u8>) -> R,
    ) -> Result<(R, u64), End> {
        // The step may be run twice: the line of a try that failed must not stay.
        let line = std::cell::RefCell::new(std::mem::take(&mut self.line));
        let outcome = self.guard.transact(&mut self.core, |core| {
            let mut line = line.borrow_mut();
            line.clear();
            step(core, &mut line)
        });
        self.line = line.into_inner();
        let outcome = outcome?;
        let Some(link) = &mut self.link else {
            return Err(End::of_peer(
                ErrorClass::Ours,
                "a line without a connection",
            ));
        };
        let end = link.outbox.push(&self.line).map_err(|_| {
            let reason = format!(
                "the pool does not read: {} bytes wait",
                link.outbox.waiting()
            );
            End::of_peer(ErrorClass::Pool, &reason)
        })?;
        Ok((outcome, end))
    }

    /// Settles everything that waits for a verdict: what was written may have arrived, what was not
    /// written has not.
    pub(super) fn settle_all(&mut self) {
        let written = self.link.as_ref().map_or(0, |link| link.outbox.written());
        for share in self.pending.drain() {
            let page = share.ticket.share.job.origin.pool;
            if share.end <= written {
                self.pages.of(page).unanswered();
                self.settle(share.ticket, Settlement::Unanswered);
            } else {
                self.undeliverable(share.ticket);
            }
            self.pages.ended(page);
        }
    }

    pub(super) fn undeliverable(&self, ticket: ShareTicket) {
        self.pages.of(ticket.share.job.origin.pool).undeliverable();
        self.settle(ticket, Settlement::Undeliverable);
    }

    pub(super) fn settle(&self, ticket: ShareTicket, settlement: Settlement) {
        self.posts.settled.send(ticket.settle(settlement));
    }
}
