//! What is known beside the shares: models in force, names, quarantines.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::Result;
use zartrux_actors::store::ledger::{LedgerReader, Volume};
use zartrux_actors::store::state::{StateBook, StateBounds};
use zartrux_actors::trainer::ModelsFolder;
use zartrux_actors::trainer::in_force::{InForce, Refused, Serving};
use zartrux_models::ledger::{JournalEvent, ModelSlot, Names};
use zartrux_models::share::RigKey;

use crate::command::data::{Span, Told, each_entry};
use crate::report::{JournalSaid, Measured};

/// The models in force, and those that should be and can't.
pub(super) struct Models {
    pub(super) in_force: InForce,
    refused: Vec<Refused>,
}

impl Models {
    pub(super) fn read(folder: &ModelsFolder) -> Result<Self> {
        let roster = folder.roster()?;
        let (in_force, refused) = InForce::default().after(folder, &roster);
        Ok(Self { in_force, refused })
    }

    /// A model, or why there is none.
    pub(super) fn serving<'a, T>(
        &self,
        slot: ModelSlot,
        model: Option<&'a Serving<T>>,
    ) -> Measured<&'a Serving<T>> {
        model.ok_or_else(|| {
            let refused = self.refused.iter().find(|refused| refused.slot == slot);
            refused.map_or_else(
                || format!("no model of {}s is in force", slot.label()),
                |refused| format!("model {} can't be used: {}", refused.id, refused.why),
            )
        })
    }
}

/// What rigs call themselves, if nobody has the registry open.
pub(super) fn names_of(
    folder: &Path,
    bounds: StateBounds,
    rigs: &[RigKey],
) -> Measured<BTreeMap<RigKey, Names>> {
    if !folder.is_dir() {
        return Err("there is no registry".to_owned());
    }
    let book = StateBook::open(folder, bounds).map_err(|fault| fault.to_string())?;
    let mut names = BTreeMap::new();
    for key in rigs {
        if let Some(rig) = book.rig(*key).map_err(|fault| fault.to_string())? {
            names.insert(*key, rig.names);
        }
    }
    Ok(names)
}

/// How often each rig was put in quarantine; of no more rigs than are told apart.
pub(super) fn quarantines(
    reader: &LedgerReader,
    volumes: &[Volume],
    span: Span,
    most: usize,
    damage: &mut Told,
) -> Result<JournalSaid> {
    let mut said = JournalSaid::new();
    each_entry(reader, volumes, damage, |_, entry| {
        if let JournalEvent::Quarantined { rig, .. } = entry.event
            && span.has(entry.unix_ms)
            && (said.len() < most || said.contains_key(&rig))
        {
            *said.entry(rig).or_default() += 1;
        }
        ControlFlow::Continue(())
    })?;
    Ok(said)
}
