//! What holds of the running daemon, for alerts: gathered on their own thread, from shared memory.

mod counters;
mod gather;
mod upstreams;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use zartrux_actors::alerts::{AlertSettings, AlertsLink, WatchArgs};
use zartrux_actors::journal::Journal;
use zartrux_actors::supervision::Guard;
use zartrux_config::Settings;

use super::NodeView;
use gather::Gatherer;

/// Starts watching; everything that is looked at must be there.
///
/// # Errors
/// The thread can't be started, or the data folder can't be made.
pub(super) fn launch(settings: &Settings, view: &Arc<NodeView>) -> Result<AlertsLink> {
    let data: &Path = &settings.node.data;
    std::fs::create_dir_all(data).with_context(|| data.display().to_string())?;
    // Not to keep alive what keeps the thread alive.
    let mut gatherer = Gatherer::new(Arc::downgrade(view), data.to_owned());
    let health = view.health().register("root/alerts", "alerts");
    let store = view.store();
    AlertsLink::launch(WatchArgs {
        settings: AlertSettings::of(settings),
        data: data.to_owned(),
        observe: Box::new(move |watching| gatherer.look(watching)),
        journal: store.map_or_else(
            || Journal::silent().telling(view.teller()),
            |store| store.journal.clone(),
        ),
        events: view.events().clone(),
        guard: Guard::new(health, view.clock()),
        clock: view.clock(),
    })
    .context("can't start the thread that watches for alerts")
}
