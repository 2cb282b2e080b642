//! The trainer: learns from the ledger, says which models are in force, and reads them anew when
//! somebody changes them.
//!
//! An actor with a thread of its own, which the system serves last: a training takes seconds, and no
//! lane waits for it. Its core may be lost at any step: a training that fails changes nothing, and
//! what was learnt from is read from the ledger once more.

mod admission;
mod desk;
mod folder;
pub mod in_force;
mod messages;
mod schedule;
mod status;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix::{Actor, ActorContext, AsyncContext, Context, Handler};
use zartrux_models::ledger::{JournalEvent, ModelChange};

pub use admission::admit;
pub use folder::{FolderFault, ModelsFolder};
pub use in_force::{InForce, Refused};
pub use messages::{CloseTrainer, NotTrained, ReloadModels, Reloaded, TrainNow, TrainerLink};
pub use schedule::next_at;
pub use status::{ListedModel, Phase, Shown, SlotResult, TrainerStatus, TrainingReport, listed};

use crate::clock::Clock;
use crate::journal::Journal;
use crate::messaging::Post;
use crate::store::ledger::LedgerReader;
use crate::supervision::{ActorState, Faulted, Guard};
use desk::{Desk, Outcome};
use watch::Watch;

/// What the trainer goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrainerSettings {
    /// Whether models are trained.
    pub enabled: bool,
    /// The hour of the day (UTC) at which they are.
    pub at_hour: u32,
    /// Most shares that are learnt from.
    pub window: usize,
    /// Fewer are not learnt from.
    pub min_shares: usize,
    /// Most rigs that are remembered.
    pub rigs: usize,
    /// How often later shares are looked at.
    pub look_every: Duration,
    /// How long a challenger runs beside the model in force, at least, milliseconds.
    pub shadow_ms: u64,
    /// Whether nonces are handed out in the order of a model.
    pub ranking: bool,
    /// Of whatever is drawn.
    pub seed: u64,
    /// Shares of the ledger up to this number are too old to be read.
    pub read_after: u64,
}

/// Everything the trainer is built from.
pub struct TrainerArgs {
    /// Where models are.
    pub folder: ModelsFolder,
    /// Where shares are; none: nothing is stored, and nothing is learnt.
    pub reader: Option<LedgerReader>,
    /// What it goes by.
    pub settings: TrainerSettings,
    /// The models that are in force already.
    pub in_force: InForce,
    /// Puts models in force in all lanes.
    pub deploy: Box<dyn Fn(&InForce) + Send>,
    /// Where it notes what became of models.
    pub journal: Journal,
    /// What it shows.
    pub status: Arc<TrainerStatus>,
    /// Set while a training is asked for or under way.
    pub asked: Arc<AtomicBool>,
    /// Runs its steps.
    pub guard: Guard,
    /// The time.
    pub clock: Clock,
}

impl fmt::Debug for TrainerArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrainerArgs")
            .field("folder", &self.folder)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// The actor.
pub struct Trainer {
    args: TrainerArgs,
    desk: Option<Desk>,
    watch: Option<Watch>,
    /// When the next training is due, milliseconds since 1970.
    next_ms: u64,
    /// When shares are compared with earlier ones next.
    drift_ms: u64,
    /// Shares that there were to learn from at the last training.
    tried_at: usize,
}

impl fmt::Debug for Trainer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trainer")
            .field("args", &self.args)
            .finish_non_exhaustive()
    }
}

impl Trainer {
    /// How often it looks whether anything is due.
    const BEAT: Duration = Duration::from_secs(1);
    /// Between two comparisons with earlier shares, milliseconds.
    const DRIFT_MS: u64 = 6 * 3_600_000;
    /// How much later than others its thread is served: the most there is.
    const NICE: i32 = 19;

    /// Builds the actor.
    #[must_use]
    pub const fn new(args: TrainerArgs) -> Self {
        Self {
            args,
            desk: None,
            watch: None,
            next_ms: u64::MAX,
            drift_ms: 0,
            tried_at: 0,
        }
    }

    /// Has the core make a step; one that fails is built anew, with the models that are in force.
    fn step<R>(&mut self, step: impl FnOnce(&mut Desk) -> R) -> Result<R, Faulted> {
        if self.desk.is_none() {
            let (folder, reader) = (self.args.folder.clone(), self.args.reader.clone());
            let (settings, status) = (self.args.settings, Arc::clone(&self.args.status));
            let in_force = self.args.in_force.clone();
            self.args.guard.build(&mut self.desk, move || {
                Desk::new(folder, reader, settings, in_force, status)
            })?;
        }
        let made = self.args.guard.run(&mut self.desk, step);
        self.args.status.show(|shown| shown.phase = Phase::Idle);
        self.args.guard.health().set_state(ActorState::Running);
        made
    }

    fn now_ms(&self) -> u64 {
        self.args.clock.unix_millis()
    }

    /// Tells what came of a step, and puts other models in force.
    fn carry_out<F: fmt::Display>(&mut self, outcome: Result<Outcome, F>) -> Result<(), String> {
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(fault) => {
                let fault = fault.to_string();
                tracing::error!(fault, "models");
                let shown_fault = fault.clone();
                self.args
                    .status
                    .show(|shown| shown.faults = vec![shown_fault]);
                return Err(fault);
            }
        };
        for change in outcome.changes {
            let (slot, id) = (change.slot.label(), change.id);
            tracing::info!(slot, %id, why = change.why, "model {}", change.change.label());
            let count = |shown: &mut Shown| shown.count_change(change.slot, change.change);
            self.args.status.show(count);
            self.args.journal.note(JournalEvent::ModelEvent {
                change: change.change,
                slot: change.slot,
                id: Some(change.id),
                why: change.why.into(),
            });
        }
        for refused in outcome.refused {
            let (slot, id) = (refused.slot.label(), refused.id);
            tracing::error!(slot, %id, why = refused.why, "model refused: the one before serves on");
            let count = |shown: &mut Shown| shown.count_change(refused.slot, ModelChange::Refused);
            self.args.status.show(count);
            self.args.journal.note(JournalEvent::ModelEvent {
                change: ModelChange::Refused,
                slot: refused.slot,
                id: Some(refused.id),
                why: refused.why.into(),
            });
        }
        if outcome.deploy
            && let Some(desk) = &self.desk
        {
            self.args.in_force = desk.in_force().clone();
            (self.args.deploy)(&self.args.in_force);
            self.note_in_force();
        }
        Ok(())
    }

    fn note_in_force(&self) {
        let [outcome, behaviour, ranking] = self
            .args
            .in_force
            .ids()
            .map(|id| id.map_or_else(|| "none".to_owned(), |id| id.to_string()));
        tracing::info!(outcome, behaviour, ranking, "models in force");
    }

    fn look(&mut self) {
        let now_ms = self.now_ms();
        let read = self.step(Desk::read_on);
        if let Ok(Err(fault)) = read {
            tracing::warn!(%fault, "the ledger can't be read to learn from");
            return;
        }
        if let Ok(outcome) = self.step(|desk| desk.decide(now_ms)) {
            let _ = self.carry_out(outcome);
        }
        let window = self.desk.as_ref().map_or(0, Desk::window);
        if self.desk.as_ref().is_some_and(Desk::has_none)
            && window >= self.args.settings.min_shares.max(2 * self.tried_at)
        {
            self.train("there is no model yet, and there are shares to learn from");
            return;
        }
        if now_ms >= self.drift_ms {
            self.drift_ms = now_ms + Self::DRIFT_MS;
            let drift = self.step(Desk::drift).ok().flatten();
            if drift.is_some_and(|report| report.drifted()) {
                self.train("shares look otherwise than those that the model was trained on");
            }
        }
    }

    fn train(&mut self, why: &str) {
        if !self.args.settings.enabled || self.args.reader.is_none() {
            self.args.asked.store(false, Ordering::Release);
            return;
        }
        self.args.asked.store(true, Ordering::Release);
        let began_ms = self.now_ms();
        let began = self.args.clock.now();
        tracing::info!(why, "training begins");
        let trained = self.trained(began_ms);
        self.tried_at = self.desk.as_ref().map_or(0, Desk::window);
        let took = self.args.clock.now().saturating_duration_since(began);
        let results = match trained {
            Ok((results, outcome)) => {
                for result in &results {
                    let (slot, id) = (result.slot.label(), result.id.as_deref());
                    tracing::info!(slot, id, what = result.what, "trained");
                }
                let _ = self.carry_out::<String>(Ok(outcome));
                results
            }
            Err(fault) => {
                tracing::error!(fault, "training failed");
                self.args.status.show(|shown| shown.faults = vec![fault]);
                Vec::new()
            }
        };
        self.next_ms = next_at(self.args.settings.at_hour, self.now_ms());
        let next_ms = self.next_ms;
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.args.status.show(|shown| {
            shown.next_ms = Some(next_ms);
            shown.last = Some(TrainingReport {
                began_ms,
                took_ms,
                why: why.to_owned(),
                shares: shown.window,
                results,
            });
        });
        self.args.asked.store(false, Ordering::Release);
    }

    /// Reads on, trains all models, and takes them in only then.
    fn trained(&mut self, now_ms: u64) -> Result<(Vec<SlotResult>, Outcome), String> {
        let told = |fault: &dyn fmt::Display| fault.to_string();
        let read = self.step(Desk::read_on).map_err(|fault| told(&fault))?;
        read.map_err(|fault| told(&fault))?;
        let trained = self.step(Desk::train).map_err(|fault| told(&fault))?;
        let results = trained.iter().map(SlotResult::of).collect();
        let whole: Vec<_> = trained
            .into_iter()
            .filter_map(|(slot, trained)| Some((slot, trained.ok()?)))
            .collect();
        let admitted = self.step(|desk| desk.admit(&whole, now_ms));
        let outcome = admitted.map_err(|fault| told(&fault))?;
        Ok((results, outcome.map_err(|fault| told(&fault))?))
    }

    fn reload(&mut self) -> Reloaded {
        let outcome = match self.step(Desk::reload) {
            Ok(outcome) => outcome.map_err(|fault| fault.to_string()),
            Err(fault) => Err(fault.to_string()),
        };
        let before = self.args.in_force.ids();
        let refused = match &outcome {
            Ok(outcome) => outcome.refused.clone(),
            Err(_) => Vec::new(),
        };
        let fault = self.carry_out(outcome).err();
        Reloaded {
            changed: before != self.args.in_force.ids(),
            in_force: self.args.in_force.ids(),
            refused,
            fault,
        }
    }

    fn begin(&mut self) {
        let _ = self.reload();
        self.note_in_force();
        self.look();
        let now_ms = self.now_ms();
        self.next_ms = next_at(self.args.settings.at_hour, now_ms);
        let has_none = self.desk.as_ref().is_none_or(Desk::has_none);
        // Unless the look has just tried.
        if has_none && self.tried_at == 0 {
            self.train("there is no model yet");
        } else if self.args.settings.enabled && self.args.reader.is_some() {
            let next_ms = self.next_ms;
            self.args.status.show(|shown| shown.next_ms = Some(next_ms));
        }
    }
}

impl Actor for Trainer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.args.guard.health().set_state(ActorState::Running);
        if let Err(fault) = be_served_last() {
            tracing::warn!(%fault, "the trainer's thread is served like the others");
        }
        match self.args.folder.make().map_err(|fault| fault.to_string()) {
            Ok(()) => {
                let changed = Post::to_actor(
                    ctx.address().recipient(),
                    Arc::clone(self.args.guard.health()),
                );
                self.watch = Watch::over(&self.args.folder, changed)
                    .inspect_err(|fault| {
                        tracing::warn!(%fault, "changes of models are not seen by themselves");
                    })
                    .ok();
            }
            Err(fault) => tracing::warn!(fault, "no folder for models"),
        }
        ctx.run_later(Duration::ZERO, |this, _| this.begin());
        ctx.run_interval(self.args.settings.look_every, |this, _| this.look());
        ctx.run_interval(Self::BEAT, |this, _| {
            if this.now_ms() >= this.next_ms {
                this.train("it is the hour for it");
            }
        });
    }
}

/// Has the system serve this thread after all others.
fn be_served_last() -> std::io::Result<()> {
    let thread = rustix::thread::gettid();
    // On Linux each thread has a priority of its own.
    rustix::process::setpriority_process(Some(thread), Trainer::NICE)?;
    Ok(())
}

impl Handler<TrainNow> for Trainer {
    type Result = ();

    fn handle(&mut self, TrainNow { why }: TrainNow, _: &mut Self::Context) {
        self.args.guard.health().dequeued();
        self.train(why);
    }
}

impl Handler<ReloadModels> for Trainer {
    type Result = ();

    fn handle(&mut self, ReloadModels { reply }: ReloadModels, _: &mut Self::Context) {
        self.args.guard.health().dequeued();
        if let Some(watch) = &self.watch {
            watch.seen();
        }
        let reloaded = self.reload();
        if let Some(reply) = reply {
            // Whoever asked may have gone.
            let _ = reply.send(reloaded);
        }
    }
}

impl Handler<CloseTrainer> for Trainer {
    type Result = ();

    fn handle(&mut self, CloseTrainer { done }: CloseTrainer, ctx: &mut Self::Context) {
        self.args.guard.health().dequeued();
        let now_ms = self.now_ms();
        // What the duels have seen since the last look is written down.
        if let Ok(decided) = self.step(|desk| desk.decide(now_ms)) {
            // The lanes are closed.
            let _ = self.carry_out(decided.map(Outcome::without_deploying));
        }
        self.watch = None;
        ctx.stop();
        let _ = done.try_send(());
    }
}
