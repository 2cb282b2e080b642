//! The six stages and the judge as a lane has them, before pools that note what they get.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix::{Addr, AsyncContext, Context};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use zartrux_actors::clock::Clock;
use zartrux_actors::filters::{Alive, Cascade, StageSettings};
use zartrux_actors::journal::Journal;
use zartrux_actors::judge::{Judge, JudgeArgs, PoolOpened, Verdict, VerdictSeen};
use zartrux_actors::messaging::{Credits, Post};
use zartrux_actors::pool_session::ForwardShare;
use zartrux_actors::prover::Prover;
use zartrux_actors::rigs::RigBoard;
use zartrux_actors::share_ticket::{
    ExamineShare, ProofOutcome, Sender, Settlement, ShareSettled, ShareTicket,
};
use zartrux_actors::supervision::{ActorHealth, Guard, HealthRegistry};
use zartrux_models::filter::Stage;
use zartrux_models::judge::{BanRule, JudgePolicy, Rule};
use zartrux_models::share::{Share, ShareId};
use zartrux_models::stratum::ErrorClass;
use zartrux_models::work::{PoolKey, ResultHash};

use crate::occupant::{Place, Six};

/// Far more than anything here takes: only a share that was lost reaches it.
const HANG: Duration = Duration::from_secs(300);

const SETTINGS: StageSettings = StageSettings {
    max_rigs: 3,
    forget_after: Duration::from_secs(3_600),
};

/// The pools of a lane: sessions of two upstreams.
pub(crate) const POOLS: [PoolKey; 2] = [PoolKey(3), PoolKey(8)];

/// Where a share went.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Went {
    ToPool(PoolKey),
    Home(Settlement),
}

/// The end of a share.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) id: ShareId,
    pub(crate) went: Went,
    /// The result with which it went there.
    pub(crate) result: ResultHash,
    pub(crate) proof: Option<ProofOutcome>,
    pub(crate) rule: Option<Rule>,
}

enum Out {
    Forwarded(PoolKey, ShareTicket),
    Settled(ShareSettled),
}

/// A running lane.
pub(crate) struct Lane {
    first: Post<ExamineShare>,
    judge: Addr<Judge>,
    pub(crate) board: Arc<RigBoard>,
    judge_health: Arc<ActorHealth>,
    judge_panics: u32,
    health: HealthRegistry,
    pub(crate) places: Vec<Place>,
    alive: Vec<Alive>,
    out: UnboundedReceiver<Out>,
    settled: Arc<Post<ShareSettled>>,
    credits: Credits,
    sent: usize,
    ends: Vec<End>,
}

impl Lane {
    /// A lane whose actors have all begun: one that is dropped before panics in the framework.
    pub(crate) async fn start(
        six: Six,
        policy: JudgePolicy,
        prover: Option<Prover<ShareTicket>>,
    ) -> Self {
        let health = HealthRegistry::default();
        let judge_health = health.register("lane0/judge", "judge");
        let board = Arc::new(RigBoard::new(policy.max_rigs));
        let (tell, out) = unbounded_channel();
        let of_judge = tell.clone();
        let settled =
            Post::to_fn(move |ended| of_judge.send(Out::Settled(ended)).unwrap_or_default());
        let ctx = Context::<Judge>::new();
        let judge = ctx.address();
        ctx.run(Judge::new(JudgeArgs {
            policy,
            ban_rules: vec![BanRule::NodejsPool, BanRule::None],
            board: Arc::clone(&board),
            prover,
            settled: settled.clone(),
            journal: Journal::silent(),
            answers: Post::to_actor(judge.clone().recipient(), Arc::clone(&judge_health)),
            guard: Guard::new(Arc::clone(&judge_health), Clock),
            clock: Clock,
        }));
        let to_judge = Post::to_actor(judge.clone().recipient(), Arc::clone(&judge_health));
        let mut cascade = Cascade::before(
            to_judge,
            0,
            SETTINGS,
            health.clone(),
            Journal::silent(),
            Clock,
        );
        let places = six.put_before(&mut cascade);
        let (first, alive) = cascade.finish();
        let lane = Self {
            first,
            judge,
            board,
            judge_health,
            judge_panics: 0,
            health,
            places,
            alive,
            out,
            settled: Arc::new(settled),
            credits: Credits::new(10_000),
            sent: 0,
            ends: Vec::new(),
        };
        for (upstream, pool) in POOLS.into_iter().enumerate() {
            let tell = tell.clone();
            lane.tell_judge(PoolOpened {
                pool,
                upstream,
                forward: Post::to_fn(move |ForwardShare(ticket)| {
                    tell.send(Out::Forwarded(pool, ticket)).unwrap_or_default();
                }),
            });
        }
        tokio::task::yield_now().await;
        lane
    }

    fn tell_judge<M>(&self, message: M)
    where
        M: actix::Message<Result = ()> + Send + 'static,
        Judge: actix::Handler<M>,
    {
        let health = Arc::clone(&self.judge_health);
        Post::to_actor(self.judge.clone().recipient(), health).send(message);
    }

    /// The judge's core panics at its next step.
    pub(crate) fn judge_panics(&mut self) {
        self.judge_health.drill.arm_panics(1);
        self.judge_panics += 1;
    }

    /// Sends one more share.
    pub(crate) fn send(&mut self, sender: Sender, share: Share, at_ms: u64) {
        let credit = self.credits.take().expect("a credit");
        let ticket = ShareTicket::new(sender, share, Clock.now(), at_ms, credit);
        self.sent += 1;
        self.first
            .send(ExamineShare(ticket.reporting_to(&self.settled)));
    }

    /// Waits for the end of all that was sent. A pool takes what `is_good` calls good.
    pub(crate) async fn all_home(&mut self, is_good: impl Fn(ShareId, ResultHash) -> bool) {
        while self.ends.len() < self.sent {
            let next = tokio::time::timeout(HANG, self.out.recv()).await;
            let out = next.expect("no share is lost").expect("the lane runs");
            self.note(out, &is_good);
        }
    }

    fn note(&mut self, out: Out, is_good: impl Fn(ShareId, ResultHash) -> bool) {
        let (went, ticket) = match out {
            Out::Settled(ShareSettled { ticket, settlement }) => {
                assert!(!ticket.forwarded, "settled by its pool alone");
                (Went::Home(settlement), ticket)
            }
            Out::Forwarded(pool, ticket) => {
                assert!(ticket.forwarded, "and says so");
                let (settlement, verdict) = if is_good(ticket.id, ticket.share.result) {
                    (Settlement::Accepted, Verdict::Good)
                } else {
                    let (class, text) = (ErrorClass::Rig, "no such hash".into());
                    (Settlement::Rejected { class, text }, Verdict::Bad)
                };
                self.tell_judge(VerdictSeen { pool, verdict });
                (Went::ToPool(pool), ticket.settle(settlement).ticket)
            }
        };
        self.ends.push(End {
            id: ticket.id,
            went,
            result: ticket.share.result,
            proof: ticket.proof.map(|proof| proof.outcome),
            rule: ticket.ruling.map(|ruling| ruling.rule),
        });
    }

    /// The ends of all shares in their order, once all are home. No share is on its way any more:
    /// each holds a credit, and all credits are back.
    pub(crate) fn ends(mut self) -> (Vec<End>, Vec<Place>) {
        assert!(self.out.try_recv().is_err(), "no share ends twice");
        assert_eq!(self.credits.out(), 0, "and none is on its way");
        assert!(self.judge.connected() && self.alive.iter().all(|alive| alive()));
        let mut seen = HashMap::new();
        for end in &self.ends {
            assert!(seen.insert(end.id, &end.went).is_none(), "twice: {end:?}");
        }
        assert_eq!(seen.len(), self.sent);
        self.check_generations();
        (self.ends, self.places)
    }

    /// I6: each stage has begun anew as often as it was made to, and never for another's fault;
    /// nor has the judge.
    fn check_generations(&self) {
        for (stage, place) in Stage::ALL.into_iter().zip(&self.places) {
            let health = self.health.get(&format!("lane0/{stage}")).unwrap();
            let panics = place.tally.panics();
            assert_eq!(health.generation(), 1 + panics, "{stage}");
            assert_eq!(health.faults(), u64::from(panics), "{stage}");
        }
        // What is armed while something is armed makes no second panic.
        let generation = self.judge_health.generation();
        assert!(
            (1..=1 + self.judge_panics).contains(&generation),
            "{generation}"
        );
    }
}
