//! Node sessions: each mines straight to one monerod, for all pages of a lane.
//!
//! To the planner each page is a pool session. Blocking HTTP and the node's notices are on threads
//! of their own; what answers mean is decided by [`NodeProtocol`] and [`FoundBlocks`], run through
//! the guard. A block that was found is kept until the chain says what became of it, also while the
//! node is away.

mod args;
mod blocks;
mod client;
mod notices;
mod pages;
mod serving;
mod stats;
mod workers;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext, AsyncContext, Context, Handler, SpawnHandle};
use zartrux_models::session::{FoundBlocks, NodeProtocol, NodeTiming};
use zartrux_models::work::PoolKey;

use self::blocks::PendingBlock;
use self::client::NodeClient;
use self::notices::{NoticeCame, Noticed};
use self::pages::Page;
use self::workers::{Answered, Worker};
use crate::clock::Clock;
use crate::journal::Journal;
use crate::messaging::Post;
use crate::pool_session::{ForwardShare, PoolPosts, PoolState, PoolTimeouts, ReplaceTimeouts};
use crate::supervision::Guard;

pub use args::{ClosePage, NodeEndpoint, NodeSessionArgs, NodeWay, OpenPage};
pub use stats::{NodeReport, NodeStats};

/// How long a session that nobody mines at any more still tries to hand in a block.
const LAST_WAIT: Duration = Duration::from_secs(600);

/// The threads of a session.
struct Threads {
    asker: Worker,
    submitter: Worker,
    noticed: Option<Arc<Noticed>>,
}

/// The actor of one node.
pub struct NodeSession {
    endpoint: NodeEndpoint,
    place: usize,
    timeouts: PoolTimeouts,
    posts: PoolPosts,
    guard: Guard,
    stats: Arc<NodeStats>,
    journal: Journal,
    clock: Clock,
    core: NodeProtocol,
    blocks: FoundBlocks,
    pending: HashMap<u64, PendingBlock>,
    pages: BTreeMap<PoolKey, Page>,
    /// Pages heard of, to be compared with those asked for.
    opened: usize,
    asked: Arc<AtomicUsize>,
    /// Counted from 1; one lasts from when the node serves until it is lost.
    connection: u32,
    state: PoolState,
    told_lost: bool,
    /// When the block was heard of whose template is waited for.
    noticed_at: Option<Instant>,
    accepted: u64,
    threads: Option<Threads>,
    alarm: Option<SpawnHandle>,
    unused_since: Option<Instant>,
}

/// Without the blocks that wait.
impl fmt::Debug for NodeSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeSession")
            .field("endpoint", &self.endpoint)
            .field("pages", &self.pages.len())
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl NodeSession {
    /// Starts a session; it asks the node at once, and ends some time after its last page.
    #[must_use]
    pub fn launch(args: NodeSessionArgs) -> NodeWay {
        let asked = Arc::new(AtomicUsize::new(0));
        let health = Arc::clone(&args.health);
        let session = Self {
            core: Self::first_core(&args.endpoint, &args.timeouts, args.clock),
            endpoint: args.endpoint,
            place: args.place,
            timeouts: args.timeouts,
            posts: args.posts,
            guard: Guard::new(args.health, args.clock),
            stats: args.stats,
            journal: args.journal,
            clock: args.clock,
            blocks: FoundBlocks::default(),
            pending: HashMap::new(),
            pages: BTreeMap::new(),
            opened: 0,
            asked: Arc::clone(&asked),
            connection: 1,
            state: PoolState::Connecting,
            told_lost: false,
            noticed_at: None,
            accepted: 0,
            threads: None,
            alarm: None,
            unused_since: None,
        };
        NodeWay::new(session.start(), health, asked)
    }

    fn first_core(endpoint: &NodeEndpoint, timeouts: &PoolTimeouts, clock: Clock) -> NodeProtocol {
        let timing = timing(endpoint, timeouts);
        NodeProtocol::new(timing, rand::random(), clock.now())
    }

    /// Does what is due, and sets the alarm for what is not.
    fn turn(&mut self, ctx: &mut Context<Self>) {
        let now = self.clock.now();
        self.on_tick(now);
        self.ask(now);
        if self.is_done(now) {
            return ctx.stop();
        }
        if let Some(alarm) = self.alarm.take() {
            ctx.cancel_future(alarm);
        }
        let leave = self.unused_since.map(|since| since + Self::LINGER);
        let due = [self.core.deadline(), self.blocks.deadline(), leave];
        if let Some(at) = due.into_iter().flatten().min() {
            let wait = at.saturating_duration_since(self.clock.now());
            // Not at once again, whatever is due: the mailbox has its turn first.
            let wait = wait.max(Duration::from_millis(1));
            self.alarm = Some(ctx.run_later(wait, |this, ctx| this.turn(ctx)));
        }
    }

    /// How long a session without pages is kept for the next.
    const LINGER: Duration = Duration::from_secs(1);

    fn is_done(&mut self, now: Instant) -> bool {
        let used = self.pages.values().any(|page| !page.closing)
            || self.opened < self.asked.load(Ordering::Relaxed)
            || self.opened == 0;
        if used {
            self.unused_since = None;
            return false;
        }
        let since = *self.unused_since.get_or_insert(now);
        let unused = now.saturating_duration_since(since);
        unused >= LAST_WAIT || (self.pending.is_empty() && unused >= Self::LINGER)
    }
}

fn timing(endpoint: &NodeEndpoint, timeouts: &PoolTimeouts) -> NodeTiming {
    NodeTiming {
        poll: endpoint.poll,
        // A node is the operator's own: it is no nuisance to ask it every second.
        retry: timeouts.retry.min(Duration::from_secs(1)),
    }
}

impl Actor for NodeSession {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let health = Arc::clone(self.guard.health());
        let answers: Post<Answered> =
            Post::to_actor(ctx.address().recipient(), Arc::clone(&health));
        let worker = |name| {
            let client = NodeClient::new(&self.endpoint, self.timeouts.response);
            Worker::start(name, client, self.endpoint.wallet.clone(), answers.clone())
        };
        let noticed = self.endpoint.zmq.as_deref().map(|url| {
            let post: Post<NoticeCame> = Post::to_actor(ctx.address().recipient(), health);
            Noticed::listen(url, post, self.clock)
        });
        self.threads = Some(Threads {
            asker: worker("node-asker"),
            submitter: worker("node-submitter"),
            noticed,
        });
        self.note();
        self.turn(ctx);
    }
}

impl Handler<OpenPage> for NodeSession {
    type Result = ();

    fn handle(&mut self, OpenPage { page, stats }: OpenPage, ctx: &mut Self::Context) {
        self.guard.health().dequeued();
        self.opened += 1;
        self.open_page(page, stats);
        self.turn(ctx);
    }
}

impl Handler<ClosePage> for NodeSession {
    type Result = ();

    fn handle(&mut self, ClosePage(page): ClosePage, ctx: &mut Self::Context) {
        self.guard.health().dequeued();
        self.close_page(page);
        self.turn(ctx);
    }
}

impl Handler<ForwardShare> for NodeSession {
    type Result = ();

    fn handle(&mut self, ForwardShare(ticket): ForwardShare, ctx: &mut Self::Context) {
        self.guard.health().dequeued();
        self.forward(ticket);
        self.turn(ctx);
    }
}

impl Handler<ReplaceTimeouts> for NodeSession {
    type Result = ();

    fn handle(&mut self, ReplaceTimeouts(timeouts): ReplaceTimeouts, _: &mut Self::Context) {
        self.guard.health().dequeued();
        self.timeouts = timeouts;
        self.core.go_by(timing(&self.endpoint, &timeouts));
    }
}

impl Handler<Answered> for NodeSession {
    type Result = ();

    fn handle(&mut self, Answered(answer): Answered, ctx: &mut Self::Context) {
        self.guard.health().dequeued();
        self.on_answer(&answer);
        self.turn(ctx);
    }
}

impl Handler<NoticeCame> for NodeSession {
    type Result = ();

    fn handle(&mut self, _: NoticeCame, ctx: &mut Self::Context) {
        self.guard.health().dequeued();
        self.on_notice();
        self.turn(ctx);
    }
}

impl Drop for NodeSession {
    fn drop(&mut self) {
        self.settle_all();
        self.guard
            .health()
            .set_state(crate::supervision::ActorState::Stopped);
    }
}
