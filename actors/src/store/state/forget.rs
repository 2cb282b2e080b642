//! A registry that is full: the rig that is missed least becomes part of all that were forgotten.

use zartrux_models::ledger::{Level, Owner, RigEntry};

use super::pending::{Changed, Counted};
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
        let unchanged = unchanged.map(|record| Changed::new(record, true));
        let gone = changed.or(unchanged);
        for (minute, cell) in gone.iter().flat_map(|gone| gone.open.cells()) {
            let day = Level::Day.cell_start(minute);
            days.entry(day).or_default().merge(&cell);
        }
        for (day, cell) in &days {
            self.pending.count(RigEntry::OTHERS, *day, cell);
        }
        if let Some(Changed { rig: gone, .. }) = gone {
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
