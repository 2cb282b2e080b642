//! Lines over a blocking socket, plain or TLS, with a limit on every wait.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use native_tls::{TlsConnector, TlsStream};
use sha2::{Digest, Sha256};
use socket2::{Domain, Protocol, Socket, Type};

use super::Heard;
use crate::support::{PATIENCE, clock};

/// Longest line taken, bytes.
const MAX_LINE: usize = 1 << 20;

/// How to connect.
#[derive(Debug, Clone, Default)]
pub struct Connect {
    /// Source address, such as 127.0.0.2; the system's choice otherwise.
    pub from: Option<IpAddr>,
    /// SHA-256 of the certificate that the other side must show; plain TCP otherwise.
    pub pin: Option<[u8; 32]>,
    /// Receive buffer of the socket, bytes: a small one makes a miner that does not read be
    /// noticed sooner.
    pub receive_buffer: Option<usize>,
    /// What is sent before anything else, TLS included: a balancer's header.
    pub prelude: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// An open connection.
pub struct Connection {
    stream: Stream,
    unread: Vec<u8>,
    closed: bool,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens, or the certificate is another one.
    pub fn open(to: SocketAddr, how: &Connect) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP))?;
        if let Some(size) = how.receive_buffer {
            socket.set_recv_buffer_size(size)?;
        }
        if let Some(from) = how.from {
            socket.bind(&SocketAddr::new(from, 0).into())?;
        }
        socket.connect_timeout(&to.into(), PATIENCE)?;
        let mut tcp = TcpStream::from(socket);
        tcp.set_nodelay(true)?;
        tcp.set_write_timeout(Some(PATIENCE))?;
        tcp.write_all(&how.prelude)?;
        let stream = match how.pin {
            None => Stream::Plain(tcp),
            Some(pin) => Stream::Tls(Box::new(tls(tcp, pin)?)),
        };
        Ok(Self {
            stream,
            unread: Vec::new(),
            closed: false,
        })
    }

    /// The address that the other side sees.
    pub fn local_address(&self) -> SocketAddr {
        self.tcp()
            .local_addr()
            .expect("an open socket has an address")
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// The other side has closed or does not read.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(stream) => stream.write_all(bytes),
            Stream::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }

    /// The next line, if one comes within `limit`.
    pub fn next_line(&mut self, limit: Duration) -> Heard {
        let end = clock::now() + limit;
        loop {
            if let Some(at) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=at).collect();
                return Heard::Line(String::from_utf8_lossy(&line[..at]).into_owned());
            }
            if self.closed {
                return Heard::Closed;
            }
            let left = end.saturating_duration_since(clock::now());
            if left.is_zero() {
                return Heard::Quiet;
            }
            self.read_some(left);
            assert!(self.unread.len() <= MAX_LINE, "a line without an end");
        }
    }

    /// Everything that comes until the other side closes, at most 16 MiB; the rest of a line that
    /// was begun included.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        let end = clock::now() + PATIENCE;
        while !self.closed {
            let left = end.saturating_duration_since(clock::now());
            assert!(!left.is_zero(), "the connection was to be closed");
            self.read_some(left);
            assert!(self.unread.len() <= 16 << 20, "bytes without an end");
        }
        std::mem::take(&mut self.unread)
    }

    /// Ends the connection at once, with a reset where the system allows it.
    pub fn reset(self) {
        let socket = socket2::SockRef::from(self.tcp());
        let _ = socket.set_linger(Some(Duration::ZERO));
    }

    /// Says that no more will be written; reading goes on.
    pub fn finish_writing(&self) {
        let _ = self.tcp().shutdown(Shutdown::Write);
    }

    fn read_some(&mut self, limit: Duration) {
        let mut chunk = [0; 4096];
        let _ = self.tcp().set_read_timeout(Some(limit));
        let read = match &mut self.stream {
            Stream::Plain(stream) => stream.read(&mut chunk),
            Stream::Tls(stream) => stream.read(&mut chunk),
        };
        match read {
            Ok(0) => self.closed = true,
            Ok(count) => self.unread.extend_from_slice(&chunk[..count]),
            Err(fault) if is_wait_over(&fault) => {}
            Err(_) => self.closed = true,
        }
    }

    fn tcp(&self) -> &TcpStream {
        match &self.stream {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => stream.get_ref(),
        }
    }
}

fn is_wait_over(fault: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};

    [Interrupted, TimedOut, WouldBlock].contains(&fault.kind())
}

/// Accepts the pinned certificate whoever signed it, and no other.
fn tls(tcp: TcpStream, pin: [u8; 32]) -> io::Result<TlsStream<TcpStream>> {
    tcp.set_read_timeout(Some(PATIENCE))?;
    let connector = TlsConnector::builder()
        .danger_accept_invalid_certs(true)
        .danger_accept_invalid_hostnames(true)
        .build()
        .map_err(io::Error::other)?;
    let stream = connector
        .connect("localhost", tcp)
        .map_err(|fault| io::Error::other(format!("the TLS handshake failed: {fault}")))?;
    let shown = stream.peer_certificate().map_err(io::Error::other)?;
    let shown = shown.ok_or_else(|| io::Error::other("no certificate was shown"))?;
    let digest: [u8; 32] = Sha256::digest(shown.to_der().map_err(io::Error::other)?).into();
    if digest == pin {
        Ok(stream)
    } else {
        Err(io::Error::other("another certificate"))
    }
}
