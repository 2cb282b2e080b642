//! What the miner sessions are told.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use actix::Message;
use native_tls::TlsAcceptor;
use zartrux_models::plan::{Lease, NonceOrder, SeatKey};
use zartrux_models::work::Algorithm;

use super::SessionSettings;
use crate::doorkeeper::Turned;

/// A seat has a lease: its first (its login is answered now), or another in place of the one it
/// had.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct LeaseGranted {
    /// Whose.
    pub seat: SeatKey,
    /// What.
    pub lease: Lease,
    /// Of the jobs of which connection of its pool session: under a later one's it is void.
    pub connection: u32,
}

/// These seats can't be served: tell them and close, so that their own failover works.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct TurnAway {
    /// Who.
    pub seats: Vec<SeatKey>,
    /// What they are told, if a login waits for an answer.
    pub text: Box<str>,
    /// They can't hash this, which is all there is to mine.
    pub unable: Option<Algorithm>,
}

/// Say who holds what: the planner was built anew.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct ReportLeases;

/// Draw the bytes of slots by another order, or by none, from the next blob of each pool session on:
/// what a miner scans now stays its own.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct ReplaceOrder(pub Option<Arc<NonceOrder>>);

/// A login's password was checked.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct LoginChecked {
    /// Whose.
    pub seat: SeatKey,
    /// Right, or why the login is not taken.
    pub outcome: Result<(), Turned>,
}

/// Stop accepting connections.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct StopAccepting;

/// Read no more lines: what is under way is to be settled, and nothing added to it.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct StopReading {
    /// Told once no further share can come.
    pub done: SyncSender<()>,
}

/// Close every connection and stop.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct CloseAll;

/// Other limits and another pace, for those who are connected too. Nobody is disconnected for it; a
/// difficulty comes with the next job.
#[derive(Clone, Message)]
#[rtype(result = "()")]
pub struct ReplaceSettings {
    /// The limits.
    pub settings: SessionSettings,
    /// Most shares under way.
    pub max_shares_in_flight: usize,
    /// Makes the handshakes of whoever connects with TLS from now on.
    pub acceptor: Option<TlsAcceptor>,
}

impl fmt::Debug for ReplaceSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplaceSettings")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
