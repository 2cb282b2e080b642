//! Who holds which slot. Only here does that change, and each change is noted in the journal: so a
//! replay of it says what this table says.

use std::collections::HashMap;

use zartrux_models::ledger::{Arm, JournalEvent, LeaseEnd};
use zartrux_models::plan::{Lease, SeatKey};
use zartrux_models::share::RigKey;
use zartrux_models::work::{IssuedJob, JobKey, PoolKey, Slot};

use crate::journal::Journal;

/// Who holds which slot, by pool session: the order of a fan-out.
#[derive(Debug)]
pub(super) struct Tenants {
    journal: Journal,
    pools: HashMap<PoolKey, Places>,
}

#[derive(Debug)]
struct Places {
    /// The connection that brought the job under which a slot was last taken.
    connection: u32,
    seats: Box<[Option<SeatKey>; Slot::COUNT]>,
}

impl Tenants {
    /// Nobody holds anything.
    pub(super) fn new(journal: Journal) -> Self {
        Self {
            journal,
            pools: HashMap::new(),
        }
    }

    /// A seat of a rig holds a slot of a pool session whose current job is `job`.
    pub(super) fn take(&mut self, lease: Lease, seat: SeatKey, rig: RigKey, job: &IssuedJob) {
        let places = self.pools.entry(lease.pool).or_insert_with(|| Places {
            connection: 0,
            seats: Box::new([None; Slot::COUNT]),
        });
        places.connection = job.origin.connection;
        places.seats[usize::from(lease.slot.0)] = Some(seat);
        self.journal.note(JournalEvent::LeaseTaken {
            lane: self.journal.lane(),
            pool: lease.pool,
            connection: places.connection,
            slot: lease.slot,
            rig,
            seat,
            // Of each job, not of a lease.
            arm: Arm::None,
            job_key: job.key.0,
        });
    }

    /// A seat that was given `last` holds a slot no longer, if it did. Says of which connection's
    /// jobs that was.
    pub(super) fn give_up(
        &mut self,
        lease: Lease,
        seat: SeatKey,
        last: JobKey,
        why: LeaseEnd,
    ) -> Option<u32> {
        let places = self.pools.get_mut(&lease.pool)?;
        let place = &mut places.seats[usize::from(lease.slot.0)];
        if *place != Some(seat) {
            return None;
        }
        *place = None;
        let connection = places.connection;
        self.journal.note(JournalEvent::LeaseGivenUp {
            lane: self.journal.lane(),
            pool: lease.pool,
            slot: lease.slot,
            seat,
            why,
            job_key: last.0,
        });
        Some(connection)
    }

    /// A pool session's connection is gone: nobody holds a slot of its jobs. Says who did.
    pub(super) fn lose(&mut self, pool: PoolKey) -> Vec<SeatKey> {
        let Some(places) = self.pools.remove(&pool) else {
            return Vec::new();
        };
        self.journal.note(JournalEvent::PoolConnectionLost {
            lane: self.journal.lane(),
            pool,
            connection: places.connection,
        });
        places.seats.iter().flatten().copied().collect()
    }

    /// Who holds slots of a pool session, in their order.
    pub(super) fn on(&self, pool: PoolKey) -> Vec<(Slot, SeatKey)> {
        let places = self.pools.get(&pool);
        places.map_or_else(Vec::new, |places| {
            (0..=u8::MAX)
                .zip(places.seats.iter())
                .filter_map(|(slot, tenant)| tenant.map(|seat| (Slot(slot), seat)))
                .collect()
        })
    }
}
