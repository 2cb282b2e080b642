//! Which models there are, and which of them is in force: the registry.
//!
//! A trained model is a *candidate*. It runs beside the one in force as its *shadow* and decides
//! nothing; on data that is later than both, a [`Duel`] says which is better. Only when its
//! advantage is above zero for sure, and has been for long enough, is it the *champion*. The one
//! before stays beside it: should it turn out better after all, it is put back.

mod change;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Duel;
use super::artifact::DataFacts;
use crate::filter::ModelId;
use crate::ledger::ModelSlot;

pub use change::{Change, NotDone};

/// Where a model stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Trained, and nothing more.
    Candidate,
    /// It runs beside the one in force and decides nothing.
    Shadow,
    /// It is in force.
    Champion,
    /// It was in force, or might have been.
    Retired,
}

impl State {
    /// A name for records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Shadow => "shadow",
            Self::Champion => "champion",
            Self::Retired => "retired",
        }
    }
}

/// A model of the registry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is for.
    pub slot: ModelSlot,
    /// Where it stands.
    pub state: State,
    /// Since when, milliseconds since 1970.
    pub since_ms: u64,
    /// Why, in words.
    pub why: String,
    /// What it was trained on.
    pub data: DataFacts,
    /// Of a shadow: against the one in force. Of a champion: of the one before against it.
    pub duel: Duel,
    /// Of a champion: the one before.
    pub before: Option<ModelId>,
}

/// The registry: at most [`Roster::MOST`] models.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Roster {
    entries: BTreeMap<String, Entry>,
}

/// When a shadow may be promoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromotionPolicy {
    /// A duel lasts at least so long, milliseconds: longer than bad data is expected to last.
    pub shadow_ms: u64,
    /// A shadow that is not ahead by then makes room, milliseconds.
    pub patience_ms: u64,
}

impl Default for PromotionPolicy {
    fn default() -> Self {
        const DAY_MS: u64 = 86_400_000;
        Self {
            shadow_ms: DAY_MS,
            patience_ms: 14 * DAY_MS,
        }
    }
}

impl Roster {
    /// Most models that are kept; retired ones give way, the one that retired first first.
    pub const MOST: usize = 64;

    /// All models with their ids, by slot and time.
    #[must_use]
    pub fn entries(&self) -> Vec<(ModelId, &Entry)> {
        let mut all: Vec<_> = self
            .entries
            .iter()
            .filter_map(|(id, entry)| Some((read_id(id)?, entry)))
            .collect();
        all.sort_by_key(|(id, entry)| (entry.slot, std::cmp::Reverse(entry.since_ms), *id));
        all
    }

    /// A model.
    #[must_use]
    pub fn get(&self, id: ModelId) -> Option<&Entry> {
        self.entries.get(&id.to_string())
    }

    /// The model in force.
    #[must_use]
    pub fn champion(&self, slot: ModelSlot) -> Option<(ModelId, &Entry)> {
        self.in_state(slot, State::Champion)
    }

    /// The model beside it.
    #[must_use]
    pub fn shadow(&self, slot: ModelSlot) -> Option<(ModelId, &Entry)> {
        self.in_state(slot, State::Shadow)
    }

    fn in_state(&self, slot: ModelSlot, state: State) -> Option<(ModelId, &Entry)> {
        self.entries
            .iter()
            .find(|(_, entry)| entry.slot == slot && entry.state == state)
            .and_then(|(id, entry)| Some((read_id(id)?, entry)))
    }

    /// Whether it is one that this program may have written: ids are ids, and each slot has one
    /// champion and one shadow at most.
    ///
    /// # Errors
    /// What is amiss, in words.
    pub fn check(&self) -> Result<(), String> {
        if self.entries.len() > Self::MOST {
            return Err(format!(
                "has {} models; {} at most",
                self.entries.len(),
                Self::MOST
            ));
        }
        if let Some(id) = self.entries.keys().find(|id| read_id(id).is_none()) {
            return Err(format!("{id:?} is no id of a model: 16 hex digits"));
        }
        for slot in ModelSlot::ALL {
            for state in [State::Champion, State::Shadow] {
                let count = self
                    .entries
                    .values()
                    .filter(|entry| entry.slot == slot && entry.state == state)
                    .count();
                if count > 1 {
                    return Err(format!(
                        "has {count} models as {} of {}; one at most",
                        state.label(),
                        slot.label()
                    ));
                }
            }
        }
        Ok(())
    }
}

/// An id as it is shown.
#[must_use]
pub fn read_id(text: &str) -> Option<ModelId> {
    let whole = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    whole
        .then(|| u64::from_str_radix(text, 16).ok().map(ModelId))
        .flatten()
}
