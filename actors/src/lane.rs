//! A lane: one thread that holds a whole data plane, whose actors are introduced to each other in one
//! place (`introducing`).
//!
//! ```text
//!             ┌── ShareSettled ◄───────────────────────┬──────────────────────────┐
//! miners ⇄ MinerSessions ─ ExamineShare ─► filters ─► Judge ─ ForwardShare ─► PoolSession ⇄ pool
//!           ▲  │  ▲  └── VerdictSeen ─────────────────┘ │ ▲                     │  │
//!           │  │  └─────────────────────────────────────┼─┼─── JobReplaced ─────┘  │
//! LeaseGranted └─ LeaseAsked… ──┐                       ▼ │ ProofAnswered          │
//!           └──────── Planner ◄──┘                 prover threads                  │
//!                        └────── JobReplaced, PoolStateChanged ────────────────────┘
//! ```
//!
//! The filters are six stages in a row, each of which passes every share on to the next:
//! entropy, divergence, pattern, pace, cluster, classifier. A lane may also do without them.

mod args;
mod giving;
mod introducing;
mod listening;
mod models_way;
mod pools;
mod remembered;
mod settings_way;
mod view;

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use actix::{Arbiter, ArbiterHandle};
use zartrux_models::plan::NonceOrder;

use crate::clock::Clock;
use crate::filters::{Alive, FilterModels, ModelPosts, StatePosts};
use crate::handover::{BadParcel, Inheritance};
use crate::messaging::Post;
use crate::miner_sessions::{
    CloseAll, Door, ReplaceOrder, ReportSeats, SeatsWay, StopAccepting, StopReading,
};
use crate::planner::ClosePools;
use crate::store::registry::LaneMemory;

pub use args::{LaneArgs, Upstream};
pub use models_way::ModelsWay;
pub use remembered::Remembered;
pub use settings_way::{LaneSettings, SettingsWay};
pub use view::{LaneView, PoolView, Switches};

use giving::GivingPosts;
use introducing::introduce;

/// A running lane.
#[derive(Debug)]
pub struct Lane {
    /// Its number.
    pub index: usize,
    /// Where its miners come in.
    pub addresses: Vec<SocketAddr>,
    view: Arc<LaneView>,
    posts: LanePosts,
    arbiter: Arbiter,
    clock: Clock,
}

/// Why a lane did not start.
#[derive(Debug, thiserror::Error)]
pub enum LaneFailed {
    /// Its thread ended.
    #[error("lane {0} did not start: its thread ended")]
    Ended(usize),
    /// It can't go on with what it was given.
    #[error("lane {lane} can't take up what the process before gave: {why}")]
    Parcel {
        /// Which lane.
        lane: usize,
        /// Why not.
        why: BadParcel,
    },
}

impl Lane {
    /// How often a lane shows that it is alive.
    pub const BEAT: Duration = Duration::from_millis(250);
    /// How long a lane may take to answer while leaving.
    const PATIENCE: Duration = Duration::from_secs(2);
    /// From closing the connections to the end of the thread.
    const FAREWELL: Duration = Duration::from_millis(100);

    /// Starts a lane on a thread of its own.
    ///
    /// # Errors
    /// The thread ended before its actors were up, or the parcel can't be taken up: then nothing was
    /// done with the sockets in it.
    pub fn launch(mut args: LaneArgs) -> Result<Self, LaneFailed> {
        let index = args.index;
        let parcel = args.inherited.take();
        let inheritance = parcel.map(|parcel| Inheritance::open(parcel, &args.upstreams));
        let mut inheritance = inheritance
            .transpose()
            .map_err(|why| LaneFailed::Parcel { lane: index, why })?;
        if let Some(inheritance) = &mut inheritance {
            inheritance.remember(&mut args.remembered);
        }
        let addresses = args.doors.iter().map(Door::address).collect();
        let (clock, started) = (args.clock, args.clock.now());
        let view = Arc::new(LaneView::new(
            started,
            args.judge.max_rigs,
            args.shares_kept,
        ));
        args.remembered.restore_judge(&args, &view.rigs);
        let (tell, hear) = mpsc::sync_channel(1);
        let arbiter = Arbiter::new();
        let seen = Arc::clone(&view);
        arbiter.spawn_fn(move || {
            let (posts, alive) = introduce(args, inheritance, Arc::clone(&seen));
            actix::spawn(beat(seen, clock, started, alive));
            // The launcher waits for this; if it does not, there is nobody to tell.
            let _ = tell.send(posts);
        });
        let posts = hear.recv().map_err(|_| LaneFailed::Ended(index))?;
        Ok(Self {
            index,
            addresses,
            view,
            posts,
            arbiter,
            clock,
        })
    }

    /// What it shows.
    #[must_use]
    pub const fn view(&self) -> &Arc<LaneView> {
        &self.view
    }

    /// The way to put other models in force.
    #[must_use]
    pub fn models_way(&self) -> ModelsWay {
        ModelsWay {
            filters: self.posts.models.clone(),
            order: self.posts.replace_order.clone(),
        }
    }

    /// Other models are in force from now on; without filters there is nobody to tell.
    pub fn replace_models(&self, models: &FilterModels) {
        self.models_way().replace_models(models);
    }

    /// Jobs with another blob are drawn by this order of nonces from now on; none: their slots have
    /// the bytes of their numbers.
    pub fn replace_order(&self, order: Option<Arc<NonceOrder>>) {
        self.models_way().replace_order(order);
    }

    /// The way to ask who is connected.
    #[must_use]
    pub fn seats_way(&self) -> SeatsWay {
        SeatsWay::new(self.posts.report_seats.clone())
    }

    /// What its judge and its filters remember of rigs, to be written down.
    #[must_use]
    pub fn memory(&self) -> LaneMemory {
        LaneMemory {
            judge: Arc::clone(&self.view),
            filters: self.posts.states.clone(),
        }
    }

    /// Takes no more connections.
    pub fn stop_accepting(&self) {
        self.posts.stop_accepting.send(StopAccepting);
    }

    /// Reads no more from miners; true once no further share can come.
    #[must_use]
    pub fn stop_reading(&self) -> bool {
        let (done, stopped) = mpsc::sync_channel(1);
        self.posts.stop_reading.send(StopReading { done });
        stopped.recv_timeout(Self::PATIENCE).is_ok()
    }

    /// Closes all connections and ends the thread. A lane that does not answer any more is left
    /// to the end of the process.
    pub fn close(self) {
        self.posts.close_pools.send(ClosePools);
        self.posts.close_all.send(CloseAll);
        let (done, closed) = mpsc::sync_channel(1);
        self.arbiter.spawn(async move {
            // Sockets get a moment to say what they still have to, and to close in order.
            tokio::time::sleep(Self::FAREWELL).await;
            let _ = done.try_send(());
        });
        let answers = closed.recv_timeout(Self::PATIENCE).is_ok();
        self.arbiter.stop();
        if answers && self.arbiter.join().is_err() {
            tracing::error!(lane = self.index, "the lane's thread panicked");
        }
    }

    /// The arbiter, for whoever must run something on the lane's thread.
    #[must_use]
    pub fn handle(&self) -> ArbiterHandle {
        self.arbiter.handle()
    }
}

/// How a lane is told to leave, and of other models.
#[derive(Debug)]
struct LanePosts {
    models: Option<ModelPosts>,
    states: StatePosts,
    replace_order: Post<ReplaceOrder>,
    report_seats: Post<ReportSeats>,
    settings: SettingsWay,
    stop_accepting: Post<StopAccepting>,
    stop_reading: Post<StopReading>,
    close_pools: Post<ClosePools>,
    close_all: Post<CloseAll>,
    giving: GivingPosts,
}

/// Shows that the lane's thread turns and that its actors are there.
async fn beat(view: Arc<LaneView>, clock: Clock, started: Instant, alive: Vec<Alive>) {
    let mut interval = tokio::time::interval(Lane::BEAT);
    loop {
        interval.tick().await;
        if alive.iter().all(|alive| alive()) {
            let since = clock.now().duration_since(started).as_millis();
            view.beat
                .store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }
}
