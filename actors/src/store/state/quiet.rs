//! Rigs that went quiet: what was counted of them last goes into pages, where it grows old.

use zartrux_models::ledger::Level;
use zartrux_models::share::RigKey;

use super::pending::Changed;
use super::{StateBook, StateError};

impl StateBook {
    /// Quiet rigs that are looked at at a time.
    const QUIET: usize = 256;

    /// Looks at the next rigs that have not been seen for an hour; the next checkpoint puts what
    /// was counted of them into pages. A rig is looked at once for each time that it goes quiet, and
    /// once after the database was opened.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn settle_quiet(&mut self, now_ms: u64) -> Result<(), StateError> {
        let until_ms = now_ms.saturating_sub(Level::Hour.span_ms());
        let quiet = self.index.seen_until(until_ms, self.quiet_to, Self::QUIET);
        for (seen_ms, rig) in quiet {
            let key = RigKey(rig);
            if let Some(changed) = self.pending.rigs.get_mut(&key) {
                changed.settle = true;
            } else if let (stored, Some(record)) = self.stored_rig(key)?
                && !record.open.is_empty()
            {
                let mut changed = Changed::new(record, stored);
                changed.settle = true;
                self.pending.rigs.insert(key, changed);
            }
            self.quiet_to = (seen_ms, rig);
        }
        Ok(())
    }
}
