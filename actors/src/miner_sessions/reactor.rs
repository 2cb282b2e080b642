//! Readiness of all sockets of a lane, as one stream.
//!
//! Ten thousand sockets are registered with one `mio::Poll` whose own descriptor is registered
//! with tokio. So an idle connection costs its table entry and nothing else: no task, no waker, no
//! registration of its own in the runtime.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::Stream;
use mio::event::Source;
use mio::{Events, Interest, Registry, Token};
use tokio::io::unix::AsyncFd;

/// Sockets looked at in one turn; the rest come with the next.
const BATCH: usize = 512;

/// A socket that can be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ready {
    pub(super) token: Token,
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// The peer has finished, or the connection is broken: nothing further will be told of it.
    pub(super) ended: bool,
}

/// Sockets that became ready in one turn.
pub(super) type Batch = Vec<Ready>;

/// The stream of readiness.
#[derive(Debug)]
pub(super) struct Reactor {
    poll: AsyncFd<mio::Poll>,
    events: Events,
}

impl Reactor {
    /// A reactor and the way to register sockets with it. Must be called inside a runtime.
    ///
    /// # Errors
    /// The system has no more descriptors.
    #[expect(unsafe_code, reason = "the promise that `AsyncFd::register` asks for")]
    pub(super) fn new() -> io::Result<(Self, Registrar)> {
        let poll = mio::Poll::new()?;
        let registrar = Registrar(poll.registry().try_clone()?);
        // SAFETY: the `Poll` owns its descriptor, answers with the same one until it is dropped,
        // and is dropped only with the `AsyncFd`: it is never replaced, only polled.
        let poll = unsafe { AsyncFd::register(poll) }.map_err(io::Error::from)?;
        let reactor = Self {
            poll,
            events: Events::with_capacity(BATCH),
        };
        Ok((reactor, registrar))
    }
}

impl Stream for Reactor {
    type Item = io::Result<Batch>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            let mut ready = match ready!(this.poll.poll_read_ready_mut(cx)) {
                Ok(ready) => ready,
                Err(fault) => return Poll::Ready(Some(Err(fault))),
            };
            let polled = ready
                .get_inner_mut()
                .poll(&mut this.events, Some(Duration::ZERO));
            match polled {
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
                Err(fault) => return Poll::Ready(Some(Err(fault))),
                Ok(()) if this.events.is_empty() => ready.clear_ready(),
                Ok(()) => {
                    let batch = this.events.iter().map(|event| Ready {
                        token: event.token(),
                        readable: event.is_readable() || event.is_read_closed() || event.is_error(),
                        writable: event.is_writable(),
                        ended: event.is_read_closed() || event.is_error(),
                    });
                    return Poll::Ready(Some(Ok(batch.collect())));
                }
            }
        }
    }
}

/// Registers sockets with the reactor.
#[derive(Debug)]
pub(super) struct Registrar(Registry);

impl Registrar {
    /// Registers a listener.
    ///
    /// # Errors
    /// As of the system.
    pub(super) fn listen(&self, listener: &mut impl Source, token: Token) -> io::Result<()> {
        self.0.register(listener, token, Interest::READABLE)
    }

    /// Registers a connection for reading and writing, edge-triggered: an unwritable socket tells
    /// when it is writable again without being asked.
    ///
    /// # Errors
    /// As of the system.
    pub(super) fn connect(&self, socket: &mut impl Source, token: Token) -> io::Result<()> {
        self.0
            .register(socket, token, Interest::READABLE | Interest::WRITABLE)
    }

    /// Forgets a listener, or a connection.
    ///
    /// # Errors
    /// As of the system.
    pub(super) fn forget(&self, source: &mut impl Source) -> io::Result<()> {
        self.0.deregister(source)
    }
}
