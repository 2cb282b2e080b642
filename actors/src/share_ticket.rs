//! A share on its way, and how it ended.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::Message;
use zartrux_models::filter::{
    CascadeEvidence, Evidence, ModelId, Observation, Scanner, Stage, Verdict, VerdictsHeard,
};
use zartrux_models::judge::Ruling;
use zartrux_models::ledger::rows::verdict_of;
use zartrux_models::ledger::{Outcome, cut};
use zartrux_models::plan::SeatKey;
use zartrux_models::share::{Refusal, RigKey, Share, ShareId};
use zartrux_models::stratum::{ErrorClass, RequestId};
use zartrux_models::work::ResultHash;

use crate::messaging::{Credit, Post};

pub use zartrux_models::share::ProofOutcome;

/// A share under way: moved from actor to actor, never copied, settled exactly once.
///
/// A ticket that is dropped on the way (with the mailbox of an actor that stopped, say) settles
/// itself as undeliverable, so that its miner gets a reply and the counts still balance.
#[derive(Debug)]
pub struct ShareTicket {
    /// `None` once it is settled.
    facts: Option<Box<TicketFacts>>,
    if_dropped: Option<Arc<Post<ShareSettled>>>,
}

/// What a ticket says.
#[derive(Debug)]
pub struct TicketFacts {
    /// What it is called in records.
    pub id: ShareId,
    /// Whose it is, whichever connection it came over.
    pub rig: RigKey,
    /// What the filters see of it.
    pub seen: Observation,
    /// Shares of the rig went by since its last one that no filter saw.
    pub after_gap: bool,
    /// What the filters said so far.
    pub evidence: CascadeEvidence,
    /// The models that the filters went by, in the order of the cascade.
    pub models: [Option<ModelId>; Stage::ALL.len()],
    /// What the judge said.
    pub ruling: Option<Ruling>,
    /// What came of its proof, if it was to be proved.
    pub proof: Option<ProofRecord>,
    /// How long each step took.
    pub times: StepTimes,
    /// Place in the list of the upstream that its job came from, once the judge has looked.
    pub upstream: Option<usize>,
    /// The judge handed it to the pool session: the upstream's window waits for its verdict.
    pub forwarded: bool,
    /// The connection it came over.
    pub seat: SeatKey,
    /// What to echo in the reply.
    pub request: RequestId,
    /// The share.
    pub share: Share,
    /// The result that its nonce is claimed with; the share's own may be corrected on the way.
    pub claimed: ResultHash,
    /// Seconds since its connection's scan began: that of the newest job it was given.
    pub age_s: u32,
    /// The connection's hash rate as estimated before this share, per second; 0 if it is not.
    pub rate: f32,
    /// When its line was read.
    pub received: Instant,
    /// The recomputed hash differed and took the place of the claimed result.
    pub corrected: bool,
    step_began: Instant,
    /// Bounds what is under way; goes home with the ticket, or with who waits for its record.
    credit: Option<Credit>,
}

/// Who sent a share, and under which name it goes.
#[derive(Debug, Clone, Copy)]
pub struct Sender {
    /// What the share is called in records.
    pub id: ShareId,
    /// The rig, by its stable identity.
    pub rig: RigKey,
    /// How the rig's program scans.
    pub scanner: Scanner,
    /// Shares of the rig were turned away unseen since its last one.
    pub after_gap: bool,
    /// What became known of the connection's shares since its last one.
    pub heard: VerdictsHeard,
    /// The connection.
    pub seat: SeatKey,
    /// What to echo in the reply.
    pub request: RequestId,
    /// Seconds since the connection's scan began.
    pub age_s: u32,
    /// The connection's hash rate as estimated before the share, per second; 0 if it is not.
    pub rate: f32,
}

/// What came of a share's proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProofRecord {
    /// What it showed, or that there was none.
    pub outcome: ProofOutcome,
    /// From the request until its hash was begun.
    pub waited: Duration,
    /// The hash itself.
    pub took: Duration,
}

/// How long a share was with each step on its way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StepTimes {
    stages: [u32; Stage::ALL.len()],
    judge: u32,
}

impl StepTimes {
    /// With a stage, its mailbox included.
    #[must_use]
    pub const fn stage(&self, stage: Stage) -> Duration {
        Duration::from_nanos(self.stages[stage.index()] as u64)
    }

    /// From the last stage to the judge's ruling.
    #[must_use]
    pub const fn judge(&self) -> Duration {
        Duration::from_nanos(self.judge as u64)
    }
}

impl TicketFacts {
    /// Notes what a stage said, and the model that it went by.
    pub fn examined(&mut self, stage: Stage, evidence: Evidence, model: Option<ModelId>) {
        self.evidence.set(stage, evidence);
        self.models[stage.index()] = model;
    }

    /// Notes when it leaves a stage.
    pub fn leaves(&mut self, stage: Stage, now: Instant) {
        self.times.stages[stage.index()] = self.lap(now);
    }

    /// Notes what the judge said, and the time.
    pub fn ruled(&mut self, ruling: Ruling, now: Instant) {
        self.ruling = Some(ruling);
        self.times.judge = self.lap(now);
    }

    /// The share's credit, for whoever holds it longer than the ticket lasts.
    pub const fn take_credit(&mut self) -> Option<Credit> {
        self.credit.take()
    }

    /// Nanoseconds since the step before, at most 4.3 s.
    fn lap(&mut self, now: Instant) -> u32 {
        let lap = now.saturating_duration_since(self.step_began);
        self.step_began = now;
        u32::try_from(lap.as_nanos()).unwrap_or(u32::MAX)
    }
}

impl ShareTicket {
    /// A ticket for an admitted share; `at_ms` is the lane's clock in milliseconds.
    #[must_use]
    pub fn new(
        sender: Sender,
        share: Share,
        received: Instant,
        at_ms: u64,
        credit: Credit,
    ) -> Self {
        Self {
            facts: Some(Box::new(TicketFacts {
                id: sender.id,
                rig: sender.rig,
                seen: Observation::of(&share, sender.rig, sender.scanner, sender.heard, at_ms),
                after_gap: sender.after_gap,
                evidence: CascadeEvidence::default(),
                models: [None; Stage::ALL.len()],
                ruling: None,
                proof: None,
                times: StepTimes::default(),
                step_began: received,
                upstream: None,
                forwarded: false,
                seat: sender.seat,
                request: sender.request,
                claimed: share.result,
                age_s: sender.age_s,
                rate: sender.rate,
                share,
                received,
                corrected: false,
                credit: Some(credit),
            })),
            if_dropped: None,
        }
    }

    /// Says who must hear of it if the ticket is dropped.
    #[must_use]
    pub fn reporting_to(mut self, post: &Arc<Post<ShareSettled>>) -> Self {
        self.if_dropped = Some(Arc::clone(post));
        self
    }

    /// Says how the share ended.
    #[must_use]
    pub fn settle(mut self, settlement: Settlement) -> ShareSettled {
        let facts = self.facts.take();
        self.if_dropped = None;
        ShareSettled {
            ticket: Self {
                facts,
                if_dropped: None,
            },
            settlement,
        }
    }
}

impl Deref for ShareTicket {
    type Target = TicketFacts;

    #[expect(
        clippy::expect_used,
        reason = "only `settle` and `drop` take the facts, and both consume the ticket"
    )]
    fn deref(&self) -> &TicketFacts {
        self.facts.as_deref().expect("a ticket in hand has facts")
    }
}

impl DerefMut for ShareTicket {
    #[expect(
        clippy::expect_used,
        reason = "only `settle` and `drop` take the facts, and both consume the ticket"
    )]
    fn deref_mut(&mut self) -> &mut TicketFacts {
        self.facts
            .as_deref_mut()
            .expect("a ticket in hand has facts")
    }
}

impl Drop for ShareTicket {
    fn drop(&mut self) {
        if let (Some(facts), Some(post)) = (self.facts.take(), self.if_dropped.take()) {
            let ticket = Self {
                facts: Some(facts),
                if_dropped: None,
            };
            post.send(ticket.settle(Settlement::Undeliverable));
        }
    }
}

/// How a share ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Forwarded, and the pool took it.
    Accepted,
    /// Forwarded, and the pool refused it.
    Rejected {
        /// What sort of refusal.
        class: ErrorClass,
        /// The pool's words, at most 200 bytes.
        text: Box<str>,
    },
    /// Forwarded, and the pool never answered: the connection went, or time ran out.
    Unanswered,
    /// Met only the miner's own target: counted here.
    Credited,
    /// Proved bad.
    Refused(Refusal),
    /// Its rig is in quarantine and its hash could not be recomputed in time: it stayed home.
    Held,
    /// Never written: the connection that brought its job is gone, and the job with it.
    Undeliverable,
}

impl Settlement {
    /// What is to be learnt from it; none where it says nothing of the rig.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        verdict_of(&self.outcome())
    }

    /// As it is kept.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Accepted => Outcome::Accepted,
            Self::Rejected { class, text } => Outcome::Rejected {
                class: *class,
                text: cut(text).into(),
            },
            Self::Unanswered => Outcome::Unanswered,
            Self::Credited => Outcome::Credited,
            Self::Refused(refusal) => Outcome::Refused(refusal.reason()),
            Self::Held => Outcome::Held,
            Self::Undeliverable => Outcome::Undeliverable,
        }
    }
}

/// A share ended.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ShareSettled {
    /// The share.
    pub ticket: ShareTicket,
    /// How.
    pub settlement: Settlement,
}

/// Look at an admitted share, and pass it on: to the next stage of the cascade, to the judge
/// behind the last.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ExamineShare(pub ShareTicket);
