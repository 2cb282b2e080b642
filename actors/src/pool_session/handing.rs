//! A connection that goes over to another process, and one that came from there.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::mpsc::SyncSender;

use actix::{ActorContext, Context, Handler, Message};
use tokio::net::{TcpStream, UnixStream};
use zartrux_models::handover::LinkWire;
use zartrux_models::session::PoolProtocol;
use zartrux_models::stratum::{ErrorClass, LineAssembler};
use zartrux_models::work::JobOrigin;

use super::connection::{End, WARNINGS};
use super::outbox::Outbox;
use super::pump::Pump;
use super::{Link, PoolSession, PoolState};
use crate::dial::Transport;
use crate::handover::{Carrier, InheritedLink, PumpsLeft};
use crate::share_ticket::Settlement;

/// Give the connection away and stop: submits without a verdict are settled as unanswered. A session
/// that is not logged in has nothing to give.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct PackPool {
    /// Where it is counted that a connection in TLS is carried on.
    pub(crate) pumps: PumpsLeft,
    /// For the connection.
    pub(crate) reply: SyncSender<io::Result<PackedPool>>,
}

/// What a pool session gives.
#[derive(Debug)]
pub(crate) struct PackedPool {
    /// Of its last connection.
    pub(crate) connection: u32,
    /// The place of the socket among all is still to be filled in.
    pub(crate) link: Option<(LinkWire, OwnedFd)>,
}

impl Handler<PackPool> for PoolSession {
    type Result = ();

    fn handle(&mut self, PackPool { pumps, reply }: PackPool, ctx: &mut Context<Self>) {
        self.guard.health().dequeued();
        let link = self.pack(&pumps);
        // What the pool still says is the successor's to hear.
        ctx.stop();
        self.guard.health().set_note("goes on in another process");
        let connection = self.connection;
        // Whoever asked may have given up waiting.
        let _ = reply.try_send(link.map(|link| PackedPool { connection, link }));
    }
}

impl PoolSession {
    fn pack(&mut self, pumps: &PumpsLeft) -> io::Result<Option<(LinkWire, OwnedFd)>> {
        // Whatever is not out yet will be: none of them may be sent a second time.
        for share in self.pending.drain() {
            let page = share.ticket.share.job.origin.pool;
            self.pages.of(page).unanswered();
            self.settle(share.ticket, Settlement::Unanswered);
            self.pages.ended(page);
        }
        let now = self.clock.now();
        let origin = JobOrigin {
            pool: self.key,
            connection: self.connection,
        };
        let packed = self.core.pack(origin, now);
        let Some((protocol, link)) = packed.and_then(|core| Some((core, self.link.take()?))) else {
            return Ok(None);
        };
        let line = link.lines.begun().to_vec();
        let lasted = self
            .logged_in_at
            .map(|since| now.saturating_duration_since(since).as_millis());
        let (unsent, carried, socket) = give(link, pumps)?;
        let wire = LinkWire {
            descriptor: 0,
            carried,
            place: self.place.as_str().into(),
            protocol,
            line,
            unsent,
            logged_in_unix_ms: self.pages.logged_in_at(),
            logged_in_ms: lasted.map(|ms| u64::try_from(ms).unwrap_or(u64::MAX)),
            served: self.served,
        };
        Ok(Some((wire, socket)))
    }

    /// Goes on with a connection of the process before instead of one of its own. If it can't, that
    /// one is lost, as any may be.
    pub(super) fn resumed(mut self, inherited: InheritedLink) -> Self {
        self.connection = inherited.connection;
        self.place = inherited.wire.place.clone().into();
        self.warnings_left = WARNINGS;
        if let Err(fault) = self.take_up(inherited) {
            tracing::warn!(pool = %self.place, session = self.key.0, %fault, "can't be taken up");
        }
        self
    }

    fn take_up(&mut self, inherited: InheritedLink) -> io::Result<()> {
        let (wire, now) = (inherited.wire, self.clock.now());
        let settings = self.settings.clone();
        let core = PoolProtocol::unpack(settings, &wire.protocol, now);
        let core = core.map_err(io::Error::other)?;
        let transport = if wire.carried {
            let stream = StdUnixStream::from(inherited.socket);
            stream.set_nonblocking(true)?;
            Transport::Carried(UnixStream::from_std(stream)?)
        } else {
            let stream = std::net::TcpStream::from(inherited.socket);
            stream.set_nonblocking(true)?;
            Transport::Plain(TcpStream::from_std(stream)?)
        };
        let mut outbox = Outbox::default();
        let pushed = outbox.push(&wire.unsent);
        pushed.map_err(|_| io::Error::other("too much waits for the pool"))?;
        let lasted = std::time::Duration::from_millis(wire.logged_in_ms.unwrap_or_default());
        self.core = core;
        self.served = wire.served;
        self.logged_in_at = Some(now.checked_sub(lasted).unwrap_or(now));
        let since = wire.logged_in_unix_ms;
        self.pages
            .resumed(since.unwrap_or_else(|| self.clock.unix_millis()));
        self.link = Some(Link {
            transport,
            outbox,
            lines: LineAssembler::resumed(wire.line),
        });
        Ok(())
    }

    /// The first thing that a session does which began with a connection of the process before.
    pub(super) fn go_on(&mut self, ctx: &mut Context<Self>) {
        if self.link.is_none() {
            let reason = "the connection could not be taken over from the process before";
            return self.lose(&End::of_peer(ErrorClass::Ours, reason), ctx);
        }
        tracing::info!(
            pool = %self.place,
            session = self.key.0,
            connection = self.connection,
            "goes on with a connection of the process before"
        );
        self.tell(PoolState::LoggedIn);
        if let Some(job) = self.core.job() {
            self.pages.show_job(self.key, job, self.clock.unix_millis());
        }
        // Known there, unless the miner sessions lost it on the way.
        self.report_job();
        actix::AsyncContext::spawn(ctx, Pump::new(self.connection));
    }
}

/// The socket that another process goes on with, what waits for it, and whether it is carried.
fn give(link: Link, pumps: &PumpsLeft) -> io::Result<(Vec<u8>, bool, OwnedFd)> {
    let unsent = link.outbox.unsent().to_vec();
    match link.transport {
        Transport::Plain(stream) => Ok((unsent, false, stream.into_std()?.into())),
        Transport::Carried(stream) => Ok((unsent, true, stream.into_std()?.into())),
        Transport::Tls(stream) => {
            let (ours, theirs) = StdUnixStream::pair()?;
            ours.set_nonblocking(true)?;
            let ours = UnixStream::from_std(ours)?;
            // The first bytes may be those of a write that is to be repeated: they stay here.
            let carrier = Carrier::new(stream, link.outbox, ours, pumps.begin());
            actix::spawn(carrier);
            Ok((Vec::new(), true, theirs.into()))
        }
    }
}
