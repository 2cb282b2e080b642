//! A plan as it is written down: with its bytes, since the order it was drawn by may be gone.

use std::sync::Arc;

use super::{Drawn, DrawnBy, DrawnFrom, SlotPlan};
use crate::filter::ModelId;
use crate::handover::{BadPart, SlotPlanWire};
use crate::ledger::Arm;
use crate::plan::OutsideId;
use crate::work::Slot;

impl SlotPlan {
    /// As it is written down; none where each slot has the byte of its own number.
    #[must_use]
    pub fn pack(&self) -> Option<SlotPlanWire> {
        let drawn = self.0.as_deref()?;
        let place = |arm: &Arm| Arm::ALL.iter().position(|known| known == arm);
        Some(SlotPlanWire {
            seed: drawn.origin.seed,
            ranking: drawn.origin.by.ranking().map(|id| id.0),
            outside: drawn.origin.by.outside().map(|id| id.0),
            bytes: drawn.bytes.iter().map(|byte| byte.0).collect(),
            arms: drawn
                .arms
                .iter()
                .map(|arm| u8::try_from(place(arm).unwrap_or_default()).unwrap_or_default())
                .collect(),
        })
    }

    /// What was written down.
    ///
    /// # Errors
    /// Two slots would have the same byte, or it is no plan for other reasons.
    pub fn unpack(wire: Option<&SlotPlanWire>) -> Result<Self, BadPart> {
        let Some(wire) = wire else {
            return Ok(Self::identity());
        };
        let by = match (wire.ranking, wire.outside) {
            (Some(ranking), None) => DrawnBy::Model(ModelId(ranking)),
            (ranking, Some(outside)) => DrawnBy::Outside {
                ranking: ranking.map(ModelId),
                outside: OutsideId(outside),
            },
            (None, None) => return Err(BadPart("a plan that was drawn by nothing")),
        };
        if wire.bytes.len() != Slot::COUNT || wire.arms.len() != Slot::COUNT {
            return Err(BadPart("a plan that is not for 256 slots"));
        }
        let mut drawn = Drawn::new(DrawnFrom {
            seed: wire.seed,
            by,
        });
        let mut given = [false; Slot::COUNT];
        for ((slot, byte), arm) in (0..=u8::MAX).zip(&wire.bytes).zip(&wire.arms) {
            if std::mem::replace(&mut given[usize::from(*byte)], true) {
                return Err(BadPart("a plan in which two slots have one byte"));
            }
            drawn.bytes[usize::from(slot)] = Slot(*byte);
            drawn.slots[usize::from(*byte)] = Slot(slot);
            let arm = Arm::ALL.get(usize::from(*arm));
            drawn.arms[usize::from(slot)] = *arm.ok_or(BadPart("an arm that there is not"))?;
        }
        Ok(Self(Some(Arc::new(drawn))))
    }
}
