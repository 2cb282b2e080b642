//! The root thread: the actor system, the root supervisor and the HTTP server.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use actix_web::dev::ServerHandle;
use anyhow::{Context as _, Result};
use tokio::sync::oneshot;
use zartrux_actors::lane::{Lane, LaneArgs, Remembered};
use zartrux_config::Monitor;

use super::learning::{OpenModels, RunningTrainer};
use super::store::{OpenStore, RunningStore};
use super::{NodeView, heartbeat, memory};
use crate::http;

/// What was started.
pub(super) struct Started {
    pub(super) lanes: Vec<Lane>,
    pub(super) store: Option<RunningStore>,
    pub(super) trainer: Option<RunningTrainer>,
    pub(super) monitor: Option<SocketAddr>,
    pub(super) server: Option<ServerHandle>,
}

/// Runs until told to stop.
pub(super) fn run(
    args: Vec<LaneArgs>,
    opened: (Option<OpenStore>, Option<OpenModels>),
    view: Arc<NodeView>,
    (monitor, listener): (Monitor, Option<TcpListener>),
    ready: &SyncSender<Result<Started>>,
    stopped: oneshot::Receiver<()>,
) {
    let system = actix::System::new();
    system.block_on(async move {
        let server = match start(args, opened, &view, (&monitor, listener)) {
            Ok(started) => {
                let server = started.server.clone();
                // The launcher waits for this; if it is gone, so is the process.
                let _ = ready.send(Ok(started));
                server
            }
            Err(fault) => {
                let _ = ready.send(Err(fault));
                return;
            }
        };
        // An error means that the node was dropped: the same as being told.
        let _ = stopped.await;
        if let Some(server) = server {
            server.stop(false).await;
        }
    });
}

fn start(
    mut args: Vec<LaneArgs>,
    (store, models): (Option<OpenStore>, Option<OpenModels>),
    view: &Arc<NodeView>,
    (monitor, listener): (&Monitor, Option<TcpListener>),
) -> Result<Started> {
    let mut running = None;
    if let Some(store) = store {
        let (store, ways, remembered) =
            store.launch(view.health(), Some(view.teller()), view.clock());
        running = Some(store);
        for (lane, args) in (0..).zip(&mut args) {
            args.store = Some(ways.link.clone());
            args.journal = ways.journal.for_lane(lane);
            args.remembered = Remembered {
                blocks: std::mem::take(&mut args.remembered.blocks),
                ..remembered.clone()
            };
            args.registry = Some(ways.registry.clone());
        }
        view.set_store(ways);
    }
    if let Some(models) = &models {
        let in_force = models.in_force();
        for args in &mut args {
            args.models = in_force.filter_models();
            args.order = in_force.order();
        }
    }
    let doorkeeper = args.first().map(|lane| Arc::clone(&lane.doorkeeper));
    let lanes = args
        .into_iter()
        .map(Lane::launch)
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(ways) = view.store() {
        ways.registry
            .lanes_up(lanes.iter().map(Lane::memory).collect());
    }
    let trainer = models.map(|models| {
        let (running, link) = models.launch(view, &lanes);
        view.set_trainer(link);
        running
    });
    view.set_lanes(lanes.iter().map(|lane| Arc::clone(lane.view())).collect());
    view.set_seats(lanes.iter().map(Lane::seats_way).collect());
    view.start_auditor();
    heartbeat::beat(Arc::clone(view));
    if let Some(doorkeeper) = doorkeeper {
        memory::watch(Arc::clone(view), doorkeeper);
    }
    let mut started = Started {
        lanes,
        store: running,
        trainer,
        monitor: None,
        server: None,
    };
    if let Some(listener) = listener {
        let (server, address) =
            http::serve_at(monitor, listener, Arc::clone(view)).context("monitor")?;
        started.server = Some(server.handle());
        started.monitor = Some(address);
        actix::spawn(server);
    }
    Ok(started)
}
