//! The bridge: events for programs outside, their questions and their plans, over `ZeroMQ`.
//!
//! One thread has the sockets. What happens is handed to it by [`BridgeTap`], which never waits: the
//! path of shares moves a reference into a queue, and what finds no room there is dropped and
//! counted. JSON is made on the bridge's thread. Predictions are made on another one, so that a
//! slow one keeps neither events nor plans waiting.
//!
//! - [`BridgeTap`]: the way in
//! - [`Bridge`]: the sockets and the threads
//! - [`BridgeCounts`]: what it did

mod asking;
mod counts;
mod frames;
mod link;
mod render;
mod run;
mod sockets;
mod tap;
mod zap;

use std::sync::Arc;

use serde_json::Value;
use zartrux_models::bridge::RequestFault;
use zartrux_models::share::RigKey;
use zartrux_models::work::PoolKey;

use crate::rigs::RigNames;

pub use counts::{BridgeCounts, BridgeReport};
pub use link::{Bridge, BridgeArgs, BridgeFailed, Endpoints, fresh_keys};
pub use tap::BridgeTap;

/// Where its sockets listen, and whom it lets in.
#[derive(Clone, PartialEq, Eq)]
pub struct BridgeSettings {
    /// Where events are published, as `ZeroMQ` writes it; none: nowhere.
    pub publish: Option<String>,
    /// Where predictions are asked for.
    pub predict: Option<String>,
    /// Where plans from outside come in.
    pub plans: Option<String>,
    /// The server's secret key; none: everybody who reaches the sockets is let in.
    pub secret_key: Option<[u8; 32]>,
    /// Public keys of the clients that come in, where there is a secret key.
    pub allow_keys: Vec<[u8; 32]>,
    /// Events that may wait for each subscriber.
    pub send_queue: usize,
    /// Number of this machine.
    pub node: u16,
}

impl std::fmt::Debug for BridgeSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BridgeSettings")
            .field("publish", &self.publish)
            .field("predict", &self.predict)
            .field("plans", &self.plans)
            .field("encrypted", &self.secret_key.is_some())
            .finish_non_exhaustive()
    }
}

/// Who knows how things are called.
pub trait Names: Send {
    /// `host:port` of the upstream at a place in the list.
    fn upstream_at(&self, place: usize) -> Option<String>;
    /// `host:port` of the upstream of a pool session.
    fn upstream_of(&self, lane: u16, pool: PoolKey) -> Option<String>;
    /// How a rig calls itself: its wallets are masked already.
    fn rig(&self, lane: u16, rig: RigKey) -> Option<Arc<RigNames>>;
}

/// Answers a question, given as the API takes it; may take seconds.
pub type Predictor = Box<dyn FnMut(&[u8]) -> Result<Value, RequestFault> + Send>;
