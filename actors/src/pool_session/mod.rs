//! Pool sessions: each owns one upstream connection after the other, and every share on it.
//!
//! The shell here keeps the socket and the shares that wait for a verdict; what lines mean is
//! decided by [`PoolProtocol`], run through the guard. Reading, writing and time-outs of one
//! connection are one future that the actor polls whenever its mailbox is empty: so all shares
//! that were forwarded meanwhile leave in one write.

mod args;
mod connection;
mod handing;
mod hearing;
mod messages;
mod outbox;
mod pages;
mod pending;
mod pump;
mod retry;
mod stats;
mod watched;
mod way;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use actix::{Actor, Context, Handler};
use tokio::sync::OnceCell;
use tokio_native_tls::TlsConnector;
use zartrux_models::session::{JobPace, PoolProtocol, PoolSettings};
use zartrux_models::stratum::LineAssembler;
use zartrux_models::work::{JobOrigin, PoolKey};

use self::pages::Pages;
use self::pending::Pending;
use self::retry::Retry;
use crate::clock::Clock;
use crate::dial::{Names, Transport};
use crate::inbox::{Arrived, Batch};
use crate::node_session::{OpenPage, turned};
use crate::supervision::{ActorState, Guard};

pub use crate::dial::Tls;
pub use args::{PoolEndpoint, PoolPosts, PoolSessionArgs, PoolTimeouts};
pub(crate) use handing::{PackPool, PackedPool};
pub use messages::{
    ClosePool, ForwardShare, JobReplaced, PoolState, PoolStateChanged, ReplaceTimeouts,
};
pub(crate) use outbox::Outbox;
pub use stats::{PoolReport, PoolStats};
pub use way::PoolWay;

/// An open connection.
struct Link {
    transport: Transport,
    outbox: Outbox,
    lines: LineAssembler,
}

/// The actor of one upstream connection.
pub struct PoolSession {
    /// Its first page, by which it is called in the log.
    key: PoolKey,
    pages: Pages,
    endpoint: PoolEndpoint,
    timeouts: PoolTimeouts,
    posts: PoolPosts,
    guard: Guard,
    clock: Clock,
    settings: Arc<PoolSettings>,
    connector: Arc<OnceCell<TlsConnector>>,
    names: Names,
    core: PoolProtocol,
    /// Which connection, counted from 1.
    connection: u32,
    link: Option<Link>,
    pending: Pending,
    batch: Batch<ForwardShare>,
    /// What was told last.
    state: PoolState,
    /// When a pool that does not answer submits is left.
    patience_ends: Option<Instant>,
    /// Since when this connection is logged in, and whether it took a share.
    logged_in_at: Option<Instant>,
    served: bool,
    /// Whoever watches knows that it is not logged in: attempts that fail are many.
    told_lost: bool,
    retry: Retry,
    /// Where the pool sent us: for one connection.
    redirect: Option<(String, u16)>,
    /// Host and port of the present connection, for people.
    place: String,
    /// How fast its jobs go on, and when the newest one is to, if it still waits.
    job_pace: JobPace,
    job_due: Option<Instant>,
    /// Warnings that may still be logged about this connection.
    warnings_left: u32,
    /// Words of the pool that nobody has classified, so that each is logged once.
    unknown_words: Box<str>,
    /// Where a line is rendered before it goes into the outbox.
    line: Vec<u8>,
}

/// Without what is on its way to the pool: that may be the login.
impl fmt::Debug for PoolSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolSession")
            .field("key", &self.key)
            .field("place", &self.place)
            .field("connection", &self.connection)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl PoolSession {
    /// Builds the actor; it connects when it starts.
    #[must_use]
    pub fn new(args: PoolSessionArgs) -> Self {
        let settings = Arc::new(args.endpoint.settings(args.timeouts.response));
        Self {
            key: args.key,
            pages: Pages::new(args.key, args.stats),
            retry: Retry::new(&args.timeouts),
            endpoint: args.endpoint,
            timeouts: args.timeouts,
            posts: args.posts,
            guard: Guard::new(args.health, args.clock),
            clock: args.clock,
            connector: Arc::new(OnceCell::new()),
            names: args.names,
            core: PoolProtocol::new(Arc::clone(&settings)),
            settings,
            connection: 0,
            link: None,
            pending: Pending::default(),
            batch: Batch::default(),
            state: PoolState::Connecting,
            patience_ends: None,
            logged_in_at: None,
            served: false,
            told_lost: false,
            redirect: None,
            place: String::new(),
            job_pace: JobPace::default(),
            job_due: None,
            warnings_left: 0,
            unknown_words: Box::default(),
            line: Vec::new(),
        }
    }

    /// All pages are closed: only the verdicts on what is pending are waited for.
    fn is_closing(&self) -> bool {
        !self.pages.are_used()
    }

    /// Tells how the connection is now.
    fn tell(&mut self, state: PoolState) {
        let health = self.guard.health();
        health.set_state(match &state {
            PoolState::LoggedIn => ActorState::Running,
            PoolState::Connecting | PoolState::Unresponsive | PoolState::Lost { .. } => {
                ActorState::Degraded
            }
        });
        health.set_note(match &state {
            PoolState::Connecting => format!("connecting to {}", self.place),
            PoolState::LoggedIn if self.names.is_old(&self.endpoint.host) => format!(
                "logged in at {}, by its last known address: its name can't be resolved",
                self.place
            ),
            PoolState::LoggedIn => format!("logged in at {}", self.place),
            PoolState::Unresponsive => format!("{} does not answer submits", self.place),
            PoolState::Lost { reason, .. } => format!("no connection to {}: {reason}", self.place),
        });
        self.tell_watchers(&state);
        self.state = state;
        self.report_state();
    }

    fn report_state(&self) {
        for page in self.pages.keys() {
            self.report_state_to(page, &self.state);
        }
    }

    fn report_state_to(&self, page: PoolKey, state: &PoolState) {
        for post in &self.posts.state {
            post.send(PoolStateChanged {
                pool: page,
                connection: self.connection,
                state: state.clone(),
            });
        }
    }

    fn report_job(&self) {
        for page in self.pages.keys() {
            self.report_job_to(page);
        }
    }

    fn report_job_to(&self, page: PoolKey) {
        let Some(job) = self.core.job() else {
            return;
        };
        let job = turned(job, page);
        for post in &self.posts.job {
            post.send(JobReplaced {
                origin: JobOrigin {
                    pool: page,
                    connection: self.connection,
                },
                job: job.clone(),
            });
        }
    }

    /// A further page hears at once how the connection is, and has its job.
    fn open_page(&mut self, page: PoolKey, stats: Arc<PoolStats>) {
        self.pages.open(page, stats);
        if !self.core.is_logged_in() {
            return self.report_state_to(page, &self.state);
        }
        self.report_state_to(page, &PoolState::LoggedIn);
        if self.state == PoolState::Unresponsive {
            self.report_state_to(page, &self.state);
        }
        if let Some(job) = self.core.job() {
            self.pages.show_job(page, job, self.clock.unix_millis());
        }
        self.report_job_to(page);
    }
}

impl Actor for PoolSession {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if self.connection > 0 {
            return self.go_on(ctx);
        }
        self.connect(ctx);
    }
}

impl Handler<ForwardShare> for PoolSession {
    type Result = ();

    fn handle(&mut self, ForwardShare(ticket): ForwardShare, ctx: &mut Self::Context) {
        self.guard.health().dequeued();
        if let Err(end) = self.forward(ticket) {
            self.lose(&end, ctx);
        }
    }
}

impl Handler<Arrived<ForwardShare>> for PoolSession {
    type Result = ();

    fn handle(&mut self, arrived: Arrived<ForwardShare>, ctx: &mut Self::Context) {
        let mut shares = self.batch.take(arrived);
        self.guard.health().dequeued_all(shares.len());
        for ForwardShare(ticket) in shares.drain(..) {
            if let Err(end) = self.forward(ticket) {
                self.lose(&end, ctx);
            }
        }
        self.batch.give_back(shares);
    }
}

impl Handler<ClosePool> for PoolSession {
    type Result = ();

    fn handle(&mut self, ClosePool(page): ClosePool, ctx: &mut Self::Context) {
        self.guard.health().dequeued();
        if !self.pages.close(page) || !self.is_closing() {
            return;
        }
        if self.pending.is_empty() {
            // Without a connection as well: nothing is pending then.
            return self.leave(ctx);
        }
        self.guard.health().set_note(format!(
            "closing; {} submits wait for their verdicts",
            self.pending.len()
        ));
    }
}

impl Handler<OpenPage> for PoolSession {
    type Result = ();

    fn handle(&mut self, OpenPage { page, stats }: OpenPage, _: &mut Self::Context) {
        self.guard.health().dequeued();
        self.open_page(page, stats);
    }
}

impl Handler<ReplaceTimeouts> for PoolSession {
    type Result = ();

    fn handle(&mut self, ReplaceTimeouts(timeouts): ReplaceTimeouts, _: &mut Self::Context) {
        self.guard.health().dequeued();
        if self.timeouts != timeouts {
            self.timeouts = timeouts;
            self.settings = Arc::new(self.endpoint.settings(timeouts.response));
            // A ban is sat out all the same: the wait that runs is not cut short.
            self.retry.go_by(&timeouts);
        }
    }
}

impl Drop for PoolSession {
    /// However the actor ends, its shares do not end with it untold.
    fn drop(&mut self) {
        self.settle_all();
        self.pages.left();
        self.guard.health().set_state(ActorState::Stopped);
    }
}
