//! Judge: who must prove before the pool sees a share.

mod at_prover;
mod batches;
mod check;
mod messages;
mod noting;
mod taking;
mod unprovable;
mod upstreams;
mod waiting;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, AsyncContext, Context, Handler, Message, SpawnHandle};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use zartrux_models::judge::{BanRule, Case, Decision, JudgePolicy, Rule, Ruling, Unproved, Waited};
use zartrux_models::proof::knows_v2;
use zartrux_models::share::{RigKey, TargetClass};
use zartrux_models::work::{Algorithm, Lateness};

use crate::clock::Clock;
use crate::inbox::Batch;
use crate::journal::Journal;
use crate::messaging::Post;
use crate::prover::{Outlook, Priority, ProofAnswer, ProofRequest, ProofSink, Prover};
use crate::rigs::RigBoard;
use crate::share_ticket::{
    ExamineShare, ProofOutcome, ProofRecord, Settlement, ShareSettled, ShareTicket,
};
use crate::supervision::{Faulted, Guard};

pub use messages::{PoolClosed, PoolOpened, ReplacePolicy, Verdict, VerdictSeen};

use at_prover::{ProverCounts, is_for_quarantine};
use upstreams::Upstreams;
use waiting::Waiting;

/// A proof was made, or could not be.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ProofAnswered(pub ProofAnswer<ShareTicket>);

impl fmt::Debug for ProofAnswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProofAnswered")
    }
}

/// Brings answers from the prover's threads into the judge's mailbox.
struct ToJudge(Post<ProofAnswered>);

impl ProofSink<ShareTicket> for ToJudge {
    fn answered(&self, answer: ProofAnswer<ShareTicket>) {
        self.0.send(ProofAnswered(answer));
    }
}

/// Everything the judge is built from.
pub struct JudgeArgs {
    /// What it goes by.
    pub policy: JudgePolicy,
    /// How the upstreams count before they ban, in the order of the list.
    pub ban_rules: Vec<BanRule>,
    /// What is remembered of rigs, and shown of them.
    pub board: Arc<RigBoard>,
    /// Recomputes hashes; `None` with proving off.
    pub prover: Option<Prover<ShareTicket>>,
    /// Where shares end.
    pub settled: Post<ShareSettled>,
    /// Its own address, for the prover's answers.
    pub answers: Post<ProofAnswered>,
    /// Where it is noted how rigs stand.
    pub journal: Journal,
    /// Runs the core.
    pub guard: Guard,
    /// The time.
    pub clock: Clock,
}

/// The actor. It owns each share while its core looks at the facts: a core that fails costs its
/// opinion, and the share is passed on unproved, like any share that was not drawn. Only a rig
/// in quarantine gains nothing by that: its share is proved, or stays home.
///
/// Shares that wait for their turn are here too. A rig's wait only while proofs of it are with the
/// prover, and each answer has them ruled on again; a timer does it for those that have waited
/// long enough.
pub struct Judge {
    policy: JudgePolicy,
    board: Arc<RigBoard>,
    prover: Option<Prover<ShareTicket>>,
    settled: Post<ShareSettled>,
    sink: Arc<dyn ProofSink<ShareTicket>>,
    batch: Batch<ExamineShare>,
    verdicts: Batch<VerdictSeen>,
    journal: Journal,
    guard: Guard,
    clock: Clock,
    upstreams: Upstreams,
    at_prover: ProverCounts,
    waiting: Waiting,
    /// Runs while something waits.
    timer: Option<SpawnHandle>,
    told_unprovable: bool,
    random: StdRng,
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judge")
            .field("board", &self.board)
            .finish_non_exhaustive()
    }
}

impl Judge {
    /// How often rigs that were silent for too long are forgotten.
    const FORGET_EVERY: Duration = Duration::from_secs(600);
    /// The timer's step: whoever waits with a rig of its own each must not have it run all the time.
    const TIMER_GRAIN: Duration = Duration::from_millis(10);

    /// Builds the actor.
    #[must_use]
    pub fn new(args: JudgeArgs) -> Self {
        Self {
            policy: args.policy,
            board: args.board,
            prover: args.prover,
            settled: args.settled,
            sink: Arc::new(ToJudge(args.answers)),
            batch: Batch::default(),
            verdicts: Batch::default(),
            journal: args.journal,
            guard: args.guard,
            clock: args.clock,
            upstreams: Upstreams::new(&args.ban_rules),
            at_prover: ProverCounts::default(),
            waiting: Waiting::default(),
            timer: None,
            told_unprovable: false,
            random: StdRng::from_entropy(),
        }
    }

    /// Rules on a share, and says the time after it.
    fn examine(&mut self, mut ticket: ShareTicket, now: Instant) -> Instant {
        ticket.upstream = self.upstreams.of(ticket.share.job.origin.pool);
        self.tell_unprovable(&ticket.share.job.job.algorithm);
        let draw = self.random.r#gen();
        let ruling = self.rule(&self.case(&ticket, draw, None, now));
        match ruling.decision {
            Decision::Wait { wait_at_most } => {
                self.waiting.join(ticket, ruling, now, wait_at_most);
                now
            }
            Decision::ProveFirst { .. } | Decision::PassOn | Decision::Hold => {
                self.carry_out(ticket, ruling)
            }
        }
    }

    /// Rules again on what waits of a rig, until the next has to go on waiting.
    fn serve(&mut self, rig: RigKey) {
        loop {
            let now = self.clock.now();
            let Some((ticket, waited)) = self.waiting.first(rig, now) else {
                return;
            };
            // It was drawn already.
            let ruling = self.rule(&self.case(ticket, 0.0, Some(waited), now));
            if matches!(ruling.decision, Decision::Wait { .. }) {
                return;
            }
            if let Some(ticket) = self.waiting.take_first(rig) {
                self.carry_out(ticket, ruling);
            }
        }
    }

    /// Has a timer run for what waits, and none if nothing does.
    fn keep_time(&mut self, ctx: &mut Context<Self>) {
        let Some(due) = self.next_due() else {
            if let Some(timer) = self.timer.take_if(|_| self.waiting.is_empty()) {
                ctx.cancel_future(timer);
            }
            return;
        };
        let left = due.saturating_duration_since(self.clock.now());
        self.timer = Some(ctx.run_later(left.max(Self::TIMER_GRAIN), |this, ctx| {
            this.timer = None;
            for rig in this.waiting.due(this.clock.now()) {
                this.serve(rig);
            }
            this.keep_time(ctx);
        }));
    }

    /// When the first of what waits has waited long enough, unless a timer runs already: what
    /// came later is due later.
    fn next_due(&self) -> Option<Instant> {
        match self.timer {
            Some(_) => None,
            None => self.waiting.next_due(),
        }
    }

    fn rule(&self, case: &Case) -> Ruling {
        match self.board.decide(&self.guard, &self.policy, case) {
            Ok((ruling, change)) => {
                self.note_suspicion(case, change);
                ruling
            }
            Err(Faulted) => self.ruling_of_a_fault(case),
        }
    }

    /// Does as it was ruled; says when that was.
    fn carry_out(&mut self, mut ticket: ShareTicket, ruling: Ruling) -> Instant {
        self.board.counts().ruled(ruling.rule);
        let now = self.clock.now();
        ticket.ruled(ruling, now);
        match ruling.decision {
            Decision::ProveFirst { wait_at_most, .. } => self.prove(ticket, wait_at_most),
            Decision::Wait { .. } | Decision::PassOn => self.pass_on(ticket),
            Decision::Hold => self.hold(ticket),
        }
        now
    }

    /// Everything the core goes by, with the one draw of this share.
    fn case(&self, ticket: &ShareTicket, draw: f64, waited: Option<Waited>, now: Instant) -> Case {
        let share = &ticket.share;
        let job = &share.job.job;
        // Asked of a prover only, whose start has found it out: to find it out here would keep the
        // lane for as long as it takes to fill a cache.
        let known = || match job.algorithm {
            Algorithm::Rx0 => true,
            Algorithm::Rx2 => knows_v2(),
            Algorithm::Other(_) => false,
        };
        let prover = self
            .prover
            .as_ref()
            .filter(|_| known())
            .zip(job.seed.as_ref());
        let outlook = prover.map(|(prover, seed)| prover.outlook(seed, priority_of(share.class)));
        Case {
            rig: ticket.rig,
            class: share.class,
            asked: share.asked,
            late: share.lateness == Lateness::Stale,
            evidence: ticket.evidence,
            provable: prover.is_some(),
            expected_wait: outlook.and_then(|outlook: Outlook| outlook.expected_wait),
            capacity: outlook.map_or(0.0, |outlook| outlook.capacity),
            at_prover: self.at_prover.of(ticket.rig),
            ban_risk: self.upstreams.risk(ticket.upstream),
            draw,
            waited,
            now,
        }
    }

    /// What happens to a share at which the core failed: it is passed on, because the fault is not
    /// its own. But a fault must not be a way out of quarantine.
    fn ruling_of_a_fault(&self, case: &Case) -> Ruling {
        let may_prove = case.provable && case.at_prover.has_turn_in_quarantine();
        let decision = match (self.board.is_quarantined(case.rig), may_prove) {
            (false, _) => Decision::PassOn,
            (true, false) => Decision::Hold,
            (true, true) => Decision::ProveFirst {
                wait_at_most: self.policy.deadline_quarantine,
                unproved: Unproved::Hold,
            },
        };
        Ruling {
            decision,
            rule: Rule::JudgeFault,
            chance: 0.0,
        }
    }

    fn prove(&mut self, ticket: ShareTicket, wait_at_most: Duration) {
        let (Some(prover), Some(seed)) = (&self.prover, ticket.share.job.job.seed) else {
            self.unproved(ticket, Duration::ZERO, Duration::ZERO);
            return;
        };
        let request = ProofRequest {
            seed,
            algorithm: ticket.share.job.job.algorithm.clone(),
            blob: ticket.share.hashed_bytes(),
            expected: Some(check::claimed(&ticket)),
            priority: if is_for_quarantine(&ticket) {
                Priority::Local
            } else {
                priority_of(ticket.share.class)
            },
            deadline: self.clock.now() + wait_at_most,
            ticket,
            reply: Arc::clone(&self.sink),
        };
        self.at_prover.asked(&request.ticket);
        if let Err(busy) = prover.ask(request) {
            self.at_prover.answered(&busy.ticket);
            self.unproved(busy.ticket, Duration::ZERO, Duration::ZERO);
        }
    }

    fn on_answer(&mut self, answer: ProofAnswer<ShareTicket>) {
        let rig = answer.ticket.rig;
        self.at_prover.answered(&answer.ticket);
        self.go_on(answer);
        self.serve(rig);
    }

    fn go_on(&mut self, answer: ProofAnswer<ShareTicket>) {
        let ProofAnswer {
            mut ticket,
            outcome,
            waited,
            took,
        } = answer;
        // The prover's fault, or its load, is not the share's.
        let Ok(computed) = outcome else {
            self.unproved(ticket, waited, took);
            return;
        };
        let proof = check::check(&ticket, &computed);
        self.note_proof(&ticket, proof.is_ok());
        let (outcome, refusal) = match proof {
            Ok(()) => (ProofOutcome::Good, None),
            Err(wrong) if wrong.correct(&mut ticket) => (ProofOutcome::Corrected, None),
            Err(wrong) => (ProofOutcome::Bad, Some(wrong.refusal)),
        };
        self.record_proof(&mut ticket, outcome, waited, took);
        match refusal {
            None => self.pass_on(ticket),
            Some(refusal) => self
                .settled
                .send(ticket.settle(Settlement::Refused(refusal))),
        }
    }

    fn record_proof(
        &self,
        ticket: &mut ShareTicket,
        outcome: ProofOutcome,
        waited: Duration,
        took: Duration,
    ) {
        self.board.counts().proved(outcome);
        ticket.proof = Some(ProofRecord {
            outcome,
            waited,
            took,
        });
    }

    /// No proof came. A rig that has entered quarantine since the ruling is in quarantine.
    fn unproved(&mut self, mut ticket: ShareTicket, waited: Duration, took: Duration) {
        self.board
            .note_unproved(&self.guard, &self.policy, ticket.rig);
        self.record_proof(&mut ticket, ProofOutcome::None, waited, took);
        if is_for_quarantine(&ticket) || self.board.is_quarantined(ticket.rig) {
            self.hold(ticket);
        } else {
            self.pass_on(ticket);
        }
    }

    /// Its rig is in quarantine, and it is not proved: it stays home.
    fn hold(&self, ticket: ShareTicket) {
        self.settled.send(ticket.settle(Settlement::Held));
    }

    /// Unproved, or proved good: to the pool if it meets its target, else credited here.
    fn pass_on(&mut self, ticket: ShareTicket) {
        match ticket.share.class {
            TargetClass::Local => self.settled.send(ticket.settle(Settlement::Credited)),
            TargetClass::Upstream | TargetClass::BlockCandidate => {
                if let Err(ticket) = self.upstreams.forward(ticket) {
                    self.settled.send(ticket.settle(Settlement::Undeliverable));
                }
            }
        }
    }
}

const fn priority_of(class: TargetClass) -> Priority {
    match class {
        TargetClass::BlockCandidate => Priority::BlockCandidate,
        TargetClass::Upstream => Priority::Upstream,
        TargetClass::Local => Priority::Local,
    }
}

impl Actor for Judge {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(Self::FORGET_EVERY, |this, _| {
            this.board
                .forget_idle(&this.guard, &this.policy, this.clock.now());
        });
    }
}

impl Handler<ProofAnswered> for Judge {
    type Result = ();

    fn handle(&mut self, ProofAnswered(answer): ProofAnswered, ctx: &mut Self::Context) {
        self.guard.health().dequeued();
        self.on_answer(answer);
        self.keep_time(ctx);
    }
}

impl Handler<PoolOpened> for Judge {
    type Result = ();

    fn handle(&mut self, opened: PoolOpened, _: &mut Self::Context) {
        self.guard.health().dequeued();
        self.upstreams
            .opened(opened.pool, opened.upstream, opened.forward);
    }
}

impl Handler<PoolClosed> for Judge {
    type Result = ();

    fn handle(&mut self, PoolClosed(pool): PoolClosed, _: &mut Self::Context) {
        self.guard.health().dequeued();
        self.upstreams.closed(pool);
    }
}
