//! A registry that is full: the rig that is missed least becomes part of all that were forgotten.

use zartrux_models::ledger::{Level, Owner, RigEntry};

use super::pending::Counted;
use super::{StateBook, StateError};

impl StateBook {
    /// Merges a rig's lifetime and days into [`RigEntry::OTHERS`]; what else was kept of it goes.
    pub(super) fn forget_one(&mut self) -> Result<(), StateError> {
        let Some(place) = self.index.first_to_go(self.bounds.max_rigs) else {
            return Ok(());
        };
        let key = place.rig();
        let owner = Owner::Rig(key);
        // All that may fail comes first, so that nothing is done by halves.
        let mut days = Counted::new();
        for (start, cell) in self.stored_cells(owner, Level::Day, 0, u64::MAX)? {
            days.entry(start).or_default().merge(&cell);
        }
        let unchanged = if self.pending.rigs.contains_key(&key) {
            None
        } else {
            self.stored_rig(key)?.1
        };
        self.change(RigEntry::OTHERS, place.seen_ms(), |_| ())?;

        let changed = self.pending.rigs.remove(&key);
        let stored = changed.as_ref().is_none_or(|changed| changed.stored);
        for (minute, cell) in changed.iter().flat_map(|changed| &changed.counted) {
            self.pending.cells = self.pending.cells.saturating_sub(1);
            let day = Level::Day.cell_start(*minute);
            days.entry(day).or_default().merge(cell);
        }
        for (day, cell) in &days {
            self.pending.count(Owner::Rig(RigEntry::OTHERS), *day, cell);
        }
        let gone = changed.map(|changed| changed.rig).or(unchanged);
        if let Some(gone) = gone {
            self.change(RigEntry::OTHERS, gone.first_seen_ms, |others| {
                others.lifetime.merge(&gone.lifetime);
                others.see(gone.first_seen_ms);
                others.see(gone.last_seen_ms);
            })?;
        }
        if stored {
            self.pending.forgotten.insert(key);
        }
        self.index.remove(place);
        self.rolled_up += 1;
        Ok(())
    }
}
