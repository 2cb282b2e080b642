//! The planner as an actor.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use actix::{Actor, ActorContext, Addr, Arbiter, Context, Handler, Message, System};
use zartrux_actors::clock::Clock;
use zartrux_actors::journal::Journal;
use zartrux_actors::messaging::Post;
use zartrux_actors::planner::{OpenedPool, Planner, PlannerArgs, PlannerPosts};
use zartrux_actors::pool_session::{ClosePool, ForwardShare};
use zartrux_actors::supervision::{Guard, HealthRegistry};
use zartrux_models::work::PoolKey;

use crate::farm::POLICY;

/// How long something may take that takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// What stands for a pool session here: a real one is built so that it does not die.
struct Mortal;

impl Actor for Mortal {
    type Context = Context<Self>;
}

#[derive(Message)]
#[rtype(result = "()")]
struct Die;

impl Handler<Die> for Mortal {
    type Result = ();

    fn handle(&mut self, _: Die, ctx: &mut Self::Context) {
        ctx.stop();
    }
}

impl Handler<ForwardShare> for Mortal {
    type Result = ();

    fn handle(&mut self, _: ForwardShare, _: &mut Self::Context) {}
}

impl Handler<ClosePool> for Mortal {
    type Result = ();

    fn handle(&mut self, _: ClosePool, ctx: &mut Self::Context) {
        ctx.stop();
    }
}

/// What the planner told.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Opened(PoolKey),
    JudgeOfClosed(PoolKey),
    SessionsOfClosed(PoolKey),
    Forgotten(PoolKey),
}

/// A planner of one upstream with one session, and the sessions that it opened.
fn start_planner(told: &Sender<Told>, opened: Sender<(PoolKey, usize, Addr<Mortal>)>) {
    let registry = HealthRegistry::default();
    let tell = |what: fn(PoolKey) -> Told| {
        let told = told.clone();
        move |pool| drop(told.send(what(pool)))
    };
    let (judge, sessions) = (tell(Told::JudgeOfClosed), tell(Told::SessionsOfClosed));
    let open = tell(Told::Opened);
    let pools = registry.clone();
    Planner::new(PlannerArgs {
        policy: POLICY,
        max_sessions: vec![1],
        routes: None,
        linger: Duration::ZERO,
        posts: PlannerPosts {
            granted: Post::to_fn(|_| {}),
            turn_away: Post::to_fn(|_| {}),
            report_leases: Post::to_fn(|_| {}),
            pool_opened: Post::to_fn(move |opened: zartrux_actors::judge::PoolOpened| {
                open(opened.pool);
            }),
            pool_closed: [
                Post::to_fn(move |closed: zartrux_actors::judge::PoolClosed| judge(closed.0)),
                Post::to_fn(move |closed: zartrux_actors::judge::PoolClosed| sessions(closed.0)),
            ],
        },
        open_pool: Box::new(move |pool, upstream| {
            let health = pools.register(format!("pool/{}", pool.0), "pool session");
            let session = Mortal.start();
            let _ = opened.send((pool, upstream, session.clone()));
            OpenedPool {
                forward: Post::to_actor(session.clone().recipient(), health.clone()),
                close: Post::to_actor(session.recipient(), health.clone()),
                retime: Post::to_fn(|_| ()),
                health,
            }
        }),
        on_serving: Box::new(|_| {}),
        on_routes: Box::new(|_| {}),
        journal: Journal::silent(),
        on_closed: Box::new(tell(Told::Forgotten)),
        guard: Guard::new(registry.register("planner", "planner"), Clock),
        clock: Clock,
    })
    .start();
}

fn next<T>(from: &Receiver<T>) -> T {
    from.recv_timeout(PATIENCE).expect("something told in time")
}

#[test]
fn a_session_whose_actor_died_is_forgotten_everywhere_and_another_opened() {
    let system = System::new();
    let (told, hear) = channel();
    let (opened, sessions) = channel();
    let arbiter = system.block_on(async { Arbiter::new() });
    arbiter.spawn_fn(move || start_planner(&told, opened));
    let mut former = None;
    for _ in 0..3 {
        let (pool, upstream, session) = next(&sessions);
        assert_eq!(upstream, 0);
        assert_ne!(former, Some(pool), "a key is never used twice");
        assert_eq!(next(&hear), Told::Opened(pool));
        system.block_on(session.send(Die)).expect("it was there");
        assert_eq!(next(&hear), Told::JudgeOfClosed(pool));
        assert_eq!(next(&hear), Told::SessionsOfClosed(pool));
        assert_eq!(next(&hear), Told::Forgotten(pool));
        former = Some(pool);
    }
    arbiter.stop();
    arbiter.join().expect("the planner's thread did not panic");
}
