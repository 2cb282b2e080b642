//! The miners' side: logs in as xmrig 6.26 does, takes jobs, submits shares.

use std::{fmt::Write as _, io, net::SocketAddr};

use mio::{Registry, Token, event::Event};
use native_tls::TlsConnector;
use slab::Slab;

use super::{
    clock::{Clock, Nanos},
    conn::{Conn, Inbox, Received},
    seen::Seen,
    share::{self, Submit},
    source::Sources,
    wire::{JobLine, ToMiner},
    work::{self, Origin},
};

/// The request id of a login; submits count on from [`FIRST_SUBMIT`].
const LOGIN: u64 = 1;
/// The request id of share number 0.
pub(crate) const FIRST_SUBMIT: u64 = 2;
/// Nonces of one slot in one job.
const NONCES: u32 = 1 << 24;

/// One simulated miner.
#[derive(Debug)]
struct Miner {
    conn: Conn,
    /// Empty until the login is answered.
    session: String,
    job_id: String,
    origin: Origin,
    target: u64,
    /// Nonces used in this job.
    nonces: u32,
}

/// All miners.
#[derive(Debug)]
pub(crate) struct Miners {
    proxy: SocketAddr,
    sources: Sources,
    miners: Slab<Miner>,
    salt: u64,
    /// If they use TLS.
    tls: Option<TlsConnector>,
    line: Vec<u8>,
}

impl Miners {
    /// No miner yet; all will connect to `proxy`. `salt` makes source ports and results differ
    /// from those of other runs.
    pub(crate) fn of(proxy: SocketAddr, salt: u64, tls: Option<TlsConnector>) -> Self {
        let [a, b, c, d, ..] = salt.to_le_bytes();
        Self {
            proxy,
            sources: Sources::starting_at(u32::from_le_bytes([a, b, c, d])),
            miners: Slab::new(),
            salt,
            tls,
            line: Vec::new(),
        }
    }

    /// Connects one more miner and sends its login; `name` is to differ from miner to miner.
    ///
    /// # Errors
    /// When no connection can be begun.
    pub(crate) fn connect(
        &mut self,
        name: u64,
        registry: &Registry,
        token: impl Fn(usize) -> Token,
    ) -> io::Result<usize> {
        let stream = self.sources.connect(self.proxy)?;
        let entry = self.miners.vacant_entry();
        let key = entry.key();
        let mut conn = match &self.tls {
            None => Conn::watch(stream, registry, token(key))?,
            Some(connector) => Conn::secure(stream, registry, token(key), connector)?,
        };
        conn.send(login(name).as_bytes())?;
        entry.insert(Miner {
            conn,
            session: String::new(),
            job_id: String::new(),
            origin: Origin::default(),
            target: 0,
            nonces: 0,
        });
        Ok(key)
    }

    /// A miner leaves: closes its connection.
    pub(crate) fn leave(&mut self, key: usize) {
        self.miners.try_remove(key);
    }

    /// Where the job of miner `key` comes from; `None` if it has left.
    pub(crate) fn origin(&self, key: usize) -> Option<Origin> {
        self.miners.get(key).map(|miner| miner.origin)
    }

    /// Miner `key` submits share `number`. The nonce it chose and the moment just before the
    /// write.
    ///
    /// # Errors
    /// When the miner is not there, has used its nonces up, or the write fails.
    pub(crate) fn submit(
        &mut self,
        key: usize,
        number: u64,
        clock: &Clock,
    ) -> io::Result<(u32, Nanos)> {
        let miner = self
            .miners
            .get_mut(key)
            .filter(|miner| !miner.session.is_empty())
            .ok_or_else(|| io::Error::other("a share of a miner that is not logged in"))?;
        if miner.nonces == NONCES {
            return Err(io::Error::other("a miner has used all nonces of its job"));
        }
        let nonce = share::nonce(miner.nonces, miner.origin.slot);
        miner.nonces += 1;
        Submit {
            id: FIRST_SUBMIT + number,
            session: &miner.session,
            job_id: &miner.job_id,
            nonce,
            result: &share::result(number, self.salt, miner.target),
        }
        .render(&mut self.line);
        let at = clock.now();
        miner.conn.send(&self.line)?;
        Ok((nonce, at))
    }

    /// Reads what has come for miner `key`.
    pub(crate) fn turn(
        &mut self,
        key: usize,
        event: &Event,
        inbox: &mut Inbox,
        clock: &Clock,
        seen: &mut Vec<Seen>,
    ) {
        let Some(miner) = self.miners.get_mut(key) else {
            return;
        };
        let why = match miner.turn(key, event, inbox, clock, seen) {
            Ok(None) => return,
            Ok(Some(why)) => why,
            Err(error) => format!("the connection broke: {error}"),
        };
        self.miners.remove(key);
        seen.push(Seen::Lost {
            miner: key,
            why: why.into(),
        });
    }
}

impl Miner {
    /// Why the miner is off, if it is.
    fn turn(
        &mut self,
        key: usize,
        event: &Event,
        inbox: &mut Inbox,
        clock: &Clock,
        seen: &mut Vec<Seen>,
    ) -> io::Result<Option<String>> {
        if event.is_writable() {
            self.conn.flush()?;
        }
        if !event.is_readable() && !event.is_read_closed() && !event.is_error() {
            return Ok(None);
        }
        loop {
            let received = self.conn.receive(inbox, event.is_read_closed())?;
            let at = clock.now();
            // A read may have ended the TLS handshake that the login waits for.
            self.conn.flush()?;
            while let Some(line) = inbox.next_line() {
                if let Err(why) = self.take(key, line, at, seen) {
                    return Ok(Some(why));
                }
            }
            if received == Received::Closed {
                return Ok(Some(if self.session.is_empty() {
                    "the proxy closed the connection before it answered the login".to_owned()
                } else {
                    "the proxy closed the connection".to_owned()
                }));
            }
            self.conn.keep(inbox)?;
            if received == Received::Drained {
                return Ok(None);
            }
        }
    }

    /// Takes one line; an error is the end of this miner.
    fn take(
        &mut self,
        miner: usize,
        line: &[u8],
        at: Nanos,
        seen: &mut Vec<Seen>,
    ) -> Result<(), String> {
        let message: ToMiner<'_> = serde_json::from_slice(line).map_err(|error| {
            let text = String::from_utf8_lossy(line);
            format!("a line from the proxy cannot be read ({error}): {text}")
        })?;
        if let Some(job) = &message.params {
            let before = self.origin;
            self.take_job(job)?;
            seen.push(Seen::Job {
                miner,
                round: self.origin.round,
                again: self.origin == before,
                at,
            });
            return Ok(());
        }
        let Some(id) = message.id else {
            return Err(format!(
                "neither a reply nor a job: {}",
                String::from_utf8_lossy(line)
            ));
        };
        if id != LOGIN {
            let refused = message.error.map(|error| error.text().into());
            seen.push(Seen::Answered {
                miner,
                id,
                refused,
                at,
            });
            return Ok(());
        }
        if let Some(error) = message.error {
            return Err(format!("the login was refused: {}", error.text()));
        }
        let reply = message.result.ok_or("the login's reply has no result")?;
        let session = reply.id.ok_or("the login's reply has no session id")?;
        let job = reply.job.ok_or("the login's reply has no job")?;
        session.as_str().clone_into(&mut self.session);
        self.take_job(&job)?;
        seen.push(Seen::LoggedIn { miner, at });
        Ok(())
    }

    fn take_job(&mut self, job: &JobLine<'_>) -> Result<(), String> {
        let origin = Origin::of(&job.blob)
            .ok_or_else(|| format!("a job's blob is not one the pool gave out: {}", job.blob))?;
        self.target = work::target(&job.target)
            .ok_or_else(|| format!("a job's target cannot be read: {}", job.target))?;
        if origin != self.origin {
            self.nonces = 0;
        }
        self.origin = origin;
        self.job_id.clear();
        self.job_id.push_str(&job.job_id);
        Ok(())
    }
}

/// The login of miner `name`, as xmrig 6.26 words it.
fn login(name: u64) -> String {
    let mut line = String::with_capacity(560);
    // Writing to a string cannot fail.
    let _ = writeln!(
        line,
        "{{\"id\":{LOGIN},\"jsonrpc\":\"2.0\",\"method\":\"login\",\"params\":{{\
         \"login\":\"worker-{name}\",\"pass\":\"x\",\
         \"agent\":\"XMRig/6.26.0 (Linux x86_64) libuv/1.44.2 gcc/12.2.0\",\
         \"rigid\":\"rig-{name}\",\"algo\":[\
         \"cn/1\",\"cn/2\",\"cn/r\",\"cn/fast\",\"cn/half\",\"cn/xao\",\"cn/rto\",\"cn/rwz\",\
         \"cn/zls\",\"cn/double\",\"cn/ccx\",\"cn-lite/1\",\"cn-heavy/0\",\"cn-heavy/tube\",\
         \"cn-heavy/xhv\",\"cn-pico\",\"cn-pico/tlo\",\"cn/upx2\",\"rx/0\",\"rx/2\",\"rx/wow\",\
         \"rx/arq\",\"rx/graft\",\"rx/sfx\",\"rx/yada\",\"argon2/chukwa\",\"argon2/chukwav2\",\
         \"argon2/ninja\",\"ghostrider\"]}}}}"
    );
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_is_the_one_recorded_from_xmrig() {
        let recorded = include_str!("../../tests/fixtures/dialogue-xmrig-proxy.jsonl")
            .lines()
            .map(|entry| serde_json::from_str::<serde_json::Value>(entry).unwrap())
            .find(|entry| entry["hop"] == "miner-proxy" && entry["line"].is_string())
            .unwrap();
        assert_eq!(login(1).trim_end(), recorded["line"].as_str().unwrap());
    }
}
