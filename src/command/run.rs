//! `zartrux run`: the daemon.

mod begin;
mod reload;
mod signals;
mod upgrades;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use zartrux_config::Settings;

use super::SettingsArgs;
use crate::console::{complain, say};
use crate::node::upgrade::{Asked, Inheritance, Offer, Predecessor, Program, Successor, Voice};
use crate::node::{ExitCode, Node, NodeOptions};
use crate::service_manager;
use begin::{Begun, Refused, begin, rehearse};
use signals::{Signals, Wanted};
use upgrades::{News, Upgrades};

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
    /// Take over from the daemon that has started this process
    #[arg(long, hide = true)]
    pub successor: bool,
}

pub(super) fn run(args: &RunArgs) -> Result<ExitCode> {
    let program = Program::started_from();
    let predecessor = args.successor.then(Predecessor::meet).transpose()?;
    let begun = begin(args).and_then(|begun| {
        let opened = predecessor
            .as_ref()
            .map(|predecessor| rehearse(&begun.settings, predecessor))
            .transpose()?;
        Ok((begun, opened))
    });
    let (begun, opened) = match begun {
        Ok(begun) => begun,
        Err(Refused { why, code }) => {
            complain(&why);
            if let Some(predecessor) = &predecessor {
                predecessor.fault(&why, code);
            }
            return Ok(code);
        }
    };
    let program = program
        .inspect_err(|why| {
            let why = format!("{why:#}");
            tracing::warn!(why, "no upgrade without a restart");
        })
        .ok();
    match predecessor {
        None => serve(args, begun, Inheritance::default(), program, None),
        Some(predecessor) => {
            let launched = predecessor.receive().and_then(|mut inherited| {
                inherited.listeners.extend(opened.unwrap_or_default());
                serve(args, begun, inherited, program, Some(&predecessor))
            });
            launched.inspect_err(|fault| {
                predecessor.fault(&format!("{fault:#}"), ExitCode::Internal);
            })
        }
    }
}

/// Serves until it is told to stop, or until another process has taken over.
fn serve(
    args: &RunArgs,
    Begun {
        settings,
        room,
        log,
    }: Begun,
    inherited: Inheritance,
    program: Option<Program>,
    predecessor: Option<&Predecessor>,
) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("can't wait for signals")?;
    // Before anything is started: from here on a signal never ends the process by itself.
    let mut signals = runtime.block_on(async { Signals::listen() })?;
    let options = NodeOptions {
        drill: args.drill,
        watchdog: true,
    };
    let node = Node::launch_with(&settings, options, inherited)?;
    node.view().set_room(room);
    announce(&node, &settings);
    // Until the end of this function.
    let watch = reload::attend(&node, &args.settings, log);
    let alone = predecessor.is_none();
    let mut upgrades = Upgrades::attend(&settings.node.data, alone, program);
    if let Some(predecessor) = predecessor {
        predecessor.serving()?;
        tell_of_upgrade(&node, predecessor.offer());
    }
    service_manager::ready();
    service_manager::watch(Arc::clone(node.view()))?;
    let told = runtime.block_on(async {
        if args.require_upstream && alone {
            tokio::select! {
                served = upstream_serves(&node, &settings) => if !served { return None },
                told = attend(&mut signals, &node, &mut upgrades) => return Some(told),
            }
        }
        Some(attend(&mut signals, &node, &mut upgrades).await)
    });
    drop(watch);
    let why = match told {
        None => {
            complain(&"no upstream served in time");
            upgrades.end();
            service_manager::stopping();
            node.stop();
            return Ok(ExitCode::UpstreamUnavailable);
        }
        Some(Told::HandOver(successor)) => {
            end_when_told_again(runtime, signals);
            return Ok(upgrades.hand_over(node, *successor));
        }
        Some(Told::Stop(why)) => why,
    };
    upgrades.end();
    service_manager::stopping();
    tracing::info!(signal = why, "stopping: settling what is pending");
    end_when_told_again(runtime, signals);
    let pending = node.stop();
    if pending > 0 {
        tracing::warn!(pending, "left with shares that were not settled in time");
    }
    tracing::info!("stopped");
    Ok(ExitCode::Done)
}

/// Whoever asks twice does not want to wait.
fn end_when_told_again(runtime: tokio::runtime::Runtime, mut signals: Signals) {
    std::thread::spawn(move || {
        runtime.block_on(signals.told_to_stop());
        std::process::exit(ExitCode::Failed as i32);
    });
}

/// How the daemon's life ends.
enum Told {
    /// By this signal.
    Stop(&'static str),
    /// This process takes over, and somebody wants to know.
    HandOver(Box<(Successor, Voice)>),
}

/// Does what signals and the control socket ask for, until the daemon is to leave.
async fn attend(signals: &mut Signals, node: &Node, upgrades: &mut Upgrades) -> Told {
    loop {
        let news = tokio::select! {
            wanted = signals.next() => match wanted {
                Wanted::Stop(why) => return Told::Stop(why),
                Wanted::Reload => {
                    service_manager::reloading();
                    reload::on_hangup(node).await;
                    service_manager::ready();
                    continue;
                }
                Wanted::Upgrade => News::Asked(Asked::by_signal()),
            },
            news = upgrades.next() => news,
        };
        match news {
            News::Asked(asked) => upgrades.begin(node, asked),
            News::Came(outcome) => {
                if let Some(successor) = upgrades.came(node, outcome) {
                    return Told::HandOver(Box::new(successor));
                }
            }
        }
    }
}

/// Tells of the upgrade that this process has begun with.
fn tell_of_upgrade(node: &Node, offer: &Offer) {
    match &offer.failed {
        None => {
            let text = format!("taken over from version {}", offer.version);
            node.view().tell_upgrade(true, &text);
        }
        Some(why) => {
            let text = format!("{why}; this is the program again that ran before");
            node.view().tell_upgrade(false, &text);
        }
    }
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
