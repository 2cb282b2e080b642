//! Shares from a file that are not in the ledger yet.

use std::collections::HashSet;
use std::ops::ControlFlow;

use anyhow::Result;
use zartrux_actors::store::ledger::{Day, LedgerReader};
use zartrux_models::ledger::ShareEntry;

use super::super::reading::{Told, each_share};
use super::key::Key;

/// Shares of a file, each once.
#[derive(Default)]
pub(super) struct Batch {
    shares: Vec<(Key, ShareEntry)>,
    keys: HashSet<Key>,
    rows: usize,
}

impl Batch {
    pub(super) fn add(&mut self, share: ShareEntry) {
        self.rows += 1;
        let key = Key::of(&share);
        if self.keys.insert(key) {
            self.shares.push((key, share));
        }
    }

    /// Shares that were added, those among them that came twice included.
    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Those that the ledger does not have, and how many came twice or are there.
    ///
    /// # Errors
    /// A file of the ledger can't be read.
    pub(super) fn without_known(
        mut self,
        reader: &LedgerReader,
        damage: &mut Told,
    ) -> Result<(Vec<ShareEntry>, u64)> {
        let first = self.shares.iter().map(|(_, share)| share.unix_ms).min();
        let first = Day::of_unix_ms(first.unwrap_or(0));
        let mut volumes = reader.volumes();
        // None stands in a volume of a day before its own.
        volumes.retain(|volume| volume.day >= first);
        each_share(reader, &volumes, damage, |_, share| {
            self.keys.remove(&Key::of(&share));
            ControlFlow::Continue(())
        })?;
        let (keys, rows) = (self.keys, self.rows);
        let fresh: Vec<ShareEntry> = self
            .shares
            .into_iter()
            .filter_map(|(key, share)| keys.contains(&key).then_some(share))
            .collect();
        let known = (rows - fresh.len()) as u64;
        Ok((fresh, known))
    }
}
