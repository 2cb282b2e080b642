//! From settings to lanes.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use native_tls::TlsAcceptor;
use zartrux_actors::dial::{IpChoice, SocksProxy, Way};
use zartrux_actors::doorkeeper::Doorkeeper;
use zartrux_actors::filters::{FilterModels, StageSettings};
use zartrux_actors::journal::Journal;
use zartrux_actors::lane::{LaneArgs, LaneSettings, Remembered, Upstream};
use zartrux_actors::miner_sessions::{Door, Namesakes, SessionSettings, bind};
use zartrux_actors::node_session::{BlockKeep, KeptBlocks, NodeEndpoint};
use zartrux_actors::planner::PlanPolicy;
use zartrux_actors::pool_session::{PoolEndpoint, PoolTimeouts, Tls};
use zartrux_actors::prover::Prover;
use zartrux_actors::share_ticket::ShareTicket;
use zartrux_actors::tls::{MinerTls, TlsFiles};
use zartrux_config::{BanWindow, Dialect as Asked, IpVersion, Pool, PoolKind, Secret, Settings};
use zartrux_models::judge::{BanRule, JudgePolicy};
use zartrux_models::plan::{FailoverPolicy, VardiffPolicy};
use zartrux_models::stratum::{Dialect, NumberOrder};
use zartrux_models::work::{Algorithm, Difficulty};

use super::NodeView;
use super::routes::route_plan;

/// Name and version, as pools see us: `xmr-node-proxy` in it asks for templates.
const AGENT: &str = concat!("zartrux/", env!("CARGO_PKG_VERSION"));
const TEMPLATE_AGENT: &str = concat!(
    "zartrux/",
    env!("CARGO_PKG_VERSION"),
    " (xmr-node-proxy compatible)"
);

/// Where miners come in.
#[derive(Debug, Clone, Default)]
pub(super) struct Addresses {
    pub(super) plain: Vec<SocketAddr>,
    pub(super) tls: Vec<SocketAddr>,
}

/// Open listeners of all lanes.
#[derive(Debug, Default)]
pub(super) struct Doors {
    /// By lane.
    pub(super) doors: Vec<Vec<Door>>,
    pub(super) addresses: Addresses,
    pub(super) fingerprint: Option<String>,
}

/// Opens the listeners: every lane listens on every address.
pub(super) fn open_doors(settings: &Settings) -> Result<Doors> {
    let miners = &settings.miners;
    let mut all = Doors::default();
    all.doors.resize_with(settings.node.lanes, Vec::new);
    let shared = settings.node.lanes > 1;
    for asked in &miners.listen {
        let mut address = *asked;
        for doors in &mut all.doors {
            let door = bind(address, None, shared)?;
            // With port 0 the system chooses once, and the other lanes follow.
            address = door.address();
            doors.push(door);
        }
        all.addresses.plain.push(address);
    }
    if miners.tls_listen.is_empty() {
        return Ok(all);
    }
    let tls = miner_tls(settings)?;
    for asked in &miners.tls_listen {
        let mut address = *asked;
        for doors in &mut all.doors {
            let door = bind(address, Some(tls.acceptor.clone()), shared)?;
            address = door.address();
            doors.push(door);
        }
        all.addresses.tls.push(address);
    }
    all.fingerprint = Some(tls.fingerprint);
    Ok(all)
}

/// What miners with TLS are shown, read from its files.
pub(super) fn miner_tls(settings: &Settings) -> Result<MinerTls> {
    let files = match &settings.miners.tls_files {
        Some(given) => TlsFiles {
            certificate: given.certificate.clone(),
            key: given.key.clone(),
        },
        None => {
            let files = TlsFiles::generated_in(Path::new(&settings.node.data));
            files.generate_if_missing()?;
            files
        }
    };
    files.load().context("miners' TLS")
}

/// What each lane is built from.
pub(super) fn lane_args(
    settings: &Settings,
    (doors, doorkeeper): (Vec<Vec<Door>>, &Arc<Doorkeeper>),
    prover: Option<&Prover<ShareTicket>>,
    view: &NodeView,
) -> Vec<LaneArgs> {
    let lanes = settings.node.lanes.max(1);
    let upstreams: Vec<Upstream> = settings.pools.iter().map(upstream).collect();
    let all: Vec<usize> = (0..settings.pools.len()).collect();
    let namesakes = Namesakes::default();
    let keep = BlockKeep::below(&settings.node.data);
    // The first lane hands them in.
    let mut found = keep.read();
    let args = doors
        .into_iter()
        .enumerate()
        .map(|(index, doors)| LaneArgs {
            index,
            doors,
            doorkeeper: Arc::clone(doorkeeper),
            sessions: session_settings(settings, lanes),
            max_shares_in_flight: settings.miners.max_shares_in_flight.div_ceil(lanes),
            upstreams: upstreams.clone(),
            timeouts: pool_timeouts(settings),
            names: view.names().clone(),
            plan: plan_policy(settings),
            routes: route_plan(settings, &settings.pools, &all),
            filters: stage_settings(settings, lanes),
            models: FilterModels::default(),
            order: None,
            outside: view.outside_plans().clone(),
            judge: judge_policy(settings, lanes),
            shares_kept: settings.monitor.shares_kept.div_ceil(lanes),
            store: None,
            registry: None,
            namesakes: namesakes.clone(),
            remembered: Remembered {
                blocks: KeptBlocks {
                    keep: Some(keep.clone()),
                    found: std::mem::take(&mut found),
                },
                ..Remembered::default()
            },
            inherited: None,
            prover: prover.cloned(),
            health: view.health().clone(),
            journal: Journal::silent().telling(view.teller()),
            bridge: view.bridge_tap(),
            clock: view.clock(),
        });
    args.collect()
}

/// What lanes take while they run: with these upstreams by place, and places in the order of
/// preference.
pub(super) fn lane_settings(
    settings: &Settings,
    known: &[Pool],
    order: &[usize],
    acceptor: Option<TlsAcceptor>,
) -> LaneSettings {
    let lanes = settings.node.lanes.max(1);
    LaneSettings {
        upstreams: known.iter().map(upstream).collect(),
        order: order.to_vec(),
        routes: route_plan(settings, known, order),
        timeouts: pool_timeouts(settings),
        plan: plan_policy(settings),
        judge: judge_policy(settings, lanes),
        sessions: session_settings(settings, lanes),
        max_shares_in_flight: settings.miners.max_shares_in_flight.div_ceil(lanes),
        acceptor,
    }
}

const fn pool_timeouts(settings: &Settings) -> PoolTimeouts {
    let failover = &settings.failover;
    PoolTimeouts {
        connect: failover.connect_timeout,
        response: failover.response_timeout,
        retry: failover.retry,
        retry_max: failover.retry_max,
        ban: PoolTimeouts::SHORTEST_BAN,
    }
}

fn plan_policy(settings: &Settings) -> PlanPolicy {
    let failover = &settings.failover;
    PlanPolicy {
        failover: FailoverPolicy {
            job_timeout: failover.job_timeout,
            failback_after: failover.failback_after,
        },
        standby: failover.standby,
        grace: failover.grace,
        spare_slot_zero: settings.pools.iter().any(Pool::gives_templates),
    }
}

fn stage_settings(settings: &Settings, lanes: usize) -> Option<StageSettings> {
    let filters = &settings.filters;
    filters.enabled.then(|| StageSettings {
        max_rigs: filters.max_rigs.div_ceil(lanes),
        forget_after: filters.forget_after,
    })
}

fn judge_policy(settings: &Settings, lanes: usize) -> JudgePolicy {
    let (prove, filters) = (&settings.prove, &settings.filters);
    JudgePolicy {
        deadline: prove.deadline,
        deadline_unknown: prove.deadline_unknown,
        deadline_quarantine: prove.quarantine_deadline,
        sample: prove.sample.get(),
        // The prover is one for all lanes.
        budget: prove.budget.get() / lane_share(lanes),
        alpha: filters.alpha.get(),
        max_rigs: filters.max_rigs.div_ceil(lanes),
        forget_after: filters.forget_after,
    }
}

fn lane_share(lanes: usize) -> f64 {
    u32::try_from(lanes).map_or(1.0, f64::from)
}

fn session_settings(settings: &Settings, lanes: usize) -> SessionSettings {
    let miners = &settings.miners;
    SessionSettings {
        login_timeout: miners.login_timeout,
        login_hold: miners.login_hold,
        idle_timeout: miners.idle_timeout,
        max_connections: miners.max_connections.div_ceil(lanes),
        unsent_limit: miners.unsent_limit.bytes(),
        vardiff: miners.share_goal.map(|goal| VardiffPolicy {
            goal,
            floor: Difficulty::new(miners.min_difficulty),
        }),
    }
}

fn way(pool: &Pool) -> Way {
    Way {
        proxy: pool.proxy.as_ref().map(|proxy| SocksProxy {
            host: proxy.host().to_owned(),
            port: proxy.port(),
            login: proxy
                .login()
                .map(|(name, pass)| (name.to_owned(), pass.to_owned())),
        }),
        ip: match pool.ip {
            IpVersion::Any => IpChoice::Any,
            IpVersion::V4 => IpChoice::V4,
            IpVersion::V6 => IpChoice::V6,
            IpVersion::PreferV4 => IpChoice::PreferV4,
            IpVersion::PreferV6 => IpChoice::PreferV6,
        },
        source: pool.source,
    }
}

fn upstream(pool: &Pool) -> Upstream {
    let tls = match (pool.url.is_tls(), pool.tls_fingerprint) {
        (false, _) => Tls::None,
        (true, None) => Tls::Verified,
        (true, Some(pin)) => Tls::Pinned(*pin.as_bytes()),
    };
    let is_node = pool.url.kind() == PoolKind::Daemon;
    Upstream {
        node: is_node.then(|| node(pool, tls)),
        endpoint: PoolEndpoint {
            host: pool.url.host(),
            port: pool.url.port(),
            tls,
            way: way(pool),
            user: pool.user.as_str().to_owned(),
            pass: pool.pass.expose().to_owned(),
            rig_id: pool.rig_id.clone(),
            agent: agent(pool.dialect).to_owned(),
            algorithms: pool
                .algorithms
                .iter()
                .map(|name| Algorithm::named(name))
                .collect(),
            keepalive: pool.keepalive,
            allow_reconnect_to: pool
                .allow_reconnect_to
                .iter()
                .map(|host| host.as_str().to_owned())
                .collect(),
            dialect: dialect(pool.dialect),
        },
        max_sessions: pool.max_sessions,
        ban_rule: match pool.ban_window {
            // A node bans nobody for a block.
            BanWindow::NodejsPool if is_node => BanRule::None,
            BanWindow::NodejsPool => BanRule::NodejsPool,
            BanWindow::None => BanRule::None,
        },
    }
}

/// Pools know by the agent that it takes templates.
const fn agent(dialect: Asked) -> &'static str {
    match dialect {
        Asked::Stratum => AGENT,
        Asked::Template | Asked::TemplateLe => TEMPLATE_AGENT,
    }
}

const fn dialect(dialect: Asked) -> Dialect {
    match dialect {
        Asked::Stratum => Dialect::Stratum,
        Asked::Template => Dialect::Template(NumberOrder::BigEndian),
        Asked::TemplateLe => Dialect::Template(NumberOrder::LittleEndian),
    }
}

fn node(pool: &Pool, tls: Tls) -> NodeEndpoint {
    let keys = &pool.daemon;
    let scheme = if pool.url.is_tls() { "https" } else { "http" };
    let host = pool.url.host();
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host
    };
    let pass = keys.rpc_pass.as_ref().map(Secret::expose);
    NodeEndpoint {
        url: format!("{scheme}://{host}:{}", pool.url.port()),
        wallet: pool.user.as_str().to_owned(),
        login: keys.rpc_user.clone().zip(pass.map(str::to_owned)),
        zmq: keys.zmq.as_ref().map(ToString::to_string),
        tls,
        way: way(pool),
        poll: keys.poll,
    }
}
