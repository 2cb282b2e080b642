//! The actors of a lane, introduced to each other.

use std::sync::Arc;

use actix::{AsyncContext, Context};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::giving::{GivingPosts, OpenWays};
use super::listening::{name_keeper, seed_preparer};
use super::pools::{pool_forgetter, pool_opener};
use super::settings_way::{Dialing, SettingsWay};
use super::{LaneArgs, LanePosts, LaneView};
use crate::filters::{Alive, Cascade, ModelPosts, StatePosts, alive};
use crate::handover::{Inheritance, PumpsLeft};
use crate::journal::Journal;
use crate::judge::{Judge, JudgeArgs};
use crate::messaging::{Credits, Post};
use crate::miner_sessions::{MinerSessions, SessionArgs, SessionPosts};
use crate::planner::{Planner, PlannerArgs, PlannerPosts};
use crate::share_ticket::ExamineShare;
use crate::supervision::Guard;

/// Makes the actors of a lane and introduces them to each other.
pub(super) fn introduce(
    args: LaneArgs,
    inheritance: Option<Inheritance>,
    view: Arc<LaneView>,
) -> (LanePosts, Vec<Alive>) {
    let (seats, plan, links) = inheritance.map_or_else(Default::default, |it| {
        (Some(it.seats), Some(it.plan), it.links)
    });
    let ways = OpenWays::default();
    let name = |what: &str| format!("lane{}/{what}", args.index);
    let (clock, registry) = (args.clock, args.health.clone());
    let guard = |what: &str, kind| Guard::new(registry.register(name(what), kind), clock);
    let (sessions_guard, planner_guard, judge_guard) = (
        guard("miner_sessions", "miner session"),
        guard("planner", "planner"),
        guard("judge", "judge"),
    );
    let sessions_ctx = Context::<MinerSessions>::new();
    let planner_ctx = Context::<Planner>::new();
    let judge_ctx = Context::<Judge>::new();
    let (sessions, planner, judge) = (
        sessions_ctx.address(),
        planner_ctx.address(),
        judge_ctx.address(),
    );
    // One line for each way a message can go between these three.
    macro_rules! post {
        ($to:ident, $guard:ident) => {
            Post::to_actor($to.clone().recipient(), Arc::clone($guard.health()))
        };
    }

    // The same for what comes by the thousand.
    macro_rules! inbox {
        ($to:ident, $guard:ident) => {
            Post::to_inbox($to.clone().recipient(), Arc::clone($guard.health()))
        };
    }

    let dialing = Dialing::new(args.upstreams.clone(), args.timeouts);
    let open_pool = pool_opener(
        &args,
        Arc::clone(&dialing),
        &view,
        &sessions,
        &planner,
        [sessions_guard.clone(), planner_guard.clone()],
        (ways.clone(), links),
    );
    let on_job = seed_preparer(args.prover.clone());
    let judge_post = inbox!(judge, judge_guard);
    let lane = u16::try_from(args.index).unwrap_or(u16::MAX);
    let journal = args.journal.for_lane(lane);
    let (cascade, stages, models, states) = start_filters(&args, judge_post, &journal);
    // Before the first share, since posts are in order.
    states.restore(args.remembered.filters);
    let posts = LanePosts {
        models,
        states,
        replace_order: post!(sessions, sessions_guard),
        report_seats: post!(sessions, sessions_guard),
        settings: SettingsWay {
            view: Arc::clone(&view),
            dialing,
            judge: post!(judge, judge_guard),
            planner: post!(planner, planner_guard),
            worth: post!(planner, planner_guard),
            sessions: post!(sessions, sessions_guard),
        },
        stop_accepting: post!(sessions, sessions_guard),
        stop_reading: post!(sessions, sessions_guard),
        close_pools: post!(planner, planner_guard),
        close_all: post!(sessions, sessions_guard),
        giving: GivingPosts {
            plan: post!(planner, planner_guard),
            seats: post!(sessions, sessions_guard),
            ways,
            has_store: args.store.is_some(),
            pumps: PumpsLeft::default(),
        },
    };
    let mut all_there = stages;
    all_there.extend([
        alive(sessions.clone()),
        alive(planner.clone()),
        alive(judge.clone()),
    ]);

    judge_ctx.run(Judge::new(JudgeArgs {
        policy: args.judge,
        ban_rules: args.upstreams.iter().map(|up| up.ban_rule).collect(),
        board: Arc::clone(&view.rigs),
        prover: args.prover,
        settled: inbox!(sessions, sessions_guard),
        answers: post!(judge, judge_guard),
        journal: journal.clone(),
        guard: judge_guard.clone(),
        clock,
    }));
    let lane = u16::try_from(args.index).unwrap_or(u16::MAX);
    if let Some(store) = &args.store {
        store.join(lane, post!(sessions, sessions_guard));
    }
    let sessions_args = SessionArgs {
        doors: args.doors,
        doorkeeper: args.doorkeeper,
        lane,
        settings: args.sessions,
        posts: SessionPosts {
            cascade,
            lease_asked: inbox!(planner, planner_guard),
            lease_nearly_used_up: post!(planner, planner_guard),
            lease_given_up: post!(planner, planner_guard),
            seat_left: post!(planner, planner_guard),
            leases_held: post!(planner, planner_guard),
            worked: post!(planner, planner_guard),
            verdict: inbox!(judge, judge_guard),
            login_checked: post!(sessions, sessions_guard),
            settled: Arc::new(inbox!(sessions, sessions_guard)),
        },
        credits: Credits::new(args.max_shares_in_flight),
        stats: Arc::clone(&view.stats),
        records: Arc::clone(&view.records),
        store: args.store,
        namesakes: args.namesakes,
        unfit: Arc::clone(&view.unfit),
        guard: sessions_guard.clone(),
        clock,
        on_job,
        on_rig: name_keeper(&view, args.registry),
        remembered_rate: args.remembered.rate,
        order: args.order,
        outside: args.outside,
        random: StdRng::from_entropy(),
        journal: journal.clone(),
        bridge: args.bridge,
    };
    sessions_ctx.run(MinerSessions::new(sessions_args).inheriting(seats));
    let planner_args = PlannerArgs {
        policy: args.plan,
        max_sessions: args.upstreams.iter().map(|up| up.max_sessions).collect(),
        routes: args.routes,
        linger: Planner::linger_after(&args.judge),
        posts: PlannerPosts {
            granted: post!(sessions, sessions_guard),
            turn_away: post!(sessions, sessions_guard),
            report_leases: post!(sessions, sessions_guard),
            pool_opened: post!(judge, judge_guard),
            pool_closed: [post!(judge, judge_guard), post!(sessions, sessions_guard)],
        },
        open_pool,
        on_closed: pool_forgetter(args.index, &view, registry),
        on_routes: view.routes_keeper(),
        on_serving: Box::new(move |serving| view.set_serving(serving)),
        journal,
        guard: planner_guard,
        clock,
    };
    planner_ctx.run(Planner::new(planner_args).inheriting(plan));
    (posts, all_there)
}

/// Starts the filters, if there are any: where shares go in, whether all stages are there, and how
/// they are told of other models.
fn start_filters(
    args: &LaneArgs,
    judge: Post<ExamineShare>,
    journal: &Journal,
) -> (
    Post<ExamineShare>,
    Vec<Alive>,
    Option<ModelPosts>,
    StatePosts,
) {
    let Some(settings) = args.filters else {
        return (judge, Vec::new(), None, StatePosts::default());
    };
    let mut cascade = Cascade::before(
        judge,
        args.index,
        settings,
        args.health.clone(),
        journal.clone(),
        args.clock,
    );
    let models = cascade.put_all(&args.models);
    let states = cascade.state_posts();
    let (first, alive) = cascade.finish();
    (first, alive, Some(models), states)
}
