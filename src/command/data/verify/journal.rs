//! The journal, played through.

use std::collections::BTreeSet;

use zartrux_models::ledger::rows::written_time;
use zartrux_models::ledger::{Clash, JournalEntry, JournalEvent, Tenancy};

/// Plays the journal through: nobody may be given nonces that another holds.
#[derive(Debug, Default)]
pub(super) struct Played {
    tenancy: Tenancy,
    last: u64,
    /// Machines of which something is missing, until they are started anew.
    in_doubt: BTreeSet<u16>,
    pub(super) clashes: Vec<String>,
    /// Clashes that may come of what is missing.
    pub(super) doubtful: Vec<String>,
}

impl Played {
    /// Of each sort that are told.
    const TOLD: usize = 100;

    pub(super) fn next(&mut self, entry: &JournalEntry) {
        if self.last != 0 && entry.seq != self.last + 1 {
            let nodes = self.tenancy.held().map(|(place, _)| place.node);
            self.in_doubt.extend(nodes);
        }
        self.last = entry.seq;
        match entry.event {
            JournalEvent::RunBegan { .. } => {
                self.in_doubt.remove(&entry.node);
            }
            JournalEvent::EventsMissed { .. } => {
                self.in_doubt.insert(entry.node);
            }
            _ => {}
        }
        // What is given up by who did not hold it was taken before the journal begins.
        if let Err(clash @ Clash::Overlap { .. }) = self.tenancy.apply(entry) {
            let list = if self.in_doubt.contains(&entry.node) {
                &mut self.doubtful
            } else {
                &mut self.clashes
            };
            if list.len() < Self::TOLD {
                list.push(format!(
                    "the journal, {clash} (run {}, {})",
                    entry.run,
                    written_time(entry.unix_ms)
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use zartrux_models::ledger::Arm;
    use zartrux_models::plan::SeatKey;
    use zartrux_models::share::RigKey;
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

    fn taken(seq: u64, rig: u64) -> JournalEntry {
        let event = JournalEvent::LeaseTaken {
            lane: 0,
            pool: PoolKey(0),
            connection: 0,
            slot: Slot(7),
            rig: RigKey(rig),
            seat: SeatKey {
                index: 0,
                generation: 1,
            },
            arm: Arm::None,
            job_key: 1,
        };
        entry(seq, event)
    }

    #[test]
    fn two_who_hold_the_same_nonces_are_named_with_slot_run_and_time() {
        let mut played = Played::default();
        played.next(&taken(1, 1));
        played.next(&taken(2, 2));
        let told = played.clashes.join("\n");
        for part in ["slot 07", "lane 0", "pool session 0", "run 1", "1970-01-01"] {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn where_events_are_missing_a_clash_proves_nothing() {
        let mut played = Played::default();
        played.next(&taken(1, 1));
        played.next(&entry(2, JournalEvent::EventsMissed { count: 1 }));
        played.next(&taken(3, 2));
        played.next(&taken(9, 3));
        assert_eq!((played.clashes.len(), played.doubtful.len()), (0, 2));
    }
}
