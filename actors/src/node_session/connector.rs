//! How a node's RPC is reached: over the same code as pools, so that `proxy`, `ip`, `source` and
//! `tls_fingerprint` mean the same here.

use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::OnceCell;
use tokio::time::timeout;
use tokio_native_tls::TlsConnector;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::time::Duration as Time;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};

use crate::clock::Clock;
use crate::dial::{Dial, Names, Tls, Transport as Stream, Way};

/// Opens connections for the requests of one thread, which must not run a runtime of its own.
pub(super) struct DialConnector {
    /// Runs while the thread waits for something, and only then.
    runtime: Arc<Runtime>,
    tls: Tls,
    way: Way,
    names: Names,
    patience: Duration,
    clock: Clock,
    kept: Arc<OnceCell<TlsConnector>>,
}

impl fmt::Debug for DialConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DialConnector").finish_non_exhaustive()
    }
}

impl DialConnector {
    /// One that waits no longer than `patience` for a connection.
    ///
    /// # Errors
    /// The system has no more descriptors.
    pub(super) fn new(
        (tls, way): (Tls, Way),
        names: &Names,
        patience: Duration,
        clock: Clock,
    ) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self {
            runtime: Arc::new(runtime),
            tls,
            way,
            // Nobody else may wait for a lookup that goes on only while this thread waits.
            names: names.apart(),
            patience,
            clock,
            kept: Arc::default(),
        })
    }
}

impl Connector for DialConnector {
    type Out = DialTransport;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<DialTransport>, ureq::Error> {
        let authority = details.uri.authority();
        let (Some(authority), Some(port)) = (authority, authority.and_then(|one| one.port_u16()))
        else {
            return Err(ureq::Error::BadUri(details.uri.to_string()));
        };
        let host = authority.host();
        let bare = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let dial = Dial {
            host: bare.unwrap_or(host).to_owned(),
            port,
            tls: self.tls,
            timeout: left(details.timeout).min(self.patience),
            connector: Arc::clone(&self.kept),
            way: self.way.clone(),
            names: self.names.clone(),
            clock: self.clock,
        };
        let stream = self.runtime.block_on(dial.open());
        let config = details.config;
        Ok(Some(DialTransport {
            stream: stream.map_err(|fault| ureq::Error::Other(Box::new(fault)))?,
            buffers: LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size()),
            runtime: Arc::clone(&self.runtime),
        }))
    }
}

/// A connection that the thread waits for.
pub(super) struct DialTransport {
    stream: Stream,
    buffers: LazyBuffers,
    runtime: Arc<Runtime>,
}

impl fmt::Debug for DialTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DialTransport").finish_non_exhaustive()
    }
}

/// Time that is left; without a limit there is a day.
fn left(next: NextTimeout) -> Duration {
    match next.after {
        Time::Exact(left) => left,
        Time::NotHappening => Duration::from_secs(24 * 60 * 60),
    }
}

impl Transport for DialTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, next: NextTimeout) -> Result<(), ureq::Error> {
        let (stream, output) = (&mut self.stream, self.buffers.output());
        let output = output.get(..amount).unwrap_or_default();
        let write = async {
            stream.write_all(output).await?;
            stream.flush().await
        };
        let written = self
            .runtime
            .block_on(async { timeout(left(next), write).await });
        written
            .map_err(|_| ureq::Error::Timeout(next.reason))?
            .map_err(ureq::Error::Io)
    }

    fn await_input(&mut self, next: NextTimeout) -> Result<bool, ureq::Error> {
        let (stream, input) = (&mut self.stream, self.buffers.input_append_buf());
        let read = self
            .runtime
            .block_on(async { timeout(left(next), stream.read(input)).await });
        let count = read.map_err(|_| ureq::Error::Timeout(next.reason))??;
        self.buffers.input_appended(count);
        Ok(count > 0)
    }

    fn is_open(&mut self) -> bool {
        let socket = match &self.stream {
            Stream::Plain(stream) => SockRef::from(stream),
            Stream::Tls(stream) => SockRef::from(stream.get_ref().get_ref().get_ref()),
            Stream::Carried(stream) => SockRef::from(stream),
        };
        // Nothing has come, and the other side has not closed: an answer that nobody asked for is as
        // good as closed.
        let mut byte = [MaybeUninit::uninit()];
        let seen = socket.peek(&mut byte);
        seen.is_err_and(|fault| fault.kind() == io::ErrorKind::WouldBlock)
    }

    fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }
}

/// Resolves nothing: with a SOCKS proxy, names are not even looked up here.
#[derive(Debug)]
pub(super) struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(
        &self,
        _: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addresses = self.empty();
        addresses.push(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
        Ok(addresses)
    }
}
