//! Settings and models read anew while the daemon runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tracing_subscriber::EnvFilter;
use zartrux_config::Settings;

use crate::command::SettingsArgs;
use crate::command::check::{DEFAULT_FILE, settings};
use crate::descriptors;
use crate::node::{Node, Prepared, SettingsWatch, Taker, watch};

/// Puts another filter of the log in force.
pub(super) type LogFilterWay = Arc<dyn Fn(EnvFilter) + Send + Sync>;

/// What goes to the log. The web server's own start and stop are of no interest, unless the settings
/// name it.
pub(super) fn filter_of(settings: &Settings) -> EnvFilter {
    EnvFilter::new(format!("actix_server=warn,{}", settings.node.log.as_str()))
}

/// What belongs to the process and not to the node: its log, its limit of open files.
struct ProcessTaker {
    log: LogFilterWay,
}

impl Taker for ProcessTaker {
    fn prepare(&self, _: &Settings, new: &Settings) -> Result<Prepared, String> {
        // A limit that is raised for nothing does no harm.
        descriptors::make_room(new).map_err(|why| format!("{why:#}"))?;
        let (log, filter) = (Arc::clone(&self.log), filter_of(new));
        Ok(Prepared {
            note: None,
            take_over: Box::new(move || log(filter)),
        })
    }
}

/// Has the node read its settings anew from where they came from: when it is asked to, and when
/// their file changes, for as long as what is returned is kept.
pub(super) fn attend(node: &Node, args: &SettingsArgs, log: LogFilterWay) -> Option<SettingsWatch> {
    let reloads = node.view().reloads();
    reloads.add_taker(ProcessTaker { log });
    let file = args
        .config
        .clone()
        .or_else(|| Some(PathBuf::from(DEFAULT_FILE)).filter(|file| Path::exists(file)));
    let args = args.clone();
    reloads.set_source(Box::new(move || {
        let mut settings = settings(&args)?;
        // As at the start: the default gives way to what the system allows.
        if let Ok(room) = descriptors::make_room(&settings) {
            settings.miners.max_connections = room.max_connections;
        }
        Ok(settings)
    }));
    let watching = watch(node.view(), &file?);
    watching
        .inspect_err(|why| {
            let why = format!("{why:#}");
            tracing::warn!(
                why,
                "changes of the settings file are not seen; SIGHUP has it read"
            );
        })
        .ok()
}

/// Settings first, then models.
pub(super) async fn on_hangup(node: &Node) {
    // On this thread, which has nothing else to do but wait for signals. What came of it is told in
    // the log.
    let _ = node.view().reload_from_source("SIGHUP");
    reload_models(node).await;
}

async fn reload_models(node: &Node) {
    let reloaded = match node.view().trainer() {
        // One that is at a training reads them after it.
        Some(trainer) => {
            let patience = Duration::from_secs(2);
            tokio::time::timeout(patience, trainer.reload())
                .await
                .ok()
                .flatten()
        }
        None => return,
    };
    match reloaded.map(|reloaded| (reloaded.changed, reloaded.fault)) {
        Some((_, Some(fault))) => tracing::error!(fault, "models were not read"),
        Some((changed, None)) => tracing::info!(changed, "models are read"),
        None => tracing::warn!("the trainer is busy: models are read when it is done"),
    }
}
