//! `zartrux models activate` and `rollback`.

use anyhow::Result;
use zartrux_actors::clock::Clock;
use zartrux_actors::trainer::ModelsFolder;
use zartrux_actors::trainer::in_force::fault_of;
use zartrux_models::filter::ModelId;
use zartrux_models::learn::roster::{Change, NotDone, Roster};
use zartrux_models::ledger::ModelSlot;

use crate::console::{complain, say};
use crate::node::ExitCode;

pub(super) fn activate(folder: &ModelsFolder, id: ModelId) -> Result<ExitCode> {
    let slot = folder.roster()?.get(id).map(|entry| entry.slot);
    if let Some(fault) = slot.and_then(|slot| fault_of(folder, slot, id)) {
        // One that nobody can read would take the place of one that works.
        complain(&fault);
        return Ok(ExitCode::Failed);
    }
    change(folder, |roster, now_ms| roster.activate(id, now_ms))
}

pub(super) fn roll_back(folder: &ModelsFolder, slot: ModelSlot) -> Result<ExitCode> {
    change(folder, |roster, now_ms| roster.roll_back(slot, now_ms))
}

fn change(
    folder: &ModelsFolder,
    change: impl FnOnce(&mut Roster, u64) -> Result<Vec<Change>, NotDone>,
) -> Result<ExitCode> {
    let now_ms = Clock.unix_millis();
    match folder.change(|roster| change(roster, now_ms))? {
        Ok(changes) => {
            for change in changes {
                say(&format_args!(
                    "{} {}: {} ({})",
                    change.slot.label(),
                    change.id,
                    change.change.label(),
                    change.why
                ));
            }
            Ok(ExitCode::Done)
        }
        Err(why) => {
            complain(&why);
            Ok(ExitCode::Failed)
        }
    }
}
