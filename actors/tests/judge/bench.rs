//! A judge on a thread of its own, and what comes out of it.

use std::collections::HashSet;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix::{Addr, AsyncContext, Context, System};
use zartrux_actors::clock::Clock;
use zartrux_actors::journal::{Journal, JournalNoted};
use zartrux_actors::judge::{Judge, JudgeArgs, PoolOpened, Verdict, VerdictSeen};
use zartrux_actors::messaging::{Credits, Post};
use zartrux_actors::prover::{Mode, Prover, ProverOptions};
use zartrux_actors::rigs::RigBoard;
use zartrux_actors::share_ticket::{
    ExamineShare, ProofOutcome, Sender, Settlement, ShareSettled, ShareTicket,
};
use zartrux_actors::supervision::{ActorHealth, Guard};
use zartrux_models::filter::{Cause, Evidence, Scanner, Stage};
use zartrux_models::judge::{BanRule, JudgePolicy, Rule, Ruling, Standing};
use zartrux_models::ledger::JournalEvent;
use zartrux_models::plan::SeatKey;
use zartrux_models::share::{RefusalReason, RigKey, Share, ShareId, TargetClass};
use zartrux_models::stratum::RequestId;
use zartrux_models::work::{
    Algorithm, Blob, Difficulty, IssuedJob, JobKey, JobOrigin, Lateness, Nonce, NonceSetId,
    PoolKey, ResultHash, SeedHash, Slot, UpstreamJob,
};

/// Far more than anything here takes: only a hang reaches it.
pub(crate) const HANG: Duration = Duration::from_secs(300);
const SEED: SeedHash = SeedHash::new([0xa; 32]);
pub(crate) const POOL: PoolKey = PoolKey(3);
pub(crate) const HONEST: RigKey = RigKey(1);
pub(crate) const LIAR: RigKey = RigKey(2);
pub(crate) const STRANGER: RigKey = RigKey(3);
/// So difficult that no hash meets it by chance.
pub(crate) const HARD: Difficulty = Difficulty::new(1 << 60);

/// What came out of the judge.
pub(crate) enum Out {
    Forwarded(Box<ShareTicket>),
    Settled(Box<ShareSettled>),
}

/// What was noted in the journal.
type Noted = Arc<Mutex<Vec<JournalEvent>>>;

pub(crate) struct Bench {
    judge: Addr<Judge>,
    system: System,
    pub(crate) health: Arc<ActorHealth>,
    pub(crate) board: Arc<RigBoard>,
    noted: Noted,
    pub(crate) prover: Option<Prover<ShareTicket>>,
    out: Receiver<Out>,
    /// Where shares end that are dropped.
    dropped: Arc<Post<ShareSettled>>,
    pub(crate) shares: u64,
    /// Of the jobs that shares are for.
    pub(crate) algorithm: Algorithm,
    pub(crate) credits: Credits,
    _turn: MutexGuard<'static, ()>,
}

pub(crate) fn patient() -> JudgePolicy {
    JudgePolicy {
        deadline: HANG,
        deadline_unknown: HANG,
        deadline_quarantine: HANG,
        ..JudgePolicy::default()
    }
}

impl Bench {
    /// Tests take turns: each prover holds 256 MiB.
    pub(crate) fn start(policy: JudgePolicy, proves: bool) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let prover = proves.then(|| {
            let options = ProverOptions::new(
                Mode::Light,
                NonZero::<usize>::MIN,
                NonZero::new(64).unwrap(),
            );
            Prover::start(options, Clock).unwrap()
        });
        let health = Arc::new(ActorHealth::new("judge", "judge"));
        let board = Arc::new(RigBoard::new(policy.max_rigs));
        let (tell, out) = channel();
        let (introduce, judge) = channel();
        let (theirs, theirs_board, to_prover) =
            (Arc::clone(&health), Arc::clone(&board), prover.clone());
        let noted = Noted::default();
        let list = Arc::clone(&noted);
        let post = Post::to_fn(move |noted: JournalNoted| list.lock().unwrap().push(noted.event));
        let journal = Journal::new(post, 1_000, Clock);
        let settled = tell.clone();
        let lost = tell.clone();
        std::thread::spawn(move || {
            let system = System::new();
            system.block_on(async move {
                let ctx = Context::<Judge>::new();
                let judge = ctx.address();
                ctx.run(Judge::new(JudgeArgs {
                    policy,
                    ban_rules: vec![BanRule::NodejsPool],
                    board: theirs_board,
                    prover: to_prover,
                    settled: Post::to_fn(move |ended| {
                        drop(settled.send(Out::Settled(Box::new(ended))));
                    }),
                    answers: Post::to_actor(judge.clone().recipient(), Arc::clone(&theirs)),
                    journal,
                    guard: Guard::new(theirs, Clock),
                    clock: Clock,
                }));
                introduce.send((judge, System::current())).unwrap();
            });
            // The test may have ended already.
            let _ = system.run();
        });
        let (judge, system) = judge.recv_timeout(HANG).unwrap();
        let bench = Self {
            judge,
            system,
            health,
            board,
            noted,
            prover,
            out,
            dropped: Arc::new(Post::to_fn(move |ended| {
                drop(lost.send(Out::Settled(Box::new(ended))));
            })),
            shares: 0,
            algorithm: Algorithm::Rx0,
            credits: Credits::new(5_000),
            _turn: turn,
        };
        bench.tell(PoolOpened {
            pool: POOL,
            upstream: 0,
            forward: Post::to_fn(
                move |forwarded: zartrux_actors::pool_session::ForwardShare| {
                    drop(tell.send(Out::Forwarded(Box::new(forwarded.0))));
                },
            ),
        });
        bench
    }

    pub(crate) fn tell<M>(&self, message: M)
    where
        M: actix::Message<Result = ()> + Send + 'static,
        Judge: actix::Handler<M>,
    {
        Post::to_actor(self.judge.clone().recipient(), Arc::clone(&self.health)).send(message);
    }

    /// The next thing that comes out.
    pub(crate) fn out(&self) -> Out {
        self.out
            .recv_timeout(HANG)
            .expect("the share went somewhere")
    }

    /// Sends a share at the pool's target; what became of it.
    pub(crate) fn send(&mut self, rig: RigKey, asked: Difficulty, result: ResultHash) -> Out {
        let ticket = self.ticket(rig, TargetClass::Upstream, asked, result);
        self.tell(ExamineShare(ticket));
        self.out()
    }

    /// Sends a share of a rig against which one filter has won so much.
    pub(crate) fn send_weighed(&mut self, rig: RigKey, log_e: f64) {
        let mut ticket = self.ticket(rig, TargetClass::Upstream, HARD, LIE);
        let said = Evidence::weighed(log_e, Cause::FewerSharesThanHashes);
        ticket.evidence.set(Stage::Pace, said);
        self.tell(ExamineShare(ticket));
        drop(End::of(self.out()));
    }

    /// Sends a share, and does not wait for it: for [`Self::ends`].
    pub(crate) fn post(
        &mut self,
        rig: RigKey,
        class: TargetClass,
        asked: Difficulty,
        result: ResultHash,
    ) {
        let ticket = self.ticket(rig, class, asked, result);
        self.tell(ExamineShare(ticket.reporting_to(&self.dropped)));
    }

    fn ticket(
        &mut self,
        rig: RigKey,
        class: TargetClass,
        asked: Difficulty,
        result: ResultHash,
    ) -> ShareTicket {
        let share = Share {
            job: Arc::new(IssuedJob {
                key: JobKey(1),
                plan: zartrux_models::plan::SlotPlan::identity(),
                origin: JobOrigin {
                    pool: POOL,
                    connection: 1,
                },
                job: UpstreamJob {
                    id: "job".into(),
                    work: Blob::from_hex(&"00".repeat(76)).unwrap().into(),
                    target: asked.target(),
                    algorithm: self.algorithm.clone(),
                    height: None,
                    seed: Some(SEED),
                    next_seed: None,
                    network_difficulty: None,
                },
            }),
            slot: Slot(4),
            nonce: Nonce::new([1, 2, 3, 4]),
            nonce_set: NonceSetId(1),
            result,
            raw_hash: None,
            class,
            lateness: Lateness::Current,
            asked,
            retargeted: false,
            contested: false,
        };
        self.shares += 1;
        let sender = Sender {
            id: ShareId::new(0, self.shares),
            rig,
            scanner: Scanner::Unknown,
            after_gap: false,
            heard: zartrux_models::filter::VerdictsHeard::default(),
            seat: SeatKey {
                index: 0,
                generation: 1,
            },
            request: RequestId(1),
            age_s: 0,
            rate: 0.0,
        };
        let credit = self.credits.take().unwrap();
        ShareTicket::new(sender, share, Clock.now(), 0, credit)
    }

    /// What became of the next so many shares.
    pub(crate) fn some_ends(&self, count: usize) -> Vec<End> {
        (0..count).map(|_| End::of(self.out())).collect()
    }

    /// What became of so many shares, in the order in which they ended; no more come out.
    pub(crate) fn ends(&self, count: usize) -> Vec<End> {
        let ends = self.some_ends(count);
        let ids: HashSet<ShareId> = ends.iter().map(|end| end.id).collect();
        assert_eq!(ids.len(), count, "each once");
        assert!(self.out.try_recv().is_err(), "and no other");
        ends
    }

    /// Waits until the judge has read all that it was sent.
    pub(crate) fn wait_read(&self) {
        while self.health.report().queue_depth > 0 {
            std::thread::yield_now();
        }
    }

    /// The lane ends, and the judge with it.
    pub(crate) fn end_lane(&self) {
        self.system.stop();
    }

    pub(crate) fn forwarded(
        &mut self,
        rig: RigKey,
        asked: Difficulty,
        result: ResultHash,
    ) -> ShareTicket {
        match self.send(rig, asked, result) {
            Out::Forwarded(ticket) => {
                self.tell(VerdictSeen {
                    pool: POOL,
                    verdict: Verdict::Good,
                });
                *ticket
            }
            Out::Settled(settled) => panic!("not forwarded: {:?}", settled.settlement),
        }
    }

    pub(crate) fn settled(
        &mut self,
        rig: RigKey,
        asked: Difficulty,
        result: ResultHash,
    ) -> ShareSettled {
        match self.send(rig, asked, result) {
            Out::Settled(settled) => *settled,
            Out::Forwarded(ticket) => panic!("forwarded: {:?}", ticket.ruling),
        }
    }

    /// A rig lies about a hash, and is found out.
    pub(crate) fn convict(&mut self, rig: RigKey) {
        let settled = self.settled(rig, HARD, LIE);
        let ticket = &settled.ticket;
        assert_eq!(ticket.proof.unwrap().outcome, ProofOutcome::Bad);
        let Settlement::Refused(refusal) = &settled.settlement else {
            panic!("{:?}", settled.settlement);
        };
        assert_eq!(refusal.reason(), RefusalReason::InvalidResult);
        assert_eq!(self.standing(rig), Some(Standing::Quarantined));
    }

    /// The true hash of the one blob here: a wrong claim that would meet the target is put right.
    pub(crate) fn truth(&mut self) -> ResultHash {
        let ticket = self.forwarded(RigKey(99), Difficulty::ONE, LIE);
        assert_eq!(ticket.proof.unwrap().outcome, ProofOutcome::Corrected);
        assert!(ticket.corrected && ticket.share.result != LIE);
        ticket.share.result
    }

    /// What was noted in the journal since this was asked last.
    pub(crate) fn noted(&self) -> Vec<JournalEvent> {
        std::mem::take(&mut *self.noted.lock().unwrap())
    }

    pub(crate) fn standing(&self, rig: RigKey) -> Option<Standing> {
        let report = self.board.report(rig, Clock.now()).unwrap();
        report.map(|report| report.standing)
    }
}

/// The end of a share.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) id: ShareId,
    pub(crate) rig: RigKey,
    /// None if it went to the pool.
    pub(crate) settlement: Option<Settlement>,
    pub(crate) ruling: Option<Ruling>,
    pub(crate) proof: Option<ProofOutcome>,
}

impl End {
    fn of(out: Out) -> Self {
        let (ticket, settlement) = match out {
            Out::Forwarded(ticket) => {
                // Keeps the facts, and the drop from settling it again.
                let settled = ticket.settle(Settlement::Unanswered);
                (settled.ticket, None)
            }
            Out::Settled(settled) => (settled.ticket, Some(settled.settlement)),
        };
        Self {
            id: ticket.id,
            rig: ticket.rig,
            settlement,
            ruling: ticket.ruling,
            proof: ticket.proof.map(|proof| proof.outcome),
        }
    }

    pub(crate) fn rule(&self) -> Option<Rule> {
        self.ruling.map(|ruling| ruling.rule)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Some(prover) = &self.prover {
            prover.stop();
        }
    }
}

/// A result that meets every target and is nobody's hash.
pub(crate) const LIE: ResultHash = ResultHash::new([0; 32]);

pub(crate) fn rule_of(ticket: &ShareTicket) -> Rule {
    ticket.ruling.unwrap().rule
}
