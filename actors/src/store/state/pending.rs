//! What has changed since the last checkpoint.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use zartrux_models::ledger::{Cell, Level, OpenCells, Owner, Page, PageKey, RigEntry, RigRecord};
use zartrux_models::share::RigKey;

/// What was counted of all, by when its minute began.
pub(super) type Counted = BTreeMap<u64, Cell>;

/// A rig that has changed.
#[derive(Debug)]
pub(super) struct Changed {
    /// As it is now.
    pub(super) rig: RigEntry,
    /// Whether the database has something under its key.
    pub(super) stored: bool,
    /// What was counted of it, before and since, and stands in no page: by the minute, of the
    /// forgotten by the day.
    pub(super) open: OpenCells,
    /// Whether that belongs into pages, ripe or not.
    pub(super) settle: bool,
}

impl Changed {
    pub(super) fn new(record: RigRecord, stored: bool) -> Self {
        let RigRecord { rig, open } = record;
        Self {
            rig,
            stored,
            open,
            settle: false,
        }
    }
}

/// All that has changed.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) rigs: BTreeMap<RigKey, Changed>,
    /// Of all rigs together.
    pub(super) total: Counted,
    /// Rigs that were forgotten: what the database holds of them counts no more.
    pub(super) forgotten: BTreeSet<RigKey>,
    /// Cells of rigs that were begun.
    cells: usize,
}

impl Pending {
    /// What it amounts to, in rigs and cells: a few hundred bytes each.
    pub(super) fn size(&self) -> usize {
        self.rigs.len() + self.forgotten.len() + self.cells + self.total.len()
    }

    /// Adds to what was counted of all rigs together.
    pub(super) fn count_all(&mut self, start_ms: u64, cell: &Cell) {
        self.total.entry(start_ms).or_default().merge(cell);
    }

    /// Adds to what was counted of a rig that has changed.
    pub(super) fn count(&mut self, rig: RigKey, start_ms: u64, cell: &Cell) {
        if let Some(changed) = self.rigs.get_mut(&rig) {
            self.cells += usize::from(changed.open.add(start_ms, cell));
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
pub(super) fn pages_of(
    owner: Owner,
    counted: impl Iterator<Item = (u64, impl Borrow<Cell>)>,
) -> BTreeMap<PageKey, Page> {
    let mut pages = BTreeMap::new();
    for (start_ms, cell) in counted {
        for level in levels_of(owner) {
            let key = PageKey::at(owner, *level, start_ms);
            let page = pages.entry(key).or_insert_with(|| Page::new(key));
            page.add(start_ms, cell.borrow());
        }
    }
    pages
}
