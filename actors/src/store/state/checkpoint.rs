//! Everything that has changed, written at once.

use std::borrow::Borrow;

use sled::Batch;
use zartrux_models::ledger::{Cell, Mark, OpenCells, Owner, RigRecord};

use super::pending::{self, Changed, Pending};
use super::{StateBook, StateError, keys};

/// The mark that says how far the state has come.
const CHECKPOINT: &str = "checkpoint";

impl StateBook {
    /// Writes all that was told, which includes the ledger through share `through_seq` (or further,
    /// if further shares were applied). It survives the process when this returns.
    ///
    /// # Errors
    /// The database can't be read or written; nothing is lost from memory then, and it may be tried
    /// again.
    pub fn checkpoint(&mut self, through_seq: u64) -> Result<(), StateError> {
        let through = through_seq.max(self.applied);
        let (mut batch, mut written) = (Batch::default(), 0);
        for rig in &self.pending.forgotten {
            batch.remove(keys::rig(*rig));
            for found in self.tree.scan_prefix(keys::pages_of(*rig)).keys() {
                batch.remove(found.map_err(|why| self.failed(why))?);
            }
        }
        // Behind the removals: a rig that was forgotten may be there again.
        let none = OpenCells::default();
        for (key, changed) in &self.pending.rigs {
            let Changed { rig, open, .. } = changed;
            let in_pages = changed.settle || open.are_ripe(rig.last_seen_ms);
            let value = RigRecord::bytes_of(rig, if in_pages { &none } else { open });
            written += value.len();
            batch.insert(keys::rig(*key), value);
            if in_pages {
                written += self.add_pages(&mut batch, Owner::Rig(*key), open.cells())?;
            }
        }
        let total = self.pending.total.iter();
        let total = total.map(|(start, cell)| (*start, cell));
        written += self.add_pages(&mut batch, Owner::Total, total)?;
        let mark = Mark {
            name: CHECKPOINT.into(),
            bytes: [through.to_le_bytes(), self.rolled_up.to_le_bytes()].concat(),
        };
        batch.insert(keys::mark(keys::SELF, CHECKPOINT), mark.to_bytes());
        self.tree
            .apply_batch(batch)
            .map_err(|why| self.failed(why))?;
        self.pending = Pending::default();
        self.through = through;
        self.applied = through;
        self.written = self.written.saturating_add(written);
        self.flush()
    }

    /// Whether so much was written since the database was opened that it should be opened anew:
    /// sled notes how far it has come only then, and the next start would read all that follows.
    #[must_use]
    pub const fn wants_reopening(&self) -> bool {
        self.written >= Self::WRITTEN
    }

    /// How many bytes the pages have.
    fn add_pages(
        &self,
        batch: &mut Batch,
        owner: Owner,
        counted: impl Iterator<Item = (u64, impl Borrow<Cell>)>,
    ) -> Result<usize, StateError> {
        let mut written = 0;
        for (key, mut page) in pending::pages_of(owner, counted) {
            let place = keys::page(key);
            let stored = if self.pending.is_stored_valid(owner) {
                self.tree.get(&place).map_err(|why| self.failed(why))?
            } else {
                None
            };
            let stored = stored.and_then(|value| self.page_in(&place, &value));
            for (start, cell) in stored.iter().flat_map(|stored| stored.cells()) {
                page.add(start, cell);
            }
            let value = page.to_bytes();
            written += value.len();
            batch.insert(place, value);
        }
        Ok(written)
    }

    pub(super) fn read_checkpoint(&mut self) -> Result<(), StateError> {
        let place = keys::mark(keys::SELF, CHECKPOINT);
        let Some(value) = self.tree.get(&place).map_err(|why| self.failed(why))? else {
            // New, or it ended before its first checkpoint, when nothing else was written either.
            return Ok(());
        };
        let lost = |why: String| StateError::NoCheckpoint {
            folder: self.folder.clone(),
            why,
        };
        let mark = Mark::from_bytes(&value).map_err(|why| lost(why.to_string()))?;
        let (numbers, rest) = mark.bytes.as_chunks();
        let ([through, rolled_up], []) = (numbers, rest) else {
            return Err(lost("it holds something else".to_owned()));
        };
        self.through = u64::from_le_bytes(*through);
        self.applied = self.through;
        self.rolled_up = u64::from_le_bytes(*rolled_up);
        Ok(())
    }

    pub(super) fn flush(&self) -> Result<(), StateError> {
        self.tree.flush().map_err(|why| self.failed(why))?;
        Ok(())
    }

    /// What the database takes on the disk, bytes.
    ///
    /// # Errors
    /// The disk does not say.
    pub fn size_on_disk(&self) -> Result<u64, StateError> {
        self.db.size_on_disk().map_err(|why| self.failed(why))
    }
}
