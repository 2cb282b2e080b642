//! What is read and checked before anything is started.

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use zartrux_actors::tls::TlsFiles;
use zartrux_config::{LogFormat, ProveMode, Settings};
use zartrux_models::proof::self_test;

use super::RunArgs;
use super::reload::{LogFilterWay, filter_of};
use crate::command::check::{given_tls, settings};
use crate::descriptors::{self, Room};
use crate::logging::Lines;
use crate::node::upgrade::{Listeners, Predecessor};
use crate::node::{ExitCode, bridge_settings, door_settings};

/// Why the daemon is not started.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) why: String,
    pub(super) code: ExitCode,
}

impl Refused {
    fn configuration(why: &impl ToString) -> Self {
        Self {
            why: why.to_string(),
            code: ExitCode::Configuration,
        }
    }
}

fn in_words(fault: &anyhow::Error) -> Refused {
    Refused::configuration(&format_args!("{fault:#}"))
}

/// Settings that a daemon can be started with, and its log.
pub(super) struct Begun {
    pub(super) settings: Settings,
    pub(super) room: Room,
    pub(super) log: LogFilterWay,
}

/// Reads the settings, starts the log and raises the limit of open files.
///
/// # Errors
/// The settings are wrong, or ask for more than the system allows.
pub(super) fn begin(args: &RunArgs) -> Result<Begun, Refused> {
    let mut settings =
        settings(&args.settings).map_err(|faults| Refused::configuration(&faults))?;
    door_settings(&settings).map_err(|fault| in_words(&fault))?;
    let log = start_logging(&settings);
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    let room = descriptors::make_room(&settings).map_err(|fault| in_words(&fault))?;
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
    Ok(Begun {
        settings,
        room,
        log,
    })
}

/// Finds out, while the predecessor still serves, all that would keep this process from serving; the
/// listeners that the predecessor does not have are open then.
///
/// # Errors
/// What would.
pub(super) fn rehearse(
    settings: &Settings,
    predecessor: &Predecessor,
) -> Result<Listeners, Refused> {
    let in_words = |fault: anyhow::Error| in_words(&fault);
    given_tls(settings).map_err(in_words)?;
    if !settings.miners.tls_listen.is_empty() && settings.miners.tls_files.is_none() {
        let files = TlsFiles::generated_in(Path::new(&settings.node.data));
        let loaded = files.generate_if_missing().and_then(|()| files.load());
        loaded.map_err(|fault| in_words(fault.into()))?;
    }
    if let Some(files) = &settings.monitor.tls_files {
        crate::http::tls::acceptor(files)
            .map_err(|fault| in_words(fault.context("monitor.tls_certificate, monitor.tls_key")))?;
    }
    bridge_settings(settings).map_err(in_words)?;
    let listeners = predecessor.agree(settings).map_err(in_words)?;
    if settings.prove.mode != ProveMode::Off {
        // The prover's start asks for it again, and finds it done.
        self_test().map_err(|fault| Refused {
            why: fault.to_string(),
            code: ExitCode::Internal,
        })?;
    }
    Ok(listeners)
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
