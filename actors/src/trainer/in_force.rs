//! The models in force, as they are read from their files.

use std::sync::Arc;

use zartrux_models::filter::ModelId;
use zartrux_models::learn::artifact::{self, Artifact, Header, Learnt};
use zartrux_models::learn::behaviour::{ClusterModel, DeployedClusters};
use zartrux_models::learn::outcome::{Deployed, LogisticOutcome};
use zartrux_models::learn::ranking::NonceRanking;
use zartrux_models::learn::roster::Roster;
use zartrux_models::ledger::ModelSlot;
use zartrux_models::plan::NonceOrder;

use super::ModelsFolder;
use crate::filters::FilterModels;

/// A model with what its file says of it.
#[derive(Debug, Clone)]
pub struct Serving<T> {
    /// Which.
    pub id: ModelId,
    /// What its file says.
    pub header: Arc<Header>,
    /// The model.
    pub model: Arc<T>,
}

/// The models in force. A slot without one has no opinion.
#[derive(Debug, Clone, Default)]
pub struct InForce {
    /// Which shares are refused.
    pub outcome: Option<Serving<Deployed>>,
    /// How groups of rigs behave.
    pub behaviour: Option<Serving<DeployedClusters>>,
    /// In which order nonces are handed out.
    pub ranking: Option<Serving<NonceRanking>>,
}

/// A model that the registry has in force and that can't be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What it is for.
    pub slot: ModelSlot,
    /// Which.
    pub id: ModelId,
    /// Why, in words.
    pub why: String,
}

/// Reads a model's file and checks everything about it, its name too.
///
/// # Errors
/// Why it is not to be trusted.
pub fn load<T: Learnt>(folder: &ModelsFolder, id: ModelId) -> Result<Artifact<T>, String> {
    let file = folder
        .read(T::SLOT, id)
        .map_err(|fault| fault.to_string())?;
    let read = artifact::read::<T>(&file).map_err(|why| {
        let path = folder.file_of(T::SLOT, id);
        format!("{} {why}", path.display())
    })?;
    if read.id == id {
        Ok(read)
    } else {
        let path = folder.file_of(T::SLOT, id);
        Err(format!("{} is model {}", path.display(), read.id))
    }
}

fn serving<T: Learnt, S>(
    folder: &ModelsFolder,
    id: ModelId,
    deploy: impl FnOnce(Artifact<T>) -> S,
) -> Result<Serving<S>, String> {
    let read = load::<T>(folder, id)?;
    Ok(Serving {
        id,
        header: Arc::new(read.header.clone()),
        model: Arc::new(deploy(read)),
    })
}

/// A model of outcomes.
///
/// # Errors
/// Why it can't be used.
pub fn outcome(folder: &ModelsFolder, id: ModelId) -> Result<Serving<Deployed>, String> {
    serving::<LogisticOutcome, _>(folder, id, Deployed::from)
}

/// A model of behaviours.
///
/// # Errors
/// Why it can't be used.
pub fn behaviour(folder: &ModelsFolder, id: ModelId) -> Result<Serving<DeployedClusters>, String> {
    serving::<ClusterModel, _>(folder, id, DeployedClusters::new)
}

/// An order of nonces.
///
/// # Errors
/// Why it can't be used.
pub fn ranking(folder: &ModelsFolder, id: ModelId) -> Result<Serving<NonceRanking>, String> {
    serving::<NonceRanking, _>(folder, id, |read| read.model)
}

/// Why a model can't be used; none where it can.
#[must_use]
pub fn fault_of(folder: &ModelsFolder, slot: ModelSlot, id: ModelId) -> Option<String> {
    match slot {
        ModelSlot::Outcome => outcome(folder, id).err(),
        ModelSlot::Behaviour => behaviour(folder, id).err(),
        ModelSlot::Ranking => ranking(folder, id).err(),
        ModelSlot::Difficulty => Some("is not among the models that can be in force".to_owned()),
    }
}

impl InForce {
    /// What the registry has in force. Where a file is refused, what was in force goes on; where
    /// nothing was, the model before it serves in its place.
    #[must_use]
    pub fn after(&self, folder: &ModelsFolder, roster: &Roster) -> (Self, Vec<Refused>) {
        let mut refused = Vec::new();
        let next = Self {
            outcome: chosen(
                roster,
                ModelSlot::Outcome,
                &self.outcome,
                &mut refused,
                |id| outcome(folder, id),
            ),
            behaviour: chosen(
                roster,
                ModelSlot::Behaviour,
                &self.behaviour,
                &mut refused,
                |id| behaviour(folder, id),
            ),
            ranking: chosen(
                roster,
                ModelSlot::Ranking,
                &self.ranking,
                &mut refused,
                |id| ranking(folder, id),
            ),
        };
        (next, refused)
    }

    /// Which they are: outcome, behaviour, ranking.
    #[must_use]
    pub fn ids(&self) -> [Option<ModelId>; 3] {
        [
            self.outcome.as_ref().map(|serving| serving.id),
            self.behaviour.as_ref().map(|serving| serving.id),
            self.ranking.as_ref().map(|serving| serving.id),
        ]
    }

    /// What the filters go by.
    #[must_use]
    pub fn filter_models(&self) -> FilterModels {
        FilterModels {
            behaviour: self
                .behaviour
                .as_ref()
                .map(|serving| Arc::clone(&serving.model) as _),
            outcome: self
                .outcome
                .as_ref()
                .map(|serving| Arc::clone(&serving.model) as _),
        }
    }

    /// In which order nonces are handed out.
    #[must_use]
    pub fn order(&self) -> Option<Arc<NonceOrder>> {
        let serving = self.ranking.as_ref()?;
        NonceOrder::new(serving.id, &serving.model.order())
            .ok()
            .map(Arc::new)
    }
}

fn chosen<T: Clone>(
    roster: &Roster,
    slot: ModelSlot,
    now: &Option<Serving<T>>,
    refused: &mut Vec<Refused>,
    load: impl Fn(ModelId) -> Result<Serving<T>, String>,
) -> Option<Serving<T>> {
    let (id, entry) = roster.champion(slot)?;
    // The file is read all the same: whoever damaged it should hear of it now.
    match load(id) {
        Ok(_) if now.as_ref().is_some_and(|now| now.id == id) => now.clone(),
        Ok(next) => Some(next),
        Err(why) => {
            refused.push(Refused { slot, id, why });
            now.clone().or_else(|| load(entry.before?).ok())
        }
    }
}
