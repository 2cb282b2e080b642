//! What is known, whether it is written yet or not.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Bound;

use zartrux_models::ledger::{Cell, Level, OpenCells, Owner, Page, PageKey, RigEntry, RigRecord};
use zartrux_models::share::RigKey;

use super::pending::levels_of;
use super::{Damage, StateBook, StateError, keys};

impl StateBook {
    /// Damages that are remembered until somebody takes them.
    const DAMAGES: usize = 64;

    /// What is known of a rig.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn rig(&self, key: RigKey) -> Result<Option<RigEntry>, StateError> {
        match self.pending.rigs.get(&key) {
            Some(changed) => Ok(Some(changed.rig.clone())),
            None => Ok(self.stored_rig(key)?.1.map(|record| record.rig)),
        }
    }

    /// What is known of all rigs together that were forgotten; none if none was.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn others(&self) -> Result<Option<RigEntry>, StateError> {
        self.rig(RigEntry::OTHERS)
    }

    /// At most `limit` rigs behind one (none: from the first), in the order of their keys, without
    /// [`RigEntry::OTHERS`].
    ///
    /// # Errors
    /// The database can't be read.
    pub fn rigs_from(
        &self,
        after: Option<RigKey>,
        limit: usize,
    ) -> Result<Vec<RigEntry>, StateError> {
        let mut found = Vec::new();
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut changed = self
            .pending
            .rigs
            .range((begin, Bound::Excluded(RigEntry::OTHERS)))
            .map(|(_, changed)| &changed.rig)
            .peekable();
        let mut stored = self.stored_rigs(after);
        while found.len() < limit {
            let Some(next) = stored.next().transpose()? else {
                found.extend(changed.by_ref().take(limit - found.len()).cloned());
                break;
            };
            while let Some(rig) = changed.next_if(|rig| rig.key < next.key) {
                found.push(rig.clone());
            }
            let known = self.pending.rigs.contains_key(&next.key);
            let gone = self.pending.forgotten.contains(&next.key);
            if !known && !gone && next.key != RigEntry::OTHERS {
                found.push(next);
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// Tells what the judge remembers of each rig of which it remembers something: rig, whether it
    /// is in quarantine, the judge's own bytes.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn restore_standings(
        &self,
        mut tell: impl FnMut(RigKey, bool, &[u8]),
    ) -> Result<(), StateError> {
        let mut after = None;
        loop {
            let rigs = self.rigs_from(after, 256)?;
            let Some(last) = rigs.last() else {
                return Ok(());
            };
            after = Some(last.key);
            for rig in &rigs {
                if let Some(standing) = &rig.standing {
                    tell(rig.key, rig.quarantined, standing);
                }
            }
        }
    }

    /// What was counted of a rig (none: of all together), in order of time: when each cell began,
    /// ms since 1970. Of cells that overlap the time from `from_ms` until before `to_ms`; cells
    /// that counted nothing are left out.
    ///
    /// # Errors
    /// The database can't be read.
    pub fn history(
        &self,
        rig: Option<RigKey>,
        level: Level,
        from_ms: u64,
        to_ms: u64,
    ) -> Result<Vec<(u64, Cell)>, StateError> {
        let owner = rig.map_or(Owner::Total, Owner::Rig);
        let mut cells = self.stored_cells(owner, level, from_ms, to_ms)?;
        let mut add = |start: u64, cell: &Cell| {
            let start = level.cell_start(start);
            let wanted = levels_of(owner).contains(&level);
            if wanted && (level.cell_start(from_ms)..to_ms).contains(&start) {
                cells.entry(start).or_default().merge(cell);
            }
        };
        match owner {
            Owner::Total => {
                let counted = self.pending.total.iter();
                counted.for_each(|(start, cell)| add(*start, cell));
            }
            Owner::Rig(rig) => {
                let open = self.open_cells(rig)?;
                let counted = open.iter().flat_map(|open| open.cells());
                counted.for_each(|(start, cell)| add(start, &cell));
            }
        }
        Ok(cells.into_iter().collect())
    }

    /// What was counted of a rig and stands in no page.
    fn open_cells(&self, rig: RigKey) -> Result<Option<Cow<'_, OpenCells>>, StateError> {
        if let Some(changed) = self.pending.rigs.get(&rig) {
            return Ok(Some(Cow::Borrowed(&changed.open)));
        }
        let record = self.stored_rig(rig)?.1;
        Ok(record.map(|record| Cow::Owned(record.open)))
    }

    /// The values that did not check out since this was last asked, at most 64.
    pub fn take_damage(&mut self) -> Vec<Damage> {
        std::mem::take(&mut *self.damage.borrow_mut())
    }

    pub(super) fn stored_cells(
        &self,
        owner: Owner,
        level: Level,
        from_ms: u64,
        to_ms: u64,
    ) -> Result<BTreeMap<u64, Cell>, StateError> {
        let mut cells = BTreeMap::new();
        if from_ms >= to_ms || !self.pending.is_stored_valid(owner) {
            return Ok(cells);
        }
        let first = keys::page(PageKey::at(owner, level, from_ms));
        let last = keys::page(PageKey::at(owner, level, to_ms - 1));
        for found in self.tree.range(first..=last) {
            let (key, value) = found.map_err(|why| self.failed(why))?;
            let Some(page) = self.page_in(&key, &value) else {
                continue;
            };
            let wanted = level.cell_start(from_ms)..to_ms;
            let within = page.cells().filter(|(start, _)| wanted.contains(start));
            cells.extend(within.map(|(start, cell)| (start, cell.clone())));
        }
        Ok(cells)
    }

    /// Whether the database has something under a rig's key, and the rig if it can be read and was
    /// not forgotten.
    pub(super) fn stored_rig(&self, key: RigKey) -> Result<(bool, Option<RigRecord>), StateError> {
        let place = keys::rig(key);
        let found = self.tree.get(&place).map_err(|why| self.failed(why))?;
        let rig = found
            .as_ref()
            .filter(|_| !self.pending.forgotten.contains(&key))
            .and_then(|value| self.rig_in(&place, value));
        Ok((found.is_some(), rig))
    }

    /// The rigs of the database behind one, in order, forgotten ones too.
    pub(super) fn stored_rigs(
        &self,
        after: Option<RigKey>,
    ) -> impl Iterator<Item = Result<RigEntry, StateError>> + use<'_> {
        let begin = after.map_or(Bound::Included(vec![keys::RIG]), |rig| {
            Bound::Excluded(keys::rig(rig))
        });
        let end = Bound::Excluded(vec![keys::RIG + 1]);
        let found = self.tree.range::<Vec<u8>, _>((begin, end));
        found.filter_map(|found| match found {
            Ok((key, value)) => self.rig_in(&key, &value).map(|record| Ok(record.rig)),
            Err(why) => Some(Err(self.failed(why))),
        })
    }

    /// A rig as it is stored, if it can be read and belongs there.
    pub(super) fn rig_in(&self, key: &[u8], value: &[u8]) -> Option<RigRecord> {
        let read = RigRecord::from_bytes(value).map_err(|why| why.to_string());
        self.or_damaged(key, read, |record| keys::rig(record.rig.key))
    }

    /// A page as it is stored, if it can be read and belongs there.
    pub(super) fn page_in(&self, key: &[u8], value: &[u8]) -> Option<Page> {
        let read = Page::from_bytes(value).map_err(|why| why.to_string());
        self.or_damaged(key, read, |page| keys::page(page.key))
    }

    pub(super) fn or_damaged<T>(
        &self,
        key: &[u8],
        read: Result<T, String>,
        belongs: impl Fn(&T) -> Vec<u8>,
    ) -> Option<T> {
        let why = match read {
            Ok(value) if belongs(&value) == key => return Some(value),
            Ok(value) => {
                let belongs = const_hex::encode(belongs(&value));
                format!("belongs under {belongs}")
            }
            Err(why) => why,
        };
        let mut damage = self.damage.borrow_mut();
        if damage.len() < Self::DAMAGES {
            damage.push(Damage {
                tree: Self::TREE,
                key: const_hex::encode(key),
                why,
            });
        }
        None
    }

    pub(super) fn failed(&self, why: sled::Error) -> StateError {
        StateError::of(&self.folder, why)
    }
}
