//! Doors: the addresses on which miners come in.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::fd::AsFd as _;

use mio::Token;
use mio::net::{TcpListener, TcpStream};
use native_tls::TlsAcceptor;
use socket2::{Domain, Protocol, Socket, Type};
use zartrux_models::plan::SeatKey;
use zartrux_models::session::{MinerProtocol, SessionId};

use rand::Rng;

use super::connection::Connection;
use super::entering::Origin;
use super::seat::Seat;
use super::{MinerSessions, StopAccepting};

/// Connections taken from one listener in one turn.
const ACCEPT_BATCH: usize = 256;
/// Connections the system may hold for us.
const BACKLOG: i32 = 4096;

/// Why an address can't be listened on.
#[derive(Debug, thiserror::Error)]
#[error("can't listen on {address}: {source}")]
pub struct BindError {
    /// The address.
    pub address: SocketAddr,
    /// What the system said.
    pub source: io::Error,
}

/// An open listener, plain or TLS.
pub struct Door {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    open: bool,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Door({}, tls: {})", self.address, self.tls.is_some())
    }
}

impl Door {
    /// Where it is, with the port the system chose if 0 was asked for.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A door at a listener that was opened before, by this process or by the one before it.
    ///
    /// # Errors
    /// It is no listener that can be used.
    pub fn at(
        listener: std::net::TcpListener,
        tls: Option<TlsAcceptor>,
    ) -> Result<Self, BindError> {
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        let address = listener.local_addr().unwrap_or(unknown);
        listener
            .set_nonblocking(true)
            .map_err(|source| BindError { address, source })?;
        Ok(Self {
            listener: TcpListener::from_std(listener),
            address,
            tls,
            open: true,
        })
    }

    /// A second handle of its listener, which stays open when the door is closed.
    ///
    /// # Errors
    /// The system has no more descriptors.
    pub fn try_clone_listener(&self) -> io::Result<std::net::TcpListener> {
        let handle = self.listener.as_fd().try_clone_to_owned()?;
        Ok(handle.into())
    }

    /// What makes its handshakes, if it has TLS.
    pub(super) const fn tls_mut(&mut self) -> Option<&mut TlsAcceptor> {
        self.tls.as_mut()
    }
}

/// Opens a listener. With `shared` several lanes can listen on the same port.
///
/// # Errors
/// The address is taken, not ours, or not allowed.
pub fn bind(
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    shared: bool,
) -> Result<Door, BindError> {
    listen(address, shared)
        .and_then(|listener| {
            Ok(Door {
                address: listener.local_addr()?,
                listener,
                tls,
                open: true,
            })
        })
        .map_err(|source| BindError { address, source })
}

fn listen(address: SocketAddr, shared: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    if shared {
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    // What it accepts has these from it: two system calls less for each connection.
    socket.set_tcp_nodelay(true)?;
    // A rig that lost power says nothing: the system asks after it.
    socket.set_keepalive(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

/// Tokens: a seat's index and generation; listeners have generation 0.
pub(super) fn token_of_seat(key: SeatKey) -> Token {
    let value = (u64::from(key.generation) << 32) | u64::from(key.index);
    Token(usize::try_from(value).unwrap_or(usize::MAX))
}

/// What a token stands for.
pub(super) enum Source {
    Door(usize),
    Seat(SeatKey),
}

impl From<Token> for Source {
    fn from(token: Token) -> Self {
        let generation = u32::try_from(token.0 >> 32).unwrap_or(u32::MAX);
        let index = u32::try_from(token.0 & 0xffff_ffff).unwrap_or(u32::MAX);
        if generation == 0 {
            Self::Door(token.0)
        } else {
            Self::Seat(SeatKey { index, generation })
        }
    }
}

impl MinerSessions {
    pub(super) fn open_doors(&mut self) {
        let Some(registrar) = &self.registrar else {
            return;
        };
        for (index, door) in self.doors.iter_mut().enumerate() {
            if let Err(fault) = registrar.listen(&mut door.listener, Token(index)) {
                tracing::error!(address = %door.address, %fault, "can't watch a listener");
            }
        }
    }

    pub(super) fn on_stop_accepting(&mut self, _: StopAccepting) {
        for door in &mut self.doors {
            door.open = false;
            if let Some(registrar) = &self.registrar
                && let Err(fault) = registrar.forget(&mut door.listener)
            {
                tracing::warn!(address = %door.address, %fault, "can't leave a listener");
            }
        }
        // Dropping the listeners lets the system refuse new connections.
        self.doors.clear();
    }

    /// Takes what waits at a door. True when there is more.
    pub(super) fn accept_at(&mut self, index: usize) -> bool {
        for _ in 0..ACCEPT_BATCH {
            let Some(door) = self.doors.get(index).filter(|door| door.open) else {
                return false;
            };
            match door.listener.accept() {
                Ok((socket, peer)) => self.seat_newcomer(socket, peer.ip(), index),
                Err(fault) if fault.kind() == ErrorKind::WouldBlock => return false,
                // The peer left again before we took it.
                Err(fault)
                    if matches!(
                        fault.kind(),
                        ErrorKind::ConnectionAborted | ErrorKind::Interrupted
                    ) => {}
                Err(fault) => {
                    // Out of descriptors, most likely: those waiting are tried again with the
                    // next tick.
                    tracing::warn!(%fault, "can't accept a connection");
                    return false;
                }
            }
        }
        true
    }

    /// Seats an accepted connection; one that is `heading` begins with a balancer's header.
    ///
    /// # Errors
    /// The peer has left, does not speak TLS as we do, or the system is out of something.
    pub(super) fn prepare(
        &mut self,
        mut socket: TcpStream,
        door: usize,
        from: Origin,
        heading: bool,
    ) -> io::Result<()> {
        let now = self.second();
        let entry = self.seats.vacant_entry();
        self.last_generation = self.last_generation.wrapping_add(1).max(1);
        let key = SeatKey {
            index: u32::try_from(entry.key()).map_err(io::Error::other)?,
            generation: self.last_generation,
        };
        let Some(registrar) = &self.registrar else {
            return Err(ErrorKind::NotConnected.into());
        };
        registrar.connect(&mut socket, token_of_seat(key))?;
        let tls = self.doors.get(door).and_then(|door| door.tls.as_ref());
        let connection = if heading {
            Connection::heading(socket, tls.cloned())
        } else {
            Connection::accept(socket, tls)?
        };
        let session = SessionId(self.random.r#gen());
        let protocol = MinerProtocol::new(session, self.jobs.last_key());
        entry.insert(Seat::new(key, connection, protocol, from, now));
        self.schedule(key);
        self.stats.connections(|counts| {
            counts.accepted += 1;
            counts.open += 1;
        });
        Ok(())
    }
}
