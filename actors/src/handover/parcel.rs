//! A packed lane.

use std::io;
use std::os::fd::OwnedFd;

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
    /// The system gave no descriptor for a socket that must go over.
    #[error("no descriptor for {what}: {source}")]
    Descriptor {
        /// Which socket.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// Why a parcel can't be taken up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadParcel {
    /// Of another version than this program knows.
    #[error("it is of version {0}, this program reads version {known}", known = ParcelFacts::VERSION)]
    Version(u16),
    /// Not what a lane packs.
    #[error("{part}: {why}")]
    Damaged {
        /// Which part.
        part: &'static str,
        /// What is wrong with it.
        why: Box<str>,
    },
    /// Not the descriptors that it speaks of.
    #[error("it speaks of {said} sockets, {came} came with it")]
    Descriptors {
        /// As the state says.
        said: usize,
        /// As they came.
        came: usize,
    },
}

/// What a parcel holds, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParcelFacts {
    /// Of its form.
    pub version: u16,
    /// Miners that stay connected.
    pub miners: usize,
    /// Sessions with pools that stay connected.
    pub pools: usize,
    /// Sockets that must come with it.
    pub descriptors: usize,
}

impl ParcelFacts {
    /// The form that this program writes and reads.
    pub const VERSION: u16 = 1;
}

/// Says, without taking anything up, whether this program can read a parcel.
///
/// # Errors
/// It is of another version, or damaged.
pub fn readable(state: &[u8]) -> Result<ParcelFacts, BadParcel> {
    let damaged = || BadParcel::Damaged {
        part: "version",
        why: "too short".into(),
    };
    let version = state.first_chunk::<2>().ok_or_else(damaged)?;
    let version = u16::from_le_bytes(*version);
    if version != ParcelFacts::VERSION {
        return Err(BadParcel::Version(version));
    }
    Ok(ParcelFacts {
        version,
        miners: 0,
        pools: 0,
        descriptors: 0,
    })
}
