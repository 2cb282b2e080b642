//! The bridge as whoever starts it has it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use zartrux_models::bridge::EventKind;

use super::asking::Asking;
use super::counts::{BridgeCounts, BridgeReport};
use super::run::Running;
use super::sockets::Sockets;
use super::tap::{Bell, BridgeTap};
use super::{BridgeSettings, Names, Predictor};
use crate::clock::Clock;
use crate::outside_plans::OutsidePlans;
use crate::supervision::Guard;

/// How long the thread may take to end.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the bridge is built from.
pub struct BridgeArgs {
    /// Where it listens, and whom it lets in.
    pub settings: BridgeSettings,
    /// Events that may wait for its thread.
    pub queue: usize,
    /// How things are called.
    pub names: Box<dyn Names>,
    /// Answers questions.
    pub predictor: Predictor,
    /// Takes plans.
    pub plans: OutsidePlans,
    /// Its health, which faults are told to.
    pub guard: Guard,
    /// The time.
    pub clock: Clock,
}

/// Where its sockets are bound, as `ZeroMQ` writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// Events.
    pub publish: Option<String>,
    /// Questions.
    pub predict: Option<String>,
    /// Plans.
    pub plans: Option<String>,
}

/// Why it can't be started.
#[derive(Debug, thiserror::Error)]
pub enum BridgeFailed {
    /// An address is taken, or is none.
    #[error("can't listen on {address}: {why}")]
    Address {
        /// Which.
        address: String,
        /// What `ZeroMQ` says.
        why: zmq::Error,
    },
    /// A socket can't be made, or not encrypted.
    #[error("ZeroMQ: {0}")]
    Socket(zmq::Error),
    /// A thread or what wakes it can't be made.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

/// Secret and public key of a fresh pair, 40 characters of Z85 each.
///
/// # Errors
/// libzmq was built without CURVE.
pub fn fresh_keys() -> Result<(String, String), BridgeFailed> {
    let pair = zmq::CurveKeyPair::new().map_err(BridgeFailed::Socket)?;
    let text = |key: &[u8]| zmq::z85_encode(key).unwrap_or_default();
    Ok((text(&pair.secret_key), text(&pair.public_key)))
}

/// A running bridge; its thread ends when this is dropped or told to.
#[derive(Debug)]
pub struct Bridge {
    tap: BridgeTap,
    counts: Arc<BridgeCounts>,
    endpoints: Endpoints,
    ends: Arc<AtomicBool>,
    bell: Arc<Bell>,
    ended: Mutex<Receiver<()>>,
}

impl Bridge {
    /// Its name among the actors.
    pub const NAME: &'static str = "root/bridge";

    /// Binds its sockets and starts its threads.
    ///
    /// # Errors
    /// An address is taken, or a thread can't be started.
    pub fn launch(args: BridgeArgs) -> Result<Self, BridgeFailed> {
        let BridgeArgs {
            settings,
            queue,
            names,
            predictor,
            plans,
            guard,
            clock,
        } = args;
        let (sockets, endpoints) = Sockets::bind(&settings)?;
        let (bell, ear) = Bell::pair()?;
        let bell = Arc::new(bell);
        let counts = Arc::<BridgeCounts>::default();
        let (tap, told) = BridgeTap::new(queue, Arc::clone(&bell), Arc::clone(&counts), clock);
        let asking = match &sockets.questions {
            None => None,
            Some(_) => Some(Asking::start(predictor, Arc::clone(&bell))?),
        };
        let ends = Arc::new(AtomicBool::new(false));
        // Without a publisher nobody is told, and nothing is to be taken in.
        let tap = if sockets.events.is_some() {
            tap
        } else {
            BridgeTap::default()
        };
        let running = Running {
            settings,
            sockets,
            asking,
            plans,
            names,
            told,
            ear,
            ends: Arc::clone(&ends),
            counts: Arc::clone(&counts),
            guard,
            clock,
            goes_on: false,
            sent: [0; EventKind::ALL.len()],
        };
        let (done, ended) = sync_channel(1);
        std::thread::Builder::new()
            .name("bridge".to_owned())
            .spawn(move || {
                running.run();
                // Nobody may wait for it.
                let _ = done.try_send(());
            })?;
        Ok(Self {
            tap,
            counts,
            endpoints,
            ends,
            bell,
            ended: Mutex::new(ended),
        })
    }

    /// The way to tell it what happens.
    #[must_use]
    pub const fn tap(&self) -> &BridgeTap {
        &self.tap
    }

    /// Where its sockets are bound.
    #[must_use]
    pub const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// What it did.
    #[must_use]
    pub fn report(&self) -> BridgeReport {
        self.counts.report()
    }

    /// Ends its thread, once what waits was told.
    pub fn close(&self) {
        self.end();
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(PATIENCE) {
            tracing::warn!("the bridge's thread does not end");
        }
    }

    fn end(&self) {
        self.ends.store(true, Ordering::Release);
        self.bell.ring();
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.end();
    }
}
