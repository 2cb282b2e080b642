//! The pool sessions of a lane: started as its planner asks, and shown while they are there.

use std::sync::{Arc, Mutex, PoisonError};

use actix::{Actor, Addr};
use zartrux_models::work::PoolKey;

use super::settings_way::Dialing;
use super::{LaneArgs, LaneView, PoolView};
use crate::messaging::Post;
use crate::miner_sessions::MinerSessions;
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
    Box::new(move |pool, upstream| {
        macro_rules! post {
            ($to:ident, $guard:ident) => {
                Post::to_actor($to.clone().recipient(), Arc::clone($guard.health()))
            };
        }
        let (endpoint, timeouts) = Dialing::of(&dialing, upstream);
        let health = registry.register(pool_name(index, pool), "pool session");
        let stats = Arc::new(PoolStats::default());
        let session = PoolSession::new(PoolSessionArgs {
            key: pool,
            endpoint,
            timeouts,
            posts: PoolPosts {
                job: [post!(sessions, to_sessions), post!(planner, to_planner)],
                state: [post!(sessions, to_sessions), post!(planner, to_planner)],
                settled: post!(sessions, to_sessions),
            },
            health: Arc::clone(&health),
            stats: Arc::clone(&stats),
            names: names.clone(),
            clock,
        });
        view.pools
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(pool, PoolView { upstream, stats });
        let address = session.start();
        OpenedPool {
            forward: Post::to_actor(address.clone().recipient(), Arc::clone(&health)),
            close: Post::to_actor(address.clone().recipient(), Arc::clone(&health)),
            retime: Post::to_actor(address.recipient(), Arc::clone(&health)),
            health,
        }
    })
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
