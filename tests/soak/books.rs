//! What was written down, read from the data folder: I5, and I3 once more.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;

use zartrux::node::StoreFolders;
use zartrux_actors::store::ledger::{LedgerReader, Reading};
use zartrux_models::ledger::{Clash, JournalEntry, JournalEvent, ShareEntry, Tenancy};

use crate::account::{JobNumber, Key};

/// The ledger so far.
#[derive(Debug, Default)]
pub(crate) struct Books {
    last: u64,
    kept: HashSet<Key>,
}

impl Books {
    /// Reads what has come since the last look, and looks for what was acknowledged since then; how
    /// many shares came.
    pub(crate) fn look(&mut self, data: &Path, acknowledged: &[Key]) -> Result<u64, String> {
        let (shares, damage) = shares_above(data, self.last)?;
        if let Some(damage) = damage.first() {
            return Err(format!("the ledger is damaged: {damage}"));
        }
        let before = self.last;
        let mut fresh: HashSet<Key> = HashSet::new();
        for share in &shares {
            self.last += 1;
            if share.seq != self.last {
                let (is, should) = (share.seq, self.last);
                return Err(format!(
                    "share {is} is in the ledger where {should} should be"
                ));
            }
            // Of two with one nonce the second is refused; and where the pool has gone, both are.
            if !share.was_acknowledged() {
                continue;
            }
            let Some(key) = key_of(share) else { continue };
            if !self.kept.insert(key) {
                return Err(format!("share {key:x?} is in the ledger twice"));
            }
            fresh.insert(key);
        }
        let missing = acknowledged.iter().filter(|key| !fresh.contains(key));
        let missing: Vec<_> = missing.collect();
        if let Some(first) = missing.first() {
            return Err(format!(
                "{} of {} shares that were acknowledged are not in the ledger, the first is {first:x?}",
                missing.len(),
                acknowledged.len(),
            ));
        }
        Ok(self.last - before)
    }
}

fn key_of(share: &ShareEntry) -> Option<Key> {
    let nonce = String::from_utf8(share.nonce?.to_hex_ascii().to_vec()).ok()?;
    let nonce: [u8; 4] = const_hex::decode_to_array(nonce).ok()?;
    let job = JobNumber::from_str_radix(&share.job, 16).ok()?;
    Some((job, u32::from_le_bytes(nonce)))
}

fn shares_above(data: &Path, after: u64) -> Result<(Vec<ShareEntry>, Vec<String>), String> {
    let reader = LedgerReader::new(StoreFolders::below(data).shares);
    let (mut shares, mut damage) = (Vec::new(), Vec::new());
    for volume in reader.volumes() {
        let mut reading = Reading {
            share: |share| {
                shares.push(share);
                ControlFlow::Continue(())
            },
            damage: |found| damage.push(format!("{found}")),
        };
        let read = reader.shares(volume, after, &mut reading);
        let _ = read.map_err(|error| format!("the ledger can't be read: {error}"))?;
    }
    Ok((shares, damage))
}

/// Replays the journal of a daemon that does not run: how many entries, and why two held the same
/// nonces, if they did. Of a run whose beginning was in a volume that was dropped it is not known who
/// held what at first.
pub(crate) fn replay_journal(data: &Path) -> Result<u64, String> {
    let reader = LedgerReader::new(StoreFolders::below(data).shares);
    let mut replay = Replay::default();
    let (mut entries, mut wrong) = (0, None);
    for volume in reader.volumes() {
        let mut damage = Vec::new();
        let mut tell = |entry: JournalEntry| {
            entries += 1;
            match replay.apply(&entry) {
                Ok(()) => ControlFlow::Continue(()),
                Err(clash) => {
                    wrong = Some(format!("{clash}"));
                    ControlFlow::Break(())
                }
            }
        };
        let read = reader.journal(volume, &mut tell, &mut |found| {
            damage.push(format!("{found}"));
        });
        let _ = read.map_err(|error| format!("the journal can't be read: {error}"))?;
        if let Some(damage) = damage.pop() {
            return Err(format!("the journal is damaged: {damage}"));
        }
    }
    wrong.map_or(Ok(entries), Err)
}

/// A journal whose first entries may be lost, and no others.
#[derive(Debug, Default)]
struct Replay {
    tenancy: Tenancy,
    /// A run has begun, so that who holds what is known.
    begun: bool,
}

impl Replay {
    fn apply(&mut self, entry: &JournalEntry) -> Result<(), Clash> {
        self.begun |= matches!(entry.event, JournalEvent::RunBegan { .. });
        match self.tenancy.apply(entry) {
            Err(Clash::NotHeld { .. }) if !self.begun => Ok(()),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use zartrux_models::ledger::LeaseEnd;
    use zartrux_models::plan::SeatKey;
    use zartrux_models::work::{PoolKey, Slot};

    use super::*;

    fn entry(seq: u64, event: JournalEvent) -> JournalEntry {
        JournalEntry {
            seq,
            node: 0,
            run: 1,
            unix_ms: seq,
            event,
        }
    }

    fn given_up() -> JournalEvent {
        JournalEvent::LeaseGivenUp {
            lane: 0,
            pool: PoolKey(1),
            slot: Slot(3),
            seat: SeatKey {
                index: 0,
                generation: 1,
            },
            why: LeaseEnd::Left,
            job_key: 1,
        }
    }

    #[test]
    fn what_nobody_held_may_be_given_up_before_the_first_beginning_of_a_run_and_not_after_it() {
        let mut replay = Replay::default();
        assert_eq!(replay.apply(&entry(900, given_up())), Ok(()));
        let began = JournalEvent::RunBegan {
            version: "0.1.0".into(),
            started_ms: 0,
        };
        assert_eq!(replay.apply(&entry(901, began)), Ok(()));
        assert!(replay.apply(&entry(902, given_up())).is_err());
    }
}
