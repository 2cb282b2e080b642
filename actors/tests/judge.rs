//! The judge as an actor, with a real prover.
#![cfg(test)]

use std::num::NonZero;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix::{Addr, AsyncContext, Context, System};
use zartrux_actors::clock::Clock;
use zartrux_actors::judge::{Judge, JudgeArgs, PoolClosed, PoolOpened, Verdict, VerdictSeen};
use zartrux_actors::messaging::{Credits, Post};
use zartrux_actors::prover::{Mode, Prover, ProverOptions};
use zartrux_actors::rigs::RigBoard;
use zartrux_actors::share_ticket::{
    ExamineShare, ProofOutcome, Sender, Settlement, ShareSettled, ShareTicket,
};
use zartrux_actors::supervision::{ActorHealth, Guard};
use zartrux_models::filter::Scanner;
use zartrux_models::judge::{BanRule, JudgePolicy, Rule, Standing};
use zartrux_models::plan::SeatKey;
use zartrux_models::share::{RefusalReason, RigKey, Share, ShareId, TargetClass};
use zartrux_models::stratum::{ErrorClass, RequestId};
use zartrux_models::work::{
    Algorithm, Blob, Difficulty, IssuedJob, JobKey, JobOrigin, Lateness, Nonce, NonceSetId,
    PoolKey, ResultHash, SeedHash, UpstreamJob,
};

/// Far more than anything here takes: only a hang reaches it.
const HANG: Duration = Duration::from_secs(300);
const SEED: SeedHash = SeedHash::new([0xa; 32]);
const POOL: PoolKey = PoolKey(3);
const HONEST: RigKey = RigKey(1);
const LIAR: RigKey = RigKey(2);
const STRANGER: RigKey = RigKey(3);
/// So difficult that no hash meets it by chance.
const HARD: Difficulty = Difficulty::new(1 << 60);

/// What came out of the judge.
enum Out {
    Forwarded(Box<ShareTicket>),
    Settled(Box<ShareSettled>),
}

struct Bench {
    judge: Addr<Judge>,
    health: Arc<ActorHealth>,
    board: Arc<RigBoard>,
    prover: Option<Prover<ShareTicket>>,
    out: Receiver<Out>,
    shares: u64,
    credits: Credits,
    _turn: MutexGuard<'static, ()>,
}

fn patient() -> JudgePolicy {
    JudgePolicy {
        deadline: HANG,
        deadline_unknown: HANG,
        deadline_quarantine: HANG,
        ..JudgePolicy::default()
    }
}

impl Bench {
    /// Tests take turns: each prover holds 256 MiB.
    fn start(policy: JudgePolicy, proves: bool) -> Self {
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
        let settled = tell.clone();
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
                    guard: Guard::new(theirs, Clock),
                    clock: Clock,
                }));
                introduce.send((judge, System::current())).unwrap();
            });
            // The test may have ended already.
            let _ = system.run();
        });
        let (judge, _system) = judge.recv_timeout(HANG).unwrap();
        let bench = Self {
            judge,
            health,
            board,
            prover,
            out,
            shares: 0,
            credits: Credits::new(1_000),
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

    fn tell<M>(&self, message: M)
    where
        M: actix::Message<Result = ()> + Send + 'static,
        Judge: actix::Handler<M>,
    {
        Post::to_actor(self.judge.clone().recipient(), Arc::clone(&self.health)).send(message);
    }

    /// The next thing that comes out.
    fn out(&self) -> Out {
        self.out
            .recv_timeout(HANG)
            .expect("the share went somewhere")
    }

    /// Sends a share at the pool's target; what became of it.
    fn send(&mut self, rig: RigKey, asked: Difficulty, result: ResultHash) -> Out {
        let share = Share {
            job: Arc::new(IssuedJob {
                key: JobKey(1),
                origin: JobOrigin {
                    pool: POOL,
                    connection: 1,
                },
                job: UpstreamJob {
                    id: "job".into(),
                    blob: Blob::from_hex(&"00".repeat(76)).unwrap(),
                    target: asked.target(),
                    algorithm: Algorithm::Rx0,
                    height: None,
                    seed: Some(SEED),
                    next_seed: None,
                    network_difficulty: None,
                },
            }),
            nonce: Nonce::new([1, 2, 3, 4]),
            nonce_set: NonceSetId(1),
            result,
            raw_hash: None,
            class: TargetClass::Upstream,
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
            seat: SeatKey {
                index: 0,
                generation: 1,
            },
            request: RequestId(1),
        };
        let credit = self.credits.take().unwrap();
        let ticket = ShareTicket::new(sender, share, Clock.now(), 0, credit);
        self.tell(ExamineShare(ticket));
        self.out()
    }

    fn forwarded(&mut self, rig: RigKey, asked: Difficulty, result: ResultHash) -> ShareTicket {
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

    fn settled(&mut self, rig: RigKey, asked: Difficulty, result: ResultHash) -> ShareSettled {
        match self.send(rig, asked, result) {
            Out::Settled(settled) => *settled,
            Out::Forwarded(ticket) => panic!("forwarded: {:?}", ticket.ruling),
        }
    }

    /// A rig lies about a hash, and is found out.
    fn convict(&mut self, rig: RigKey) {
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
    fn truth(&mut self) -> ResultHash {
        let ticket = self.forwarded(RigKey(99), Difficulty::ONE, LIE);
        assert_eq!(ticket.proof.unwrap().outcome, ProofOutcome::Corrected);
        assert!(ticket.corrected && ticket.share.result != LIE);
        ticket.share.result
    }

    fn standing(&self, rig: RigKey) -> Option<Standing> {
        let report = self.board.report(rig, Clock.now()).unwrap();
        report.map(|report| report.standing)
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
const LIE: ResultHash = ResultHash::new([0; 32]);

fn rule_of(ticket: &ShareTicket) -> Rule {
    ticket.ruling.unwrap().rule
}

#[test]
fn a_proven_lie_puts_its_rig_alone_in_quarantine_and_only_proved_shares_leave_it() {
    let mut bench = Bench::start(patient(), true);
    bench.convict(LIAR);
    let truth = bench.truth();
    let proved = bench.forwarded(LIAR, Difficulty::ONE, truth);
    assert_eq!(proved.proof.unwrap().outcome, ProofOutcome::Good);
    assert_eq!(rule_of(&proved), Rule::Quarantine);
    assert_eq!(bench.standing(LIAR), Some(Standing::Quarantined));
    let other = bench.forwarded(HONEST, Difficulty::ONE, truth);
    assert_eq!(other.proof.unwrap().outcome, ProofOutcome::Good);
    assert_eq!(bench.standing(HONEST), Some(Standing::New));

    // The prover takes nothing any more: for the one that is its bad luck, for the others not.
    bench.prover.as_ref().unwrap().stop();
    let held = bench.settled(LIAR, Difficulty::ONE, truth);
    assert_eq!(held.settlement, Settlement::Held);
    let passed = bench.forwarded(HONEST, Difficulty::ONE, truth);
    assert_eq!(passed.proof.unwrap().outcome, ProofOutcome::None);
    assert_eq!(bench.board.counts().by_outcome(ProofOutcome::Good), 2);
    assert_eq!(bench.board.counts().by_outcome(ProofOutcome::Bad), 1);
}

#[test]
fn a_prover_that_fails_holds_the_quarantined_and_nobody_else() {
    let mut bench = Bench::start(patient(), true);
    bench.convict(LIAR);
    let prover = bench.prover.clone().unwrap();
    prover.inject_panic();
    let passed = bench.forwarded(HONEST, Difficulty::ONE, LIE);
    assert_eq!(passed.proof.unwrap().outcome, ProofOutcome::None);
    assert_eq!(bench.standing(HONEST), Some(Standing::New));
    prover.inject_panic();
    let held = bench.settled(LIAR, Difficulty::ONE, LIE);
    assert_eq!(held.settlement, Settlement::Held);
    assert_eq!(held.ticket.proof.unwrap().outcome, ProofOutcome::None);
}

#[test]
fn a_proof_that_comes_too_late_is_nobodys_fault() {
    let in_a_hurry = JudgePolicy {
        deadline: Duration::from_millis(1),
        deadline_unknown: Duration::from_millis(1),
        ..patient()
    };
    let mut bench = Bench::start(in_a_hurry, true);
    // Nothing is ready yet, and it takes longer than that.
    let passed = bench.forwarded(HONEST, Difficulty::ONE, LIE);
    assert_eq!(passed.proof.unwrap().outcome, ProofOutcome::None);
    assert_eq!(bench.standing(HONEST), Some(Standing::New));
}

#[test]
fn a_fault_of_the_judge_passes_shares_on_and_lets_nobody_out_of_quarantine() {
    let mut bench = Bench::start(patient(), true);
    bench.convict(LIAR);
    let truth = bench.truth();
    bench.health.drill.arm_panics(1);
    let passed = bench.forwarded(HONEST, Difficulty::ONE, LIE);
    assert_eq!(rule_of(&passed), Rule::JudgeFault);
    assert_eq!(passed.proof, None);
    assert_eq!(bench.health.faults(), 1);
    assert_eq!(bench.standing(LIAR), Some(Standing::Quarantined));
    assert_eq!(
        bench.board.quarantined(),
        Ok(2),
        "the liar, and who was put right"
    );

    // Nor does a fault at one of its own shares.
    bench.health.drill.arm_panics(1);
    let proved = bench.forwarded(LIAR, Difficulty::ONE, truth);
    assert_eq!(rule_of(&proved), Rule::JudgeFault);
    assert_eq!(proved.proof.unwrap().outcome, ProofOutcome::Good);
    bench.health.drill.arm_panics(1);
    let refused = bench.settled(LIAR, HARD, LIE);
    assert!(matches!(refused.settlement, Settlement::Refused(_)));
    assert_eq!(bench.standing(LIAR), Some(Standing::Quarantined));
}

#[test]
fn without_a_prover_everything_passes_and_the_rule_says_why() {
    let mut bench = Bench::start(patient(), false);
    let passed = bench.forwarded(HONEST, Difficulty::ONE, LIE);
    assert_eq!(rule_of(&passed), Rule::NotProvable);
    assert_eq!(passed.proof, None);
    assert!(passed.forwarded);
    assert_eq!(passed.upstream, Some(0));
    bench.tell(PoolClosed(POOL));
    let gone = bench.settled(HONEST, Difficulty::ONE, LIE);
    assert_eq!(gone.settlement, Settlement::Undeliverable);
    assert!(!gone.ticket.forwarded);
}

#[test]
fn the_pools_verdicts_say_when_one_bad_share_would_be_enough() {
    let mut bench = Bench::start(patient(), true);
    let truth = bench.truth();
    // The window of `truth` has one good share: no ban is near.
    let calm = bench.forwarded(STRANGER, Difficulty::ONE, truth);
    assert_eq!(rule_of(&calm), Rule::UnknownRig);
    // With those two it is a window of thirty, and the next one begins.
    for _ in 0..28 {
        bench.forwarded(STRANGER, Difficulty::new(2), truth);
    }
    let first = bench.forwarded(RigKey(4), Difficulty::ONE, truth);
    assert_eq!(rule_of(&first), Rule::BanWindow);
    let second = bench.forwarded(RigKey(5), Difficulty::ONE, truth);
    assert_eq!(rule_of(&second), Rule::UnknownRig);
}

#[test]
fn what_a_pool_says_of_us_counts_for_no_share() {
    let rejected = |class| {
        Verdict::of(&Settlement::Rejected {
            class,
            text: "".into(),
        })
    };
    assert_eq!(Verdict::of(&Settlement::Accepted), Verdict::Good);
    for class in [ErrorClass::Rig, ErrorClass::Stale, ErrorClass::Unknown] {
        assert_eq!(rejected(class), Verdict::Bad, "{class}");
    }
    for class in [
        ErrorClass::Ban,
        ErrorClass::Throttle,
        ErrorClass::Ours,
        ErrorClass::Pool,
    ] {
        assert_eq!(rejected(class), Verdict::None, "{class}");
    }
    assert_eq!(Verdict::of(&Settlement::Unanswered), Verdict::None);
}
