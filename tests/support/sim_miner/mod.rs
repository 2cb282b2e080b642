//! A miner that sends what a test tells it to and computes no hash.

mod connection;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use zartrux::demo::target::Target64;
use zartrux::demo::wire::{self, Fault, FromPool, Job, LoggedIn, Login, Submit};

pub use connection::{Connect, Connection};

use super::{PATIENCE, result_meeting, result_missing};

/// Replies and jobs set aside at most while something else is waited for.
const SET_ASIDE: usize = 100_000;

/// What came within the time given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A line, without its end.
    Line(String),
    /// The other side has closed.
    Closed,
    /// Nothing.
    Quiet,
}

/// What a request came to.
pub type Verdict = Result<Value, Fault>;

/// A miner; it reads only when told to.
pub struct SimMiner {
    connection: Connection,
    last_id: i64,
    session: String,
    job: Option<Job>,
    jobs: VecDeque<Job>,
    replies: VecDeque<(i64, Verdict)>,
    others: VecDeque<FromPool>,
}

impl SimMiner {
    /// Connects over plain TCP.
    pub fn connect(to: SocketAddr) -> Self {
        Self::connect_as(to, &Connect::default()).expect("a listener")
    }

    /// Connects over TLS to whoever shows the certificate with this SHA-256.
    pub fn connect_tls(to: SocketAddr, pin: [u8; 32]) -> Self {
        let how = Connect {
            pin: Some(pin),
            ..Connect::default()
        };
        Self::connect_as(to, &how).expect("a TLS listener with that certificate")
    }

    /// Connects in a given way.
    ///
    /// # Errors
    /// Nobody listens, or the certificate is another one.
    pub fn connect_as(to: SocketAddr, how: &Connect) -> std::io::Result<Self> {
        Ok(Self {
            connection: Connection::open(to, how)?,
            last_id: 0,
            session: String::new(),
            job: None,
            jobs: VecDeque::new(),
            replies: VecDeque::new(),
            others: VecDeque::new(),
        })
    }

    /// Connects and logs in under this name.
    pub fn joined(to: SocketAddr, login: &str) -> Self {
        let mut miner = Self::connect(to);
        miner.log_in(login).expect("a login that is accepted");
        miner
    }

    /// Logs in as xmrig would.
    pub fn log_in(&mut self, login: &str) -> Result<LoggedIn, Fault> {
        self.log_in_as(&Login {
            login: login.to_owned(),
            pass: "x".to_owned(),
            agent: "XMRig/6.26.0 (Linux x86_64) libuv/1.44.2 gcc/12.2.0".to_owned(),
            rigid: None,
            algo: ["cn/r", "rx/0", "rx/2", "rx/wow", "ghostrider"]
                .map(str::to_owned)
                .to_vec(),
        })
    }

    /// Logs in with these parameters.
    pub fn log_in_as(&mut self, login: &Login) -> Result<LoggedIn, Fault> {
        let id = self.request("login", login);
        let welcome = self.reply_to(id)?;
        let welcome: LoggedIn = serde_json::from_value(welcome).expect("a login's reply");
        welcome.id.clone_into(&mut self.session);
        self.job = Some(welcome.job.clone());
        Ok(welcome)
    }

    /// The job under way: the newest that [`SimMiner::expect_job`] or the login gave.
    pub fn job(&self) -> &Job {
        self.job.as_ref().expect("a miner that has logged in")
    }

    /// Session id of the login.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// The address that the proxy sees.
    pub fn local_address(&self) -> SocketAddr {
        self.connection.local_address()
    }

    /// The target of the job under way.
    pub fn target(&self) -> Target64 {
        Target64::from_wire(&self.job().target).expect("a target")
    }

    /// The nonce of the slot under way that counts `low` in its lower 24 bits.
    pub fn nonce(&self, low: u32) -> String {
        nonce_in_slot(self.job(), low)
    }

    /// Sends a request; its id.
    pub fn request(&mut self, method: &str, params: &impl serde::Serialize) -> i64 {
        self.last_id += 1;
        let line = wire::request(self.last_id, method, params);
        self.send(&line);
        self.last_id
    }

    /// Submits for the job under way; the request's id.
    pub fn submit(&mut self, nonce: &str, result: &[u8; 32]) -> i64 {
        let job_id = self.job().job_id.clone();
        self.submit_for(&job_id, nonce, &const_hex::encode(result))
    }

    /// Submits whatever is given; the request's id.
    pub fn submit_for(&mut self, job_id: &str, nonce: &str, result: &str) -> i64 {
        let params = Submit {
            id: self.session.clone(),
            job_id: job_id.to_owned(),
            nonce: nonce.to_owned(),
            result: result.to_owned(),
            algo: Some("rx/0".to_owned()),
        };
        self.request("submit", &params)
    }

    /// Submits a made-up share that meets the target, counting `low`; the request's id.
    pub fn submit_good(&mut self, low: u32) -> i64 {
        let (nonce, result) = (self.nonce(low), result_meeting(self.target()));
        self.submit(&nonce, &result)
    }

    /// Submits a made-up share that misses the target, counting `low`; the request's id.
    pub fn submit_poor(&mut self, low: u32) -> i64 {
        let (nonce, result) = (self.nonce(low), result_missing(self.target()));
        self.submit(&nonce, &result)
    }

    /// Sends a keepalive and waits for the answer.
    pub fn keep_alive(&mut self) -> Verdict {
        let params = json!({ "id": self.session });
        let id = self.request("keepalived", &params);
        self.reply_to(id)
    }

    /// Sends a line as it is.
    pub fn send(&mut self, line: &str) {
        self.send_raw(format!("{line}\n").as_bytes());
    }

    /// Sends bytes as they are; a connection that the other side has closed is no fault here.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        let _ = self.connection.write(bytes);
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// The other side has closed or does not read.
    pub fn try_send_raw(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.connection.write(bytes)
    }

    /// The reply to a request; jobs that come before it are set aside.
    pub fn reply_to(&mut self, id: i64) -> Verdict {
        loop {
            if let Some(at) = self.replies.iter().position(|(known, _)| *known == id) {
                return self.replies.remove(at).expect("just found").1;
            }
            self.hear_one(&format!("the reply to {id}"));
        }
    }

    /// The next job, which becomes the one under way; replies that come before it are set aside.
    pub fn expect_job(&mut self) -> Job {
        loop {
            if let Some(job) = self.jobs.pop_front() {
                self.job = Some(job.clone());
                return job;
            }
            self.hear_one("a job");
        }
    }

    /// The next thing that is neither a reply nor a job, such as `client.reconnect`.
    pub fn expect_other(&mut self) -> FromPool {
        loop {
            if let Some(other) = self.others.pop_front() {
                return other;
            }
            self.hear_one("something else than replies and jobs");
        }
    }

    /// The next line as it came, if one comes within `limit`. What was set aside does not count.
    pub fn next_line(&mut self, limit: Duration) -> Heard {
        self.connection.next_line(limit)
    }

    /// Reads until the other side closes; the lines that came before.
    pub fn expect_closed(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            match self.connection.next_line(PATIENCE) {
                Heard::Line(line) => lines.push(line),
                Heard::Closed => return lines,
                Heard::Quiet => panic!("the connection was to be closed; came so far: {lines:?}"),
            }
            assert!(lines.len() <= SET_ASIDE, "lines without an end");
        }
    }

    /// Every byte that comes until the other side closes.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        self.connection.read_to_end()
    }

    /// Ends the connection with a reset.
    pub fn reset(self) {
        self.connection.reset();
    }

    /// Says that nothing more will be sent; reading goes on.
    pub fn finish_writing(&self) {
        self.connection.finish_writing();
    }

    fn hear_one(&mut self, waiting_for: &str) {
        let line = match self.connection.next_line(PATIENCE) {
            Heard::Line(line) => line,
            Heard::Closed => panic!("closed while waiting for {waiting_for}"),
            Heard::Quiet => panic!("nothing came while waiting for {waiting_for}"),
        };
        let heard: FromPool =
            serde_json::from_str(&line).unwrap_or_else(|fault| panic!("{fault}: {line}"));
        match (heard.id, heard.method.as_deref()) {
            (_, Some("job")) => {
                let job = serde_json::from_value(heard.params);
                self.jobs
                    .push_back(job.unwrap_or_else(|fault| panic!("{fault}: {line}")));
            }
            (Some(id), None) => {
                let verdict = heard.error.map_or(Ok(heard.result), Err);
                self.replies.push_back((id, verdict));
            }
            (_, _) => self.others.push_back(heard),
        }
        let kept = self.jobs.len() + self.replies.len() + self.others.len();
        assert!(kept <= SET_ASIDE, "messages without an end");
    }
}

/// The nonce that counts `low` (24 bits) in the slot of a job: the blob's byte 42 stays.
pub fn nonce_in_slot(job: &Job, low: u32) -> String {
    assert!(low < 1 << 24, "24 bits are free");
    let slot = const_hex::decode(&job.blob).expect("a blob in hex")[42];
    let [a, b, c, _] = low.to_le_bytes();
    const_hex::encode([a, b, c, slot])
}

/// The slot of a job: the blob's byte 42.
pub fn slot_of(job: &Job) -> u8 {
    const_hex::decode(&job.blob).expect("a blob in hex")[42]
}
