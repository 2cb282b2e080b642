//! Opening a connection to an upstream: name, TCP, SOCKS, TLS, each in its share of one time limit.

mod certificate;
mod names;
mod order;
mod socks;
#[cfg(test)]
mod tests;
mod way;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream, UnixStream};
use tokio::sync::OnceCell;
use tokio::time::timeout_at;
use tokio_native_tls::{TlsConnector, TlsStream};
use zartrux_models::stratum::ErrorClass;

use self::certificate::{TlsFault, check_pin};
use crate::clock::Clock;

#[cfg(test)]
pub(crate) use certificate::connector as tls_connector;
pub use names::{Addresses, Lookup, Names, Resolve};
pub use order::IpChoice;
pub use way::{SocksProxy, Tls, Way};

/// Most addresses of one name that are tried.
const ADDRESSES_TRIED: usize = 8;

/// A connection that died without a word is noticed by the system after this and a few probes.
const TCP_KEEPALIVE: Duration = Duration::from_secs(60);

/// An open connection.
#[derive(Debug)]
pub(crate) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// In TLS that the process before carries.
    Carried(UnixStream),
}

/// Why no connection was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectFault {
    #[error("can't resolve {host}: {source}")]
    Resolve { host: String, source: io::Error },
    #[error("{host} has no address that may be used: {why}")]
    NoAddress { host: String, why: String },
    #[error("can't connect to {address}: {source}")]
    Refused {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("can't connect from {from}, which `source` asks for: {source}")]
    Source { from: IpAddr, source: io::Error },
    #[error("the SOCKS proxy {proxy}: {why}")]
    Socks { proxy: String, why: String },
    #[error("no answer within {after:?} while {doing}")]
    Slow { after: Duration, doing: String },
    #[error("{0}")]
    Tls(#[from] TlsFault),
}

impl ConnectFault {
    /// Whose fault it is.
    pub(crate) const fn class(&self) -> ErrorClass {
        match self {
            Self::Tls(fault) => fault.class(),
            Self::Source { .. } => ErrorClass::Ours,
            Self::Resolve { .. }
            | Self::NoAddress { .. }
            | Self::Socks { .. }
            | Self::Refused { .. }
            | Self::Slow { .. } => ErrorClass::Pool,
        }
    }
}

/// What is to be opened.
pub(crate) struct Dial {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: Tls,
    pub(crate) timeout: Duration,
    /// Built with the first connection and kept: it holds the system's roots.
    pub(crate) connector: Arc<OnceCell<TlsConnector>>,
    pub(crate) way: Way,
    pub(crate) names: Names,
    pub(crate) clock: Clock,
}

impl Dial {
    /// Opens the connection.
    pub(crate) async fn open(self) -> Result<Transport, ConnectFault> {
        let deadline = self.clock.now() + self.timeout;
        let (host, port) = match &self.way.proxy {
            Some(proxy) => (proxy.host.as_str(), proxy.port),
            None => (self.host.as_str(), self.port),
        };
        let addresses = self.resolve(host, port, deadline).await?;
        let mut stream = self.connect(host, &addresses, deadline).await?;
        if let Some(proxy) = &self.way.proxy {
            let through = socks::through(stream, proxy, &self.host, self.port);
            stream = timeout_at(deadline.into(), through)
                .await
                .map_err(|_| self.slow(format!("waiting for the SOCKS proxy {proxy:?}")))??;
        }
        // Without these a connection works as well, only later or longer than it should.
        let _ = stream.set_nodelay(true);
        let _ =
            SockRef::from(&stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(TCP_KEEPALIVE));
        match self.tls {
            Tls::None => Ok(Transport::Plain(stream)),
            Tls::Verified | Tls::Pinned(_) => self.secure(stream, deadline).await,
        }
    }

    /// The addresses to try, in their order.
    async fn resolve(
        &self,
        host: &str,
        port: u16,
        deadline: Instant,
    ) -> Result<Vec<SocketAddr>, ConnectFault> {
        let all = match host.parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => self.look_up(host, deadline).await?,
        };
        let source = self.way.source;
        let fits = |address: &IpAddr| source.is_none_or(|from| from.is_ipv4() == address.is_ipv4());
        let mut chosen = self.way.ip.order(&all);
        chosen.retain(fits);
        if chosen.is_empty() {
            let asked = match source {
                Some(from) => format!("`source` is {from}"),
                None => "`ip` asks for others".to_owned(),
            };
            return Err(ConnectFault::NoAddress {
                host: host.to_owned(),
                why: format!("{all:?} are found, and {asked}"),
            });
        }
        chosen.truncate(ADDRESSES_TRIED);
        let with_port = |address| SocketAddr::new(address, port);
        Ok(chosen.into_iter().map(with_port).collect())
    }

    async fn look_up(&self, host: &str, deadline: Instant) -> Result<Vec<IpAddr>, ConnectFault> {
        let now = self.clock.now();
        // Where there are addresses from before, time must be left to connect to them.
        let patience = deadline.saturating_duration_since(now) / 2;
        let found = self.names.addresses(host, now, patience);
        let found = timeout_at(deadline.into(), found)
            .await
            .map_err(|_| self.slow(format!("resolving {host}")))?
            .map_err(|source| ConnectFault::Resolve {
                host: host.to_owned(),
                source,
            })?;
        Ok(found.all)
    }

    /// Tries one address after the other. Each gets an equal part of the time that is left, so that
    /// one that swallows everything (a broken IPv6 route, say) does not hide the next.
    async fn connect(
        &self,
        host: &str,
        addresses: &[SocketAddr],
        deadline: Instant,
    ) -> Result<TcpStream, ConnectFault> {
        let mut last = self.slow(format!("connecting to {host}"));
        for (untried, address) in (1..=addresses.len()).rev().zip(addresses) {
            let now = self.clock.now();
            let left = deadline.saturating_duration_since(now);
            let part = left / u32::try_from(untried).unwrap_or(u32::MAX);
            match timeout_at((now + part).into(), self.connect_to(*address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(fault)) => last = fault,
                Err(_) => last = self.slow(format!("connecting to {address}")),
            }
        }
        Err(last)
    }

    async fn connect_to(&self, address: SocketAddr) -> Result<TcpStream, ConnectFault> {
        let refused = |source| ConnectFault::Refused { address, source };
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        };
        let socket = socket.map_err(refused)?;
        if let Some(from) = self.way.source {
            let bound = socket.bind(SocketAddr::new(from, 0));
            bound.map_err(|source| ConnectFault::Source { from, source })?;
        }
        socket.connect(address).await.map_err(refused)
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
                tokio::task::spawn_blocking(move || certificate::connector(tls, &[]))
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
            Self::Carried(stream) => Pin::new(stream).poll_read(cx, buf),
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
            Self::Carried(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Self::Carried(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Carried(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
