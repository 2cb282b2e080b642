//! A byte stream without waiting: plain, or TLS with its handshake on the way.

use std::io::{self, Read, Write};

use anyhow::{Context as _, Result};
use mio::net::TcpStream;
use native_tls::{HandshakeError, MidHandshakeTlsStream, TlsConnector, TlsStream};

/// The name that goes with every certificate here: none is checked.
const NAME: &str = "proxy";

/// A connection's stream.
#[derive(Debug)]
pub(crate) enum Stream {
    /// As it is.
    Plain(TcpStream),
    /// TLS, in whatever state.
    Tls(Box<Tls>),
}

/// The state of a TLS stream.
#[derive(Debug)]
pub(crate) enum Tls {
    /// Not open yet.
    Handshake(MidHandshakeTlsStream<TcpStream>),
    /// Open.
    Open(TlsStream<TcpStream>),
    /// Failed; nothing more will come of it.
    Broken,
}

/// A connector that takes any certificate: the proxy under test makes its own, and what is
/// measured is the cost of TLS and not its trust.
///
/// # Errors
/// When the system's TLS library cannot be set up.
pub(crate) fn connector() -> Result<TlsConnector> {
    TlsConnector::builder()
        .danger_accept_invalid_certs(true)
        .danger_accept_invalid_hostnames(true)
        .use_sni(false)
        .build()
        .context("no TLS")
}

impl Stream {
    /// TLS over `stream`, as its client.
    ///
    /// # Errors
    /// When the handshake fails at once.
    pub(crate) fn secure(stream: TcpStream, connector: &TlsConnector) -> io::Result<Self> {
        let tls = Tls::from(connector.connect(NAME, stream))?;
        Ok(Self::Tls(Box::new(tls)))
    }

    /// Whether a short read means that there is no more. TLS may hold back whole records.
    pub(crate) const fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }
}

impl Tls {
    fn from(outcome: Result<TlsStream<TcpStream>, HandshakeError<TcpStream>>) -> io::Result<Self> {
        match outcome {
            Ok(stream) => Ok(Self::Open(stream)),
            Err(HandshakeError::WouldBlock(stream)) => Ok(Self::Handshake(stream)),
            Err(HandshakeError::Failure(error)) => Err(io::Error::other(format!(
                "the TLS handshake failed: {error}"
            ))),
        }
    }

    /// The stream once it is open; as long as it is not, reads and writes would block.
    fn open(&mut self) -> io::Result<&mut TlsStream<TcpStream>> {
        if matches!(self, Self::Handshake(_)) {
            // Broken is what stays behind if the next step fails.
            if let Self::Handshake(stream) = std::mem::replace(self, Self::Broken) {
                *self = Self::from(stream.handshake())?;
            }
        }
        match self {
            Self::Open(stream) => Ok(stream),
            Self::Handshake(_) => Err(io::ErrorKind::WouldBlock.into()),
            Self::Broken => Err(io::Error::other("the TLS handshake had failed")),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buf),
            Self::Tls(tls) => tls.open()?.read(buf),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(buf),
            Self::Tls(tls) => tls.open()?.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::conn::{Conn, Inbox, Received};
    use mio::{Events, Poll, Token};
    use native_tls::{Identity, TlsAcceptor};
    use std::{
        io::{BufRead as _, BufReader},
        net::{SocketAddr, TcpListener},
        thread::JoinHandle,
        time::Duration,
    };

    fn acceptor() -> TlsAcceptor {
        let made = rcgen::generate_simple_self_signed(vec!["elsewhere".to_owned()]).unwrap();
        let (cert, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let identity = Identity::from_pkcs8(cert.as_bytes(), key.as_bytes()).unwrap();
        TlsAcceptor::new(identity).unwrap()
    }

    /// Connects to `address` by TLS, sends `line`, and reads one line.
    fn exchange(address: SocketAddr, line: &str) -> io::Result<String> {
        let mut poll = Poll::new()?;
        let stream = TcpStream::connect(address)?;
        let connector = connector().unwrap();
        let mut conn = Conn::secure(stream, poll.registry(), Token(0), &connector)?;
        conn.send(line.as_bytes())?;
        let (mut events, mut inbox) = (Events::with_capacity(4), Inbox::new());
        loop {
            poll.poll(&mut events, Some(Duration::from_secs(10)))?;
            assert!(!events.is_empty(), "nothing came");
            loop {
                conn.flush()?;
                let received = conn.receive(&mut inbox, false)?;
                if let Some(line) = inbox.next_line() {
                    return Ok(String::from_utf8_lossy(line).into_owned());
                }
                conn.keep(&inbox)?;
                match received {
                    Received::More => {}
                    Received::Drained => break,
                    Received::Closed => return Err(io::ErrorKind::UnexpectedEof.into()),
                }
            }
        }
    }

    #[test]
    fn a_line_sent_before_the_handshake_arrives_after_it_and_is_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server: JoinHandle<String> = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut stream = BufReader::new(acceptor().accept(stream).unwrap());
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            stream.get_mut().write_all(b"welcome\n").unwrap();
            line
        });
        assert_eq!(exchange(address, "login\n").unwrap(), "welcome");
        assert_eq!(server.join().unwrap(), "login\n");
    }

    #[test]
    fn a_peer_that_does_not_speak_tls_is_an_error_that_says_so() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"{\"id\":1}\n").unwrap();
            // Stays until the other side has had enough.
            let _ = stream.read(&mut [0; 4096]);
            stream
        });
        let error = exchange(address, "login\n").unwrap_err();
        assert!(
            error.to_string().contains("TLS handshake failed"),
            "{error}"
        );
        drop(server.join().unwrap());
    }
}
