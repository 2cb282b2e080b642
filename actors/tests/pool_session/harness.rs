//! A pool session as a test holds it: what it is told, and what it tells.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix::{Actor, Addr};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use zartrux_actors::clock::Clock;
use zartrux_actors::messaging::{Credits, Post};
use zartrux_actors::pool_session::{
    ClosePool, ForwardShare, JobReplaced, PoolEndpoint, PoolPosts, PoolSession, PoolSessionArgs,
    PoolState, PoolStateChanged, PoolStats, PoolTimeouts, Tls,
};
use zartrux_actors::share_ticket::{Sender, Settlement, ShareSettled, ShareTicket};
use zartrux_actors::supervision::ActorHealth;
use zartrux_models::filter::Scanner;
use zartrux_models::plan::SeatKey;
use zartrux_models::share::{RigKey, Share, ShareId, TargetClass};
use zartrux_models::stratum::{ErrorClass, RequestId};
use zartrux_models::work::{
    Difficulty, IssuedJob, JobKey, Lateness, Nonce, NonceSetId, PoolKey, ResultHash, Slot,
};

use crate::pool::Pool;

/// Far longer than anything here takes: a test that hangs fails instead.
const HANG: Duration = Duration::from_secs(60);

pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANG, future).await.expect("it hangs")
}

#[derive(Debug)]
pub(crate) enum Event {
    Job(JobReplaced),
    State(PoolStateChanged),
    Settled(ShareSettled),
}

pub(crate) struct Session {
    events: UnboundedReceiver<Event>,
    forward: Post<ForwardShare>,
    close: Post<ClosePool>,
    address: Addr<PoolSession>,
    pub(crate) health: Arc<ActorHealth>,
    pub(crate) stats: Arc<PoolStats>,
    pub(crate) credits: Credits,
    /// What the second of each pair of posts heard.
    pub(crate) heard_by_second: Arc<AtomicUsize>,
}

pub(crate) fn endpoint(port: u16) -> PoolEndpoint {
    PoolEndpoint {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::None,
        way: zartrux_actors::dial::Way::default(),
        user: "wallet".to_owned(),
        pass: "secret".to_owned(),
        rig_id: None,
        agent: "zartrux/test".to_owned(),
        algorithms: vec![],
        keepalive: None,
        allow_reconnect_to: vec![],
        dialect: zartrux_models::stratum::Dialect::Stratum,
    }
}

pub(crate) const TIMEOUTS: PoolTimeouts = PoolTimeouts {
    connect: HANG,
    response: HANG,
    retry: Duration::from_millis(10),
    retry_max: Duration::from_millis(20),
    ban: Duration::from_secs(60),
};

impl Session {
    pub(crate) fn start(pool: &Pool) -> Self {
        Self::start_with(endpoint(pool.port()), TIMEOUTS)
    }

    pub(crate) fn start_with(endpoint: PoolEndpoint, timeouts: PoolTimeouts) -> Self {
        let (sender, events) = unbounded_channel();
        let heard_by_second = Arc::new(AtomicUsize::new(0));
        let health = Arc::new(ActorHealth::new("test/pool/7", "pool session"));
        let stats = Arc::new(PoolStats::default());
        let (jobs, states, ends) = (sender.clone(), sender.clone(), sender);
        let (second_job, second_state) =
            (Arc::clone(&heard_by_second), Arc::clone(&heard_by_second));
        let posts = PoolPosts {
            job: [
                Post::to_fn(move |job| jobs.send(Event::Job(job)).unwrap_or_default()),
                Post::to_fn(move |_| {
                    second_job.fetch_add(1, Ordering::Relaxed);
                }),
            ],
            state: [
                Post::to_fn(move |state| states.send(Event::State(state)).unwrap_or_default()),
                Post::to_fn(move |_| {
                    second_state.fetch_add(1, Ordering::Relaxed);
                }),
            ],
            settled: Post::to_fn(move |end| ends.send(Event::Settled(end)).unwrap_or_default()),
        };
        let session = PoolSession::new(PoolSessionArgs {
            key: PoolKey(7),
            endpoint,
            timeouts,
            posts,
            health: Arc::clone(&health),
            stats: Arc::clone(&stats),
            names: zartrux_actors::dial::Names::of_system(Duration::from_secs(30)),
            clock: Clock,
        });
        let address = session.start();
        Self {
            events,
            forward: Post::to_actor(address.clone().recipient(), Arc::clone(&health)),
            close: Post::to_actor(address.clone().recipient(), Arc::clone(&health)),
            address,
            health,
            stats,
            credits: Credits::new(1_000_000),
            heard_by_second,
        }
    }

    pub(crate) async fn event(&mut self) -> Event {
        soon(self.events.recv()).await.expect("the session is gone")
    }

    pub(crate) async fn state(&mut self) -> PoolState {
        let event = self.event().await;
        let Event::State(changed) = event else {
            panic!("not a change of state: {event:?}");
        };
        assert_eq!(changed.pool, PoolKey(7));
        changed.state
    }

    pub(crate) async fn lost(&mut self) -> (ErrorClass, String) {
        let state = self.state().await;
        let PoolState::Lost { reason, class } = state else {
            panic!("not lost: {state:?}");
        };
        (class, reason.into())
    }

    pub(crate) async fn job(&mut self) -> JobReplaced {
        let event = self.event().await;
        let Event::Job(job) = event else {
            panic!("not a job: {event:?}");
        };
        job
    }

    /// The next end of a share: the number it was given, and how it ended.
    pub(crate) async fn settled(&mut self) -> (u32, Settlement) {
        let event = self.event().await;
        let Event::Settled(end) = event else {
            panic!("not the end of a share: {event:?}");
        };
        (end.ticket.seat.index, end.settlement)
    }

    /// The next end of a share, whatever the connection does meanwhile.
    pub(crate) async fn next_settled(&mut self) -> (u32, Settlement) {
        loop {
            if let Event::Settled(end) = self.event().await {
                return (end.ticket.seat.index, end.settlement);
            }
        }
    }

    /// The next job, whatever the connection does before.
    pub(crate) async fn next_job(&mut self) -> JobReplaced {
        loop {
            if let Event::Job(job) = self.event().await {
                return job;
            }
        }
    }

    /// Sees the session through a login that the pool takes.
    pub(crate) async fn logged_in(&mut self) -> JobReplaced {
        assert_eq!(self.state().await, PoolState::Connecting);
        assert_eq!(self.state().await, PoolState::LoggedIn);
        self.job().await
    }

    /// Hands it share number `number` of a job.
    pub(crate) fn forward(&self, job: &JobReplaced, number: u32) {
        let share = Share {
            job: Arc::new(IssuedJob {
                key: JobKey(1),
                plan: zartrux_models::plan::SlotPlan::identity(),
                origin: job.origin,
                job: job.job.clone(),
            }),
            slot: Slot(0xb2),
            nonce: Nonce::in_slot(Slot(0xb2), number),
            nonce_set: NonceSetId(1),
            result: ResultHash::new([0; 32]),
            raw_hash: None,
            class: TargetClass::Upstream,
            lateness: Lateness::Current,
            asked: Difficulty::ONE,
            retargeted: false,
            contested: false,
        };
        let sender = Sender {
            id: ShareId::new(0, u64::from(number)),
            rig: RigKey(1),
            scanner: Scanner::Unknown,
            after_gap: false,
            heard: zartrux_models::filter::VerdictsHeard::default(),
            seat: SeatKey {
                index: number,
                generation: 1,
            },
            request: RequestId(1),
            age_s: 0,
            rate: 0.0,
        };
        let credit = self.credits.take().unwrap();
        let ticket = ShareTicket::new(sender, share, Clock.now(), 0, credit);
        self.forward.send(ForwardShare(ticket));
    }

    pub(crate) fn close(&self) {
        self.close.send(ClosePool(PoolKey(7)));
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.address.connected()
    }

    /// Lets go of it; what it still told until its end.
    pub(crate) async fn rest(self) -> Vec<Event> {
        let Self {
            mut events,
            forward,
            close,
            address,
            ..
        } = self;
        drop((forward, close, address));
        let mut rest = Vec::new();
        while let Some(event) = soon(events.recv()).await {
            rest.push(event);
        }
        rest
    }
}
