//! The pool's side: answers each login with a job and each share at once, and sends jobs.

use std::{
    io::{self, Write as _},
    net::{Ipv4Addr, SocketAddr},
};

use anyhow::{Context as _, Result};
use mio::{
    Interest, Registry, Token,
    event::Event,
    net::{TcpListener, TcpStream},
};
use slab::Slab;

use super::{
    clock::{Clock, Nanos},
    conn::{Conn, Inbox, Received},
    seen::Seen,
    share,
    wire::{ShareLine, ToPool},
    work,
};

/// One upstream connection of the proxy.
#[derive(Debug)]
struct Session {
    conn: Conn,
    /// Its number, in the order of connecting: no number is given twice.
    upstream: u32,
    logged_in: bool,
}

/// The simulated pool.
#[derive(Debug)]
pub(crate) struct Pool {
    listener: TcpListener,
    address: SocketAddr,
    sessions: Slab<Session>,
    round: u32,
    opened: u32,
    /// Replies to the lines of one read, sent with one write.
    replies: Vec<u8>,
}

impl Pool {
    /// A pool that listens on a free port of 127.0.0.1, watched under `token`.
    ///
    /// # Errors
    /// When there is no free port.
    pub(crate) fn open(registry: &Registry, token: Token) -> io::Result<Self> {
        let mut listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into())?;
        registry.register(&mut listener, token, Interest::READABLE)?;
        Ok(Self {
            address: listener.local_addr()?,
            listener,
            sessions: Slab::new(),
            round: 0,
            opened: 0,
            replies: Vec::new(),
        })
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Upstream connections that are logged in now.
    pub(crate) fn logged_in(&self) -> usize {
        self.sessions.iter().filter(|(_, s)| s.logged_in).count()
    }

    /// Upstream connections ever opened.
    pub(crate) const fn opened(&self) -> u32 {
        self.opened
    }

    /// Takes all connections that wait; `token` makes a session's token of its key.
    pub(crate) fn accept(
        &mut self,
        registry: &Registry,
        token: impl Fn(usize) -> Token,
    ) -> Result<()> {
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // Gone again before it was taken.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(error).context("the pool cannot accept"),
            };
            self.admit(stream, registry, &token)
                .context("the pool cannot take a connection over")?;
        }
    }

    fn admit(
        &mut self,
        stream: TcpStream,
        registry: &Registry,
        token: &impl Fn(usize) -> Token,
    ) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let entry = self.sessions.vacant_entry();
        let conn = Conn::watch(stream, registry, token(entry.key()))?;
        entry.insert(Session {
            conn,
            upstream: self.opened,
            logged_in: false,
        });
        self.opened += 1;
        Ok(())
    }

    /// Reads and answers what has come for session `key`.
    pub(crate) fn turn(
        &mut self,
        key: usize,
        event: &Event,
        inbox: &mut Inbox,
        clock: &Clock,
        seen: &mut Vec<Seen>,
    ) {
        let Some(session) = self.sessions.get_mut(key) else {
            return;
        };
        let alive = session.turn(event, inbox, self.round, &mut self.replies, clock, seen);
        // A proxy may give an upstream up; whether it may lose shares by it, the ledger says.
        if !alive.unwrap_or(false) {
            self.sessions.remove(key);
        }
    }

    /// Writes a new job to all upstream connections that are logged in. The round's number and
    /// the moment just before the first write.
    pub(crate) fn new_job(&mut self, clock: &Clock) -> (u32, Nanos) {
        self.round += 1;
        let round = self.round;
        let lines: Vec<(usize, String)> = self
            .sessions
            .iter()
            .filter(|(_, session)| session.logged_in)
            .map(|(key, session)| {
                let job = work::job(round, session.upstream);
                let line = format!("{{\"jsonrpc\":\"2.0\",\"method\":\"job\",\"params\":{job}}}\n");
                (key, line)
            })
            .collect();
        let at = clock.now();
        for (key, line) in lines {
            let sent = self
                .sessions
                .get_mut(key)
                .map(|session| session.conn.send(line.as_bytes()));
            if let Some(Err(_)) = sent {
                self.sessions.remove(key);
            }
        }
        (round, at)
    }
}

impl Session {
    /// Whether the session goes on.
    fn turn(
        &mut self,
        event: &Event,
        inbox: &mut Inbox,
        round: u32,
        replies: &mut Vec<u8>,
        clock: &Clock,
        seen: &mut Vec<Seen>,
    ) -> io::Result<bool> {
        if event.is_writable() {
            self.conn.flush()?;
        }
        if !event.is_readable() && !event.is_read_closed() && !event.is_error() {
            return Ok(true);
        }
        loop {
            let received = self.conn.receive(inbox, event.is_read_closed())?;
            let at = clock.now();
            replies.clear();
            while let Some(line) = inbox.next_line() {
                self.answer(line, round, at, replies, seen);
            }
            if !replies.is_empty() {
                self.conn.send(replies)?;
            }
            if received == Received::Closed {
                return Ok(false);
            }
            self.conn.keep(inbox)?;
            if received == Received::Drained {
                return Ok(true);
            }
        }
    }

    /// Answers one line, and tells what was in it.
    fn answer(
        &mut self,
        line: &[u8],
        round: u32,
        at: Nanos,
        replies: &mut Vec<u8>,
        seen: &mut Vec<Seen>,
    ) {
        let request: ToPool<'_> = match serde_json::from_slice(line) {
            Ok(request) => request,
            Err(error) => {
                let why = format!("the pool cannot read a line of the proxy: {error}");
                seen.push(Seen::Astray { why: why.into() });
                return;
            }
        };
        let id = request.id;
        // Writing to a vector cannot fail.
        let _ = match &*request.method {
            "submit" => {
                seen.push(self.share(request.params.as_ref(), at));
                writeln!(
                    replies,
                    "{{\"id\":{id},\"jsonrpc\":\"2.0\",\"error\":null,\"result\":{{\"status\":\"OK\"}}}}"
                )
            }
            "login" => {
                self.logged_in = true;
                let job = work::job(round, self.upstream);
                writeln!(
                    replies,
                    "{{\"id\":{id},\"jsonrpc\":\"2.0\",\"error\":null,\"result\":{{\"id\":\"{:016x}\",\
                     \"job\":{job},\"status\":\"OK\",\"extensions\":[\"algo\",\"keepalive\"]}}}}",
                    self.upstream
                )
            }
            "keepalived" | "keepalive" => writeln!(
                replies,
                "{{\"id\":{id},\"jsonrpc\":\"2.0\",\"error\":null,\"result\":{{\"status\":\"KEEPALIVED\"}}}}"
            ),
            _ => writeln!(
                replies,
                "{{\"id\":{id},\"jsonrpc\":\"2.0\",\"error\":{{\"code\":-1,\"message\":\"Unknown method\"}}}}"
            ),
        };
    }

    /// What there is to say about a submit.
    fn share(&self, params: Option<&ShareLine<'_>>, at: Nanos) -> Seen {
        let read = || {
            let share = params?;
            let (_, upstream) = work::parse_job_id(share.job_id.as_ref()?.as_str())?;
            let nonce = share::parse_nonce(share.nonce.as_ref()?.as_str())?;
            let number = share::number(share.result.as_ref()?.as_str())?;
            Some((upstream, nonce, number))
        };
        match read() {
            Some((upstream, nonce, number)) if upstream == self.upstream => {
                Seen::AtPool { number, nonce, at }
            }
            Some((upstream, ..)) => Seen::Astray {
                why: format!(
                    "a share for a job of upstream {upstream} came over upstream {}",
                    self.upstream
                )
                .into(),
            },
            None => Seen::Astray {
                why: "a submit has no job, nonce or result of ours".into(),
            },
        }
    }
}
