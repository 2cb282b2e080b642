//! A lane without a node around it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use zartrux_actors::bridge::BridgeTap;
use zartrux_actors::clock::Clock;
use zartrux_actors::dial::{Names, Tls, Way};
use zartrux_actors::doorkeeper::{DoorSettings, Doorkeeper};
use zartrux_actors::filters::FilterModels;
use zartrux_actors::handover::{LaneParcel, PumpsLeft};
use zartrux_actors::journal::Journal;
use zartrux_actors::lane::{Lane, LaneArgs, LaneFailed, Remembered, Upstream};
use zartrux_actors::miner_sessions::{Namesakes, SessionSettings, bind};
use zartrux_actors::outside_plans::OutsidePlans;
use zartrux_actors::planner::PlanPolicy;
use zartrux_actors::pool_session::{PoolEndpoint, PoolTimeouts};
use zartrux_actors::supervision::HealthRegistry;
use zartrux_models::judge::{BanRule, JudgePolicy};
use zartrux_models::plan::FailoverPolicy;
use zartrux_models::stratum::Dialect;

use crate::support::{FakePool, TestCert, clock};

type Task = Box<dyn FnOnce() + Send>;

/// The thread whose system the lanes are of.
pub(crate) struct Root {
    tasks: Option<UnboundedSender<Task>>,
    thread: Option<JoinHandle<()>>,
}

impl Root {
    pub(crate) fn start() -> Self {
        let (tasks, mut todo) = unbounded_channel::<Task>();
        let thread = std::thread::spawn(move || {
            actix::System::new().block_on(async move {
                while let Some(task) = todo.recv().await {
                    task();
                }
            });
        });
        Self {
            tasks: Some(tasks),
            thread: Some(thread),
        }
    }

    /// A lane before these pools, which takes up what it is given.
    pub(crate) fn launch(
        &self,
        upstreams: Vec<Upstream>,
        inherited: Option<LaneParcel>,
    ) -> Result<Lane, LaneFailed> {
        let args = args(upstreams, inherited);
        let (tell, hear) = channel();
        let task: Task = Box::new(move || tell.send(Lane::launch(args)).unwrap());
        let sent = self.tasks.as_ref().unwrap().send(task);
        assert!(sent.is_ok(), "the root thread is there");
        hear.recv().unwrap()
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub(crate) fn plain(pool: &FakePool) -> Upstream {
    upstream(pool.address(), Tls::None)
}

pub(crate) fn tls(pool: &FakePool, cert: &TestCert) -> Upstream {
    let mut pin = [0; 32];
    const_hex::decode_to_slice(cert.pin(), &mut pin).unwrap();
    upstream(pool.address(), Tls::Pinned(pin))
}

fn upstream(address: SocketAddr, tls: Tls) -> Upstream {
    Upstream {
        endpoint: PoolEndpoint {
            host: address.ip().to_string(),
            port: address.port(),
            tls,
            way: Way::default(),
            user: "wallet".to_owned(),
            pass: "x".to_owned(),
            rig_id: None,
            agent: "zartrux/test".to_owned(),
            algorithms: vec![],
            keepalive: None,
            allow_reconnect_to: vec![],
            dialect: Dialect::Stratum,
        },
        node: None,
        max_sessions: 4,
        ban_rule: BanRule::None,
    }
}

fn args(upstreams: Vec<Upstream>, inherited: Option<LaneParcel>) -> LaneArgs {
    let seconds = Duration::from_secs;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    LaneArgs {
        index: 0,
        doors: vec![bind(address, None, false).unwrap()],
        doorkeeper: Doorkeeper::new(DoorSettings::default(), 1_000, Clock),
        sessions: SessionSettings {
            login_timeout: seconds(60),
            login_hold: seconds(60),
            idle_timeout: seconds(600),
            max_connections: 1_000,
            stall_timeout: seconds(60),
            unsent_limit: 64 * 1024,
            buffer_limit: 1024 * 1024,
            lines_per_second: None,
            vardiff: None,
        },
        max_shares_in_flight: 1_000,
        upstreams,
        timeouts: PoolTimeouts {
            connect: seconds(10),
            response: seconds(20),
            retry: Duration::from_millis(50),
            retry_max: Duration::from_millis(200),
            ban: PoolTimeouts::SHORTEST_BAN,
        },
        names: Names::of_system(seconds(60)),
        plan: PlanPolicy {
            failover: FailoverPolicy {
                job_timeout: seconds(600),
                failback_after: Duration::ZERO,
            },
            standby: false,
            grace: seconds(60),
            spare_slot_zero: false,
        },
        routes: None,
        filters: None,
        models: FilterModels::default(),
        order: None,
        outside: OutsidePlans::default(),
        judge: JudgePolicy::default(),
        shares_kept: 0,
        store: None,
        registry: None,
        namesakes: Namesakes::default(),
        remembered: Remembered::default(),
        inherited,
        prover: None,
        health: HealthRegistry::default(),
        journal: Journal::silent(),
        bridge: BridgeTap::default(),
        clock: Clock,
    }
}

/// Where its miners connect.
pub(crate) fn door(lane: &Lane) -> SocketAddr {
    lane.addresses[0]
}

/// Stops it as a process does that has a successor, and packs it.
pub(crate) fn packed(lane: &Lane) -> LaneParcel {
    lane.stop_accepting();
    assert!(lane.stop_reading(), "the lane answers");
    lane.pack().expect("a lane that can be packed")
}

/// The successor goes on, and the lane before it leaves.
pub(crate) fn succeed(root: &Root, lane: Lane, upstreams: Vec<Upstream>) -> (Lane, PumpsLeft) {
    let parcel = packed(&lane);
    let next = root.launch(upstreams, Some(parcel)).expect("a successor");
    (next, lane.leave())
}

/// What the lane shows of its miners: open and logged in.
pub(crate) fn wait_for_miners(lane: &Lane, logged_in: u64) {
    clock::eventually("miners that came over", || {
        let counts = lane.view().counts().connections;
        (counts.open == logged_in && counts.logged_in == logged_in).then_some(())
    });
}

pub(crate) fn is_served(lane: &Lane) {
    clock::eventually("an upstream that serves", || {
        lane.view().is_served().then_some(())
    });
}

/// No share is anywhere but where it is counted.
pub(crate) fn assert_balances(lane: &Lane) {
    let shares = clock::eventually("all shares to be settled", || {
        let shares = lane.view().counts().shares;
        (shares.pending == 0).then_some(shares)
    });
    assert!(shares.balances(), "{shares:?}");
}
