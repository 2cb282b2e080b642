//! Messages of several frames, bounded.

use zmq::{DONTWAIT, Error, SNDMORE, Socket};

/// Most frames of a message that are kept; ours have at most four.
pub(super) const MOST: usize = 8;

/// A message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frames {
    pub(super) frames: Vec<Vec<u8>>,
    /// There were more than are kept.
    pub(super) cut: bool,
}

/// Receives a message; none if none is there.
pub(super) fn receive(socket: &Socket) -> Result<Option<Frames>, Error> {
    let mut message = Frames {
        frames: Vec::with_capacity(4),
        cut: false,
    };
    loop {
        let frame = match socket.recv_bytes(DONTWAIT) {
            Ok(frame) => frame,
            Err(Error::EAGAIN) => return Ok(None),
            Err(Error::EINTR) => continue,
            Err(fault) => return Err(fault),
        };
        if message.frames.len() < MOST {
            message.frames.push(frame);
        } else {
            message.cut = true;
        }
        if !socket.get_rcvmore()? {
            return Ok(Some(message));
        }
    }
}

/// Sends a message, never waiting: what a peer has no room for is not sent to it.
pub(super) fn send(socket: &Socket, frames: &[&[u8]]) -> Result<(), Error> {
    for (place, frame) in frames.iter().enumerate() {
        let more = if place + 1 < frames.len() { SNDMORE } else { 0 };
        match socket.send(*frame, more | DONTWAIT) {
            Ok(()) => {}
            // A peer that is gone, or does not read.
            Err(Error::EHOSTUNREACH | Error::EAGAIN) => return Ok(()),
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}
