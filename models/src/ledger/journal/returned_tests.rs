//! Leases that were hardly used, in the journal.

use super::fixtures::{entry, taken};
use super::{
    Clash, JournalEntry, JournalEvent, LeaseEnd, Place, Tenancy, read_journal, write_journal,
};
use crate::plan::{Lease, SeatKey};
use crate::work::{PoolKey, Slot};

const LEASE: Lease = Lease {
    pool: PoolKey(300),
    slot: Slot(9),
};

fn seat(number: u32) -> SeatKey {
    SeatKey {
        index: 70_000,
        generation: number,
    }
}

fn returned(number: u32, job_key: u32) -> JournalEvent {
    JournalEvent::LeaseReturned {
        lane: 0,
        pool: LEASE.pool,
        slot: LEASE.slot,
        seat: seat(number),
        why: LeaseEnd::Left,
        job_key,
        tried: 1_234,
    }
}

fn given_up(number: u32, job_key: u32) -> JournalEvent {
    JournalEvent::LeaseGivenUp {
        lane: 0,
        pool: LEASE.pool,
        slot: LEASE.slot,
        seat: seat(number),
        why: LeaseEnd::Left,
        job_key,
    }
}

pub(super) fn a_lease_returned() -> JournalEntry {
    entry(1, returned(2, 4_567))
}

/// As it was written when it came into the journal, never to be made anew.
const RETURNED_WRITTEN_IN_SCHEMA_1: &str = include_str!("returned_written_in_schema_1.hex");

#[test]
fn a_lease_returned_that_was_written_in_schema_1_is_read_today() {
    let bytes = const_hex::decode(RETURNED_WRITTEN_IN_SCHEMA_1.trim()).unwrap();
    let written = write_journal(&[a_lease_returned()]);
    assert_eq!(const_hex::encode(written), const_hex::encode(&bytes));
    assert_eq!(read_journal(&bytes).unwrap(), [a_lease_returned()]);
}

fn replayed(events: impl IntoIterator<Item = JournalEvent>) -> Result<Tenancy, Clash> {
    Tenancy::replay((1..).zip(events).map(|(seq, event)| entry(seq, event)))
}

#[test]
fn a_slot_that_was_returned_may_be_given_again_for_the_same_job_until_somebody_uses_it() {
    let visits = |last| {
        [
            taken(LEASE, seat(1), 7),
            returned(1, 7),
            taken(LEASE, seat(2), 7),
            last,
            taken(LEASE, seat(3), 7),
        ]
    };
    let tenancy = replayed(visits(returned(2, 7))).unwrap();
    let place = Place {
        node: 0,
        lane: 0,
        pool: LEASE.pool,
        slot: LEASE.slot,
    };
    assert_eq!(tenancy.holder(place).unwrap().seat, seat(3));
    let clash = replayed(visits(given_up(2, 7))).unwrap_err();
    assert!(matches!(clash, Clash::Overlap { seq: 5, held, .. } if held.seat == seat(2)));
}

#[test]
fn a_slot_is_returned_only_by_who_holds_it() {
    let clash = replayed([taken(LEASE, seat(1), 7), returned(2, 7)]).unwrap_err();
    assert!(matches!(clash, Clash::NotHeld { held: Some(_), .. }));
    let twice = [taken(LEASE, seat(1), 7), returned(1, 7), returned(1, 7)];
    let clash = replayed(twice).unwrap_err();
    assert!(matches!(clash, Clash::NotHeld { held: None, .. }));
}
