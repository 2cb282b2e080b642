//! Many miners at once on one event loop; none of them computes a hash.
//!
//! Each logs in as soon as it is connected and reads all that comes. What a test wants to know of
//! them it asks for by a condition on their state.

mod member;
mod peer;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use serde_json::Value;
use tokio::sync::mpsc;
use zartrux::demo::target::Target64;
use zartrux::demo::wire::{self, Job, Submit};

pub use member::{Member, MinerId, SwarmState};

use super::sim_miner::nonce_in_slot;
use super::{PATIENCE, clock, result_meeting};
use peer::Order;

/// The miners, and the thread that serves them. Dropping it closes all connections.
pub struct Swarm {
    shared: Arc<Shared>,
    orders: Option<mpsc::UnboundedSender<Order>>,
    thread: Option<JoinHandle<()>>,
    next: MinerId,
    to: SocketAddr,
}

/// What the thread and the test share.
struct Shared {
    state: Mutex<SwarmState>,
    changed: Condvar,
}

impl Shared {
    fn change<T>(&self, change: impl FnOnce(&mut SwarmState) -> T) -> T {
        let outcome = change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
        outcome
    }
}

impl Swarm {
    /// Miners of the proxy at `to`, of whose jobs each is compared with all before it: see
    /// [`SwarmState::overlaps`].
    pub fn watching(to: SocketAddr) -> Self {
        Self::start(to, Some(HashMap::new()))
    }

    /// Miners whose jobs are not compared, so that nothing grows with them.
    pub fn new(to: SocketAddr) -> Self {
        Self::start(to, None)
    }

    fn start(to: SocketAddr, owners: Option<HashMap<String, MinerId>>) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(SwarmState::new(owners)),
            changed: Condvar::new(),
        });
        let (orders, to_do) = mpsc::unbounded_channel();
        let serving = Arc::clone(&shared);
        let thread = thread::Builder::new().name("swarm".into()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime
                .expect("an event loop")
                .block_on(peer::serve(to, serving, to_do));
        });
        Self {
            shared,
            orders: Some(orders),
            thread: Some(thread.expect("a thread")),
            next: 0,
            to,
        }
    }

    /// Where they connect.
    pub const fn proxy(&self) -> SocketAddr {
        self.to
    }

    /// One more miner, which connects and logs in by and by.
    pub fn join(&mut self) -> MinerId {
        let miner = self.next;
        self.next += 1;
        self.shared.change(|state| state.join(miner));
        self.order(Order::Join(miner));
        miner
    }

    /// Several more, all of which have a job when this returns.
    pub fn join_all(&mut self, count: usize) -> Vec<MinerId> {
        let miners: Vec<_> = (0..count).map(|_| self.join()).collect();
        self.wait("jobs for all newcomers", |state| {
            miners
                .iter()
                .all(|miner| state.of(*miner).job.is_some())
                .then_some(())
        });
        miners
    }

    /// A miner closes its connection and is forgotten.
    pub fn leave(&self, miner: MinerId) {
        self.shared.change(|state| state.leave(miner));
        self.order(Order::Leave(miner));
    }

    /// Sends a request; its id.
    pub fn request(&self, miner: MinerId, method: &str, params: &impl serde::Serialize) -> i64 {
        let id = self.shared.change(|state| state.next_request(miner));
        self.send(miner, id, method, params);
        id
    }

    fn send(&self, miner: MinerId, id: i64, method: &str, params: &impl serde::Serialize) {
        let line = wire::request(id, method, params);
        self.order(Order::Send(miner, format!("{line}\n").into_bytes()));
    }

    /// Submits a result for a job; the request's id.
    pub fn submit(&self, miner: MinerId, job: &Job, nonce: &str, result: &[u8; 32]) -> i64 {
        let params = Submit {
            id: self.with(|state| state.of(miner).session.clone()),
            job_id: job.job_id.clone(),
            nonce: nonce.to_owned(),
            result: const_hex::encode(result),
            algo: job.algo.clone(),
        };
        let id = self.shared.change(|state| {
            let id = state.next_request(miner);
            state.sends(miner, id, &job.blob);
            id
        });
        self.send(miner, id, "submit", &params);
        id
    }

    /// Submits a made-up share that meets the job's target, counting `low`; the request's id.
    pub fn submit_good(&self, miner: MinerId, job: &Job, low: u32) -> i64 {
        let target = Target64::from_wire(&job.target).expect("a target");
        let nonce = nonce_in_slot(job, low);
        self.submit(miner, job, &nonce, &result_meeting(target))
    }

    /// The job a miner got last.
    pub fn job(&self, miner: MinerId) -> Job {
        self.with(|state| state.of(miner).job.clone())
            .expect("a miner that has a job")
    }

    /// Waits for the first reply to a request: its result, or the text of its error.
    pub fn reply(&self, miner: MinerId, id: i64) -> Result<Value, String> {
        self.wait(&format!("miner {miner}'s reply to {id}"), |state| {
            let member = state.of(miner);
            let reply = member.replies.get(&id).and_then(|all| all.first().cloned());
            assert!(
                reply.is_some() || !member.closed,
                "closed before the reply to {id}"
            );
            reply
        })
    }

    /// Looks at the state.
    pub fn with<T>(&self, look: impl FnOnce(&SwarmState) -> T) -> T {
        look(
            &self
                .shared
                .state
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Waits until the state is such that `ready` finds what it looks for.
    pub fn wait<T>(&self, what: &str, mut ready: impl FnMut(&SwarmState) -> Option<T>) -> T {
        let state = self
            .shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        clock::wait_for(&self.shared.changed, state, PATIENCE, |state| ready(state))
            .unwrap_or_else(|| panic!("waited in vain for {what}"))
    }

    fn order(&self, order: Order) {
        let orders = self.orders.as_ref().expect("kept until the swarm ends");
        assert!(orders.send(order).is_ok(), "the swarm has ended");
    }
}

impl Drop for Swarm {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            // A second panic while the first unwinds would abort the test program.
            assert!(thread::panicking() || ended.is_ok(), "the swarm panicked");
        }
    }
}
