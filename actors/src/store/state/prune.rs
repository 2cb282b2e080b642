//! Roll-ups that are too old, found a few at a time.

use std::ops::Bound;

use zartrux_models::ledger::Level;

use super::{StateBook, StateError, keys};

/// What a look at some pages came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Keys that were looked at.
    pub looked_at: usize,
    /// Pages that were too old, and are gone.
    pub removed: usize,
    /// Whether that was the last of them: the next look begins with the first.
    pub is_done: bool,
}

impl StateBook {
    /// Looks at the next `budget` keys, and removes pages of which every cell is older than what is
    /// kept.
    ///
    /// # Errors
    /// The database can't be read or written.
    pub fn prune(&mut self, now_ms: u64, budget: usize) -> Result<Pruned, StateError> {
        let mut pruned = Pruned::default();
        let begin = if self.pruned_to.is_empty() {
            Bound::Included(vec![keys::PAGE])
        } else {
            Bound::Excluded(self.pruned_to.clone())
        };
        let end = Bound::Excluded(vec![keys::TOTAL + 1]);
        let mut found = self.tree.range::<Vec<u8>, _>((begin, end)).keys();
        let mut batch = sled::Batch::default();
        while pruned.looked_at < budget {
            let Some(key) = found.next() else {
                pruned.is_done = true;
                break;
            };
            let key = key.map_err(|why| self.failed(why))?;
            pruned.looked_at += 1;
            if key.first() == Some(&keys::RIG) {
                // Between the pages of rigs and those of all together: not to be walked through.
                self.pruned_to = vec![keys::TOTAL];
                let totals = Bound::Included(vec![keys::TOTAL]);
                let end = Bound::Excluded(vec![keys::TOTAL + 1]);
                found = self.tree.range::<Vec<u8>, _>((totals, end)).keys();
                continue;
            }
            let page = keys::read_page(&key);
            if page.is_some_and(|page| page.end_ms() <= self.kept_from(page.level, now_ms)) {
                batch.remove(&key);
                pruned.removed += 1;
            }
            self.pruned_to = key.to_vec();
        }
        if pruned.is_done {
            self.pruned_to.clear();
        }
        if pruned.removed > 0 {
            let applied = self.tree.apply_batch(batch);
            applied.map_err(|why| self.failed(why))?;
        }
        Ok(pruned)
    }

    /// From when on cells of a level are kept, ms since 1970.
    const fn kept_from(&self, level: Level, now_ms: u64) -> u64 {
        let cells = match level {
            Level::Minute => self.bounds.keep_minutes,
            Level::Hour => self.bounds.keep_hours,
            Level::Day => self.bounds.keep_days,
        };
        now_ms.saturating_sub(cells.saturating_mul(level.span_ms()))
    }
}
