//! Slots that are leased again: never to two, never where a share was, and so that few sessions do.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{Lease, LeaseBook, SeatKey, SlotUse};
use crate::work::{PoolKey, Slot};

const POOL: PoolKey = PoolKey(0);

fn seat(number: u32) -> SeatKey {
    SeatKey {
        index: number % 64,
        generation: number,
    }
}

/// Miners that come and go, and what is known of them outside of the book.
#[derive(Default)]
struct Farm {
    book: LeaseBook,
    pools: u32,
    last: u32,
    live: BTreeMap<SeatKey, Lease>,
    /// In the present blob of each.
    submitted: BTreeSet<Lease>,
    tried: BTreeMap<Lease, u16>,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Join(usize),
    /// Who leaves, having tried so much.
    Leave(usize, u16),
    Share(usize),
    Renew(usize),
    Blob(u32),
    Spare,
}

impl Farm {
    fn with(pools: u32) -> Self {
        let mut farm = Self {
            pools,
            ..Self::default()
        };
        for pool in 0..pools {
            farm.book.open(PoolKey(pool));
        }
        farm
    }

    fn one(&self, at: usize) -> Option<(SeatKey, Lease)> {
        let at = at.checked_rem(self.live.len())?;
        self.live
            .iter()
            .nth(at)
            .map(|(seat, lease)| (*seat, *lease))
    }

    fn moved_in(&mut self, seat: SeatKey, lease: Lease) {
        assert!(!self.submitted.contains(&lease), "{lease:?} had a share");
        let least = self.least_tried();
        let tried = self.tried.get(&lease).copied().unwrap_or(0);
        assert!(tried <= SlotUse::LIMIT, "{lease:?} was scanned: {tried}");
        if let (Some(least), false) = (least, lease.slot == Slot(0)) {
            assert!(
                tried <= least,
                "{lease:?}: {tried} tried, elsewhere {least}"
            );
        }
        let others = self.live.insert(seat, lease);
        assert!(others.is_none());
        let twice = self.live.values().filter(|held| **held == lease).count();
        assert_eq!(twice, 1, "{lease:?} has two tenants");
    }

    /// How little was tried in any slot of the only session that can be leased.
    fn least_tried(&self) -> Option<u16> {
        let slots = (self.pools == 1).then_some(1..=u8::MAX)?;
        slots
            .map(|slot| Lease {
                pool: POOL,
                slot: Slot(slot),
            })
            .filter(|lease| !self.submitted.contains(lease))
            .filter(|lease| self.live.values().all(|held| held != lease))
            .map(|lease| self.tried.get(&lease).copied().unwrap_or(0))
            .min()
    }

    fn join(&mut self) -> bool {
        self.last += 1;
        let seat = seat(self.last);
        let pools = (0..self.pools).map(PoolKey);
        let Some(lease) = self.book.grant(seat, pools) else {
            return false;
        };
        self.moved_in(seat, lease);
        true
    }

    fn leave(&mut self, seat: SeatKey, lease: Lease, tried: u16) {
        self.live.remove(&seat);
        let most = self.tried.entry(lease).or_default();
        *most = tried.max(*most);
        let was = if self.submitted.contains(&lease) {
            SlotUse::Spent
        } else {
            SlotUse::Tried(tried)
        };
        assert!(self.book.vacate(lease, seat, was));
        assert!(!self.book.vacate(lease, seat, was), "it has left");
    }

    fn play(&mut self, step: Step) {
        match step {
            Step::Join(count) => {
                for _ in 0..count {
                    self.join();
                }
            }
            Step::Leave(at, tried) => {
                if let Some((seat, lease)) = self.one(at) {
                    self.leave(seat, lease, tried);
                }
            }
            Step::Share(at) => {
                if let Some((_, lease)) = self.one(at) {
                    self.submitted.insert(lease);
                }
            }
            Step::Renew(at) => {
                if let Some((seat, lease)) = self.one(at) {
                    let pools = (0..self.pools).map(PoolKey);
                    if let Some(fresh) = self.book.renew(lease, seat, pools) {
                        self.live.remove(&seat);
                        // Dead, whatever it had done: it may have a share there yet.
                        self.submitted.insert(lease);
                        self.moved_in(seat, fresh);
                        assert!(self.book.release(lease, seat));
                    }
                }
            }
            Step::Blob(pool) => {
                let pool = PoolKey(pool % self.pools);
                self.book.job_replaced(pool);
                self.submitted.retain(|lease| lease.pool != pool);
                self.tried.retain(|lease, _| lease.pool != pool);
            }
            Step::Spare => self.book.spare_zero(),
        }
    }

    fn check(&self) {
        for pool in (0..self.pools).map(PoolKey) {
            let has = self.book.occupancy(pool).unwrap();
            let live = self.live.values().filter(|held| held.pool == pool);
            assert_eq!(has.held, live.count());
            let sum = has.free + has.again + has.held + has.dead;
            assert_eq!(sum, Slot::COUNT, "{has:?}");
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let some = || 0_usize..10_000;
    let tried = prop_oneof![
        4 => Just(0_u16),
        8 => 1..=SlotUse::LIMIT,
        1 => SlotUse::LIMIT..=u16::MAX,
    ];
    prop_oneof![
        10 => (1_usize..60).prop_map(Step::Join),
        20 => (some(), tried).prop_map(|(at, tried)| Step::Leave(at, tried)),
        6 => some().prop_map(Step::Share),
        3 => some().prop_map(Step::Renew),
        2 => (0_u32..3).prop_map(Step::Blob),
        1 => Just(Step::Spare),
    ]
}

proptest! {
    #[test]
    fn no_slot_has_two_tenants_nor_a_next_one_after_a_share_and_the_least_scanned_comes_first(
        pools in 1_u32..4, steps in proptest::collection::vec(step(), 1..300),
    ) {
        let mut farm = Farm::with(pools);
        for step in steps {
            farm.play(step);
            farm.check();
        }
    }

    #[test]
    fn as_many_sessions_do_as_the_miners_need_that_are_there_at_once(
        live in 1_usize..600, leaving in proptest::collection::vec((0_usize..10_000, 0..=SlotUse::LIMIT), 1..800),
    ) {
        let sessions = u32::try_from(live.div_ceil(Slot::COUNT)).unwrap();
        let mut farm = Farm::with(sessions);
        for _ in 0..live {
            prop_assert!(farm.join());
        }
        for (at, tried) in leaving {
            let (seat, lease) = farm.one(at).unwrap();
            farm.leave(seat, lease, tried);
            prop_assert!(farm.join(), "{live} miners, {sessions} sessions");
        }
        farm.check();
    }
}

#[test]
fn a_fresh_slot_of_another_session_comes_before_one_that_was_hardly_scanned() {
    let mut farm = Farm::with(2);
    for _ in 0..256 {
        assert!(farm.join());
    }
    let (first, lease) = farm.one(3).unwrap();
    assert_eq!(lease.pool, POOL);
    farm.leave(first, lease, 5);
    assert!(farm.join());
    assert_eq!(farm.book.occupancy(PoolKey(1)).unwrap().held, 1);
    assert_eq!(farm.book.occupancy(POOL).unwrap().again, 1);
    for _ in 0..255 {
        assert!(farm.join());
    }
    assert_eq!(farm.book.occupancy(POOL).unwrap().again, 1);
    assert!(farm.join(), "the last one that there is");
    assert!(!farm.join());
    assert_eq!(farm.book.occupancy(POOL).unwrap().held, 256);
}

#[test]
fn a_slot_of_which_nothing_was_tried_is_fresh_again() {
    let mut farm = Farm::with(1);
    assert!(farm.join());
    let (seat, lease) = farm.one(0).unwrap();
    farm.leave(seat, lease, 0);
    assert_eq!(farm.book.occupancy(POOL).unwrap().free, Slot::COUNT);
}

#[test]
fn a_book_that_is_opened_with_what_another_knew_leases_what_was_untouched_and_nothing_else() {
    let mut farm = Farm::with(1);
    for _ in 0..100 {
        assert!(farm.join());
    }
    let (left, lease) = farm.one(7).unwrap();
    farm.leave(left, lease, 0);
    let (hardly, lease) = farm.one(8).unwrap();
    farm.leave(hardly, lease, 5);
    let (moved, lease) = farm.one(9).unwrap();
    assert!(farm.book.renew(lease, moved, [POOL]).is_some());
    let before = farm.book.occupancy(POOL).unwrap();

    let held = farm.book.tenants(POOL);
    let held: Vec<(Slot, SeatKey)> = held.map(|(lease, seat)| (lease.slot, seat)).collect();
    let untouched = farm.book.untouched(POOL);
    let mut next = LeaseBook::default();
    next.open_known(POOL, held.clone(), &untouched);
    let after = next.occupancy(POOL).unwrap();
    assert_eq!((after.held, after.free), (before.held, before.free));
    assert_eq!(after.again, 0);
    for number in 0..u32::try_from(before.free).unwrap() {
        let lease = next.grant(seat(1_000 + number), [POOL]).unwrap();
        assert!(untouched.has(lease.slot));
        assert!(held.iter().all(|(slot, _)| *slot != lease.slot));
    }
    assert_eq!(next.grant(seat(5_000), [POOL]), None);
}
