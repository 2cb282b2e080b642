//! What a node session is built from, and what it is told.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix::{Addr, Message};
use zartrux_models::work::PoolKey;

use super::{NodeSession, NodeStats};
use crate::clock::Clock;
use crate::journal::Journal;
use crate::messaging::Post;
use crate::pool_session::{ForwardShare, PoolPosts, PoolStats, PoolTimeouts, ReplaceTimeouts};
use crate::supervision::ActorHealth;

/// A monerod, and whom its blocks pay.
#[derive(Clone)]
pub struct NodeEndpoint {
    /// Where its RPC answers, such as `http://127.0.0.1:18081`.
    pub url: String,
    /// The address that blocks pay.
    pub wallet: String,
    /// Name and password of its RPC; never logged.
    pub login: Option<(String, String)>,
    /// Where it publishes new blocks, such as `tcp://127.0.0.1:18083`.
    pub zmq: Option<String>,
    /// Between two looks while no notices come.
    pub poll: Duration,
}

/// Without the wallet and the password.
impl fmt::Debug for NodeEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeEndpoint")
            .field("url", &self.url)
            .field("zmq", &self.zmq)
            .field("poll", &self.poll)
            .finish_non_exhaustive()
    }
}

/// Everything a node session is built from.
#[derive(Debug)]
pub struct NodeSessionArgs {
    /// The node.
    pub endpoint: NodeEndpoint,
    /// Place of its upstream in the list.
    pub place: usize,
    /// How long it waits.
    pub timeouts: PoolTimeouts,
    /// Whom it tells.
    pub posts: PoolPosts,
    /// Where it shows how it is.
    pub health: Arc<ActorHealth>,
    /// Where it counts.
    pub stats: Arc<NodeStats>,
    /// Where it notes blocks: the lane's.
    pub journal: Journal,
    /// The time.
    pub clock: Clock,
}

/// Give this page leases too: 256 more of each template. To the planner it is a pool session.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct OpenPage {
    /// Its number within the lane.
    pub page: PoolKey,
    /// Where is counted what concerns it.
    pub stats: Arc<PoolStats>,
}

/// Give no more work to this page. Its blocks that the node does not have yet are still handed in.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct ClosePage(pub PoolKey);

/// The ways to a running node session.
#[derive(Debug, Clone)]
pub struct NodeWay {
    address: Addr<NodeSession>,
    health: Arc<ActorHealth>,
    /// Pages asked for: a session that has not heard of all of them does not end.
    asked: Arc<AtomicUsize>,
}

impl NodeWay {
    pub(super) const fn new(
        address: Addr<NodeSession>,
        health: Arc<ActorHealth>,
        asked: Arc<AtomicUsize>,
    ) -> Self {
        Self {
            address,
            health,
            asked,
        }
    }

    /// Whether the session is still there.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.address.connected()
    }

    /// Its health.
    #[must_use]
    pub const fn health(&self) -> &Arc<ActorHealth> {
        &self.health
    }

    /// Opens a page.
    pub fn open(&self, page: PoolKey, stats: Arc<PoolStats>) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.post().send(OpenPage { page, stats });
    }

    fn post<M>(&self) -> Post<M>
    where
        M: Message<Result = ()> + Send + 'static,
        NodeSession: actix::Handler<M>,
    {
        Post::to_actor(self.address.clone().recipient(), Arc::clone(&self.health))
    }

    /// For shares of any page.
    #[must_use]
    pub fn forward(&self) -> Post<ForwardShare> {
        self.post()
    }

    /// To close pages.
    #[must_use]
    pub fn close(&self) -> Post<ClosePage> {
        self.post()
    }

    /// For other timers.
    #[must_use]
    pub fn retime(&self) -> Post<ReplaceTimeouts> {
        self.post()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_wallet_nor_password_shows_in_debug_output() {
        let endpoint = NodeEndpoint {
            url: "http://node.example:18081".to_owned(),
            wallet: "44GBHzv6".to_owned(),
            login: Some(("rpc".to_owned(), "hunter2".to_owned())),
            zmq: None,
            poll: Duration::from_secs(1),
        };
        let shown = format!("{endpoint:?}");
        assert!(shown.contains("node.example"), "{shown}");
        assert!(
            !shown.contains("44GBHzv6") && !shown.contains("hunter2"),
            "{shown}"
        );
    }
}
