//! Miners in processes of their own, where one may not have so many connections or has not the time to
//! serve them: each gets the names of its miners over a socket and tells what they see.
//!
//! Miner `n` is in process `n` modulo their number. The clocks are one: all count from the system's start.

mod record;
mod worker;

use std::{
    io::{self, Read as _, Write as _},
    net::SocketAddr,
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result, anyhow, bail};
use mio::{Interest, Registry, Token, unix::SourceFd};

use super::{
    clock::{Clock, Nanos},
    seen::Seen,
    work::Origin,
};

pub use worker::Work;
pub(crate) use worker::run as work;

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;

/// The miner that an event is about.
const fn miner_of(seen: &Seen) -> Option<usize> {
    match seen {
        Seen::LoggedIn { miner, .. }
        | Seen::Job { miner, .. }
        | Seen::Answered { miner, .. }
        | Seen::Lost { miner, .. } => Some(*miner),
        Seen::AtPool { .. } | Seen::Astray { .. } => None,
    }
}

/// One of the processes.
struct Worker {
    child: Child,
    socket: UnixStream,
    /// What is read of a record that is not whole.
    unread: Vec<u8>,
    /// When its clock read zero, ns of the system's.
    origin: u64,
}

impl Drop for Worker {
    fn drop(&mut self) {
        // One that has ended already is no fault here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processes, and where the job of each miner is from.
pub(crate) struct Crew {
    workers: Vec<Worker>,
    origins: Vec<Origin>,
    chunk: Vec<u8>,
}

impl Crew {
    /// Starts so many processes; `registry` watches them under `token`.
    ///
    /// # Errors
    /// When one does not start.
    pub(crate) fn start(
        number: usize,
        (proxy, tls): (SocketAddr, bool),
        registry: &Registry,
        token: impl Fn(usize) -> Token,
    ) -> Result<Self> {
        use std::os::fd::AsRawFd as _;

        let mut workers = Vec::new();
        for place in 0..number {
            let (socket, theirs) = UnixStream::pair().context("no pair of sockets")?;
            let child = command(proxy, tls)?
                .stdin(OwnedFd::from(theirs))
                .stdout(Stdio::null())
                .stderr(Stdio::inherit())
                .spawn()
                .context("a process of the generator does not start")?;
            let mut worker = Worker {
                child,
                socket,
                unread: Vec::new(),
                origin: 0,
            };
            let mut origin = [0; 8];
            worker
                .socket
                .read_exact(&mut origin)
                .context("a process of the generator says nothing")?;
            worker.origin = u64::from_le_bytes(origin);
            worker.socket.set_nonblocking(true)?;
            let mut source = SourceFd(&worker.socket.as_raw_fd());
            registry.register(&mut source, token(place), Interest::READABLE)?;
            workers.push(worker);
        }
        Ok(Self {
            workers,
            origins: Vec::new(),
            chunk: vec![0; CHUNK],
        })
    }

    /// Process ids.
    pub(crate) fn processes(&self) -> Vec<u32> {
        self.workers.iter().map(|it| it.child.id()).collect()
    }

    /// Connects the next miner.
    ///
    /// # Errors
    /// When its process takes no order.
    pub(crate) fn connect(&mut self, name: u64) -> Result<usize> {
        let key = self.origins.len();
        let place = key % self.workers.len().max(1);
        let worker = self.workers.get_mut(place).context("no process")?;
        // Orders are few bytes, and only so many are under way that they fit.
        worker
            .socket
            .write_all(&name.to_le_bytes())
            .context("a process of the generator takes no order")?;
        self.origins.push(Origin::default());
        Ok(key)
    }

    /// Where the job of a miner is from; `None` if there is no such miner.
    pub(crate) fn origin(&self, miner: usize) -> Option<Origin> {
        self.origins.get(miner).copied()
    }

    /// Takes what process `place` tells.
    ///
    /// # Errors
    /// When it has ended or says something else.
    pub(crate) fn turn(&mut self, place: usize, clock: &Clock, seen: &mut Vec<Seen>) -> Result<()> {
        let number = self.workers.len();
        let Some(worker) = self.workers.get_mut(place) else {
            return Ok(());
        };
        loop {
            match worker.socket.read(&mut self.chunk) {
                Ok(0) => bail!("a process of the generator has ended"),
                Ok(read) => worker
                    .unread
                    .extend(self.chunk.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("a process of the generator"),
            }
        }
        let mut start = 0;
        while let Some((told, taken)) = record::read(worker.unread.get(start..).unwrap_or_default())
            .map_err(|why| anyhow!("a process of the generator: {why}"))?
        {
            start += taken;
            let key = told.miner * number + place;
            if let Some(origin) = self.origins.get_mut(key) {
                *origin = told.origin;
            }
            let theirs = worker.origin;
            let here =
                |at: Nanos| Nanos((theirs.saturating_add(at.0)).saturating_sub(clock.monotonic()));
            seen.push(match told.seen {
                Seen::LoggedIn { at, .. } => Seen::LoggedIn {
                    miner: key,
                    at: here(at),
                },
                Seen::Job {
                    round, again, at, ..
                } => Seen::Job {
                    miner: key,
                    round,
                    again,
                    at: here(at),
                },
                Seen::Lost { why, .. } => Seen::Lost { miner: key, why },
                other @ (Seen::Answered { .. } | Seen::AtPool { .. } | Seen::Astray { .. }) => {
                    other
                }
            });
        }
        worker.unread.drain(..start);
        Ok(())
    }
}

/// How a process is started: this program once more.
#[cfg(not(test))]
fn command(proxy: SocketAddr, tls: bool) -> Result<Command> {
    let program = std::env::current_exe().context("the path of this program is unknown")?;
    let mut command = Command::new(program);
    command.args(["bench", "crew", "--proxy", &proxy.to_string()]);
    if tls {
        command.arg("--tls");
    }
    Ok(command)
}

/// How a process is started: the test binary once more.
#[cfg(test)]
fn command(proxy: SocketAddr, _tls: bool) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["--exact", "bench::crew::worker::works_when_asked"])
        .args(["--ignored", "--nocapture"])
        .env("CREW_PROXY", proxy.to_string());
    Ok(command)
}
