//! How the demo gets hold of the proxy it is a demo of.

use std::net::SocketAddr;

/// A running proxy, as far as the demo has to do with it.
pub struct RunningProxy {
    /// Where miners connect to.
    pub miners: SocketAddr,
    /// Where the monitor page is, if there is one.
    pub monitor: Option<SocketAddr>,
    /// Stops it and waits until it has stopped.
    pub stop: Box<dyn FnOnce() -> anyhow::Result<()>>,
}

/// Starts the proxy with the pool at the given address as its only upstream.
///
/// Called once, outside of any event loop. The proxy must leave Ctrl-C to the demo.
pub trait LaunchProxy: FnOnce(SocketAddr) -> anyhow::Result<RunningProxy> {}

impl<F: FnOnce(SocketAddr) -> anyhow::Result<RunningProxy>> LaunchProxy for F {}
