//! The pool sessions of a lane: started as its planner asks, and shown while they are there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix::{Actor, Addr};
use zartrux_models::work::PoolKey;

use super::settings_way::Dialing;
use super::{LaneArgs, LaneView, PoolView};
use crate::messaging::Post;
use crate::miner_sessions::MinerSessions;
use crate::node_session::{ClosePage, NodeSession, NodeSessionArgs, NodeWay};
use crate::planner::{OpenPool, OpenedPool, Planner};
use crate::pool_session::{PoolPosts, PoolSession, PoolSessionArgs, PoolStats};
use crate::supervision::{Guard, HealthRegistry};

/// Starts pool sessions as the planner asks for them.
pub(super) fn pool_opener(
    args: &LaneArgs,
    dialing: Arc<Mutex<Dialing>>,
    view: &Arc<LaneView>,
    sessions: &Addr<MinerSessions>,
    planner: &Addr<Planner>,
    [to_sessions, to_planner]: [Guard; 2],
) -> OpenPool {
    let (index, clock, registry) = (args.index, args.clock, args.health.clone());
    let names = args.names.clone();
    let (view, sessions, planner) = (Arc::clone(view), sessions.clone(), planner.clone());
    let mut nodes = Nodes::default();
    let lane = u16::try_from(index).unwrap_or(u16::MAX);
    let journal = args.journal.for_lane(lane);
    Box::new(move |pool, upstream| {
        macro_rules! post {
            ($to:ident, $guard:ident) => {
                Post::to_actor($to.clone().recipient(), Arc::clone($guard.health()))
            };
        }
        let (found, timeouts) = Dialing::of(&dialing, upstream);
        let posts = PoolPosts {
            job: [post!(sessions, to_sessions), post!(planner, to_planner)],
            state: [post!(sessions, to_sessions), post!(planner, to_planner)],
            settled: post!(sessions, to_sessions),
        };
        if let Some(node) = found.node {
            let way = nodes.way(upstream, || NodeSessionArgs {
                endpoint: node,
                place: upstream,
                timeouts,
                posts,
                health: registry.register(format!("lane{index}/node/{upstream}"), "node session"),
                stats: view.node_stats(upstream),
                journal: journal.clone(),
                clock,
            });
            let stats = Arc::new(PoolStats::default());
            show(&view, pool, upstream, Arc::clone(&stats));
            return page_of(&way, pool, stats);
        }
        let health = registry.register(pool_name(index, pool), "pool session");
        let stats = Arc::new(PoolStats::default());
        let session = PoolSession::new(PoolSessionArgs {
            key: pool,
            endpoint: found.endpoint,
            timeouts,
            posts,
            health: Arc::clone(&health),
            stats: Arc::clone(&stats),
            names: names.clone(),
            clock,
        });
        show(&view, pool, upstream, stats);
        let address = session.start();
        OpenedPool {
            forward: Post::to_actor(address.clone().recipient(), Arc::clone(&health)),
            close: Post::to_actor(address.clone().recipient(), Arc::clone(&health)),
            retime: Post::to_actor(address.recipient(), Arc::clone(&health)),
            health,
        }
    })
}

fn show(view: &LaneView, pool: PoolKey, upstream: usize, stats: Arc<PoolStats>) {
    view.pools
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(pool, PoolView { upstream, stats });
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
