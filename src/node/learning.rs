//! From settings to the models in force and the trainer.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use actix::{Actor as _, Arbiter};
use zartrux_actors::journal::Journal;
use zartrux_actors::lane::Lane;
use zartrux_actors::messaging::Post;
use zartrux_actors::supervision::Guard;
use zartrux_actors::trainer::{
    CloseTrainer, InForce, ModelsFolder, NotTrained, Trainer, TrainerArgs, TrainerLink,
    TrainerSettings, TrainerStatus,
};
use zartrux_config::Settings;

use super::NodeView;

/// Rigs that are remembered to learn from, at most.
const RIGS: usize = 100_000;

/// The folder of models below a data folder.
#[must_use]
pub fn models_folder(settings: &Settings) -> ModelsFolder {
    ModelsFolder::new(settings.node.data.join("models"))
}

/// What the trainer goes by; shares of the ledger up to the number `read_after` are not read.
#[must_use]
pub fn trainer_settings(settings: &Settings, read_after: u64) -> TrainerSettings {
    let learn = &settings.learn;
    TrainerSettings {
        enabled: learn.enabled,
        at_hour: learn.at_hour,
        window: learn.window,
        min_shares: learn.min_shares,
        rigs: settings.filters.max_rigs.min(RIGS),
        look_every: learn.look_every,
        shadow_ms: u64::try_from(learn.shadow.as_millis()).unwrap_or(u64::MAX),
        ranking: learn.ranking,
        seed: learn.seed,
        read_after,
    }
}

/// The models in force, read before anything is served.
pub(crate) struct OpenModels {
    folder: ModelsFolder,
    in_force: InForce,
    settings: TrainerSettings,
}

/// Reads the models in force; none where nothing is stored and no models are there.
pub(crate) fn open(settings: &Settings) -> Option<OpenModels> {
    let folder = models_folder(settings);
    if !settings.store.enabled && !folder.root().is_dir() {
        return None;
    }
    let settings = trainer_settings(settings, 0);
    let mut in_force = match folder.roster() {
        // What is refused is told by the trainer, with everything else.
        Ok(roster) => InForce::default().after(&folder, &roster).0,
        Err(fault) => {
            tracing::error!(%fault, "no model is in force");
            InForce::default()
        }
    };
    if !settings.ranking {
        in_force.ranking = None;
    }
    Some(OpenModels {
        folder,
        in_force,
        settings,
    })
}

/// The trainer, running.
#[derive(Debug)]
pub(crate) struct RunningTrainer {
    close: Post<CloseTrainer>,
    arbiter: Arbiter,
}

impl OpenModels {
    /// The models in force.
    pub(crate) const fn in_force(&self) -> &InForce {
        &self.in_force
    }

    /// Starts the trainer, which tells these lanes of other models. Must be called within the actor
    /// system.
    pub(crate) fn launch(self, view: &NodeView, lanes: &[Lane]) -> (RunningTrainer, TrainerLink) {
        let (store, clock) = (view.store(), view.clock());
        let health = view.health().register("trainer".to_owned(), "trainer");
        let guard = Guard::new(health, clock);
        let ways: Vec<_> = lanes.iter().map(Lane::models_way).collect();
        let status = Arc::new(TrainerStatus::of(self.in_force.clone()));
        let asked = Arc::new(AtomicBool::new(false));
        // Some shares more than are learnt from: not all teach anything.
        let read = (self.settings.window as u64).saturating_mul(5) / 4;
        let read_after = store.map_or(0, |store| store.last_seq.saturating_sub(read));
        let trains = match store {
            Some(_) if self.settings.enabled => Ok(()),
            Some(_) => Err(NotTrained::Off),
            None => Err(NotTrained::NothingStored),
        };
        let args = TrainerArgs {
            folder: self.folder,
            reader: store.map(|store| store.reader.clone()),
            settings: TrainerSettings {
                read_after,
                ..self.settings
            },
            in_force: self.in_force,
            deploy: Box::new(move |in_force| {
                for way in &ways {
                    way.replace_models(&in_force.filter_models());
                    way.replace_order(in_force.order());
                }
            }),
            journal: store.map_or_else(
                || Journal::silent().telling(view.teller()),
                |store| store.journal.clone(),
            ),
            status: Arc::clone(&status),
            asked: Arc::clone(&asked),
            guard: guard.clone(),
            clock,
        };
        let arbiter = Arbiter::new();
        let trainer = Trainer::start_in_arbiter(&arbiter.handle(), move |_| Trainer::new(args));
        macro_rules! post {
            () => {
                Post::to_actor(trainer.clone().recipient(), Arc::clone(guard.health()))
            };
        }
        let link = TrainerLink::new(trains, post!(), post!(), asked, status);
        let running = RunningTrainer {
            close: post!(),
            arbiter,
        };
        (running, link)
    }
}

impl RunningTrainer {
    /// How long it may take; a training under way is left to the end of the process.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// Has it write down what it has seen, and ends its thread.
    pub(crate) fn close(self) {
        let (done, closed) = sync_channel(1);
        self.close.send(CloseTrainer { done });
        if closed.recv_timeout(Self::PATIENCE).is_err() {
            tracing::info!("left while the trainer was at work");
        }
        self.arbiter.stop();
    }
}
