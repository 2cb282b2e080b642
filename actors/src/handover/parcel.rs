//! A packed lane.

use std::io;
use std::os::fd::OwnedFd;

use zartrux_models::handover::{BadPart, LaneState};

pub use zartrux_models::handover::{BadParcel, ParcelFacts};

/// What a process gives to its successor of one lane: versioned bytes, and the sockets they speak of.
///
/// It can be given more than once: whoever gives it keeps its own descriptors until a successor has
/// said that it goes on, and drops the parcel then.
#[derive(Debug)]
pub struct LaneParcel {
    /// What the lane knows; of the version that [`readable`] tells.
    pub state: Vec<u8>,
    /// The sockets, in the order in which `state` speaks of them.
    pub descriptors: Vec<OwnedFd>,
}

impl LaneParcel {
    /// The same parcel with descriptors of its own.
    ///
    /// # Errors
    /// The system has no more descriptors.
    pub fn try_clone(&self) -> io::Result<Self> {
        let descriptors = self.descriptors.iter().map(OwnedFd::try_clone);
        Ok(Self {
            state: self.state.clone(),
            descriptors: descriptors.collect::<io::Result<_>>()?,
        })
    }
}

/// Why a lane could not be packed. It is as it was, or so nearly that it can only be closed.
#[derive(Debug, thiserror::Error)]
pub enum PackFailed {
    /// It does not answer.
    #[error("lane {0} does not answer")]
    Silent(usize),
    /// What it knows can't be written down.
    #[error("lane {lane}: {why}")]
    State {
        /// Which lane.
        lane: usize,
        /// Why not.
        why: BadPart,
    },
    /// The system gave no descriptor for a socket that must go over.
    #[error("no descriptor for {what}: {source}")]
    Descriptor {
        /// Which socket.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// Says, without taking anything up, whether this program can read a parcel.
///
/// # Errors
/// It is of another version, or damaged.
pub fn readable(state: &[u8]) -> Result<ParcelFacts, BadParcel> {
    LaneState::read(state).map(|state| state.facts())
}
