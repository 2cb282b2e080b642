//! Judge: who must prove before the pool sees a share.

mod core;
mod messages;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use actix::{Actor, Context, Handler, Message};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use zartrux_models::share::{Refusal, TargetClass};
use zartrux_models::work::PoolKey;

use crate::clock::Clock;
use crate::messaging::Post;
use crate::pool_session::ForwardShare;
use crate::prover::{NotProved, Priority, ProofAnswer, ProofRequest, ProofSink, Prover};
use crate::share_ticket::{Settlement, ShareSettled, ShareTicket};
use crate::supervision::Guard;

pub use self::core::{Decision, JudgeCore, JudgePolicy, ShareFacts};
pub use messages::{JudgeShare, PoolClosed, PoolOpened};

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
    /// Recomputes hashes; `None` with proving off.
    pub prover: Option<Prover<ShareTicket>>,
    /// Where shares end.
    pub settled: Post<ShareSettled>,
    /// Its own address, for the prover's answers.
    pub answers: Post<ProofAnswered>,
    /// Runs the core.
    pub guard: Guard,
    /// The time.
    pub clock: Clock,
}

/// The actor. It owns each share while its core looks at the facts: a core that fails costs its
/// opinion, and the share is forwarded unproved, or credited, like any share that was not drawn.
pub struct Judge {
    policy: JudgePolicy,
    prover: Option<Prover<ShareTicket>>,
    settled: Post<ShareSettled>,
    sink: Arc<dyn ProofSink<ShareTicket>>,
    guard: Guard,
    clock: Clock,
    core: JudgeCore,
    pools: HashMap<PoolKey, Post<ForwardShare>>,
    random: StdRng,
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judge")
            .field("core", &self.core)
            .finish_non_exhaustive()
    }
}

impl Judge {
    /// Builds the actor.
    #[must_use]
    pub fn new(args: JudgeArgs) -> Self {
        Self {
            policy: args.policy,
            prover: args.prover,
            settled: args.settled,
            sink: Arc::new(ToJudge(args.answers)),
            guard: args.guard,
            clock: args.clock,
            core: JudgeCore::default(),
            pools: HashMap::new(),
            random: StdRng::from_entropy(),
        }
    }

    /// One draw per share; a core that fails has no opinion.
    fn decide(&mut self, ticket: &ShareTicket) -> Decision {
        let Some(prover) = &self.prover else {
            return Decision::PassOn;
        };
        let share = &ticket.share;
        let facts = ShareFacts {
            seat: ticket.seat,
            class: share.class,
            expected_wait: share
                .job
                .job
                .seed
                .as_ref()
                .and_then(|seed| prover.expected_wait(seed, priority_of(share.class))),
            draw: self.random.r#gen(),
        };
        let policy = self.policy;
        self.guard
            .run_or_reset(&mut self.core, |core| core.decide(&policy, &facts))
            .unwrap_or(Decision::PassOn)
    }

    fn prove(&mut self, ticket: ShareTicket, wait_at_most: std::time::Duration) {
        let (Some(prover), Some(seed)) = (&self.prover, ticket.share.job.job.seed) else {
            self.pass_on(ticket);
            return;
        };
        let request = ProofRequest {
            seed,
            algorithm: ticket.share.job.job.algorithm.clone(),
            blob: ticket.share.hashed_bytes(),
            priority: priority_of(ticket.share.class),
            deadline: self.clock.now() + wait_at_most,
            ticket,
            reply: Arc::clone(&self.sink),
        };
        if let Err(busy) = prover.ask(request) {
            self.pass_on(busy.ticket);
        }
    }

    /// Unproved, or proved good: to the pool if it meets its target, else credited here.
    fn pass_on(&self, ticket: ShareTicket) {
        match ticket.share.class {
            TargetClass::Local => self.settled.send(ticket.settle(Settlement::Credited)),
            TargetClass::Upstream | TargetClass::BlockCandidate => self.forward(ticket),
        }
    }

    fn forward(&self, ticket: ShareTicket) {
        match self.pools.get(&ticket.share.job.origin.pool) {
            Some(pool) => pool.send(ForwardShare(ticket)),
            None => self.settled.send(ticket.settle(Settlement::Undeliverable)),
        }
    }

    fn on_answer(&mut self, answer: ProofAnswer<ShareTicket>) {
        let mut ticket = answer.ticket;
        let computed = match answer.outcome {
            Ok(computed) => computed,
            // The prover's fault, or its load, is not the share's.
            Err(
                NotProved::Late
                | NotProved::SeedNotReady
                | NotProved::UnknownAlgorithm
                | NotProved::Fault(_)
                | NotProved::Stopped,
            ) => return self.pass_on(ticket),
        };
        let proof = check(&ticket, &computed);
        let (seat, good) = (ticket.seat, proof.is_ok());
        // Losing this step to a fault costs the rig's record, not the share.
        let _ = self
            .guard
            .run_or_reset(&mut self.core, |core| core.note_proof(seat, good));
        match proof {
            Ok(()) => self.pass_on(ticket),
            Err(wrong) => match corrected_class(&ticket, &wrong.computed) {
                Some(class) => {
                    ticket.share.result = wrong.computed;
                    ticket.share.class = class;
                    ticket.corrected = true;
                    self.pass_on(ticket);
                }
                None => self
                    .settled
                    .send(ticket.settle(Settlement::Refused(wrong.refusal))),
            },
        }
    }
}

struct Wrong {
    refusal: Refusal,
    computed: zartrux_models::work::ResultHash,
}

fn check(
    ticket: &ShareTicket,
    computed: &zartrux_models::proof::ComputedHash,
) -> Result<(), Wrong> {
    let claimed = ticket
        .share
        .raw_hash
        .map_or(ticket.share.result, zartrux_models::work::ResultHash::new);
    computed.check(&claimed).map_err(|mismatch| Wrong {
        refusal: mismatch.into(),
        computed: computed.as_result(),
    })
}

/// The class of the true hash, if it meets the targets: then the true result is forwarded in
/// place of the claimed one. (Not where the result is a commitment to the hash.)
fn corrected_class(
    ticket: &ShareTicket,
    computed: &zartrux_models::work::ResultHash,
) -> Option<TargetClass> {
    let share = &ticket.share;
    if share.raw_hash.is_some() {
        return None;
    }
    let job = &share.job.job;
    if job.target.is_met_by(computed) {
        Some(TargetClass::Upstream)
    } else if share.asked.target().is_met_by(computed) {
        Some(TargetClass::Local)
    } else {
        None
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
}

impl Handler<JudgeShare> for Judge {
    type Result = ();

    fn handle(&mut self, JudgeShare(ticket): JudgeShare, _: &mut Self::Context) {
        self.guard.health().dequeued();
        match self.decide(&ticket) {
            Decision::ProveFirst { wait_at_most } => self.prove(ticket, wait_at_most),
            Decision::PassOn => self.pass_on(ticket),
        }
    }
}

impl Handler<ProofAnswered> for Judge {
    type Result = ();

    fn handle(&mut self, ProofAnswered(answer): ProofAnswered, _: &mut Self::Context) {
        self.guard.health().dequeued();
        self.on_answer(answer);
    }
}

impl Handler<PoolOpened> for Judge {
    type Result = ();

    fn handle(&mut self, opened: PoolOpened, _: &mut Self::Context) {
        self.guard.health().dequeued();
        self.pools.insert(opened.pool, opened.forward);
    }
}

impl Handler<PoolClosed> for Judge {
    type Result = ();

    fn handle(&mut self, PoolClosed(pool): PoolClosed, _: &mut Self::Context) {
        self.guard.health().dequeued();
        self.pools.remove(&pool);
    }
}
