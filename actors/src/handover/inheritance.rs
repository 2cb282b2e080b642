//! A parcel that was opened: for each of a lane's actors what it goes on with.

use std::collections::{BTreeMap, HashMap};
use std::os::fd::OwnedFd;

use sha2::{Digest, Sha256};
use zartrux_models::filter::Stage;
use zartrux_models::handover::{
    BadParcel, CountersWire, JobsWire, LaneState, LinkWire, PoolWire, RigsWire, SeatWire,
};
use zartrux_models::plan::UntouchedSlots;
use zartrux_models::share::RigKey;
use zartrux_models::stratum::Dialect;
use zartrux_models::work::{JobTable, PoolKey};

use super::LaneParcel;
use crate::filters::StatesCollected;
use crate::lane::{Remembered, Upstream};
use crate::pool_session::PoolEndpoint;

/// A lane's inheritance.
#[derive(Debug)]
pub(crate) struct Inheritance {
    pub(crate) seats: InheritedSeats,
    pub(crate) plan: InheritedPlan,
    pub(crate) links: HashMap<PoolKey, InheritedLink>,
    rigs: RigsWire,
}

/// What the miner sessions go on with.
#[derive(Debug)]
pub(crate) struct InheritedSeats {
    pub(crate) counters: CountersWire,
    pub(crate) jobs: JobTable,
    /// Leases are of pool sessions with a connection only.
    pub(crate) seats: Vec<(SeatWire, OwnedFd)>,
}

/// What the planner goes on with.
#[derive(Debug)]
pub(crate) struct InheritedPlan {
    pub(crate) next_pool: u32,
    /// By the name of the route.
    pub(crate) serving: Vec<(Box<str>, Option<usize>)>,
    pub(crate) pools: BTreeMap<PoolKey, InheritedPool>,
}

/// A pool session of the process before.
#[derive(Debug, Clone)]
pub(crate) struct InheritedPool {
    /// Place of its upstream.
    pub(crate) upstream: usize,
    /// Nobody sits on it.
    pub(crate) lingers: bool,
    /// Slots of its present blob that newcomers can have.
    pub(crate) untouched: UntouchedSlots,
    /// Its bytes are carried by the process before: another is to take its place.
    pub(crate) carried: bool,
    /// Its connection and what that brought last, if it has one.
    pub(crate) current: Option<std::sync::Arc<zartrux_models::work::IssuedJob>>,
}

/// An open connection to a pool.
#[derive(Debug)]
pub(crate) struct InheritedLink {
    pub(crate) connection: u32,
    pub(crate) wire: LinkWire,
    pub(crate) socket: OwnedFd,
}

/// What an upstream is known by to a process with perhaps other settings: where and as whom. Never
/// shown, since a password is in it.
pub(crate) fn upstream_digest(endpoint: &PoolEndpoint) -> [u8; 32] {
    let mut hash = Sha256::new();
    let (port, tls) = (endpoint.port.to_string(), format!("{:?}", endpoint.tls));
    let dialect = format!("{:?}", endpoint.dialect);
    let rig = endpoint.rig_id.as_deref().unwrap_or_default();
    let fields = [
        &endpoint.host,
        &port,
        &tls,
        &endpoint.user,
        &endpoint.pass,
        rig,
        &dialect,
    ];
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

impl Inheritance {
    /// Opens a parcel. Pool sessions find their upstream among `upstreams`; those that find none are
    /// closed here, and who sat there waits for another.
    pub(crate) fn open(parcel: LaneParcel, upstreams: &[Upstream]) -> Result<Self, BadParcel> {
        let state = LaneState::read(&parcel.state)?;
        let (said, came) = (state.facts().descriptors, parcel.descriptors.len());
        if said != came {
            return Err(BadParcel::Descriptors { said, came });
        }
        let mut sockets: Vec<Option<OwnedFd>> = parcel.descriptors.into_iter().map(Some).collect();
        let mut socket = |at: u32| {
            let at = usize::try_from(at).ok()?;
            sockets.get_mut(at)?.take()
        };
        let digests: Vec<Option<[u8; 32]>> = upstreams.iter().map(digest_of).collect();
        let place = |digest: &[u8; 32]| digests.iter().position(|it| it.as_ref() == Some(digest));

        let mut jobs = table(&state.jobs)?;
        let (mut pools, mut links) = (BTreeMap::new(), HashMap::new());
        for PoolWire {
            key,
            connection,
            upstream,
            lingers,
            untouched,
            link,
        } in state.pools
        {
            let (pool, found) = (PoolKey(key), place(&upstream));
            // Taken out of the parcel also if it is to be closed.
            let link = link.and_then(|wire| Some((socket(wire.descriptor)?, wire)));
            let Some(upstream) = found.filter(|_| link.is_some() || !lingers) else {
                continue;
            };
            let current = jobs.current(pool).cloned();
            let inherited = InheritedPool {
                upstream,
                lingers,
                untouched,
                carried: link.as_ref().is_some_and(|(_, wire)| wire.carried),
                current: current
                    .filter(|job| link.is_some() && job.origin.connection == connection),
            };
            if inherited.current.is_none() {
                jobs.forget(pool);
            }
            pools.insert(pool, inherited);
            if let Some((socket, wire)) = link {
                let inherited = InheritedLink {
                    connection,
                    wire,
                    socket,
                };
                links.insert(pool, inherited);
            }
        }
        for pool in jobs.known() {
            if !pools.contains_key(&pool) {
                jobs.close(pool);
            }
        }
        let mut seats = Vec::with_capacity(state.seats.len());
        for mut wire in state.seats {
            let has_job = |lease: &(u32, u8)| jobs.current(PoolKey(lease.0)).is_some();
            wire.lease = wire.lease.filter(has_job);
            if let Some(socket) = socket(wire.descriptor) {
                seats.push((wire, socket));
            }
        }
        let routes = state.plan.routes.into_iter();
        let serving = routes.map(|route| (route.name, route.serving.as_ref().and_then(place)));
        Ok(Self {
            seats: InheritedSeats {
                counters: state.counters,
                jobs,
                seats,
            },
            plan: InheritedPlan {
                next_pool: state.plan.next_pool,
                serving: serving.collect(),
                pools,
            },
            links,
            rigs: state.rigs,
        })
    }

    /// Adds what is remembered of rigs to what a lane begins with.
    pub(crate) fn remember(&mut self, remembered: &mut Remembered) {
        let rigs = std::mem::take(&mut self.rigs);
        let of = |(rig, bytes): (u64, Vec<u8>)| (RigKey(rig), bytes.into_boxed_slice());
        remembered.judge.extend(rigs.judge.into_iter().map(of));
        for kept in rigs.filters {
            if let Some(stage) = Stage::ALL.get(usize::from(kept.stage)) {
                remembered.filters.push(StatesCollected {
                    stage: *stage,
                    states: kept.rigs.into_iter().map(of).collect(),
                });
            }
        }
    }
}

fn table(wire: &JobsWire) -> Result<JobTable, BadParcel> {
    JobTable::unpack(wire).map_err(|bad| BadParcel::Damaged {
        part: "jobs",
        why: bad.to_string().into(),
    })
}

/// None for those whose sessions do not go over.
fn digest_of(upstream: &Upstream) -> Option<[u8; 32]> {
    let endpoint = &upstream.endpoint;
    let goes_over = upstream.node.is_none() && endpoint.dialect == Dialect::Stratum;
    goes_over.then(|| upstream_digest(endpoint))
}
