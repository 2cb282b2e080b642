//! The running daemon: [`Node::launch`] is the only place where its parts are joined.

mod alerts;
mod bridge;
mod census;
mod door;
mod drain;
mod exits;
mod facts;
mod heartbeat;
mod lanes;
mod learning;
mod memory;
mod prover;
mod reload;
mod rigs;
mod root;
mod routes;
mod state_folder;
mod store;
mod store_settings;
pub mod upgrade;
mod view;
mod watchdog;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use anyhow::{Context as _, Result, anyhow};
use tokio::sync::oneshot;
use zartrux_actors::clock::Clock;
use zartrux_actors::doorkeeper::Doorkeeper;
use zartrux_actors::headers::HeaderSource;
use zartrux_actors::lane::Lane;
use zartrux_config::Settings;

pub use bridge::bridge_settings;
pub(crate) use census::{Census, Counted, CountedRig};
pub use door::door_settings;
pub use exits::ExitCode;
pub(crate) use facts::UpstreamFacts;
use learning::RunningTrainer;
pub use learning::{models_folder, trainer_settings};
pub use memory::Memory;
pub use reload::{
    LastReload, Places, Prepared, ReloadRefused, ReloadReport, Reloads, SettingsWatch, Source,
    StorePosts, TakeOver, Taker, watch,
};
pub use rigs::{RigView, STANDINGS, reason, standing_label};
pub use routes::RouteReport;
pub use state_folder::{StatePutAside, open_state, put_state_aside};
pub use store::StoreWays;
pub(crate) use store::{RunningStore, open as open_store};
pub use store_settings::{StoreFolders, expectation, retention, state_bounds};
use upgrade::{Inheritance, ListenerFacts, Listeners, Role};
pub use view::{NodeView, PoolSessionReport, Readiness};

/// What a node does besides what its settings say.
#[derive(Debug, Clone, Copy, Default)]
pub struct NodeOptions {
    /// Faults can be forced over HTTP, for rehearsals and the chaos test.
    pub drill: bool,
    /// End the process when a lane stops answering. Off where several nodes share a process.
    pub watchdog: bool,
}

/// How long the monitor may take to end.
const MONITOR_END: Duration = Duration::from_secs(2);

/// A running daemon.
#[derive(Debug)]
pub struct Node {
    view: Arc<NodeView>,
    lanes: Vec<Lane>,
    store: Option<RunningStore>,
    trainer: Option<RunningTrainer>,
    addresses: lanes::Addresses,
    doorkeeper: Arc<Doorkeeper>,
    monitor: Option<SocketAddr>,
    fingerprint: Option<String>,
    /// A second handle of each listener, for a successor.
    spares: Listeners,
    server: Option<ServerHandle>,
    root: Option<JoinHandle<()>>,
    stop_root: Option<oneshot::Sender<()>>,
    clock: Clock,
}

impl Node {
    /// Starts everything: prover, lanes with their actors, HTTP server, watchdog.
    ///
    /// # Errors
    /// An address is taken, a file is unreadable, a thread can't be started.
    pub fn launch(settings: &Settings, options: NodeOptions) -> Result<Self> {
        Self::launch_with(settings, options, Inheritance::default())
    }

    /// The same with what another process has left.
    ///
    /// # Errors
    /// As [`Node::launch`].
    pub fn launch_with(
        settings: &Settings,
        options: NodeOptions,
        mut inherited: Inheritance,
    ) -> Result<Self> {
        let clock = Clock;
        let doorkeeper = door::doorkeeper(settings, clock)?;
        let (open, mut spares) = (&mut inherited.listeners, Listeners::default());
        let doors = lanes::open_doors(settings, open, &mut spares)?;
        let monitor = monitor_listener(settings, open, &mut spares)?;
        // Those that the settings do not have any more are closed.
        drop(inherited.listeners);
        let view = Arc::new(NodeView::new(settings, options, clock));
        view.tell_of_start();
        doorkeeper.set_events(view.events().clone());
        // Before the first that has something to tell it.
        view.set_bridge(bridge::launch(settings, &view)?);
        let store = store::open(settings, clock).context("store")?;
        let models = learning::open(settings);
        let prover = prover::start(settings, view.health(), clock)?;
        view.set_prover(prover.clone());
        if let Some(url) = &settings.learn.node {
            let headers = HeaderSource::launch(&url.to_string(), view.health(), clock);
            view.set_headers(headers.context("can't start the thread that reads headers")?);
        }

        // Lanes are arbiters, and those need a system: the root thread's.
        let (ready, started) = std::sync::mpsc::sync_channel(1);
        let (stop_root, stopped) = oneshot::channel();
        let mut args =
            lanes::lane_args(settings, (doors.doors, &doorkeeper), prover.as_ref(), &view);
        for (args, parcel) in args.iter_mut().zip(inherited.parcels) {
            args.inherited = parcel;
        }
        let root_view = Arc::clone(&view);
        let served = (settings.monitor.clone(), monitor);
        let root = std::thread::Builder::new()
            .name("root".to_owned())
            .spawn(move || root::run(args, (store, models), root_view, served, &ready, stopped))
            .context("can't start the root thread")?;
        let root::Started {
            lanes,
            store,
            trainer,
            monitor,
            server,
        } = started
            .recv()
            .map_err(|_| anyhow!("the root thread ended while starting"))??;
        view.set_alerts(alerts::launch(settings, &view)?);
        let ways: Vec<_> = lanes.iter().map(Lane::settings_way).collect();
        view.set_settings_ways(ways.clone());
        let fingerprint = doors.fingerprint.clone();
        let taker = reload::LanesTaker::new(settings, &view, ways, fingerprint);
        if let Some(store) = view.store() {
            view.reloads().add_taker(reload::StoreTaker::new(store));
        }
        view.reloads()
            .add_taker(reload::DoorTaker(Arc::clone(&doorkeeper)));
        view.reloads()
            .add_taker(reload::AlertsTaker(Arc::downgrade(&view)));
        // The last one: a new upstream has its number for good, which must not be drawn where
        // another part refuses.
        view.reloads().add_taker(taker);
        if options.watchdog {
            watchdog::start(Arc::clone(&view), clock)?;
        }
        Ok(Self {
            view,
            lanes,
            store,
            trainer,
            addresses: doors.addresses,
            doorkeeper,
            monitor,
            fingerprint: doors.fingerprint,
            spares,
            server,
            root: Some(root),
            stop_root: Some(stop_root),
            clock,
        })
    }

    /// Addresses on which miners come in without TLS.
    #[must_use]
    pub fn plain_addresses(&self) -> &[SocketAddr] {
        &self.addresses.plain
    }

    /// Addresses on which miners come in with TLS.
    #[must_use]
    pub fn tls_addresses(&self) -> &[SocketAddr] {
        &self.addresses.tls
    }

    /// Who says which miners may come in, to be given other settings while it runs.
    #[must_use]
    pub const fn doorkeeper(&self) -> &Arc<Doorkeeper> {
        &self.doorkeeper
    }

    /// SHA-256 of the certificate that miners see, 64 hex digits.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }

    /// Where the monitor answers.
    #[must_use]
    pub const fn monitor_address(&self) -> Option<SocketAddr> {
        self.monitor
    }

    /// What it shows.
    #[must_use]
    pub const fn view(&self) -> &Arc<NodeView> {
        &self.view
    }

    /// Leaves in order: no new connections, what is pending is settled for as long as the settings
    /// allow, then everything is closed. Returns the shares that were still pending.
    pub fn stop(mut self) -> u64 {
        // With the lanes' own they let the system refuse new connections.
        self.spares = Listeners::default();
        let pending = self.settle_pending();
        // While the store still takes what they note.
        if let Some(alerts) = self.view.alerts() {
            alerts.close();
        }
        for lane in self.lanes.drain(..) {
            lane.close();
        }
        if let Some(trainer) = self.trainer.take() {
            trainer.close();
        }
        if let Some(store) = self.store.take() {
            store.close();
        }
        if let Some(bridge) = self.view.bridge() {
            bridge.close();
        }
        self.view.stop_prover();
        if let Some(stop) = self.stop_root.take() {
            // The root thread may have ended by itself.
            let _ = stop.send(());
        }
        if let Some(root) = self.root.take()
            && root.join().is_err()
        {
            tracing::error!("the root thread panicked");
        }
        pending
    }

    /// Ends the monitor, before all else.
    fn stop_monitor(&mut self) {
        let Some(server) = self.server.take() else {
            return;
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        match runtime {
            Ok(runtime) => runtime.block_on(async {
                let stopped = server.stop(false);
                if tokio::time::timeout(MONITOR_END, stopped).await.is_err() {
                    tracing::warn!("the monitor does not end");
                }
            }),
            Err(fault) => tracing::warn!(%fault, "the monitor is not ended"),
        }
    }
}

/// The monitor's listener: one that is open already, or a new one.
fn monitor_listener(
    settings: &Settings,
    open: &mut Listeners,
    spares: &mut Listeners,
) -> Result<Option<TcpListener>> {
    let Some(asked) = settings.monitor.listen else {
        return Ok(None);
    };
    let facts = ListenerFacts {
        role: Role::Monitor,
        lane: 0,
        asked,
    };
    let listener = match open.take(facts) {
        Some(listener) => listener,
        None => crate::http::listen(asked).with_context(|| format!("monitor on {asked}"))?,
    };
    spares.keep(facts, listener.try_clone()?);
    Ok(Some(listener))
}
