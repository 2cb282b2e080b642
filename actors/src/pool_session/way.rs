//! The ways to a running pool session.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix::{Actor, Addr, Handler, Message};
use zartrux_models::work::PoolKey;

use super::handing::PackPool;
use super::{ClosePool, ForwardShare, PoolSession, PoolSessionArgs, PoolStats, ReplaceTimeouts};
use crate::handover::InheritedLink;
use crate::messaging::Post;
use crate::node_session::OpenPage;
use crate::supervision::ActorHealth;

/// The ways to a running pool session.
#[derive(Debug, Clone)]
pub struct PoolWay {
    address: Addr<PoolSession>,
    health: Arc<ActorHealth>,
    /// Pages asked for: a session that has not heard of all of them does not end.
    asked: Arc<AtomicUsize>,
}

impl PoolWay {
    /// Starts a session with its first page.
    #[must_use]
    pub fn launch(args: PoolSessionArgs) -> Self {
        Self::start(PoolSession::new(args))
    }

    /// Starts a session that goes on with a connection of the process before.
    pub(crate) fn resume(args: PoolSessionArgs, inherited: InheritedLink) -> Self {
        Self::start(PoolSession::new(args).resumed(inherited))
    }

    fn start(session: PoolSession) -> Self {
        let health = Arc::clone(session.guard.health());
        let asked = session.pages.asked();
        Self {
            address: session.start(),
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

    /// Opens a further page: only where the pool sends templates.
    pub fn open(&self, page: PoolKey, stats: Arc<PoolStats>) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.post().send(OpenPage { page, stats });
    }

    fn post<M>(&self) -> Post<M>
    where
        M: Message<Result = ()> + Send + 'static,
        PoolSession: Handler<M>,
    {
        Post::to_actor(self.address.clone().recipient(), Arc::clone(&self.health))
    }

    /// For shares of any page.
    #[must_use]
    pub fn forward(&self) -> Post<ForwardShare> {
        self.post()
    }

    /// To close pages; with the last the session ends.
    #[must_use]
    pub fn close(&self) -> Post<ClosePool> {
        self.post()
    }

    /// To give its connection away.
    pub(crate) fn pack(&self) -> Post<PackPool> {
        self.post()
    }

    /// For other timers.
    #[must_use]
    pub fn retime(&self) -> Post<ReplaceTimeouts> {
        self.post()
    }
}
