//! Who holds which slot, and how far it was scanned. Only here does that change, and each change is
//! noted in the journal: so a replay of it says what this table says.

use std::collections::HashMap;
use std::time::Duration;

use zartrux_models::ledger::{Arm, JournalEvent, LeaseEnd};
use zartrux_models::plan::{Lease, SeatKey, SlotUse};
use zartrux_models::share::{RigKey, Share};
use zartrux_models::work::{IssuedJob, JobKey, NonceSetId, PoolKey, Slot};

use crate::journal::Journal;

/// A time of the lane's clock, in milliseconds. It begins again after 49 days.
type Millis = u32;

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
    /// The nonces of the present work.
    set: Option<NonceSetId>,
    places: Box<[Place; Slot::COUNT]>,
}

/// A slot.
#[derive(Debug, Clone, Copy)]
struct Place {
    seat: Option<SeatKey>,
    /// When its tenant began with the present work.
    since: Millis,
    /// What its former tenants have done to the present work.
    was: SlotUse,
    /// A share of its tenant for the present work was admitted.
    admitted: bool,
}

impl Place {
    const EMPTY: Self = Self {
        seat: None,
        since: 0,
        was: SlotUse::UNTOUCHED,
        admitted: false,
    };
}

impl Places {
    fn place(&mut self, slot: Slot) -> &mut Place {
        &mut self.places[usize::from(slot.0)]
    }
}

impl Tenants {
    /// Nobody holds anything.
    pub(super) fn new(journal: Journal) -> Self {
        Self {
            journal,
            pools: HashMap::new(),
        }
    }

    fn places(&mut self, pool: PoolKey) -> &mut Places {
        self.pools.entry(pool).or_insert_with(|| Places {
            connection: 0,
            set: None,
            places: Box::new([Place::EMPTY; Slot::COUNT]),
        })
    }

    /// What a pool session has to work on; of other work than before nobody has tried anything.
    pub(super) fn work_is(&mut self, pool: PoolKey, set: NonceSetId, at: Millis) {
        let Some(places) = self.pools.get_mut(&pool) else {
            return;
        };
        if places.set.replace(set) == Some(set) {
            return;
        }
        for place in places.places.iter_mut() {
            *place = Place {
                seat: place.seat,
                since: at,
                ..Place::EMPTY
            };
        }
    }

    /// A seat of a rig holds a slot of a pool session whose current job is `job`. How many hashes
    /// others have tried there before, if they have.
    pub(super) fn take(
        &mut self,
        lease: Lease,
        seat: SeatKey,
        rig: RigKey,
        job: &IssuedJob,
        (set, at): (Option<NonceSetId>, Millis),
    ) -> Option<u16> {
        let places = self.places(lease.pool);
        places.connection = job.origin.connection;
        places.set = places.set.or(set);
        let place = places.place(lease.slot);
        let tried = place.was.tried().filter(|tried| *tried > 0);
        place.seat = Some(seat);
        place.since = at;
        place.admitted = false;
        self.journal.note(JournalEvent::LeaseTaken {
            lane: self.journal.lane(),
            pool: lease.pool,
            connection: job.origin.connection,
            slot: lease.slot,
            rig,
            seat,
            // Of each job, not of a lease.
            arm: Arm::None,
            job_key: job.key.0,
        });
        tried
    }

    /// A share of a seat was admitted: its slot is nobody else's before the next work.
    pub(super) fn admitted(&mut self, seat: SeatKey, share: &Share) {
        let job = &share.job;
        let Some(places) = self.pools.get_mut(&job.origin.pool) else {
            return;
        };
        let is_present = places.set == Some(share.nonce_set);
        let place = places.place(job.plan.slot_of(share.slot));
        if is_present && place.seat == Some(seat) {
            place.admitted = true;
        }
    }

    /// A tenant has scanned its slot for nobody knows how long: it is nobody else's before the next work.
    pub(super) fn scanned_before(&mut self, lease: Lease, seat: SeatKey) {
        let place = self.places(lease.pool).place(lease.slot);
        place.admitted |= place.seat == Some(seat);
    }

    /// A seat that was given `last` holds a slot no longer, if it did, but is still there. Says of
    /// which connection's jobs that was.
    pub(super) fn give_up(
        &mut self,
        lease: Lease,
        seat: SeatKey,
        last: JobKey,
        why: LeaseEnd,
    ) -> Option<u32> {
        let places = self.pools.get_mut(&lease.pool)?;
        let place = places.place(lease.slot);
        if place.seat != Some(seat) {
            return None;
        }
        *place = Place {
            // It may have a share there yet.
            was: SlotUse::Spent,
            ..Place::EMPTY
        };
        let connection = places.connection;
        self.note_given_up(lease, seat, (last, why));
        Some(connection)
    }

    /// A seat is gone. How it has used its slot, as far as its rate is known.
    pub(super) fn leave(
        &mut self,
        lease: Lease,
        seat: SeatKey,
        last: (JobKey, LeaseEnd),
        at: Millis,
        rate: Option<f64>,
    ) -> SlotUse {
        let places = self.pools.get_mut(&lease.pool);
        let place = places.map(|places| places.place(lease.slot));
        let Some(place) = place.filter(|place| place.seat == Some(seat)) else {
            return SlotUse::Spent;
        };
        let held = Duration::from_millis(u64::from(at.wrapping_sub(place.since)) + 1);
        let used = if place.admitted {
            SlotUse::Spent
        } else {
            SlotUse::held_for(held, rate)
        };
        *place = Place {
            was: place.was.and(used),
            ..Place::EMPTY
        };
        match used.tried() {
            None => self.note_given_up(lease, seat, last),
            Some(tried) => self.journal.note(JournalEvent::LeaseReturned {
                lane: self.journal.lane(),
                pool: lease.pool,
                slot: lease.slot,
                seat,
                why: last.1,
                job_key: last.0.0,
                tried,
            }),
        }
        used
    }

    fn note_given_up(&self, lease: Lease, seat: SeatKey, (last, why): (JobKey, LeaseEnd)) {
        self.journal.note(JournalEvent::LeaseGivenUp {
            lane: self.journal.lane(),
            pool: lease.pool,
            slot: lease.slot,
            seat,
            why,
            job_key: last.0,
        });
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
        places
            .places
            .iter()
            .filter_map(|place| place.seat)
            .collect()
    }

    /// Who holds slots of a pool session, in their order.
    pub(super) fn on(&self, pool: PoolKey) -> Vec<(Slot, SeatKey)> {
        let places = self.pools.get(&pool);
        places.map_or_else(Vec::new, |places| {
            (0..=u8::MAX)
                .zip(places.places.iter())
                .filter_map(|(slot, place)| place.seat.map(|seat| (Slot(slot), seat)))
                .collect()
        })
    }
}
