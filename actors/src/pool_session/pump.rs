//! The one future of a connection: reads, writes and keeps the time.

use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Instant;

use actix::Context;
use actix::fut::ActorFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep_until};
use zartrux_models::stratum::ErrorClass;

use super::connection::End;
use super::{Link, PoolSession, PoolState};
use crate::share_ticket::Settlement;

/// Bytes read at once; on the stack, so that an idle connection owns no buffer.
const READ_SIZE: usize = 8 * 1024;

/// Polled by the actor after each drain of its mailbox, and when the socket or the timer wakes it.
pub(super) struct Pump {
    connection: u32,
    alarm: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Pump {
    pub(super) const fn new(connection: u32) -> Self {
        Self {
            connection,
            alarm: None,
        }
    }

    /// Whether `deadline` has come; if not, wakes the task when it does.
    ///
    /// Deadlines mostly move away while work goes well: an alarm that is too early is left to ring,
    /// which costs less than setting it again with each share.
    fn has_come(&mut self, deadline: Option<Instant>, cx: &mut TaskContext<'_>) -> bool {
        let Some(deadline) = deadline else {
            self.alarm = None;
            return false;
        };
        let (at, sleep) = self
            .alarm
            .get_or_insert_with(|| (deadline, Box::pin(sleep_until(deadline.into()))));
        if deadline < *at {
            sleep.as_mut().reset(deadline.into());
            *at = deadline;
        }
        while sleep.as_mut().poll(cx).is_ready() {
            if *at >= deadline {
                self.alarm = None;
                return true;
            }
            sleep.as_mut().reset(deadline.into());
            *at = deadline;
        }
        false
    }
}

impl ActorFuture<PoolSession> for Pump {
    type Output = ();

    fn poll(
        mut self: Pin<&mut Self>,
        session: &mut PoolSession,
        ctx: &mut Context<PoolSession>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<()> {
        if session.connection != self.connection || session.link.is_none() {
            return Poll::Ready(());
        }
        if let Err(end) = session.turn(&mut self, cx) {
            session.lose(&end, ctx);
            return Poll::Ready(());
        }
        if session.is_closing() && session.pending.is_empty() {
            session.leave(ctx);
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

impl PoolSession {
    fn turn(&mut self, pump: &mut Pump, cx: &mut TaskContext<'_>) -> Result<(), End> {
        self.read(cx)?;
        while pump.has_come(self.deadline(), cx) {
            self.on_tick()?;
        }
        self.write(cx)
    }

    fn read(&mut self, cx: &mut TaskContext<'_>) -> Result<(), End> {
        let mut storage = [MaybeUninit::<u8>::uninit(); READ_SIZE];
        while let Some(link) = &mut self.link {
            let mut buffer = ReadBuf::uninit(&mut storage);
            match Pin::new(&mut link.transport).poll_read(cx, &mut buffer) {
                Poll::Pending => break,
                Poll::Ready(Err(fault)) => return Err(broken(&fault)),
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
                    let reason = if self.core.is_logged_in() {
                        "the pool closed the connection"
                    } else {
                        "the pool closed the connection before it answered the login"
                    };
                    return Err(End::of_peer(ErrorClass::Pool, reason));
                }
                Poll::Ready(Ok(())) => {
                    self.pages.connection().read(buffer.filled().len());
                    self.on_bytes(buffer.filled())?;
                }
            }
        }
        Ok(())
    }

    fn on_bytes(&mut self, bytes: &[u8]) -> Result<(), End> {
        let limit = self.endpoint.line_limit();
        let Some(link) = &mut self.link else {
            return Ok(());
        };
        let mut lines = std::mem::take(&mut link.lines);
        let mut outcome = Ok(());
        let fed = lines.feed(bytes, limit, |line| {
            outcome = self.on_line(line);
            match outcome {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        if let Some(link) = &mut self.link {
            link.lines = lines;
        }
        outcome?;
        match fed {
            Ok(_) => Ok(()),
            Err(too_long) => Err(End::of_peer(ErrorClass::Pool, &too_long.to_string())),
        }
    }

    fn write(&mut self, cx: &mut TaskContext<'_>) -> Result<(), End> {
        let Some(Link {
            transport, outbox, ..
        }) = &mut self.link
        else {
            return Ok(());
        };
        let before = outbox.written();
        let polled = outbox.poll_write(transport, cx);
        let written = outbox.written() - before;
        match polled {
            Poll::Pending => Ok(()),
            Poll::Ready(Ok(writes)) => {
                self.pages.connection().wrote(written, writes);
                Ok(())
            }
            Poll::Ready(Err(fault)) => Err(broken(&fault)),
        }
    }

    /// A last write, and the close that TLS wants: what the system does not take now stays.
    pub(super) fn write_out(&mut self) {
        let mut cx = TaskContext::from_waker(Waker::noop());
        let _ = self.write(&mut cx);
        if let Some(link) = &mut self.link {
            let _ = Pin::new(&mut link.transport).poll_shutdown(&mut cx);
        }
    }

    /// When there is something to do if nothing happens before.
    fn deadline(&self) -> Option<Instant> {
        [
            self.core.deadline(),
            self.pending.deadline(self.timeouts.response),
            self.patience_ends,
            self.job_due,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn on_tick(&mut self) -> Result<(), End> {
        let now = self.clock.now();
        self.pass_job_on(now);
        if self.core.deadline().is_some_and(|at| at <= now) {
            let (close, _) = self.step_and_send(|core, line| core.on_tick(now, line))?;
            if let Some(close) = close {
                return Err(close.into());
            }
        }
        self.give_up_overdue(now)?;
        if self.patience_ends.is_some_and(|at| at <= now) {
            let waited = self.timeouts.response * 2;
            let reason = format!("no answer to any submit within {waited:?}");
            return Err(End::of_peer(ErrorClass::Pool, &reason));
        }
        Ok(())
    }

    /// Settles submits that have waited too long.
    fn give_up_overdue(&mut self, now: Instant) -> Result<(), End> {
        let written = self.link.as_ref().map_or(0, |link| link.outbox.written());
        while let Some(share) = self.pending.take_overdue(self.timeouts.response, now) {
            if share.end > written {
                let page = share.ticket.share.job.origin.pool;
                self.undeliverable(share.ticket);
                self.pages.ended(page);
                let waited = self.timeouts.response;
                let reason = format!("the pool does not read: nothing was taken for {waited:?}");
                return Err(End::of_peer(ErrorClass::Pool, &reason));
            }
            let page = share.ticket.share.job.origin.pool;
            self.pages.of(page).unanswered();
            self.pages.ended(page);
            self.settle(share.ticket, Settlement::Unanswered);
            if self.patience_ends.is_none() {
                self.patience_ends = Some(now + self.timeouts.response);
                tracing::warn!(pool = %self.place, session = self.key.0, "the pool does not answer");
                self.tell(PoolState::Unresponsive);
            }
        }
        Ok(())
    }
}

fn broken(fault: &io::Error) -> End {
    End::of_peer(ErrorClass::Pool, &format!("connection broken: {fault}"))
}
