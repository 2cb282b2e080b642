//! A pool that does as it is told, computes no hash, and records everything.

mod record;
mod script;
mod server;
mod state;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use serde_json::json;
use tokio::sync::watch;
use zartrux::demo::wire::{self, Job};

pub use record::{Conn, ConnRecord, Oddity, SubmitRecord};
pub use script::{Answer, OnConnect, OnKeepalive, OnLogin, OnSubmit, Script};
pub use state::SEED_HASH;

use super::{PATIENCE, TestCert, clock};
use server::Wanted;
use state::{Order, State};

/// A running pool on 127.0.0.1, with a thread of its own. Dropping it ends it.
///
/// Its `wait_…` methods block: do not call them on the event loop of what is tested.
pub struct FakePool {
    address: SocketAddr,
    shared: Arc<Shared>,
    wanted: watch::Sender<Wanted>,
    thread: Option<JoinHandle<()>>,
}

/// What the pool's thread and the test share.
struct Shared {
    state: Mutex<State>,
    failed_handshakes: Mutex<u64>,
    changed: Condvar,
}

impl Shared {
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let outcome = change(&mut self.lock());
        self.changed.notify_all();
        outcome
    }

    fn change_failed_handshakes(&self) {
        *self
            .failed_handshakes
            .lock()
            .unwrap_or_else(PoisonError::into_inner) += 1;
        // Whoever waits looks while it holds this lock.
        drop(self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FakePool {
    /// A good pool of difficulty 1,000.
    pub fn start() -> Self {
        Self::with(Script::default())
    }

    /// A pool that treats each connection by this script.
    pub fn with(script: Script) -> Self {
        Self::launch(script, None)
    }

    /// The same over TLS.
    pub fn with_tls(script: Script, cert: &TestCert) -> Self {
        Self::launch(script, Some(cert))
    }

    fn launch(script: Script, cert: Option<&TestCert>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket option");
        let address = listener.local_addr().expect("a bound socket");
        let tls = cert.map(|cert| {
            let acceptor = native_tls::TlsAcceptor::new(cert.identity()).expect("a TLS server");
            tokio_native_tls::TlsAcceptor::from(acceptor)
        });
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(script, 1_000)),
            failed_handshakes: Mutex::new(0),
            changed: Condvar::new(),
        });
        let (wanted, wanted_seen) = watch::channel(Wanted::Up);
        let serving = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("fake-pool".into())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build();
                runtime.expect("an event loop").block_on(server::serve(
                    address,
                    listener,
                    serving,
                    tls,
                    wanted_seen,
                ));
            });
        Self {
            address,
            shared,
            wanted,
            thread: Some(thread.expect("a thread")),
        }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `stratum+tcp://` and the address.
    pub fn url(&self) -> String {
        format!("stratum+tcp://{}", self.address)
    }

    /// `stratum+ssl://` and the address.
    pub fn tls_url(&self) -> String {
        format!("stratum+ssl://{}", self.address)
    }

    // --- behaviour ---

    /// Treats all connections to come by this script.
    pub fn set_script(&self, script: Script) {
        self.shared.change(|state| state.script = script);
    }

    /// Treats the next connections by these scripts, one each.
    pub fn queue_scripts(&self, scripts: impl IntoIterator<Item = Script>) {
        self.shared.change(|state| state.scripts.extend(scripts));
    }

    /// Treats a connection that is open by another script from now on.
    pub fn change_script(&self, conn: Conn, script: Script) {
        self.shared.change(|state| state.conn(conn).script = script);
    }

    /// Gives all connections the same job from the next one on; by default each has its own, as
    /// at real pools.
    pub fn share_jobs(&self) {
        self.shared.change(|state| state.shared_jobs = true);
    }

    /// Difficulty of jobs to come.
    pub fn set_difficulty(&self, difficulty: u64) {
        self.shared.change(|state| state.difficulty = difficulty);
    }

    /// RandomX key of jobs to come, and what they announce as the next.
    pub fn set_seed(&self, seed_hash: &str, next: Option<&str>) {
        self.shared.change(|state| {
            seed_hash.clone_into(&mut state.seed_hash);
            state.next_seed_hash = next.map(str::to_owned);
        });
    }

    /// Sends a new job to every connection that is open and welcome.
    pub fn push_job(&self, difficulty: u64, height: u64) {
        self.shared.change(|state| {
            state.difficulty = difficulty;
            state.height = height;
            state.push_job();
        });
    }

    /// Sends this job to one connection and takes shares for it.
    pub fn push_job_to(&self, conn: Conn, job: &Job) {
        self.shared.change(|state| {
            state.note_job(conn, job.clone());
            state.send_line(conn, &wire::notice("job", job));
        });
    }

    /// Sends a connection the job that it has.
    pub fn repeat_job(&self, conn: Conn) {
        let job = self.job_of(conn);
        self.send_line(conn, &wire::notice("job", &job));
    }

    /// Tells a connection to go elsewhere.
    pub fn order_reconnect(&self, conn: Conn, host: &str, port: u16) {
        let params = json!({ "host": host, "port": port.to_string() });
        self.send_line(conn, &wire::notice("client.reconnect", &params));
    }

    /// Answers a submit that was not answered when it came.
    pub fn answer(&self, submit: &SubmitRecord, answer: Answer) {
        self.shared
            .change(|state| state.answer(submit.conn, submit.id, answer));
    }

    /// Sends a line to a connection.
    pub fn send_line(&self, conn: Conn, line: &str) {
        self.shared.change(|state| state.send_line(conn, line));
    }

    /// Sends bytes to a connection.
    pub fn send_raw(&self, conn: Conn, bytes: &[u8]) {
        self.shared
            .change(|state| state.order(conn, Order::Send(bytes.to_vec())));
    }

    /// Closes a connection.
    pub fn close(&self, conn: Conn) {
        self.shared.change(|state| state.order(conn, Order::Close));
    }

    /// Closes everything and listens no more; returns once it is so.
    pub fn go_down(&self) {
        let _ = self.wanted.send(Wanted::Down);
        self.wait("the pool to be down", |state| {
            let gone = state.conns.iter().all(|conn| conn.record.closed);
            (!state.listening && gone).then_some(())
        });
    }

    /// Listens again on the same port; returns once it is so.
    pub fn come_back(&self) {
        let _ = self.wanted.send(Wanted::Up);
        self.wait("the pool to be back", |state| state.listening.then_some(()));
    }

    // --- what it has seen ---

    /// Connections that came so far.
    pub fn connections(&self) -> Vec<ConnRecord> {
        self.shared
            .lock()
            .conns
            .iter()
            .map(|conn| conn.record.clone())
            .collect()
    }

    /// Connections that are open and whose login was not refused.
    pub fn live(&self) -> Vec<Conn> {
        self.shared.lock().live()
    }

    /// The last job sent to a connection.
    pub fn job_of(&self, conn: Conn) -> Job {
        let mut state = self.shared.lock();
        state
            .conn(conn)
            .record
            .jobs
            .last()
            .cloned()
            .expect("a connection that has a job")
    }

    /// Submits so far, in the order in which they came.
    pub fn submits(&self) -> Vec<SubmitRecord> {
        self.shared.lock().submits.clone()
    }

    /// Lines that are no requests.
    pub fn oddities(&self) -> Vec<Oddity> {
        self.shared.lock().oddities.clone()
    }

    /// TLS handshakes that failed.
    pub fn failed_handshakes(&self) -> u64 {
        *self
            .shared
            .failed_handshakes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Submits that repeat an earlier one's nonce for the same job of the same connection.
    pub fn duplicates(&self) -> Vec<SubmitRecord> {
        let mut seen = HashMap::new();
        self.submits()
            .into_iter()
            .filter(|submit| {
                let parts = submit.parts();
                let key = (
                    submit.conn,
                    parts.job_id.clone(),
                    parts.nonce.to_lowercase(),
                );
                seen.insert(key, ()).is_some()
            })
            .collect()
    }

    // --- waiting ---

    /// Waits until so many submits have come; all of them.
    pub fn wait_submits(&self, count: usize) -> Vec<SubmitRecord> {
        self.wait(&format!("{count} submits"), |state| {
            (state.submits.len() >= count).then(|| state.submits.clone())
        })
    }

    /// Waits until so many connections have come, logged in or not.
    pub fn wait_connections(&self, count: usize) {
        self.wait(&format!("{count} connections"), |state| {
            (state.conns.len() >= count).then_some(())
        });
    }

    /// Waits until so many connections are open and welcome; their numbers.
    pub fn wait_live(&self, count: usize) -> Vec<Conn> {
        self.wait(&format!("{count} logged-in connections"), |state| {
            let live = state.live();
            (live.len() >= count).then_some(live)
        })
    }

    /// Waits until a connection has sent so many lines.
    pub fn wait_lines(&self, conn: Conn, count: u64) {
        self.wait(&format!("{count} lines"), |state| {
            let seen = state
                .conns
                .get(conn - 1)
                .map_or(0, |conn| conn.record.lines);
            (seen >= count).then_some(())
        });
    }

    /// Waits until a connection is over.
    pub fn wait_closed(&self, conn: Conn) {
        self.wait(&format!("the end of connection {conn}"), |state| {
            state
                .conns
                .get(conn - 1)
                .is_some_and(|conn| conn.record.closed)
                .then_some(())
        });
    }

    /// Waits until a connection has sent so many keepalives.
    pub fn wait_keepalives(&self, conn: Conn, count: u64) {
        self.wait(&format!("{count} keepalives"), |state| {
            let seen = state
                .conns
                .get(conn - 1)
                .map_or(0, |conn| conn.record.keepalives);
            (seen >= count).then_some(())
        });
    }

    /// Waits until so many TLS handshakes have failed.
    pub fn wait_failed_handshakes(&self, count: u64) {
        self.wait(&format!("{count} failed handshakes"), |_| {
            (self.failed_handshakes() >= count).then_some(())
        });
    }

    fn wait<T>(&self, what: &str, ready: impl FnMut(&mut State) -> Option<T>) -> T {
        clock::wait_for(&self.shared.changed, self.shared.lock(), PATIENCE, ready)
            .unwrap_or_else(|| panic!("waited in vain for {what}"))
    }
}

impl Drop for FakePool {
    fn drop(&mut self) {
        let _ = self.wanted.send(Wanted::Ended);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            // A second panic while the first unwinds would abort the test program.
            assert!(
                thread::panicking() || ended.is_ok(),
                "the fake pool panicked"
            );
        }
    }
}
