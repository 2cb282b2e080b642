//! How models rise and fall.

use serde::Serialize;

use super::{Entry, PromotionPolicy, Roster, State};
use crate::filter::ModelId;
use crate::learn::Duel;
use crate::learn::artifact::DataFacts;
use crate::ledger::{ModelChange, ModelSlot};

/// What became of a model, to be told and carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What.
    pub change: ModelChange,
    /// Of which slot.
    pub slot: ModelSlot,
    /// Of which model.
    pub id: ModelId,
    /// Why, in words.
    pub why: String,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
pub enum NotDone {
    /// There is no such model.
    #[error("there is no model {0}")]
    NoSuchModel(String),
    /// It is in force already.
    #[error("it is in force already")]
    InForce,
    /// There is nothing to go back to.
    #[error("there is no model of {0} before the one in force")]
    NoneBefore(&'static str),
}

impl Roster {
    /// Takes a trained model in. Without a champion it becomes the champion if it is known to be
    /// better than none (`better_than_none` says how); with one it becomes its shadow, and takes
    /// the place of a shadow that is there.
    pub fn admit(
        &mut self,
        id: ModelId,
        slot: ModelSlot,
        data: DataFacts,
        better_than_none: Result<String, String>,
        now_ms: u64,
    ) -> Vec<Change> {
        if self
            .get(id)
            .is_some_and(|entry| entry.state != State::Retired)
        {
            return Vec::new();
        }
        let entry = Entry {
            slot,
            state: State::Candidate,
            since_ms: now_ms,
            why: "trained".to_owned(),
            data,
            duel: Duel::default(),
            before: None,
        };
        self.entries.insert(id.to_string(), entry);
        let mut changes = Vec::new();
        match (self.champion(slot).is_some(), better_than_none) {
            (_, Err(why)) => self.set(id, State::Candidate, &why, now_ms),
            (false, Ok(why)) => self.crown(id, None, &why, now_ms, &mut changes),
            (true, Ok(_)) => {
                if let Some((shadow, _)) = self.shadow(slot) {
                    self.retire(shadow, "a later model took its place", now_ms, &mut changes);
                }
                let why = "runs beside the one in force, and decides nothing";
                self.set(id, State::Shadow, why, now_ms);
                changes.push(Change {
                    change: ModelChange::Shadow,
                    slot,
                    id,
                    why: why.to_owned(),
                });
            }
        }
        self.make_room(id);
        changes
    }

    /// Puts a model in force at once: those whose worth is measured while they are.
    pub fn install(
        &mut self,
        id: ModelId,
        slot: ModelSlot,
        data: DataFacts,
        why: &str,
        now_ms: u64,
    ) -> Vec<Change> {
        if self
            .champion(slot)
            .is_some_and(|(champion, _)| champion == id)
        {
            return Vec::new();
        }
        let mut changes = self.admit(id, slot, data, Err(why.to_owned()), now_ms);
        self.replace_champion(id, why, ModelChange::Promoted, now_ms, &mut changes);
        self.make_room(id);
        changes
    }

    /// Shares that came since the last ones, with their times and what the shadow gained over the
    /// one in force. Those from before it was the shadow do not count: what was bad then was bad
    /// for its training too.
    pub fn note_gains(&mut self, slot: ModelSlot, gains: impl IntoIterator<Item = (u64, f64)>) {
        if let Some((shadow, _)) = self.shadow(slot) {
            self.note(shadow, gains);
        }
    }

    /// The same of the one before the one in force, against it.
    pub fn note_gains_of_before(
        &mut self,
        slot: ModelSlot,
        gains: impl IntoIterator<Item = (u64, f64)>,
    ) {
        if let Some((champion, entry)) = self.champion(slot)
            && entry.before.is_some()
        {
            self.note(champion, gains);
        }
    }

    fn note(&mut self, id: ModelId, gains: impl IntoIterator<Item = (u64, f64)>) {
        if let Some(entry) = self.entries.get_mut(&id.to_string()) {
            let after_ms = entry.since_ms.max(entry.duel.last_ms());
            for (at_ms, gain) in gains {
                if at_ms > after_ms {
                    entry.duel.note(at_ms, gain);
                }
            }
        }
    }

    /// Lets the duels decide.
    pub fn decide(&mut self, slot: ModelSlot, policy: PromotionPolicy, now_ms: u64) -> Vec<Change> {
        let mut changes = Vec::new();
        self.decide_on_before(slot, now_ms, &mut changes);
        let Some((id, shadow)) = self.shadow(slot) else {
            return changes;
        };
        let advantage = shadow.duel.advantage();
        let lasted = shadow.duel.lasted_ms();
        match advantage {
            Some(found) if found.low > 0.0 && lasted >= policy.shadow_ms => {
                let why = format!(
                    "better by {:.4} nats a share ({:.4} to {:.4}) on {} later shares",
                    found.mean, found.low, found.high, found.shares
                );
                self.replace_champion(id, &why, ModelChange::Promoted, now_ms, &mut changes);
            }
            Some(found) if found.high < 0.0 => {
                let why = format!(
                    "worse by {:.4} nats a share ({:.4} to {:.4}) on {} later shares",
                    -found.mean, -found.high, -found.low, found.shares
                );
                self.retire(id, &why, now_ms, &mut changes);
            }
            Some(_) | None if lasted >= policy.patience_ms => {
                self.retire(id, "not found better in all its time", now_ms, &mut changes);
            }
            Some(_) | None => {}
        }
        changes
    }

    fn decide_on_before(&mut self, slot: ModelSlot, now_ms: u64, changes: &mut Vec<Change>) {
        let Some((champion, entry)) = self.champion(slot) else {
            return;
        };
        let ahead = entry.duel.advantage().filter(|found| found.low > 0.0);
        if let (Some(found), Some(before)) = (ahead, entry.before)
            && self.get(before).is_some()
        {
            let why = format!(
                "the one before is better by {:.4} nats a share ({:.4} to {:.4}) on {} later shares",
                found.mean, found.low, found.high, found.shares
            );
            self.put_back(champion, before, &why, now_ms, changes);
        }
    }

    /// Puts a model in force by the operator's word.
    ///
    /// # Errors
    /// There is none, or it is in force already.
    pub fn activate(&mut self, id: ModelId, now_ms: u64) -> Result<Vec<Change>, NotDone> {
        match self.get(id) {
            None => return Err(NotDone::NoSuchModel(id.to_string())),
            Some(entry) if entry.state == State::Champion => return Err(NotDone::InForce),
            Some(_) => {}
        }
        let mut changes = Vec::new();
        self.replace_champion(
            id,
            "put in force by the operator",
            ModelChange::Promoted,
            now_ms,
            &mut changes,
        );
        Ok(changes)
    }

    /// Puts the model before the one in force back by the operator's word.
    ///
    /// # Errors
    /// There is none.
    pub fn roll_back(&mut self, slot: ModelSlot, now_ms: u64) -> Result<Vec<Change>, NotDone> {
        let none = NotDone::NoneBefore(slot.label());
        let (champion, entry) = self.champion(slot).ok_or_else(|| none.clone())?;
        let before = entry.before.filter(|before| self.get(*before).is_some());
        let before = before.ok_or(none)?;
        let mut changes = Vec::new();
        self.put_back(champion, before, "by the operator", now_ms, &mut changes);
        Ok(changes)
    }

    /// A model can't be used: its file was refused. The one before takes its place if it was in
    /// force.
    pub fn refuse(&mut self, id: ModelId, why: &str, now_ms: u64) -> Vec<Change> {
        let Some(entry) = self.get(id) else {
            return Vec::new();
        };
        let (slot, state) = (entry.slot, entry.state);
        let before = entry.before.filter(|before| self.get(*before).is_some());
        let mut changes = vec![Change {
            change: ModelChange::Refused,
            slot,
            id,
            why: why.to_owned(),
        }];
        match (state, before) {
            (State::Champion, Some(before)) => {
                self.put_back(id, before, why, now_ms, &mut changes);
            }
            _ => self.set(id, State::Retired, why, now_ms),
        }
        changes
    }

    fn put_back(
        &mut self,
        champion: ModelId,
        before: ModelId,
        why: &str,
        now_ms: u64,
        changes: &mut Vec<Change>,
    ) {
        let Some(slot) = self.get(champion).map(|entry| entry.slot) else {
            return;
        };
        self.set(champion, State::Retired, why, now_ms);
        changes.push(Change {
            change: ModelChange::RolledBack,
            slot,
            id: champion,
            why: why.to_owned(),
        });
        self.crown(before, None, why, now_ms, changes);
    }

    fn replace_champion(
        &mut self,
        id: ModelId,
        why: &str,
        change: ModelChange,
        now_ms: u64,
        changes: &mut Vec<Change>,
    ) {
        let Some(slot) = self.get(id).map(|entry| entry.slot) else {
            return;
        };
        let before = self.champion(slot).map(|(champion, _)| champion);
        if let Some(before) = before {
            self.retire(before, "another took its place", now_ms, changes);
        }
        self.crown(id, before, why, now_ms, changes);
        if let Some(last) = changes.last_mut() {
            last.change = change;
        }
    }

    fn crown(
        &mut self,
        id: ModelId,
        before: Option<ModelId>,
        why: &str,
        now_ms: u64,
        changes: &mut Vec<Change>,
    ) {
        self.set(id, State::Champion, why, now_ms);
        if let Some(entry) = self.entries.get_mut(&id.to_string()) {
            entry.duel = Duel::default();
            entry.before = before;
            changes.push(Change {
                change: ModelChange::Promoted,
                slot: entry.slot,
                id,
                why: why.to_owned(),
            });
            let slot = entry.slot;
            self.begin_duel_anew(slot, now_ms);
        }
    }

    /// What a shadow has won or lost was against another.
    fn begin_duel_anew(&mut self, slot: ModelSlot, now_ms: u64) {
        let shadow = self
            .entries
            .values_mut()
            .find(|entry| entry.slot == slot && entry.state == State::Shadow);
        if let Some(shadow) = shadow {
            (shadow.duel, shadow.since_ms) = (Duel::default(), now_ms);
        }
    }

    fn retire(&mut self, id: ModelId, why: &str, now_ms: u64, changes: &mut Vec<Change>) {
        self.set(id, State::Retired, why, now_ms);
        if let Some(entry) = self.get(id) {
            changes.push(Change {
                change: ModelChange::Retired,
                slot: entry.slot,
                id,
                why: why.to_owned(),
            });
        }
    }

    fn set(&mut self, id: ModelId, state: State, why: &str, now_ms: u64) {
        if let Some(entry) = self.entries.get_mut(&id.to_string()) {
            (entry.state, entry.since_ms) = (state, now_ms);
            why.clone_into(&mut entry.why);
        }
    }

    /// Forgets what is of no more use, and never the one that was just taken in, one that is in
    /// force or beside it, or one that may be put back.
    fn make_room(&mut self, spared: ModelId) {
        while self.entries.len() > Self::MOST {
            let needed: Vec<_> = self
                .entries
                .values()
                .filter_map(|entry| entry.before)
                .collect();
            let oldest = self
                .entries()
                .into_iter()
                .filter(|(id, entry)| {
                    *id != spared
                        && !needed.contains(id)
                        && matches!(entry.state, State::Retired | State::Candidate)
                })
                .min_by_key(|(_, entry)| entry.since_ms)
                .map(|(id, _)| id);
            let Some(oldest) = oldest else {
                return;
            };
            self.entries.remove(&oldest.to_string());
        }
    }
}
