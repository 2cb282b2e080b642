//! What the node shows: read from any thread, without asking an actor.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use utoipa::ToSchema;
use zartrux_actors::alerts::AlertsLink;
use zartrux_actors::auditor::Auditor;
use zartrux_actors::bridge::{Bridge, BridgeTap};
use zartrux_actors::clock::Clock;
use zartrux_actors::counters::LaneCounts;
use zartrux_actors::dial::Names;
use zartrux_actors::events::{EventLog, Severity};
use zartrux_actors::headers::HeadersView;
use zartrux_actors::lane::{LaneView, SettingsWay};
use zartrux_actors::miner_sessions::SeatsWay;
use zartrux_actors::outside_plans::OutsidePlans;
use zartrux_actors::pool_session::PoolReport;
use zartrux_actors::prover::{Prover, ProverStatus};
use zartrux_actors::share_ticket::ShareTicket;
use zartrux_actors::supervision::HealthRegistry;
use zartrux_actors::telling::Teller;
use zartrux_actors::trainer::TrainerLink;
use zartrux_config::Settings;

use super::facts::Facts;
use super::heartbeat::Heartbeat;
use super::memory::Memory;
use super::reload::{Reloads, UpstreamList};
use super::upgrade::LastUpgrade;
use super::{Census, NodeOptions, StoreWays, UpstreamFacts};
use crate::descriptors::Room;

/// Whether miners can be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Readiness {
    /// Yes or no.
    pub ready: bool,
    /// Why not, in words.
    pub reasons: Vec<String>,
}

/// An upstream session as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PoolSessionReport {
    /// Lane and number, such as `lane0/pool/1`.
    pub name: String,
    /// `host:port` of its upstream.
    pub upstream: String,
    /// Whether its upstream serves.
    pub serving: bool,
    /// Its figures.
    #[serde(flatten)]
    #[schema(value_type = crate::http::schemas::actors::PoolReport)]
    pub report: PoolReport,
}

/// Live facts of the whole daemon.
#[derive(Debug)]
pub struct NodeView {
    options: NodeOptions,
    clock: Clock,
    started: Instant,
    facts: Facts,
    upstreams: Arc<UpstreamList>,
    names: Names,
    outside: OutsidePlans,
    reloads: Reloads,
    health: HealthRegistry,
    events: EventLog,
    census: Census,
    lanes: OnceLock<Vec<Arc<LaneView>>>,
    prover: OnceLock<Prover<ShareTicket>>,
    store: OnceLock<StoreWays>,
    trainer: OnceLock<TrainerLink>,
    seats: OnceLock<Vec<SeatsWay>>,
    settings_ways: OnceLock<Vec<SettingsWay>>,
    headers: OnceLock<Arc<HeadersView>>,
    alerts: OnceLock<AlertsLink>,
    bridge: OnceLock<Bridge>,
    draining: AtomicBool,
    root_beat: Heartbeat,
    memory: Memory,
    room: OnceLock<Room>,
    last_upgrade: Mutex<Option<LastUpgrade>>,
    violations: Arc<AtomicU64>,
}

impl NodeView {
    pub(crate) fn new(settings: &Settings, options: NodeOptions, clock: Clock) -> Self {
        let events = EventLog::default();
        Self {
            options,
            clock,
            started: clock.now(),
            upstreams: Arc::new(UpstreamList::of(&settings.pools)),
            names: Names::of_system(settings.failover.dns_ttl),
            outside: super::bridge::outside_plans(settings),
            reloads: Reloads::new(settings),
            facts: Facts::of(settings),
            health: HealthRegistry::telling(events.clone()),
            events,
            census: Census::new(settings.monitor.rig_metrics),
            lanes: OnceLock::new(),
            prover: OnceLock::new(),
            store: OnceLock::new(),
            trainer: OnceLock::new(),
            seats: OnceLock::new(),
            settings_ways: OnceLock::new(),
            headers: OnceLock::new(),
            alerts: OnceLock::new(),
            bridge: OnceLock::new(),
            draining: AtomicBool::new(false),
            root_beat: Heartbeat::default(),
            memory: Memory::default(),
            room: OnceLock::new(),
            last_upgrade: Mutex::default(),
            violations: Arc::new(AtomicU64::new(0)),
        }
    }

    /// Orders of nonces from outside, which all lanes draw by.
    #[must_use]
    pub const fn outside_plans(&self) -> &OutsidePlans {
        &self.outside
    }

    pub(crate) fn set_lanes(&self, lanes: Vec<Arc<LaneView>>) {
        // Set once, by the root thread.
        let _ = self.lanes.set(lanes);
    }

    pub(super) fn set_seats(&self, seats: Vec<SeatsWay>) {
        // Set once, by the root thread.
        let _ = self.seats.set(seats);
    }

    pub(super) fn set_settings_ways(&self, ways: Vec<SettingsWay>) {
        // Set once, at launch.
        let _ = self.settings_ways.set(ways);
    }

    /// The ways to give each lane other settings.
    pub(super) fn settings_ways(&self) -> &[SettingsWay] {
        self.settings_ways.get().map_or(&[], Vec::as_slice)
    }

    /// The ways to ask each lane who is connected.
    #[must_use]
    pub fn seats(&self) -> &[SeatsWay] {
        self.seats.get().map_or(&[], Vec::as_slice)
    }

    pub(super) fn set_prover(&self, prover: Option<Prover<ShareTicket>>) {
        if let Some(prover) = prover {
            // Set once, at launch.
            let _ = self.prover.set(prover);
        }
    }

    pub(super) fn set_store(&self, store: StoreWays) {
        // Set once, by the root thread.
        let _ = self.store.set(store);
    }

    pub(super) fn set_trainer(&self, trainer: TrainerLink) {
        // Set once, by the root thread.
        let _ = self.trainer.set(trainer);
    }

    /// The way to the trainer; none where nothing is learnt and no models are there.
    #[must_use]
    pub fn trainer(&self) -> Option<&TrainerLink> {
        self.trainer.get()
    }

    pub(crate) fn set_headers(&self, headers: Arc<HeadersView>) {
        // Set once, at launch.
        let _ = self.headers.set(headers);
    }

    /// The network's headers; none where no node is asked for them.
    #[must_use]
    pub fn headers(&self) -> Option<&HeadersView> {
        self.headers.get().map(Arc::as_ref)
    }

    pub(super) fn set_alerts(&self, alerts: AlertsLink) {
        // Set once, at launch.
        let _ = self.alerts.set(alerts);
    }

    pub(super) fn set_bridge(&self, bridge: Option<Bridge>) {
        if let Some(bridge) = bridge {
            // Set once, at launch.
            let _ = self.bridge.set(bridge);
        }
    }

    /// The bridge to programs outside; none where it is off.
    #[must_use]
    pub fn bridge(&self) -> Option<&Bridge> {
        self.bridge.get()
    }

    /// The way to tell the bridge what happens; off where there is none.
    pub(crate) fn bridge_tap(&self) -> BridgeTap {
        self.bridge().map(Bridge::tap).cloned().unwrap_or_default()
    }

    /// Alerts: what is open, what was told lately, how it is sent, and the way to have other
    /// settings gone by; none while the node starts.
    #[must_use]
    pub fn alerts(&self) -> Option<&AlertsLink> {
        self.alerts.get()
    }

    /// The ways to the store; none where nothing is stored.
    #[must_use]
    pub fn store(&self) -> Option<&StoreWays> {
        self.store.get()
    }

    /// The time.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    pub(super) fn stop_prover(&self) {
        if let Some(prover) = self.prover.get() {
            prover.stop();
        }
    }

    pub(crate) fn set_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
        let text = "Leaving: no new miners are taken, and what is pending is settled";
        let now_ms = self.clock.unix_millis();
        self.events
            .tell(now_ms, Severity::Info, "leaving", None, text);
    }

    /// Its memory, and whether that is at its ceiling.
    #[must_use]
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Starts the actor that checks the invariants which can be checked while running.
    pub(super) fn start_auditor(&self) {
        Auditor::launch(
            self.lanes().to_vec(),
            self.health.register("root/auditor", "root"),
            Arc::clone(&self.violations),
            self.clock,
        );
    }

    /// Whether drills are allowed.
    #[must_use]
    pub const fn drill(&self) -> bool {
        self.options.drill
    }

    /// Whether the node is leaving.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// All actors.
    #[must_use]
    pub const fn health(&self) -> &HealthRegistry {
        &self.health
    }

    /// What happened lately.
    #[must_use]
    pub const fn events(&self) -> &EventLog {
        &self.events
    }

    /// What the registry says of all rigs, counted now and then.
    pub(crate) const fn census(&self) -> &Census {
        &self.census
    }

    /// The addresses of upstreams' names.
    pub(crate) const fn names(&self) -> &Names {
        &self.names
    }

    /// What is to be told of what is noted in the journal, and how upstreams are called.
    pub(crate) fn teller(&self) -> Teller {
        let upstreams = Arc::clone(&self.upstreams);
        let name = move |place| upstreams.name(place).map(str::to_owned);
        Teller::new(self.events.clone(), name, self.clock).bridging(self.bridge_tap())
    }

    /// What it shows of its settings.
    #[must_use]
    pub(crate) const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The lanes.
    #[must_use]
    pub fn lanes(&self) -> &[Arc<LaneView>] {
        self.lanes.get().map_or(&[], Vec::as_slice)
    }

    /// The prover's own account; `None` with proving off.
    #[must_use]
    pub fn prover(&self) -> Option<ProverStatus> {
        self.prover.get().map(Prover::status)
    }

    /// For drills.
    #[must_use]
    pub fn prover_handle(&self) -> Option<&Prover<ShareTicket>> {
        self.prover.get()
    }

    /// Time since launch.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        self.clock.now().duration_since(self.started)
    }

    /// The counts of all lanes, each consistent in itself.
    #[must_use]
    pub fn counts(&self) -> LaneCounts {
        let mut sum = LaneCounts::default();
        for lane in self.lanes() {
            sum.add(&lane.counts());
        }
        sum
    }

    /// Times that a live invariant did not hold.
    #[must_use]
    pub fn violations(&self) -> u64 {
        self.violations.load(Ordering::Relaxed)
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// `host:port` of an upstream, by its place: the one by which sessions, shares and lanes know it,
    /// also when it was taken out of the settings since.
    #[must_use]
    pub fn upstream_name(&self, upstream: usize) -> Option<&str> {
        self.upstreams.name(upstream)
    }

    /// What is shown of an upstream, by its place.
    #[must_use]
    pub(crate) fn upstream_facts(&self, upstream: usize) -> Option<&UpstreamFacts> {
        self.upstreams.facts(upstream)
    }

    /// Places of the upstreams that are in the settings now, the preferred one first.
    #[must_use]
    pub fn upstream_order(&self) -> Vec<usize> {
        self.upstreams.order()
    }

    pub(super) const fn upstream_list(&self) -> &Arc<UpstreamList> {
        &self.upstreams
    }

    /// The settings in force, and how others come into force.
    #[must_use]
    pub const fn reloads(&self) -> &Reloads {
        &self.reloads
    }

    /// All upstream sessions.
    #[must_use]
    pub fn pools(&self) -> Vec<PoolSessionReport> {
        let mut reports = Vec::new();
        for (index, lane) in self.lanes().iter().enumerate() {
            let serving = lane.serving();
            for (pool, view) in lane.pools() {
                reports.push(PoolSessionReport {
                    name: format!("lane{index}/pool/{}", pool.0),
                    upstream: self
                        .upstream_name(view.upstream)
                        .unwrap_or_default()
                        .to_owned(),
                    serving: serving.contains(&Some(view.upstream)),
                    report: view.stats.report(),
                });
            }
        }
        reports
    }

    /// Whether miners can be served: every lane has an upstream with a job (of any route, where
    /// there are several), and the node is not leaving.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let mut reasons = Vec::new();
        if self.is_draining() {
            reasons.push("leaving: no new miners are taken".to_owned());
        }
        if self.memory.is_full() {
            reasons.push("memory at its ceiling: no new miners are taken".to_owned());
        }
        if self.lanes().is_empty() {
            reasons.push("starting: no lane is up yet".to_owned());
        }
        for (index, lane) in self.lanes().iter().enumerate() {
            if !lane.is_served() {
                reasons.push(format!("lane {index}: no upstream has a fresh job"));
            }
        }
        Readiness {
            ready: reasons.is_empty(),
            reasons,
        }
    }

    /// A lane that has shown no sign of life for `silence`.
    #[must_use]
    pub fn silent_lane(&self, silence: Duration) -> Option<usize> {
        self.lanes()
            .iter()
            .position(|lane| lane.silent_for(self.clock.now()) > silence)
    }
    /// The root thread shows that it is alive.
    pub(super) fn beat_root(&self) {
        self.root_beat.beat(self.uptime());
    }

    /// How long ago the root thread last showed that it is alive.
    #[must_use]
    pub fn root_silent_for(&self) -> Duration {
        self.root_beat.silent_for(self.uptime())
    }

    /// Keeps what the limit of open descriptors allows, to be shown. It is told once.
    pub fn set_room(&self, room: Room) {
        let _ = self.room.set(room);
    }

    /// What came of the last upgrade; none where there was none.
    #[must_use]
    pub fn last_upgrade(&self) -> Option<LastUpgrade> {
        let last = self.last_upgrade.lock();
        last.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_last_upgrade(&self, last: LastUpgrade) {
        let place = self.last_upgrade.lock();
        *place.unwrap_or_else(PoisonError::into_inner) = Some(last);
    }

    /// What the limit of open descriptors allows; none where nobody looked.
    #[must_use]
    pub fn room(&self) -> Option<Room> {
        self.room.get().copied()
    }
}
