//! Entries for tests.

use super::{JournalEntry, JournalEvent};
use crate::ledger::Arm;
use crate::plan::{Lease, SeatKey};
use crate::share::RigKey;

/// An entry of the first run of machine 0.
pub(super) fn entry(seq: u64, event: JournalEvent) -> JournalEntry {
    JournalEntry {
        seq,
        node: 0,
        run: 1,
        unix_ms: 1_796_000_000_000 + seq,
        event,
    }
}

/// A rig of the same number takes a lease under a job.
pub(super) fn taken(lease: Lease, seat: SeatKey, job_key: u32) -> JournalEvent {
    JournalEvent::LeaseTaken {
        lane: 0,
        pool: lease.pool,
        connection: 1,
        slot: lease.slot,
        rig: RigKey(seat.generation.into()),
        seat,
        arm: Arm::None,
        job_key,
    }
}
