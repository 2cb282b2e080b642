//! `zartrux run`: the daemon.

mod reload;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};
use zartrux_config::{LogFormat, Settings};

use super::SettingsArgs;
use super::check::settings;
use crate::console::{complain, say};
use crate::logging::Lines;
use crate::node::{ExitCode, Node, NodeOptions, door_settings};
use crate::{descriptors, service_manager};
use reload::{LogFilterWay, filter_of};

/// Flags of `run`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Where settings come from.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Leave with code 69 when no upstream serves soon after the start
    #[arg(long)]
    pub require_upstream: bool,
    /// Allow faults to be forced over HTTP (POST /drill/ACTOR/panic): for rehearsals
    #[arg(long)]
    pub drill: bool,
}

pub(super) fn run(args: &RunArgs) -> Result<ExitCode> {
    let mut settings = match settings(&args.settings) {
        Ok(settings) => settings,
        Err(faults) => {
            complain(&faults);
            return Ok(ExitCode::Configuration);
        }
    };
    if let Err(fault) = door_settings(&settings) {
        complain(&format_args!("{fault:#}"));
        return Ok(ExitCode::Configuration);
    }
    let logging = start_logging(&settings);
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    let room = match descriptors::make_room(&settings) {
        Ok(room) => room,
        Err(fault) => {
            complain(&format_args!("{fault:#}"));
            return Ok(ExitCode::Configuration);
        }
    };
    if let Some(wanted) = room.lowered_from {
        tracing::warn!(
            max_connections = room.max_connections,
            wanted,
            open_files = room.descriptors,
            "the system allows fewer open files than miners.max_connections needs: further miners \
             are turned away; raise the limit (LimitNOFILE= in a systemd unit)"
        );
        settings.miners.max_connections = room.max_connections;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("can't wait for signals")?;
    // Before anything is started: from here on a signal never ends the process by itself.
    let mut signals = runtime.block_on(async { Signals::listen() })?;
    let node = Node::launch(
        &settings,
        NodeOptions {
            drill: args.drill,
            watchdog: true,
        },
    )?;
    node.view().set_room(room);
    announce(&node, &settings);
    // Until the end of this function.
    let _watch = reload::attend(&node, &args.settings, logging);
    service_manager::ready();
    service_manager::watch(Arc::clone(node.view()))?;
    let told = runtime.block_on(async {
        if args.require_upstream {
            tokio::select! {
                served = upstream_serves(&node, &settings) => if !served { return None },
                why = signals.told_to_stop(&node) => return Some(why),
            }
        }
        Some(signals.told_to_stop(&node).await)
    });
    let Some(why) = told else {
        complain(&"no upstream served in time");
        service_manager::stopping();
        node.stop();
        return Ok(ExitCode::UpstreamUnavailable);
    };
    service_manager::stopping();
    tracing::info!(signal = why, "stopping: settling what is pending");
    // Whoever asks twice does not want to wait.
    std::thread::spawn(move || {
        runtime.block_on(signals.told_again());
        std::process::exit(ExitCode::Failed as i32);
    });
    let pending = node.stop();
    if pending > 0 {
        tracing::warn!(pending, "left with shares that were not settled in time");
    }
    tracing::info!("stopped");
    Ok(ExitCode::Done)
}

/// Starts logging; what changes the filter afterwards.
fn start_logging(settings: &Settings) -> LogFilterWay {
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter_of(settings))
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(Lines::to_stderr(settings.node.log_format));
    // Initialising fails only when logging was set up before, and then it works already.
    let way: LogFilterWay = match settings.node.log_format {
        LogFormat::Text => {
            let logs = logs.with_filter_reloading();
            let handle = logs.reload_handle();
            let _ = logs.try_init();
            Arc::new(move |filter| drop(handle.reload(filter)))
        }
        LogFormat::Json => {
            let logs = logs.json().with_filter_reloading();
            let handle = logs.reload_handle();
            let _ = logs.try_init();
            Arc::new(move |filter| drop(handle.reload(filter)))
        }
    };
    std::panic::set_hook(Box::new(|panic| {
        // Caught panics are told by the actor that caught them; this names the place.
        tracing::error!(at = ?panic.location(), "panic");
    }));
    way
}

fn announce(node: &Node, settings: &Settings) {
    for address in node.plain_addresses() {
        tracing::info!(%address, "miners connect here");
    }
    for address in node.tls_addresses() {
        tracing::info!(%address, "miners connect here with TLS");
    }
    if let Some(fingerprint) = node.fingerprint() {
        // On the standard output too: it is needed to set miners up, whatever the log is set to.
        say(&format_args!(
            "SHA-256 of the certificate for miners: {fingerprint}"
        ));
        tracing::info!(sha256 = fingerprint, "the certificate that miners may pin");
    }
    if let Some(address) = node.monitor_address() {
        let scheme = settings
            .monitor
            .tls_files
            .as_ref()
            .map_or("http", |_| "https");
        tracing::info!("monitor at {scheme}://{address}/");
    }
}

/// Waits for an upstream as long as one connection attempt may take.
async fn upstream_serves(node: &Node, settings: &Settings) -> bool {
    let patience = settings.failover.connect_timeout + settings.failover.response_timeout;
    tokio::time::timeout(patience, async {
        while !node.view().readiness().ready {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .is_ok()
}

/// The signals that mean something to the daemon.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn listen() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("SIGINT")?,
            hangup: signal(SignalKind::hangup()).context("SIGHUP")?,
        })
    }

    /// Waits for a signal that ends the daemon, and names it. SIGHUP has settings and models
    /// read anew.
    async fn told_to_stop(&mut self, node: &Node) -> &'static str {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return "SIGTERM",
                _ = self.interrupt.recv() => return "SIGINT",
                _ = self.hangup.recv() => {
                    service_manager::reloading();
                    reload::on_hangup(node).await;
                    service_manager::ready();
                }
            }
        }
    }

    /// Waits for another signal that ends the daemon.
    async fn told_again(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
