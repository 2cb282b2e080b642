//! The signals that mean something to the daemon.

use anyhow::{Context as _, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// To leave; the signal's name.
    Stop(&'static str),
    /// Settings and models read anew.
    Reload,
    /// Another program in the place of this one.
    Upgrade,
}

/// The signals, from now on.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    upgrade: Signal,
}

impl Signals {
    /// From here on none of them ends the process by itself.
    pub(super) fn listen() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("SIGINT")?,
            hangup: signal(SignalKind::hangup()).context("SIGHUP")?,
            upgrade: signal(SignalKind::user_defined2()).context("SIGUSR2")?,
        })
    }

    /// Waits for one.
    pub(super) async fn next(&mut self) -> Wanted {
        tokio::select! {
            _ = self.terminate.recv() => Wanted::Stop("SIGTERM"),
            _ = self.interrupt.recv() => Wanted::Stop("SIGINT"),
            _ = self.hangup.recv() => Wanted::Reload,
            _ = self.upgrade.recv() => Wanted::Upgrade,
        }
    }

    /// Waits for one that ends the daemon.
    pub(super) async fn told_to_stop(&mut self) {
        while !matches!(self.next().await, Wanted::Stop(_)) {}
    }
}
