//! The root thread: the actor system, the root supervisor and the HTTP server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use anyhow::{Context as _, Result};
use tokio::sync::oneshot;
use zartrux_actors::lane::{Lane, LaneArgs};

use super::NodeView;
use super::store::{OpenStore, RunningStore};
use crate::http;

/// What was started.
pub(super) struct Started {
    pub(super) lanes: Vec<Lane>,
    pub(super) store: Option<RunningStore>,
    pub(super) monitor: Option<SocketAddr>,
}

/// Runs until told to stop.
pub(super) fn run(
    args: Vec<LaneArgs>,
    store: Option<OpenStore>,
    view: Arc<NodeView>,
    listen: Option<SocketAddr>,
    ready: &SyncSender<Result<Started>>,
    stopped: oneshot::Receiver<()>,
) {
    let system = actix::System::new();
    system.block_on(async move {
        let server = match start(args, store, &view, listen) {
            Ok((started, server)) => {
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
    store: Option<OpenStore>,
    view: &Arc<NodeView>,
    listen: Option<SocketAddr>,
) -> Result<(Started, Option<actix_web::dev::ServerHandle>)> {
    let mut running = None;
    if let Some(store) = store {
        let (store, ways) = store.launch(Vec::new(), view.health(), view.clock());
        running = Some(store);
        for (lane, args) in (0..).zip(&mut args) {
            args.store = Some(ways.link.clone());
            args.journal = ways.journal.for_lane(lane);
        }
        view.set_store(ways);
    }
    let lanes = args
        .into_iter()
        .map(Lane::launch)
        .collect::<Result<Vec<_>, _>>()?;
    view.set_lanes(lanes.iter().map(|lane| Arc::clone(lane.view())).collect());
    view.start_auditor();
    let Some(listen) = listen else {
        let monitor = None;
        let started = Started {
            lanes,
            store: running,
            monitor,
        };
        return Ok((started, None));
    };
    let (server, address) =
        http::serve(listen, Arc::clone(view)).with_context(|| format!("monitor on {listen}"))?;
    let handle = server.handle();
    actix::spawn(server);
    let monitor = Some(address);
    let started = Started {
        lanes,
        store: running,
        monitor,
    };
    Ok((started, Some(handle)))
}
