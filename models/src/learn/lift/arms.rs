//! The lift of each order that leases are given by, against the same control.

use super::report::{LiftReport, OutsideLift};
use super::{LiftInterval, Trial};
use crate::ledger::Arm;

/// What the order of the model brings, and what those from outside bring.
///
/// A rig is compared with itself, and its speed is its own only for a time. There is control
/// whenever there is any order, so control of a time without outside's arm must not be compared
/// with it, nor such of a time that had outside's arm alone with the model's.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lifts {
    model: LiftInterval,
    outside: LiftInterval,
    /// When the last scan of the model's arm ended, and of outside's, ms since 1970.
    model_ms: Option<u64>,
    outside_ms: Option<u64>,
}

impl Lifts {
    /// A control scan is compared with outside's arm if a scan of that arm, of any rig, ended so
    /// long before it at most, ms.
    pub const NEAR_MS: u64 = 3_600_000;

    /// Takes a trial, in about the order of their ends; those outside all arms say nothing. Returns
    /// whether a rig's arms were compared by it.
    pub fn take(&mut self, trial: &Trial) -> bool {
        match trial.arm {
            Arm::None => false,
            Arm::Model => {
                self.model_ms = self.model_ms.max(Some(trial.at_ms));
                self.model.take(trial)
            }
            Arm::Outside => {
                self.outside_ms = self.outside_ms.max(Some(trial.at_ms));
                // To the interval there is one order, whosever it is.
                self.outside.take(&Trial {
                    arm: Arm::Model,
                    ..*trial
                })
            }
            Arm::Control => {
                let is_near = |arm_ms: Option<u64>| {
                    arm_ms.is_some_and(|at_ms| trial.at_ms.saturating_sub(at_ms) <= Self::NEAR_MS)
                };
                let of_outside = is_near(self.outside_ms);
                let of_model = is_near(self.model_ms) || !of_outside;
                let by_model = of_model && self.model.take(trial);
                let by_outside = of_outside && self.outside.take(trial);
                by_model || by_outside
            }
        }
    }

    /// What the order of the model brings.
    #[must_use]
    pub fn model(&self) -> LiftReport {
        self.model.report()
    }

    /// What the orders from outside bring, all together; none before the first scan in their arm.
    #[must_use]
    pub fn outside(&self) -> Option<OutsideLift> {
        self.outside_ms
            .map(|_| OutsideLift::of(&self.outside.report()))
    }
}
