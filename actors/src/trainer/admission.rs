//! How a trained model comes into the folder.

use zartrux_models::learn::roster::{Change, Roster};
use zartrux_models::learn::training::Trained;
use zartrux_models::ledger::ModelSlot;

use super::in_force::fault_of;
use super::{FolderFault, ModelsFolder};

/// Writes trained models down and takes them into the registry. A champion whose file can't be read
/// any more makes room first: else nothing would ever take its place.
///
/// # Errors
/// The system refuses, or the registry can't be read.
pub fn admit(
    folder: &ModelsFolder,
    trained: &[(ModelSlot, Trained)],
    now_ms: u64,
) -> Result<Vec<Change>, FolderFault> {
    for (slot, trained) in trained {
        folder.write(*slot, trained.id, &trained.file)?;
    }
    folder.change(|roster| {
        let mut changes = Vec::new();
        for (slot, trained) in trained {
            changes.extend(without_unreadable(folder, roster, *slot, now_ms));
            changes.extend(take_in(roster, *slot, trained, now_ms));
        }
        changes
    })
}

fn take_in(roster: &mut Roster, slot: ModelSlot, trained: &Trained, now_ms: u64) -> Vec<Change> {
    match &trained.better_than_none {
        Err(why) if slot == ModelSlot::Ranking => {
            roster.install(trained.id, slot, trained.data, why, now_ms)
        }
        better => roster.admit(trained.id, slot, trained.data, better.clone(), now_ms),
    }
}

/// Each that is refused is the champion no more, so that this ends.
fn without_unreadable(
    folder: &ModelsFolder,
    roster: &mut Roster,
    slot: ModelSlot,
    now_ms: u64,
) -> Vec<Change> {
    let mut changes = Vec::new();
    while let Some((champion, _)) = roster.champion(slot)
        && let Some(why) = fault_of(folder, slot, champion)
    {
        changes.extend(roster.refuse(champion, &why, now_ms));
    }
    changes
}
