//! The pool sessions of a lane: started as its planner asks, and shown while they are there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix::Addr;
use zartrux_models::session::FoundBlock;
use zartrux_models::stratum::Dialect;
use zartrux_models::work::PoolKey;

use super::giving::OpenWays;
use super::settings_way::Dialing;
use super::{LaneArgs, LaneView, PoolView, Upstream};
use crate::handover::InheritedLink;
use crate::messaging::Post;
use crate::miner_sessions::MinerSessions;
use crate::node_session::{
    ClosePage, KeptBlocks, NodeEndpoint, NodeSession, NodeSessionArgs, NodeWay,
};
use crate::planner::{OpenPool, OpenedPool, Planner};
use crate::pool_session::{PoolPosts, PoolSessionArgs, PoolStats, PoolWay};
use crate::supervision::{Guard, HealthRegistry};

/// Starts pool sessions as the planner asks for them.
pub(super) fn pool_opener(
    args: &LaneArgs,
    dialing: Arc<Mutex<Dialing>>,
    view: &Arc<LaneView>,
    sessions: &Addr<MinerSessions>,
    planner: &Addr<Planner>,
    [to_sessions, to_planner]: [Guard; 2],
    (ways, mut links): (OpenWays, HashMap<PoolKey, InheritedLink>),
) -> OpenPool {
    let (index, clock, registry) = (args.index, args.clock, args.health.clone());
    let names = args.names.clone();
    let (view, sessions, planner) = (Arc::clone(view), sessions.clone(), planner.clone());
    let mut nodes = Nodes::default();
    // Connections to pools that give templates, by place: one is for all pages.
    let mut templates: HashMap<usize, PoolWay> = HashMap::new();
    let lane = u16::try_from(index).unwrap_or(u16::MAX);
    let journal = args.journal.for_lane(lane);
    let kept = args.remembered.blocks.clone();
    let keep = kept.keep.clone();
    let posts = move || {
        macro_rules! post {
            ($to:ident, $guard:ident) => {
                Post::to_actor($to.clone().recipient(), Arc::clone($guard.health()))
            };
        }
        PoolPosts {
            job: [post!(sessions, to_sessions), post!(planner, to_planner)],
            state: [post!(sessions, to_sessions), post!(planner, to_planner)],
            settled: post!(sessions, to_sessions),
        }
    };
    let (node_view, node_registry, node_names) =
        (Arc::clone(&view), registry.clone(), names.clone());
    let node_args = move |place, endpoint, timeouts, posts| NodeSessionArgs {
        endpoint,
        place,
        names: node_names.clone(),
        timeouts,
        posts,
        health: node_registry.register(format!("lane{index}/node/{place}"), "node session"),
        stats: node_view.node_stats(place),
        journal: journal.clone(),
        keep: keep.clone(),
        clock,
    };
    for (place, node, blocks) in kept_for(&kept, &args.upstreams) {
        let way = nodes.way(place, || node_args(place, node, args.timeouts, posts()));
        way.restore(blocks);
    }
    Box::new(move |pool, upstream| {
        let (found, timeouts) = Dialing::of(&dialing, upstream);
        let posts = posts();
        if let Some(node) = found.node {
            let way = nodes.way(upstream, || node_args(upstream, node, timeouts, posts));
            let stats = Arc::new(PoolStats::default());
            show(&view, pool, upstream, Arc::clone(&stats));
            return page_of(&way, pool, stats);
        }
        let stats = Arc::new(PoolStats::default());
        show(&view, pool, upstream, Arc::clone(&stats));
        let shared = matches!(found.endpoint.dialect, Dialect::Template(_));
        if let Some(way) = templates
            .get(&upstream)
            .filter(|way| shared && way.is_open())
        {
            way.open(pool, stats);
            return session_of(way);
        }
        let name = if shared {
            format!("lane{index}/template/{upstream}")
        } else {
            pool_name(index, pool)
        };
        let args = PoolSessionArgs {
            key: pool,
            endpoint: found.endpoint,
            timeouts,
            posts,
            health: registry.register(name, "pool session"),
            stats,
            names: names.clone(),
            clock,
        };
        let way = match links.remove(&pool) {
            Some(link) if !shared => PoolWay::resume(args, link),
            Some(_) | None => PoolWay::launch(args),
        };
        if shared {
            templates.insert(upstream, way.clone());
        } else {
            ways.opened(pool, &way);
        }
        session_of(&way)
    })
}

fn session_of(way: &PoolWay) -> OpenedPool {
    OpenedPool {
        forward: way.forward(),
        close: way.close(),
        retime: way.retime(),
        health: Arc::clone(way.health()),
    }
}

fn show(view: &LaneView, pool: PoolKey, upstream: usize, stats: Arc<PoolStats>) {
    view.pools
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(pool, PoolView { upstream, stats });
}

/// Blocks of an earlier run, and the nodes that get them.
fn kept_for(
    kept: &KeptBlocks,
    upstreams: &[Upstream],
) -> Vec<(usize, NodeEndpoint, Vec<FoundBlock>)> {
    let nodes = || upstreams.iter().map(|upstream| upstream.node.as_ref());
    let urls: Vec<(usize, &str)> = nodes()
        .enumerate()
        .filter_map(|(place, node)| Some((place, node?.url.as_str())))
        .collect();
    let by_place = kept.by_place(&urls).into_iter();
    by_place
        .filter_map(|(place, blocks)| Some((place, nodes().nth(place)??.clone(), blocks)))
        .collect()
}

/// Node sessions by place of their upstream: one is for all pages.
#[derive(Default)]
struct Nodes(HashMap<usize, NodeWay>);

impl Nodes {
    fn way(&mut self, place: usize, args: impl FnOnce() -> NodeSessionArgs) -> NodeWay {
        if let Some(way) = self.0.get(&place).filter(|way| way.is_open()) {
            return way.clone();
        }
        let way = NodeSession::launch(args());
        self.0.insert(place, way.clone());
        way
    }
}

/// A page, which to the planner is a pool session.
fn page_of(way: &NodeWay, page: PoolKey, stats: Arc<PoolStats>) -> OpenedPool {
    way.open(page, stats);
    let close = way.close();
    OpenedPool {
        forward: way.forward(),
        close: Post::to_fn(move |_| close.send(ClosePage(page))),
        retime: way.retime(),
        health: Arc::clone(way.health()),
    }
}

/// Takes closed pool sessions out of what is shown.
pub(super) fn pool_forgetter(
    lane: usize,
    view: &Arc<LaneView>,
    registry: HealthRegistry,
) -> Box<dyn Fn(PoolKey)> {
    let view = Arc::clone(view);
    Box::new(move |pool| {
        view.forget_pool(pool);
        registry.remove(&pool_name(lane, pool));
    })
}

fn pool_name(lane: usize, pool: PoolKey) -> String {
    format!("lane{lane}/pool/{}", pool.0)
}
