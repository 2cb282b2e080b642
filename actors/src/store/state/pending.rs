//! What has changed since the last checkpoint.

use std::collections::{BTreeMap, BTreeSet};

use zartrux_models::ledger::{Cell, Level, Owner, Page, PageKey, RigEntry};
use zartrux_models::share::RigKey;

/// What was counted, by when its minute (of the forgotten: its day) began.
pub(super) type Counted = BTreeMap<u64, Cell>;

/// A rig that has changed.
#[derive(Debug)]
pub(super) struct Changed {
    /// As it is now.
    pub(super) rig: RigEntry,
    /// Whether the database has something under its key.
    pub(super) stored: bool,
    /// What was counted since.
    pub(super) counted: Counted,
}

/// All that has changed.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) rigs: BTreeMap<RigKey, Changed>,
    /// Of all rigs together.
    pub(super) total: Counted,
    /// Rigs that were forgotten: what the database holds of them counts no more.
    pub(super) forgotten: BTreeSet<RigKey>,
    /// Cells in all of it.
    pub(super) cells: usize,
}

impl Pending {
    /// What it amounts to, in rigs and cells: a few hundred bytes each.
    pub(super) fn size(&self) -> usize {
        self.rigs.len() + self.forgotten.len() + self.cells
    }

    /// Adds to what was counted of an owner.
    pub(super) fn count(&mut self, owner: Owner, start_ms: u64, cell: &Cell) {
        let counted = match owner {
            Owner::Total => Some(&mut self.total),
            Owner::Rig(rig) => self.rigs.get_mut(&rig).map(|changed| &mut changed.counted),
        };
        if let Some(counted) = counted {
            let before = counted.len();
            counted.entry(start_ms).or_default().merge(cell);
            self.cells += counted.len() - before;
        }
    }

    /// What was counted of an owner since the last checkpoint.
    pub(super) fn counted(&self, owner: Owner) -> Option<&Counted> {
        match owner {
            Owner::Total => Some(&self.total),
            Owner::Rig(rig) => self.rigs.get(&rig).map(|changed| &changed.counted),
        }
    }

    /// Whether what the database holds of an owner still counts.
    pub(super) fn is_stored_valid(&self, owner: Owner) -> bool {
        match owner {
            Owner::Total => true,
            Owner::Rig(rig) => !self.forgotten.contains(&rig),
        }
    }
}

/// Levels that are kept of an owner: of the forgotten, days only.
pub(super) fn levels_of(owner: Owner) -> &'static [Level] {
    if owner == Owner::Rig(RigEntry::OTHERS) {
        &[Level::Day]
    } else {
        &Level::ALL
    }
}

/// The pages that hold what was counted.
pub(super) fn pages_of(owner: Owner, counted: &Counted) -> BTreeMap<PageKey, Page> {
    let mut pages = BTreeMap::new();
    for (start_ms, cell) in counted {
        for level in levels_of(owner) {
            let key = PageKey::at(owner, *level, *start_ms);
            let page = pages.entry(key).or_insert_with(|| Page::new(key));
            page.add(*start_ms, cell);
        }
    }
    pages
}
