//! Listeners that go over from one process to the next, by what they are for and where.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use serde::{Deserialize, Serialize};
use zartrux_actors::miner_sessions::Door;
use zartrux_config::Settings;

use super::ListenerFacts;

/// What a listener is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Miners without TLS.
    Plain,
    /// Miners with TLS.
    Tls,
    /// The monitor.
    Monitor,
}

/// Open listeners.
#[derive(Debug, Default)]
pub struct Listeners {
    held: Vec<(ListenerFacts, TcpListener)>,
}

impl Listeners {
    /// Those that settings ask for, without opening any.
    #[must_use]
    pub fn wanted(settings: &Settings) -> Vec<ListenerFacts> {
        let miners = &settings.miners;
        let of_miners = miners
            .listen
            .iter()
            .map(|asked| (Role::Plain, *asked))
            .chain(miners.tls_listen.iter().map(|asked| (Role::Tls, *asked)));
        let mut all = Vec::new();
        for (role, asked) in of_miners {
            let by_lane = (0..settings.node.lanes).map(|lane| ListenerFacts { role, lane, asked });
            all.extend(by_lane);
        }
        all.extend(settings.monitor.listen.map(|asked| ListenerFacts {
            role: Role::Monitor,
            lane: 0,
            asked,
        }));
        all
    }

    /// Keeps one.
    pub fn keep(&mut self, facts: ListenerFacts, listener: TcpListener) {
        self.held.push((facts, listener));
    }

    /// Keeps a second handle of a door's.
    ///
    /// # Errors
    /// The system has no more descriptors.
    pub(crate) fn keep_door(&mut self, facts: ListenerFacts, door: &Door) -> io::Result<()> {
        self.keep(facts, door.try_clone_listener()?);
        Ok(())
    }

    /// Takes one out.
    pub fn take(&mut self, facts: ListenerFacts) -> Option<TcpListener> {
        let at = self.held.iter().position(|(held, _)| *held == facts)?;
        Some(self.held.swap_remove(at).1)
    }

    /// All those of another one too.
    pub fn extend(&mut self, other: Self) {
        self.held.extend(other.held);
    }

    /// What they are for.
    #[must_use]
    pub fn facts(&self) -> Vec<ListenerFacts> {
        self.held.iter().map(|(facts, _)| *facts).collect()
    }

    /// Where they are, in the same order.
    pub fn addresses(&self) -> impl Iterator<Item = io::Result<SocketAddr>> {
        self.held.iter().map(|(_, listener)| listener.local_addr())
    }

    /// Their descriptors, in the same order.
    pub(super) fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        self.held.iter().map(|(_, held)| held.as_fd()).collect()
    }

    /// Those of an offer, as they came.
    pub(super) fn received(facts: &[ListenerFacts], descriptors: Vec<OwnedFd>) -> Self {
        let listeners = descriptors.into_iter().map(TcpListener::from);
        Self {
            held: facts.iter().copied().zip(listeners).collect(),
        }
    }
}
