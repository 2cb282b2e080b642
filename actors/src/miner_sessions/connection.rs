//! A miner's socket: plain, or TLS at any stage. Never blocks, owns no buffer of its own.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr};

use mio::net::TcpStream;
use native_tls::{HandshakeError, MidHandshakeTlsStream, TlsAcceptor, TlsStream};
use zartrux_models::session::{
    PROXY_HEADER_LIMIT, ProxyHeader, ProxyHeaderFault, read_proxy_header,
};

/// A socket that may or may not speak TLS.
#[derive(Debug)]
pub(super) enum Connection {
    /// A balancer's, before it has said for whom it connects.
    Heading(Box<Heading>),
    Plain(TcpStream),
    Handshaking(Box<MidHandshakeTlsStream<TcpStream>>),
    Tls(Box<TlsStream<TcpStream>>),
    /// Only while a handshake step takes the stream apart, and after one that failed.
    Broken,
}

/// What waits for a balancer's header: nothing of it is kept outside the system's own buffer.
pub(super) struct Heading {
    socket: TcpStream,
    tls: Option<TlsAcceptor>,
}

impl std::fmt::Debug for Heading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Heading(tls: {})", self.tls.is_some())
    }
}

/// How far a balancer's header is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeaderTaken {
    NotYet,
    Taken(ProxyHeader),
    Faulty(ProxyHeaderFault),
}

impl Connection {
    /// Takes an accepted socket that begins with a balancer's header.
    pub(super) fn heading(socket: TcpStream, tls: Option<TlsAcceptor>) -> Self {
        Self::Heading(Box::new(Heading { socket, tls }))
    }

    /// Whether a header is still to come.
    pub(super) const fn is_heading(&self) -> bool {
        matches!(self, Self::Heading(_))
    }

    /// Looks at what has come, and takes the header out of it once that is whole; TLS, if any,
    /// begins behind it.
    ///
    /// # Errors
    /// As of the socket, `UnexpectedEof` when the peer has left, or what the peer sends behind the
    /// header is no TLS.
    pub(super) fn take_header(&mut self, buffer: &mut [u8]) -> io::Result<HeaderTaken> {
        let Self::Heading(heading) = self else {
            return Ok(HeaderTaken::NotYet);
        };
        let most = buffer.len().min(PROXY_HEADER_LIMIT);
        // Looked at and left where it is: a header in many pieces costs the proxy no memory.
        let seen = match heading.socket.peek(&mut buffer[..most]) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(seen) => seen,
            Err(fault)
                if matches!(fault.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                return Ok(HeaderTaken::NotYet);
            }
            Err(fault) => return Err(fault),
        };
        match read_proxy_header(&buffer[..seen]) {
            Ok(None) => Ok(HeaderTaken::NotYet),
            Err(fault) => Ok(HeaderTaken::Faulty(fault)),
            Ok(Some((header, length))) => {
                heading.socket.read_exact(&mut buffer[..length])?;
                if let Self::Heading(heading) = std::mem::replace(self, Self::Broken) {
                    *self = Self::accept(heading.socket, heading.tls.as_ref())?;
                }
                Ok(HeaderTaken::Taken(header))
            }
        }
    }

    /// The socket, if another process can go on with it: where no TLS has begun, or will.
    pub(super) fn take_plain(&mut self) -> Option<(TcpStream, bool)> {
        match std::mem::replace(self, Self::Broken) {
            Self::Plain(socket) => Some((socket, false)),
            Self::Heading(heading) if heading.tls.is_none() => Some((heading.socket, true)),
            other @ (Self::Heading(_) | Self::Handshaking(_) | Self::Tls(_) | Self::Broken) => {
                *self = other;
                None
            }
        }
    }

    /// Takes an accepted socket; with an acceptor its first handshake step is made.
    ///
    /// # Errors
    /// The peer does not speak TLS as we do.
    pub(super) fn accept(socket: TcpStream, tls: Option<&TlsAcceptor>) -> io::Result<Self> {
        match tls {
            None => Ok(Self::Plain(socket)),
            Some(acceptor) => Self::after(acceptor.accept(socket)),
        }
    }

    fn after(step: Result<TlsStream<TcpStream>, HandshakeError<TcpStream>>) -> io::Result<Self> {
        match step {
            Ok(stream) => Ok(Self::Tls(Box::new(stream))),
            Err(HandshakeError::WouldBlock(middle)) => Ok(Self::Handshaking(Box::new(middle))),
            Err(HandshakeError::Failure(fault)) => Err(io::Error::other(fault)),
        }
    }

    /// Goes on with a handshake; true once bytes can be read and written.
    ///
    /// # Errors
    /// The handshake failed.
    pub(super) fn ready(&mut self) -> io::Result<bool> {
        if let Self::Handshaking(_) = self
            && let Self::Handshaking(middle) = std::mem::replace(self, Self::Broken)
        {
            *self = Self::after(middle.handshake())?;
        }
        Ok(matches!(self, Self::Plain(_) | Self::Tls(_)))
    }

    /// Where the peer is; unspecified when the connection is gone already.
    pub(super) fn peer_address(&self) -> IpAddr {
        let socket = match self {
            Self::Heading(heading) => Some(&heading.socket),
            Self::Plain(socket) => Some(socket),
            Self::Handshaking(middle) => Some(middle.get_ref()),
            Self::Tls(stream) => Some(stream.get_ref()),
            Self::Broken => None,
        };
        socket
            .and_then(|socket| socket.peer_addr().ok())
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip())
    }

    /// Whether a read of fewer bytes than asked for means that the socket is drained.
    pub(super) const fn short_read_is_last(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// Reads what there is.
    ///
    /// # Errors
    /// As of the socket; `WouldBlock` when there is nothing.
    pub(super) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(into),
            Self::Tls(stream) => stream.read(into),
            Self::Heading(_) | Self::Handshaking(_) => Err(ErrorKind::WouldBlock.into()),
            Self::Broken => Err(ErrorKind::NotConnected.into()),
        }
    }

    /// Writes what the socket takes.
    ///
    /// # Errors
    /// As of the socket; `WouldBlock` when it takes nothing.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
            Self::Heading(_) | Self::Handshaking(_) => Err(ErrorKind::WouldBlock.into()),
            Self::Broken => Err(ErrorKind::NotConnected.into()),
        }
    }
}
