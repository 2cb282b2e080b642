//! Opening a connection: name, TCP, TLS, each in its share of one time limit.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::OnceCell;
use tokio::time::timeout_at;
use tokio_native_tls::{TlsConnector, TlsStream};
use zartrux_models::stratum::ErrorClass;

use super::Tls;
use super::certificate::{TlsFault, check_pin, connector};
use crate::clock::Clock;

/// Most addresses of one name that are tried.
const ADDRESSES_TRIED: usize = 8;

/// A connection that died without a word is noticed by the system after this and a few probes.
const TCP_KEEPALIVE: Duration = Duration::from_secs(60);

/// An open connection.
#[derive(Debug)]
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Why no connection was made.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectFault {
    #[error("can't resolve {host}: {source}")]
    Resolve { host: String, source: io::Error },
    #[error("{0} has no address")]
    NoAddress(String),
    #[error("can't connect to {address}: {source}")]
    Refused {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("no answer within {after:?} while {doing}")]
    Slow { after: Duration, doing: String },
    #[error("{0}")]
    Tls(#[from] TlsFault),
}

impl ConnectFault {
    /// Whose fault it is.
    pub(super) const fn class(&self) -> ErrorClass {
        match self {
            Self::Tls(fault) => fault.class(),
            Self::Resolve { .. }
            | Self::NoAddress(_)
            | Self::Refused { .. }
            | Self::Slow { .. } => ErrorClass::Pool,
        }
    }
}

/// What is to be opened.
pub(super) struct Dial {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) timeout: Duration,
    /// Built with the first connection and kept: it holds the system's roots.
    pub(super) connector: Arc<OnceCell<TlsConnector>>,
    pub(super) clock: Clock,
}

impl Dial {
    /// Opens the connection.
    pub(super) async fn open(self) -> Result<Transport, ConnectFault> {
        let deadline = self.clock.now() + self.timeout;
        let addresses = self.resolve(deadline).await?;
        let stream = self.connect(&addresses, deadline).await?;
        // Without these a connection works as well, only later or longer than it should.
        let _ = stream.set_nodelay(true);
        let _ =
            SockRef::from(&stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(TCP_KEEPALIVE));
        match self.tls {
            Tls::None => Ok(Transport::Plain(stream)),
            Tls::Verified | Tls::Pinned(_) => self.secure(stream, deadline).await,
        }
    }

    async fn resolve(&self, deadline: Instant) -> Result<Vec<SocketAddr>, ConnectFault> {
        let name = (self.host.as_str(), self.port);
        let found = timeout_at(deadline.into(), lookup_host(name))
            .await
            .map_err(|_| self.slow(format!("resolving {}", self.host)))?
            .map_err(|source| ConnectFault::Resolve {
                host: self.host.clone(),
                source,
            })?;
        let addresses: Vec<SocketAddr> = found.take(ADDRESSES_TRIED).collect();
        if addresses.is_empty() {
            return Err(ConnectFault::NoAddress(self.host.clone()));
        }
        Ok(addresses)
    }

    /// Tries one address after the other. Each gets an equal part of the time that is left, so that
    /// one that swallows everything (a broken IPv6 route, say) does not hide the next.
    async fn connect(
        &self,
        addresses: &[SocketAddr],
        deadline: Instant,
    ) -> Result<TcpStream, ConnectFault> {
        let mut last = ConnectFault::NoAddress(self.host.clone());
        for (untried, address) in (1..=addresses.len()).rev().zip(addresses) {
            let now = self.clock.now();
            let left = deadline.saturating_duration_since(now);
            let part = left / u32::try_from(untried).unwrap_or(u32::MAX);
            match timeout_at((now + part).into(), TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(source)) => {
                    last = ConnectFault::Refused {
                        address: *address,
                        source,
                    };
                }
                Err(_) => last = self.slow(format!("connecting to {address}")),
            }
        }
        Err(last)
    }

    async fn secure(
        &self,
        stream: TcpStream,
        deadline: Instant,
    ) -> Result<Transport, ConnectFault> {
        let tls = self.tls;
        let connector = self
            .connector
            .get_or_try_init(|| async {
                // Reading the system's roots takes milliseconds: not on the lane.
                tokio::task::spawn_blocking(move || connector(tls, &[]))
                    .await
                    .unwrap_or_else(|gone| Err(TlsFault::Other(gone.to_string())))
            })
            .await?;
        let stream = timeout_at(deadline.into(), connector.connect(&self.host, stream))
            .await
            .map_err(|_| self.slow("in the TLS handshake".to_owned()))?
            .map_err(|fault| TlsFault::explain(&fault, &self.host))?;
        if let Tls::Pinned(pin) = tls {
            check_pin(&stream, &pin)?;
        }
        Ok(Transport::Tls(Box::new(stream)))
    }

    fn slow(&self, doing: String) -> ConnectFault {
        ConnectFault::Slow {
            after: self.timeout,
            doing,
        }
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
