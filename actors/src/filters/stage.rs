//! One stage: the shell around a filter.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, AsyncContext, Context, Handler};
use zartrux_models::filter::{Evidence, Filter, ModelId};
use zartrux_models::ledger::JournalEvent;
use zartrux_models::share::RigKey;

use super::bypass::{Bypass, Change};
use super::messages::{Factory, ModelReplaced};
use super::rig_states::RigStates;
use crate::clock::Clock;
use crate::inbox::{Arrived, Batch};
use crate::journal::Journal;
use crate::messaging::Post;
use crate::share_ticket::{ExamineShare, ShareTicket};
use crate::supervision::{ActorState, Faulted, Guard};

/// A filter that can be run as a stage.
pub trait StageFilter: Filter<Rig: Unpin + 'static> + Unpin + 'static {}

impl<F> StageFilter for F
where
    F: Filter + Unpin + 'static,
    F::Rig: Unpin + 'static,
{
}

/// Bounds of what each stage remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageSettings {
    /// Most rigs.
    pub max_rigs: usize,
    /// How long a rig is remembered that sends nothing.
    pub forget_after: Duration,
}

/// Everything a stage is built from.
pub struct StageArgs<F> {
    /// Makes its core.
    pub factory: Factory<F>,
    /// Its bounds.
    pub settings: StageSettings,
    /// Whom shares go on to.
    pub next: Post<ExamineShare>,
    /// Where it is noted when shares pass it by.
    pub journal: Journal,
    /// Runs the core.
    pub guard: Guard,
    /// The time.
    pub clock: Clock,
}

impl<F> fmt::Debug for StageArgs<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StageArgs")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// The actor. It owns each share while its core looks at it and passes it on whatever happens: a
/// core that fails costs the evidence of this share, and what was remembered of its rig. Neither
/// says anything of other rigs, so what is remembered of them stays: else one hostile share could
/// wipe out the evidence of all.
pub struct FilterStage<F: StageFilter> {
    factory: Factory<F>,
    pub(super) core: Option<F>,
    pub(super) rigs: RigStates<F::Rig>,
    bypass: Bypass,
    /// Times that it said something that is no number.
    unsound: u64,
    next: Post<ExamineShare>,
    batch: Batch<ExamineShare>,
    journal: Journal,
    pub(super) guard: Guard,
    pub(super) clock: Clock,
}

impl<F: StageFilter> fmt::Debug for FilterStage<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilterStage")
            .field("stage", &F::STAGE)
            .field("rigs", &self.rigs.len())
            .field("bypass", &self.bypass)
            .finish_non_exhaustive()
    }
}

/// What came of a look at a share.
struct Looked {
    evidence: Evidence,
    model: Option<ModelId>,
}

impl Looked {
    const IN_VAIN: Self = Self {
        evidence: Evidence::Unavailable,
        model: None,
    };
}

impl<F: StageFilter> FilterStage<F> {
    /// Shares of a batch that share a reading of the clock.
    const AT_A_TIME: usize = 8;
    /// How often rigs that went away are looked for.
    const SWEEP: Duration = Duration::from_secs(300);

    /// Builds the actor and its first core.
    #[must_use]
    pub fn new(args: StageArgs<F>) -> Self {
        let now = args.clock.now();
        let StageSettings {
            max_rigs,
            forget_after,
        } = args.settings;
        let mut stage = Self {
            factory: args.factory,
            core: None,
            rigs: RigStates::new(max_rigs, forget_after, now),
            bypass: Bypass::default(),
            unsound: 0,
            next: args.next,
            batch: Batch::default(),
            journal: args.journal,
            guard: args.guard,
            clock: args.clock,
        };
        // One that can't be built yet is built at the first share.
        let _ = stage.build();
        stage
    }

    pub(super) fn build(&mut self) -> Result<(), Faulted> {
        let factory = Arc::clone(&self.factory);
        let built = self.guard.build(&mut self.core, || factory());
        self.show_state();
        built
    }

    /// Looks at some shares, and notes when that was done.
    fn examine_some(
        &mut self,
        shares: &mut [ExamineShare],
        began: Instant,
        ctx: &mut Context<Self>,
    ) -> Instant {
        for ExamineShare(ticket) in &mut *shares {
            let Looked { evidence, model } = self.examine(ticket, began, ctx);
            ticket.examined(F::STAGE, evidence, model);
        }
        let now = self.clock.now();
        for ExamineShare(ticket) in shares {
            ticket.leaves(F::STAGE, now);
        }
        now
    }

    /// What the filter says of a share's rig.
    fn examine(&mut self, ticket: &ShareTicket, now: Instant, ctx: &mut Context<Self>) -> Looked {
        let rig = ticket.rig;
        if self.bypass.is_out() && !self.is_tried_again() {
            // A share that it did not see must not count against the rig afterwards.
            self.rigs.remove(rig);
            return Looked::IN_VAIN;
        }
        if self.core.is_none() && self.build().is_err() {
            self.on_fault(rig, ctx);
            return Looked::IN_VAIN;
        }
        let epoch = self.rigs.epoch();
        let known = self.rigs.get_mut(rig);
        let looked = self.guard.run(&mut self.core, |core| {
            let mut state = known
                .as_ref()
                .map_or_else(F::Rig::default, |known| known.state.clone());
            if ticket.after_gap {
                core.missed(&mut state);
            }
            let evidence = core.look(&mut state, &ticket.seen);
            (state, evidence, core.model())
        });
        let Ok((state, evidence, model)) = looked else {
            self.on_fault(rig, ctx);
            return Looked::IN_VAIN;
        };
        if !is_sound(evidence) {
            self.on_unsound(rig);
            return Looked::IN_VAIN;
        }
        match known {
            Some(known) => {
                if known.becomes(state, epoch.second(now)) {
                    self.rigs.note_changed(rig);
                }
            }
            None => self.rigs.insert(rig, state, now),
        }
        if !self.bypass.is_working()
            && let Some(change) = self.bypass.on_success(now)
        {
            self.tell(change, now);
        }
        Looked { evidence, model }
    }

    /// What follows a fault, which the guard has counted and logged: the share's rig starts anew,
    /// with the next core.
    fn on_fault(&mut self, rig: RigKey, ctx: &mut Context<Self>) {
        let now = self.clock.now();
        self.rigs.remove(rig);
        match self.bypass.on_fault(now) {
            Some(change) => {
                if let Change::LeftOut { lasts, .. } = change {
                    // Shares would bring it back as well; where none come, health must not lie.
                    ctx.run_later(lasts, |this, _| {
                        this.is_tried_again();
                    });
                }
                self.tell(change, now);
            }
            // Should building it fail as well, it is tried again at the next share.
            None => {
                if self.core.is_none() {
                    let _ = self.build();
                }
            }
        }
    }

    /// What it said is no number: this rig's state may never again yield one, so it starts anew.
    /// The core is none the worse for it.
    fn on_unsound(&mut self, rig: RigKey) {
        self.rigs.remove(rig);
        self.unsound += 1;
        if self.unsound.is_power_of_two() {
            let times = self.unsound;
            self.guard
                .health()
                .set_note(format!("what it said was no number, {times} times so far"));
            let actor = self.guard.health().name();
            tracing::warn!(actor, times, "filter: what it said was no number");
        }
    }

    /// Whether a filter that was left out has its trial now.
    fn is_tried_again(&mut self) -> bool {
        let now = self.clock.now();
        let change = self.bypass.on_time(now);
        if let Some(change) = change {
            if self.core.is_none() {
                let _ = self.build();
            }
            self.tell(change, now);
        }
        change.is_some()
    }

    fn on_model_replaced(&mut self, factory: Factory<F>) {
        // A model that no core can be built with changes nothing but the count of faults.
        if self.guard.build(&mut self.core, || factory()).is_err() {
            return;
        }
        self.factory = factory;
        if let Some(change) = self.bypass.on_new_core() {
            self.tell(change, self.clock.now());
        }
        self.show_state();
    }

    fn show_state(&self) {
        self.guard.health().set_state(if self.bypass.is_out() {
            ActorState::Bypassed
        } else if self.core.is_none() {
            ActorState::BackingOff
        } else {
            ActorState::Running
        });
    }

    fn tell(&self, change: Change, now: Instant) {
        self.note(change);
        let what = match change {
            Change::LeftOut { lasts, until } => {
                let until = self.clock.unix_millis() / 1000
                    + until.saturating_duration_since(now).as_secs();
                format!(
                    "failed too often: shares pass it by for {} s, until {}",
                    lasts.as_secs(),
                    time_of_day(until)
                )
            }
            Change::OnTrial => "on trial: after one more fault shares pass it by again".to_owned(),
            Change::TakenBack => "works again".to_owned(),
        };
        tracing::warn!(actor = self.guard.health().name(), "filter: {what}");
        let note = match change {
            Change::LeftOut { .. } | Change::OnTrial => what,
            Change::TakenBack => String::new(),
        };
        self.guard.health().set_note(note);
        self.show_state();
    }
}

impl<F: StageFilter> FilterStage<F> {
    /// A trial is noted once it is passed, or by the next time that it is left out.
    fn note(&self, change: Change) {
        let (lane, stage) = (self.journal.lane(), F::STAGE);
        match change {
            Change::LeftOut { .. } => {
                self.journal
                    .note(JournalEvent::StageBypassed { lane, stage });
            }
            Change::TakenBack => self.journal.note(JournalEvent::StageBack { lane, stage }),
            Change::OnTrial => {}
        }
    }
}

/// Whether evidence is what it should be: a filter may have built it past the check.
fn is_sound(evidence: Evidence) -> bool {
    match evidence {
        Evidence::Weighed { log_e, .. } => log_e.is_finite(),
        Evidence::NoOpinion => true,
        // No filter that works says so: a number that was none has become this.
        Evidence::Unavailable => false,
    }
}

/// Of seconds since 1970.
fn time_of_day(unix: u64) -> String {
    let (hours, minutes) = (unix / 3600 % 24, unix / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02} UTC", unix % 60)
}

impl<F: StageFilter> Actor for FilterStage<F> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(Self::SWEEP, |this, _| {
            this.rigs.forget_idle(this.clock.now());
        });
    }
}

impl<F: StageFilter> Handler<ExamineShare> for FilterStage<F> {
    type Result = ();

    fn handle(&mut self, share: ExamineShare, ctx: &mut Self::Context) {
        self.guard.health().dequeued();
        let mut shares = [share];
        self.examine_some(&mut shares, self.clock.now(), ctx);
        self.next.send_all(shares.into_iter());
    }
}

impl<F: StageFilter> Handler<Arrived<ExamineShare>> for FilterStage<F> {
    type Result = ();

    fn handle(&mut self, arrived: Arrived<ExamineShare>, ctx: &mut Self::Context) {
        let mut shares = self.batch.take(arrived);
        self.guard.health().dequeued_all(shares.len());
        let mut now = self.clock.now();
        for some in shares.chunks_mut(Self::AT_A_TIME) {
            now = self.examine_some(some, now, ctx);
        }
        self.next.send_all(shares.drain(..));
        self.batch.give_back(shares);
    }
}

impl<F: StageFilter> Handler<ModelReplaced<F>> for FilterStage<F> {
    type Result = ();

    fn handle(&mut self, ModelReplaced(factory): ModelReplaced<F>, _: &mut Self::Context) {
        self.guard.health().dequeued();
        self.on_model_replaced(factory);
    }
}
