//! What is replayed is what the book of leases said.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::fixtures::{entry, taken};
use super::*;
use crate::plan::{Lease, LeaseBook, SeatKey, SlotUse};
use crate::work::{PoolKey, Slot};

const POOLS: u32 = 3;
const LEASE: Lease = Lease {
    pool: PoolKey(1),
    slot: Slot(3),
};

fn seat(number: u32) -> SeatKey {
    SeatKey {
        index: number % 50,
        generation: number,
    }
}

fn place(lease: Lease) -> Place {
    Place {
        node: 0,
        lane: 0,
        pool: lease.pool,
        slot: lease.slot,
    }
}

fn given_up(lease: Lease, seat: SeatKey, why: LeaseEnd, job_key: u32) -> JournalEvent {
    JournalEvent::LeaseGivenUp {
        lane: 0,
        pool: lease.pool,
        slot: lease.slot,
        seat,
        why,
        job_key,
    }
}

/// A book, and the journal that is kept of what is done with it.
#[derive(Default)]
struct Lane {
    book: LeaseBook,
    seats: BTreeMap<SeatKey, Lease>,
    last_seat: u32,
    last_job: u32,
    journal: Vec<JournalEntry>,
    tenancy: Tenancy,
}

impl Lane {
    fn note(&mut self, event: JournalEvent) {
        let seq = self.journal.len() as u64 + 1;
        let noted = entry(seq, event);
        self.tenancy.apply(&noted).unwrap();
        self.journal.push(noted);
    }

    fn pools() -> impl Iterator<Item = PoolKey> {
        (0..POOLS).map(PoolKey)
    }

    fn one(&self, index: usize) -> Option<(SeatKey, Lease)> {
        let at = index.checked_rem(self.seats.len())?;
        self.seats
            .iter()
            .nth(at)
            .map(|(seat, lease)| (*seat, *lease))
    }

    fn play(&mut self, step: Step) {
        match step {
            Step::Open(pool) => self.book.open(pool),
            Step::Join(count) => {
                for _ in 0..count {
                    self.join();
                }
            }
            Step::Leave(index) => {
                if let Some((seat, lease)) = self.one(index) {
                    assert!(self.book.release(lease, seat));
                    self.seats.remove(&seat);
                    self.note(given_up(lease, seat, LeaseEnd::Left, self.last_job));
                }
            }
            Step::Return(index, tried) => {
                if let Some((seat, lease)) = self.one(index) {
                    assert!(self.book.vacate(lease, seat, SlotUse::Tried(tried)));
                    self.seats.remove(&seat);
                    let job_key = self.last_job;
                    self.note(JournalEvent::LeaseReturned {
                        lane: 0,
                        pool: lease.pool,
                        slot: lease.slot,
                        seat,
                        why: LeaseEnd::Left,
                        job_key,
                        tried,
                    });
                }
            }
            Step::Renew(index) => {
                if let Some((seat, lease)) = self.one(index)
                    && let Some(fresh) = self.book.renew(lease, seat, Self::pools())
                {
                    self.seats.insert(seat, fresh);
                    self.note(given_up(lease, seat, LeaseEnd::Renewed, self.last_job));
                    assert!(self.book.release(lease, seat));
                    self.note(taken(fresh, seat, self.last_job));
                }
            }
            Step::Job(pool) => {
                self.last_job += 1;
                self.book.job_replaced(pool);
            }
            Step::Lose(pool) => {
                for seat in self.book.close(pool) {
                    self.seats.remove(&seat);
                }
                self.note(JournalEvent::PoolConnectionLost {
                    lane: 0,
                    pool,
                    connection: 1,
                });
            }
            Step::Restart => {
                *self = Self {
                    last_seat: self.last_seat,
                    last_job: self.last_job,
                    journal: std::mem::take(&mut self.journal),
                    tenancy: std::mem::take(&mut self.tenancy),
                    ..Self::default()
                };
                self.note(JournalEvent::RunBegan {
                    version: "0.1.0".into(),
                    started_ms: 0,
                });
            }
        }
    }

    fn join(&mut self) {
        self.last_seat += 1;
        let seat = seat(self.last_seat);
        if let Some(lease) = self.book.grant(seat, Self::pools()) {
            self.seats.insert(seat, lease);
            self.note(taken(lease, seat, self.last_job));
        }
    }

    fn check(&self) {
        let in_book: Vec<(Place, SeatKey)> = Self::pools()
            .flat_map(|pool| self.book.tenants(pool))
            .map(|(lease, seat)| (place(lease), seat))
            .collect();
        let held = self.tenancy.held();
        let replayed: Vec<(Place, SeatKey)> =
            held.map(|(place, tenant)| (place, tenant.seat)).collect();
        assert_eq!(replayed, in_book);
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Open(PoolKey),
    Join(usize),
    Leave(usize),
    Return(usize, u16),
    Renew(usize),
    Job(PoolKey),
    Lose(PoolKey),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let pool = || (0..POOLS).prop_map(PoolKey);
    let some = || 0_usize..10_000;
    prop_oneof![
        4 => pool().prop_map(Step::Open),
        6 => (1_usize..120).prop_map(Step::Join),
        8 => some().prop_map(Step::Leave),
        8 => (some(), 0..=SlotUse::LIMIT).prop_map(|(at, tried)| Step::Return(at, tried)),
        8 => some().prop_map(Step::Renew),
        6 => pool().prop_map(Step::Job),
        2 => pool().prop_map(Step::Lose),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #[test]
    fn replay_says_after_every_step_what_the_book_says(
        steps in proptest::collection::vec(step(), 1..80), at in any::<prop::sample::Index>(),
    ) {
        let mut lane = Lane::default();
        for step in steps {
            lane.play(step);
            lane.check();
        }
        // What was read back from where it was written says the same.
        let read = read_journal(&write_journal(&lane.journal)).unwrap();
        let again = Tenancy::replay(&read).unwrap();
        prop_assert!(again.held().eq(lane.tenancy.held()));
        // And so does a look at a moment in between.
        if !read.is_empty() {
            let at = at.index(read.len());
            let then = Tenancy::at(&read, read[at].unix_ms).unwrap();
            prop_assert!(then.held().eq(Tenancy::replay(&read[..=at]).unwrap().held()));
        }
    }
}

#[test]
fn a_slot_that_is_given_while_it_is_held_is_a_clash_and_the_later_word_counts() {
    let mut tenancy = Tenancy::default();
    tenancy.apply(&entry(1, taken(LEASE, seat(1), 7))).unwrap();
    let second = entry(2, taken(LEASE, seat(2), 9));
    let clash = tenancy.apply(&second).unwrap_err();
    assert!(matches!(clash, Clash::Overlap { seq: 2, held, .. } if held.seat == seat(1)));
    assert_eq!(
        clash.to_string(),
        "entry 2: slot 03 of pool session 1 in lane 0 is given to rig 0000000000000002 for job 9, \
         for which rig 0000000000000001 had it"
    );
    assert_eq!(tenancy.holder(place(LEASE)).unwrap().seat, seat(2));
    // The former tenant has nothing left to give up.
    let late = entry(3, given_up(LEASE, seat(1), LeaseEnd::Left, 9));
    let clash = tenancy.apply(&late).unwrap_err();
    assert!(matches!(clash, Clash::NotHeld { held: Some(_), .. }));
    assert_eq!(tenancy.len(), 1);
}

#[test]
fn a_slot_that_is_given_for_a_job_that_its_former_tenant_had_there_is_a_clash() {
    let renewed = given_up(LEASE, seat(1), LeaseEnd::Renewed, 8);
    let past = [entry(1, taken(LEASE, seat(1), 7)), entry(2, renewed)];
    for (job_key, overlaps) in [(7, true), (8, true), (9, false)] {
        let mut tenancy = Tenancy::replay(&past).unwrap();
        let applied = tenancy.apply(&entry(3, taken(LEASE, seat(2), job_key)));
        assert_eq!(applied.is_err(), overlaps, "job {job_key}: {applied:?}");
        assert_eq!(tenancy.holder(place(LEASE)).unwrap().seat, seat(2));
    }
    // What was given up before the connection was lost is over, and so it is after a restart.
    let lost = JournalEvent::PoolConnectionLost {
        lane: 0,
        pool: LEASE.pool,
        connection: 1,
    };
    for end in [lost, JournalEvent::RunEnded] {
        let mut tenancy = Tenancy::replay(&past).unwrap();
        tenancy.apply(&entry(3, end)).unwrap();
        tenancy.apply(&entry(4, taken(LEASE, seat(2), 1))).unwrap();
    }
}

#[test]
fn leases_end_with_their_run_though_nobody_was_left_to_say_so() {
    let mut tenancy = Tenancy::default();
    let of = |node, run, seq, event| JournalEntry {
        node,
        run,
        ..entry(seq, event)
    };
    let taken = || taken(LEASE, seat(1), 7);
    tenancy.apply(&of(0, 1, 1, taken())).unwrap();
    tenancy.apply(&of(7, 1, 2, taken())).unwrap();
    assert_eq!(tenancy.len(), 2, "two machines");
    tenancy.apply(&of(0, 2, 3, taken())).unwrap();
    assert_eq!(tenancy.len(), 2);
    assert_eq!(tenancy.holder(place(LEASE)).unwrap().seq, 3);
    tenancy.apply(&of(0, 2, 4, JournalEvent::RunEnded)).unwrap();
    let left: Vec<u16> = tenancy.held().map(|(place, _)| place.node).collect();
    assert_eq!(left, [7]);
}

#[test]
fn a_gap_in_the_journal_is_counted() {
    let gap = entry(1, JournalEvent::EventsMissed { count: 12 });
    let tenancy = Tenancy::replay([&gap, &gap]).unwrap();
    assert_eq!(tenancy.missed(), 24);
}
