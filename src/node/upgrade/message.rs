//! What the two processes say to each other: a line of JSON each, behind its length.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Role;

/// The form of these messages; another one is not talked with.
pub(super) const VERSION: u16 = 1;

/// What a successor says.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum FromSuccessor {
    /// It has begun, and knows these forms.
    Hello {
        messages: u16,
        parcels: u16,
        /// Of its program.
        version: String,
    },
    /// It can take over.
    Ready,
    /// It can't, and ends with this exit code.
    Fault { why: String, code: u8 },
    /// It serves.
    Serving,
}

/// What a successor is told.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ToSuccessor {
    /// What it would take over.
    Offer(Offer),
    /// The listeners of the offer follow, in its order.
    Listeners,
    /// So many bytes of a lane's state follow, and so many sockets; none of either for one that could
    /// not be packed.
    Parcel {
        lane: usize,
        state: usize,
        descriptors: usize,
    },
    /// That was all: serve.
    Go,
    /// The service manager knows who serves now; whoever says this leaves.
    Farewell,
}

/// What a successor would take over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The version of the program that offers.
    pub version: String,
    /// How many lanes there are: each is taken up by the one with its number.
    pub lanes: usize,
    /// The folder for everything that outlives the process.
    pub data: PathBuf,
    /// Where it listens.
    pub listeners: Vec<ListenerFacts>,
    /// Why another program, which was to take over before, has not.
    pub failed: Option<String>,
}

impl Offer {
    /// Most listeners.
    pub(super) const LISTENERS_MAX: usize = 4_096;
    /// Most lanes.
    pub(super) const LANES_MAX: usize = 1_024;
}

/// A listener: what it is for, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenerFacts {
    /// What it is for.
    pub role: Role,
    /// Of which lane; 0 for the monitor.
    pub lane: usize,
    /// As the settings have it: the port may be 0.
    pub asked: SocketAddr,
}
