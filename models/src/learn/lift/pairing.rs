//! Trials of one rig in both arms, gathered until they can be compared.

use serde::{Deserialize, Serialize};

use super::Trial;
use crate::ledger::Arm;
use crate::share::RigKey;

/// What one arm of a rig gathered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Side {
    pub(super) scans: u32,
    pub(super) shares: u64,
    /// In shares of a rig that makes one hash a second.
    pub(super) exposure: f64,
}

impl Side {
    fn take(&mut self, trial: &Trial) {
        self.scans = self.scans.saturating_add(1);
        self.shares = self.shares.saturating_add(u64::from(trial.shares));
        self.exposure += trial.exposure();
    }
}

/// What both arms of a rig gathered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Pair {
    pub(super) rig: RigKey,
    /// The trial, counted over all rigs, that it got last.
    pub(super) touched: u64,
    pub(super) model: Side,
    pub(super) control: Side,
}

/// Rigs whose trials wait for their counterparts, in the order of their keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Pairing {
    pub(super) waiting: Vec<Pair>,
    pub(super) trials: u64,
    /// Trials that gave way before they were compared.
    pub(super) given_up: u64,
}

impl Pairing {
    /// Rigs that wait at most; one more, and the one whose last trial is longest ago gives way.
    pub(super) const RIGS: usize = 4_096;

    /// Scans of each arm with which a rig is compared. Decided by their number alone, and never
    /// by what was found in them.
    pub(super) const SCANS: u32 = 8;

    /// Takes a trial; gives both arms of its rig when they are complete by it.
    pub(super) fn take(&mut self, trial: &Trial) -> Option<Pair> {
        let is_model = match trial.arm {
            Arm::Model => true,
            Arm::Control => false,
            Arm::None | Arm::Outside => return None,
        };
        self.trials = self.trials.saturating_add(1);
        let place = self.place_of(trial.rig);
        let pair = self.waiting.get_mut(place)?;
        pair.touched = self.trials;
        if is_model {
            pair.model.take(trial);
        } else {
            pair.control.take(trial);
        }
        let complete = pair.model.scans.min(pair.control.scans) >= Self::SCANS;
        complete.then(|| self.waiting.remove(place))
    }

    fn place_of(&mut self, rig: RigKey) -> usize {
        if let Ok(place) = self.waiting.binary_search_by_key(&rig, |pair| pair.rig) {
            return place;
        }
        if self.waiting.len() >= Self::RIGS {
            self.give_up_idlest();
        }
        let place = self.waiting.partition_point(|pair| pair.rig < rig);
        let pair = Pair {
            rig,
            touched: self.trials,
            model: Side::default(),
            control: Side::default(),
        };
        self.waiting.insert(place, pair);
        place
    }

    fn give_up_idlest(&mut self) {
        let idlest = self.waiting.iter().enumerate();
        if let Some((place, _)) = idlest.min_by_key(|(_, pair)| pair.touched) {
            let pair = self.waiting.remove(place);
            let scans = u64::from(pair.model.scans) + u64::from(pair.control.scans);
            self.given_up = self.given_up.saturating_add(scans);
        }
    }

    /// Whether it can have come about.
    pub(super) fn is_sound(&self) -> bool {
        let side = |side: &Side| side.exposure.is_finite() && side.exposure >= 0.0;
        self.waiting.len() <= Self::RIGS
            && self.waiting.is_sorted_by(|a, b| a.rig < b.rig)
            && self.waiting.iter().all(|pair| {
                side(&pair.model)
                    && side(&pair.control)
                    && pair.touched <= self.trials
                    && pair.model.scans.min(pair.control.scans) < Self::SCANS
            })
    }
}
