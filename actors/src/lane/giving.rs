//! A lane that gives its live state away.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix::Arbiter;
use zartrux_models::handover::{LaneState, PlanWire, PoolWire, RigsWire, RouteWire, StageWire};
use zartrux_models::work::PoolKey;

use super::settings_way::Dialing;
use super::{Lane, LanePosts};
use crate::filters::StatesCollected;
use crate::handover::{LaneParcel, PackFailed, PumpsLeft, upstream_digest};
use crate::messaging::Post;
use crate::miner_sessions::{CloseAll, PackSeats, PackedSeats};
use crate::planner::{ClosePools, PackPlan, PackedPlan};
use crate::pool_session::{PackPool, PackedPool, PoolWay};

/// The ways to the pool sessions that may be packed, by key.
#[derive(Debug, Clone, Default)]
pub(super) struct OpenWays(Arc<Mutex<BTreeMap<PoolKey, PoolWay>>>);

impl OpenWays {
    pub(super) fn opened(&self, pool: PoolKey, way: &PoolWay) {
        let mut ways = self.lock();
        ways.retain(|_, way| way.is_open());
        ways.insert(pool, way.clone());
    }

    fn get(&self, pool: PoolKey) -> Option<PoolWay> {
        self.lock().get(&pool).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PoolKey, PoolWay>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a lane is packed by.
#[derive(Debug)]
pub(super) struct GivingPosts {
    pub(super) plan: Post<PackPlan>,
    pub(super) seats: Post<PackSeats>,
    pub(super) ways: OpenWays,
    /// What is remembered of rigs is kept elsewhere.
    pub(super) has_store: bool,
    pub(super) pumps: PumpsLeft,
}

impl Lane {
    /// Most rigs whose memory goes over.
    const RIGS_MAX: usize = 200_000;

    /// Everything that goes over to a successor. The lane has stopped accepting and reading before
    /// ([`Lane::stop_accepting`], [`Lane::stop_reading`]), and what was pending is settled, as far as
    /// it could be in time. Afterwards it touches none of those sockets again, and nothing can be
    /// done with it but [`Lane::leave`].
    ///
    /// Where several lanes are packed, all have stopped accepting and reading before the first is.
    ///
    /// # Errors
    /// The lane does not answer, or the system has no more descriptors.
    pub fn pack(&self) -> Result<LaneParcel, PackFailed> {
        let giving = &self.posts.giving;
        // In this order: nothing is planned any more; no pool says anything more; and what both said
        // before is with the miner sessions when they are asked.
        let (reply, packed) = sync_channel(1);
        giving.plan.send(PackPlan { reply });
        let plan: PackedPlan = self.answer(&packed)?;
        let digest = |place: usize| upstream_digest(&self.upstream(place).endpoint);
        let mut descriptors = Vec::new();
        let mut pools = Vec::new();
        for (pool, place, lingers, untouched) in plan.pools {
            let Some(way) = giving.ways.get(pool).filter(PoolWay::is_open) else {
                continue;
            };
            let packed = self.pack_pool(&way)?;
            let link = packed.link.map(|(mut wire, socket)| {
                wire.descriptor = put(&mut descriptors, socket);
                wire
            });
            pools.push(PoolWire {
                key: pool.0,
                connection: packed.connection,
                upstream: digest(place),
                lingers,
                untouched,
                link,
            });
        }
        let rigs = self.rigs();
        let (reply, packed) = sync_channel(1);
        giving.seats.send(PackSeats { reply });
        let seats: PackedSeats = self.answer(&packed)?;
        let routes = plan.serving.into_iter().map(|(name, place)| RouteWire {
            name,
            serving: place.map(digest),
        });
        let state = LaneState {
            counters: seats.counters,
            jobs: seats.jobs,
            pools,
            plan: PlanWire {
                next_pool: plan.next_pool,
                routes: routes.collect(),
            },
            seats: seats
                .seats
                .into_iter()
                .map(|(mut wire, socket)| {
                    wire.descriptor = put(&mut descriptors, socket);
                    wire
                })
                .collect(),
            rigs,
        };
        let state = state.write().map_err(|why| PackFailed::State {
            lane: self.index,
            why,
        })?;
        Ok(LaneParcel { state, descriptors })
    }

    fn pack_pool(&self, way: &PoolWay) -> Result<PackedPool, PackFailed> {
        let (reply, packed): (SyncSender<io::Result<PackedPool>>, _) = sync_channel(1);
        let pumps = self.posts.giving.pumps.clone();
        way.pack().send(PackPool { pumps, reply });
        match packed.recv_timeout(Self::PATIENCE) {
            Ok(packed) => packed.map_err(|source| PackFailed::Descriptor {
                what: "a pool session",
                source,
            }),
            // It ended by itself meanwhile.
            Err(_) if !way.is_open() => Ok(PackedPool {
                connection: 0,
                link: None,
            }),
            Err(_) => Err(PackFailed::Silent(self.index)),
        }
    }

    fn answer<T>(&self, packed: &Receiver<T>) -> Result<T, PackFailed> {
        let answer = packed.recv_timeout(Self::PATIENCE);
        answer.map_err(|_| PackFailed::Silent(self.index))
    }

    fn upstream(&self, place: usize) -> super::Upstream {
        Dialing::of(&self.posts.settings.dialing, place).0
    }

    /// What judge and filters remember, where there is no store to keep it.
    fn rigs(&self) -> RigsWire {
        let mut rigs = RigsWire::default();
        if self.posts.giving.has_store {
            return rigs;
        }
        let (now, unix_ms) = (self.clock.now(), self.clock.unix_millis());
        let changed = self
            .view
            .rigs
            .changed_since_last(Self::RIGS_MAX, now, unix_ms);
        match changed {
            Ok(all) => {
                let kept = all.into_iter().map(|it| (it.rig.0, it.bytes.into_vec()));
                rigs.judge = kept.collect();
            }
            Err(stuck) => tracing::warn!(lane = self.index, %stuck, "what it knows of rigs stays"),
        }
        let (reply, collected) = sync_channel(zartrux_models::filter::Stage::ALL.len());
        let reply: Post<StatesCollected> = Post::to_fn(move |states| {
            let _ = reply.try_send(states);
        });
        self.posts.states.collect(Self::RIGS_MAX, &reply);
        // Ends with the last of those that answer.
        drop(reply);
        while let Ok(StatesCollected { stage, states }) = collected.recv_timeout(Self::PATIENCE) {
            let kept = states
                .into_iter()
                .map(|(rig, bytes)| (rig.0, bytes.into_vec()));
            rigs.filters.push(StageWire {
                stage: u8::try_from(stage.index()).unwrap_or(u8::MAX),
                rigs: kept.collect(),
            });
        }
        rigs
    }

    /// Ends the lane after [`Lane::pack`]. Sockets that went over are not touched: the parcel has them,
    /// and whoever drops it closes this process's without a byte. Miners that could not go over (TLS)
    /// are closed in order, so that they connect to the successor.
    ///
    /// Pool sessions in TLS are carried on for the successor: neither the process nor its root thread
    /// may end until [`PumpsLeft::wait`] says that there are none, and the parcel must be dropped by
    /// then, or its end of them is never seen to close.
    #[must_use = "the process must not end before what is carried has ended"]
    pub fn leave(self) -> PumpsLeft {
        let LanePosts {
            close_pools,
            close_all,
            giving,
            ..
        } = &self.posts;
        let pumps = giving.pumps.clone();
        close_pools.send(ClosePools);
        close_all.send(CloseAll);
        let carried = pumps.clone();
        let (done, closed) = sync_channel(1);
        self.arbiter.spawn(async move {
            // Sockets get a moment to close in order.
            tokio::time::sleep(Self::FAREWELL).await;
            let _ = done.try_send(());
            while carried.running() > 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Arbiter::current().stop();
        });
        let answers = closed.recv_timeout(Self::PATIENCE).is_ok();
        if pumps.running() == 0 && answers && self.arbiter.join().is_err() {
            tracing::error!(lane = self.index, "the lane's thread panicked");
        }
        pumps
    }
}

fn put(descriptors: &mut Vec<OwnedFd>, socket: OwnedFd) -> u32 {
    let place = u32::try_from(descriptors.len()).unwrap_or(u32::MAX);
    descriptors.push(socket);
    place
}
