//! The socket between the two processes: messages, bytes and descriptors, each waited for so long and no
//! longer, and none longer than is stated.

use std::fmt;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zartrux_actors::clock::Clock;

/// Longest message, bytes.
const MESSAGE_MAX: usize = 1 << 20;
/// Most bytes of a lane's state.
const STATE_MAX: usize = 1 << 30;
/// Most sockets of a lane.
const DESCRIPTORS_MAX: usize = 1 << 20;
/// Descriptors in one message: Linux takes 253. Each batch is waited for before the next, since those
/// on the way count against a limit.
const BATCH: usize = 250;
/// What a batch of descriptors travels with, and how it is acknowledged.
const BATCH_MARK: u8 = b'D';
/// How long the other end may take to read, or to acknowledge, what it was sent.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked whether to give up.
const LOOK: Duration = Duration::from_millis(100);

/// One end of the socket.
#[derive(Debug)]
pub(super) struct Channel {
    stream: UnixStream,
    /// Set by whoever wants nothing of it any more.
    given_up: Arc<AtomicBool>,
}

/// The other end is closed: its process has ended, or wants no more.
#[derive(Debug)]
pub(super) struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the other process has ended")
    }
}

impl std::error::Error for Gone {}

impl Channel {
    pub(super) fn new(stream: UnixStream, given_up: Arc<AtomicBool>) -> Result<Self> {
        stream.set_read_timeout(Some(LOOK))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, given_up })
    }

    /// Says something.
    pub(super) fn send(&self, message: &impl Serialize) -> Result<()> {
        let text = serde_json::to_vec(message)?;
        ensure!(text.len() <= MESSAGE_MAX, "a message is too long");
        let length = u32::try_from(text.len())?.to_le_bytes();
        self.write(&length)?;
        self.write(&text)
    }

    /// Hears something, within `patience`; for ever without.
    pub(super) fn receive<T: DeserializeOwned>(&self, patience: Option<Duration>) -> Result<T> {
        let deadline = patience.map(|patience| Clock.now() + patience);
        let mut length = [0; 4];
        self.read(&mut length, deadline)?;
        let length = usize::try_from(u32::from_le_bytes(length))?;
        ensure!(length <= MESSAGE_MAX, "it says something too long");
        let mut text = vec![0; length];
        self.read(&mut text, Some(Clock.now() + PATIENCE))?;
        serde_json::from_slice(&text).context("it says something that is not understood")
    }

    /// Sends bytes whose number was told.
    pub(super) fn send_bytes(&self, bytes: &[u8]) -> Result<()> {
        ensure!(bytes.len() <= STATE_MAX, "a lane's state is too large");
        self.write(bytes)
    }

    /// Takes as many bytes as were told.
    pub(super) fn receive_bytes(&self, count: usize) -> Result<Vec<u8>> {
        ensure!(count <= STATE_MAX, "a lane's state is too large");
        let mut bytes = Vec::new();
        while bytes.len() < count {
            // Room is made for what comes, not for what is told.
            let begin = bytes.len();
            bytes.resize(count.min(begin + MESSAGE_MAX), 0);
            self.read(&mut bytes[begin..], Some(Clock.now() + PATIENCE))?;
        }
        Ok(bytes)
    }

    /// Sends descriptors whose number was told; those here stay open.
    pub(super) fn send_descriptors(&self, descriptors: &[BorrowedFd<'_>]) -> Result<()> {
        ensure!(descriptors.len() <= DESCRIPTORS_MAX, "too many descriptors");
        for batch in descriptors.chunks(BATCH) {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(BATCH))];
            let mut beside = SendAncillaryBuffer::new(&mut space);
            ensure!(
                beside.push(SendAncillaryMessage::ScmRights(batch)),
                "a batch of descriptors does not fit"
            );
            let mark = [IoSlice::new(&[BATCH_MARK])];
            retried(|| {
                Ok(sendmsg(
                    &self.stream,
                    &mark,
                    &mut beside,
                    SendFlags::NOSIGNAL,
                )?)
            })
            .map_err(|fault| {
                if is_gone(fault.kind()) {
                    anyhow::Error::from(Gone)
                } else {
                    anyhow::Error::from(fault).context("descriptors can't be sent")
                }
            })?;
            let mut acknowledged = [0];
            self.read(&mut acknowledged, Some(Clock.now() + PATIENCE))?;
            ensure!(
                acknowledged == [BATCH_MARK],
                "descriptors were not understood"
            );
        }
        Ok(())
    }

    /// Takes as many descriptors as were told.
    pub(super) fn receive_descriptors(&self, count: usize) -> Result<Vec<OwnedFd>> {
        ensure!(count <= DESCRIPTORS_MAX, "too many descriptors");
        let mut all = Vec::new();
        while all.len() < count {
            let expected = BATCH.min(count - all.len());
            let deadline = Clock.now() + PATIENCE;
            let came = self.batch(deadline)?;
            ensure!(
                came.len() == expected,
                "{} descriptors came instead of {expected}: is the limit of open files too low?",
                came.len()
            );
            all.extend(came);
            self.write(&[BATCH_MARK])?;
        }
        Ok(all)
    }

    fn batch(&self, deadline: Instant) -> Result<Vec<OwnedFd>> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(BATCH))];
        let mut beside = RecvAncillaryBuffer::new(&mut space);
        let mut mark = [0];
        let message = self.patiently(Some(deadline), || {
            let mut into = [IoSliceMut::new(&mut mark)];
            // Those that come are closed when the program is exchanged for another one.
            let flags = RecvFlags::CMSG_CLOEXEC;
            Ok(recvmsg(&self.stream, &mut into, &mut beside, flags)?)
        })?;
        if message.bytes == 0 {
            return Err(Gone.into());
        }
        ensure!(mark == [BATCH_MARK], "these are no descriptors");
        ensure!(
            !message.flags.contains(ReturnFlags::CTRUNC),
            "not all descriptors came: is the limit of open files too low?"
        );
        let mut came = Vec::new();
        for message in beside.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                came.extend(descriptors);
            }
        }
        Ok(came)
    }

    fn write(&self, bytes: &[u8]) -> Result<()> {
        (&self.stream).write_all(bytes).map_err(|fault| {
            if is_gone(fault.kind()) {
                Gone.into()
            } else if fault.kind() == ErrorKind::WouldBlock {
                let within = PATIENCE.as_secs();
                anyhow::anyhow!("it does not read what it is told within {within} s")
            } else {
                fault.into()
            }
        })
    }

    fn read(&self, mut into: &mut [u8], deadline: Option<Instant>) -> Result<()> {
        while !into.is_empty() {
            let came = self.patiently(deadline, || (&self.stream).read(into))?;
            if came == 0 {
                return Err(Gone.into());
            }
            into = &mut into[came..];
        }
        Ok(())
    }

    /// Does what may find nothing yet until it finds something.
    fn patiently<T>(
        &self,
        deadline: Option<Instant>,
        mut attempt: impl FnMut() -> io::Result<T>,
    ) -> Result<T> {
        loop {
            match retried(&mut attempt) {
                Ok(done) => return Ok(done),
                Err(fault) if fault.kind() == ErrorKind::WouldBlock => {}
                Err(fault) if is_gone(fault.kind()) => {
                    return Err(Gone.into());
                }
                Err(fault) => return Err(fault.into()),
            }
            if self.given_up.load(Ordering::Relaxed) {
                bail!("it was given up");
            }
            if deadline.is_some_and(|deadline| Clock.now() >= deadline) {
                bail!("it says nothing");
            }
        }
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

const fn is_gone(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
}

/// Once more after a signal.
fn retried<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match attempt() {
            Err(fault) if fault.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}
