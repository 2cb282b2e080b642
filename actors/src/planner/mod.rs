//! Planner: which upstream serves, how many sessions it needs, which miner sits where.

mod core;
mod handing;
mod handlers;
mod linger;
mod messages;
mod replanning;
mod route_plan;
mod routed;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, AsyncContext, Context};
use zartrux_models::work::PoolKey;

use crate::clock::Clock;
use crate::handover::InheritedPlan;
use crate::inbox::Batch;
use crate::journal::Journal;
use crate::judge::{PoolClosed, PoolOpened};
use crate::messaging::Post;
use crate::miner_sessions::{LeaseGranted, ReportLeases, TurnAway};
use crate::pool_session::{ClosePool, ForwardShare, ReplaceTimeouts};
use crate::supervision::{ActorHealth, ActorState, Backoff, Faulted, Guard};

pub use self::core::{PlanEffect, PlanPolicy, PlannerCore, PoolFacts, Turned};
pub(crate) use handing::{PackPlan, PackedPlan};
pub use messages::{
    ClosePools, LeaseAsked, LeaseGivenUp, LeaseNearlyUsedUp, LeasesHeld, ReplacePlan, SeatLeft,
    SeatsWorked, SetWorth,
};
pub use route_plan::{PlannedRoute, RoutePlan, RouteShown};

/// The ways to a pool session that was opened.
#[derive(Debug, Clone)]
pub struct OpenedPool {
    /// For shares.
    pub forward: Post<ForwardShare>,
    /// To close it.
    pub close: Post<ClosePool>,
    /// For other timers.
    pub retime: Post<ReplaceTimeouts>,
    /// Its health.
    pub health: Arc<ActorHealth>,
}

/// Opens pool sessions: the lane's wiring, or a test.
pub type OpenPool = Box<dyn FnMut(PoolKey, usize) -> OpenedPool>;

/// Hears which upstreams serve, by route.
pub type HearServing = Box<dyn Fn(&[Option<usize>])>;

/// Whom the planner tells what.
#[derive(Debug, Clone)]
pub struct PlannerPosts {
    /// Leases for seats.
    pub granted: Post<LeaseGranted>,
    /// Seats that can't be served.
    pub turn_away: Post<TurnAway>,
    /// Who holds what, please.
    pub report_leases: Post<ReportLeases>,
    /// Ways to pools, for the judge.
    pub pool_opened: Post<PoolOpened>,
    /// Ways that are gone: for the judge and the miner sessions.
    pub pool_closed: [Post<PoolClosed>; 2],
}

/// Everything the planner is built from.
pub struct PlannerArgs {
    /// What it goes by.
    pub policy: PlanPolicy,
    /// Most sessions per upstream, in order of preference.
    pub max_sessions: Vec<usize>,
    /// Routes; none: one upstream serves all.
    pub routes: Option<Arc<RoutePlan>>,
    /// How long a session that nobody sits on any more is kept for shares that are still under
    /// way, see [`Planner::linger_for`].
    pub linger: Duration,
    /// Whom to tell.
    pub posts: PlannerPosts,
    /// Opens pool sessions.
    pub open_pool: OpenPool,
    /// Hears which upstream serves, by route; without routes there is one.
    pub on_serving: HearServing,
    /// Hears now and then how routes stand; never without routes.
    pub on_routes: Box<dyn Fn(Vec<RouteShown>)>,
    /// Hears which session was closed.
    pub on_closed: Box<dyn Fn(PoolKey)>,
    /// Where it is noted which upstream serves.
    pub journal: Journal,
    /// Runs the core.
    pub guard: Guard,
    /// The time.
    pub clock: Clock,
}

/// The actor: keeps the facts of which pool sessions there are, so that a core that failed can be
/// built anew from them and from what the miner sessions report.
pub struct Planner {
    policy: PlanPolicy,
    max_sessions: Vec<usize>,
    /// Places in the order of preference.
    order: Vec<usize>,
    routed: routed::Routed,
    linger: Duration,
    posts: PlannerPosts,
    open_pool: OpenPool,
    on_serving: HearServing,
    on_routes: Box<dyn Fn(Vec<RouteShown>)>,
    on_closed: Box<dyn Fn(PoolKey)>,
    journal: Journal,
    guard: Guard,
    clock: Clock,
    backoff: Backoff,
    built_at: Instant,
    core: Option<PlannerCore>,
    opened: HashMap<PoolKey, OpenedPool>,
    /// Paces the search for sessions that died, where each new one dies as well.
    burials: Backoff,
    buried_at: Instant,
    next_burial: Instant,
    facts: BTreeMap<PoolKey, PoolFacts>,
    next_pool: u32,
    /// By route.
    serving: Vec<Option<usize>>,
    /// Reports of leases that were asked for and have not come.
    reports_due: u32,
    closing: bool,
    asked: Batch<LeaseAsked>,
    /// Of the process before, until it is taken up.
    inherited: Option<InheritedPlan>,
}

impl fmt::Debug for Planner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Planner")
            .field("core", &self.core)
            .finish_non_exhaustive()
    }
}

impl Planner {
    const TICK: Duration = Duration::from_millis(500);

    /// Builds the actor; it opens its first sessions when it starts.
    #[must_use]
    pub fn new(args: PlannerArgs) -> Self {
        let now = args.clock.now();
        Self {
            policy: args.policy,
            order: (0..args.max_sessions.len()).collect(),
            max_sessions: args.max_sessions,
            serving: vec![None; args.routes.as_ref().map_or(1, |plan| plan.routes.len())],
            routed: routed::Routed::new(args.routes),
            linger: args.linger,
            posts: args.posts,
            open_pool: args.open_pool,
            on_serving: args.on_serving,
            on_routes: args.on_routes,
            on_closed: args.on_closed,
            journal: args.journal,
            guard: args.guard,
            clock: args.clock,
            backoff: Backoff::of_cores(),
            built_at: now,
            core: None,
            opened: HashMap::new(),
            burials: Backoff::of_cores(),
            buried_at: now,
            next_burial: now,
            facts: BTreeMap::new(),
            next_pool: 0,
            reports_due: 0,
            closing: false,
            asked: Batch::default(),
            inherited: None,
        }
    }

    /// Runs a step of the core and does what it says. Between a fault and the next generation
    /// messages are left alone: what they say is asked for anew.
    fn step(
        &mut self,
        ctx: &mut Context<Self>,
        step: impl FnOnce(&mut PlannerCore) -> Vec<PlanEffect>,
    ) {
        if self.closing || self.core.is_none() {
            return;
        }
        match self.guard.run(&mut self.core, step) {
            Ok(effects) => self.apply(effects, ctx),
            Err(Faulted) => {
                let worked = self.clock.now().saturating_duration_since(self.built_at);
                let delay = self.backoff.next_delay_after(worked);
                ctx.run_later(delay, |this, _| this.rebuild());
            }
        }
    }

    fn new_core(&self) -> PlannerCore {
        let now = self.clock.now();
        let core = PlannerCore::new(
            self.policy,
            self.max_sessions.clone(),
            self.facts.clone(),
            self.next_pool,
            self.serving.first().copied().flatten(),
            now,
        );
        match self.routed.plan() {
            Some(plan) => core.routed(plan, &self.serving, now),
            None => core.ordered(&self.order),
        }
    }

    /// The next generation: leases are asked for, and adopted when they come.
    fn rebuild(&mut self) {
        self.core = Some(self.new_core());
        self.built_at = self.clock.now();
        self.guard.health().set_state(ActorState::Running);
        self.reports_due = self.reports_due.saturating_add(1);
        self.posts.report_leases.send(ReportLeases);
    }

    fn apply(&mut self, effects: Vec<PlanEffect>, ctx: &mut Context<Self>) {
        for effect in effects {
            match effect {
                PlanEffect::OpenPool { pool, upstream } => self.open(pool, upstream),
                PlanEffect::ClosePool(pool) => {
                    self.facts.remove(&pool);
                    ctx.run_later(self.linger, move |this, _| this.close(pool));
                }
                PlanEffect::Grant {
                    seat,
                    lease,
                    connection,
                } => {
                    self.posts.granted.send(LeaseGranted {
                        seat,
                        lease,
                        connection,
                    });
                }
                PlanEffect::TurnAway { seats, why } => self.turn_away(seats, &why),
                PlanEffect::Serving { route, upstream } => self.note_serving(route, upstream),
            }
        }
    }

    fn open(&mut self, pool: PoolKey, upstream: usize) {
        self.next_pool = self.next_pool.max(pool.0.wrapping_add(1));
        self.facts.insert(pool, PoolFacts::opening(upstream));
        self.routed.opened(pool, upstream);
        let opened = (self.open_pool)(pool, upstream);
        self.posts.pool_opened.send(PoolOpened {
            pool,
            upstream,
            forward: opened.forward.clone(),
        });
        self.opened.insert(pool, opened);
    }

    fn close(&mut self, pool: PoolKey) {
        self.facts.remove(&pool);
        self.routed.closed(pool);
        if let Some(opened) = self.opened.remove(&pool) {
            opened.close.send(ClosePool(pool));
            for post in &self.posts.pool_closed {
                post.send(PoolClosed(pool));
            }
            (self.on_closed)(pool);
        }
    }

    /// Forgets sessions whose actors are gone, which say nothing of it themselves, and lets the
    /// plan open others.
    fn bury_dead(&mut self, now: Instant, ctx: &mut Context<Self>) {
        // Sessions that went over to another process are not dead.
        if now < self.next_burial || self.closing {
            return;
        }
        let dead: Vec<PoolKey> = self
            .opened
            .iter()
            .filter(|(_, opened)| !opened.forward.is_open())
            .map(|(pool, _)| *pool)
            .collect();
        if dead.is_empty() {
            return;
        }
        let lasted = now.saturating_duration_since(self.buried_at);
        self.buried_at = now;
        self.next_burial = now + self.burials.next_delay_after(lasted);
        for pool in dead {
            tracing::error!(session = pool.0, "a pool session's actor is gone");
            // The miner sessions take the leases back before they hear of others.
            self.close(pool);
            self.step(ctx, |core| core.pool_gone(pool, now));
        }
    }
}

impl Actor for Planner {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(inherited) = self.inherited.take() {
            self.take_up(&inherited, ctx);
        } else {
            self.core = Some(self.new_core());
            let now = self.clock.now();
            self.tell_time();
            self.step(ctx, |core| core.tick(now));
        }
        ctx.run_interval(Self::TICK, |this, ctx| {
            let now = this.clock.now();
            this.bury_dead(now, ctx);
            this.tell_time();
            this.step(ctx, |core| core.tick(now));
            this.note();
            this.show_routes();
        });
    }
}

impl Planner {
    /// What the health page says of the planner.
    fn note(&self) {
        if let Some(core) = &self.core {
            self.guard.health().set_note(format!(
                "{} leases held, {} waiting, {} pool sessions, upstream {} serves",
                core.book().held(),
                core.waiting(),
                core.pools().len(),
                core.serving()
                    .map_or_else(|| "none".to_owned(), |index| index.to_string()),
            ));
        }
    }
}
