//! Miners that come, stay for a moment and go: one session does for all of them.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use zartrux_actors::clock::Clock;
use zartrux_actors::planner::{PlanEffect, PlannerCore};
use zartrux_models::plan::{Lease, SeatKey, SlotUse};
use zartrux_models::work::{JobOrigin, PoolKey};

use crate::farm::{POLICY, blob};

const CONNECTION: u32 = 1;

/// A planner whose first session has a job.
struct Churn {
    core: PlannerCore,
    now: Instant,
    last: u32,
    opened: Vec<PoolKey>,
    seats: VecDeque<(SeatKey, Lease)>,
}

impl Churn {
    fn new() -> Self {
        let now = Clock.now();
        let core = PlannerCore::new(POLICY, vec![8], BTreeMap::new(), 0, None, now);
        let mut churn = Self {
            core,
            now,
            last: 0,
            opened: Vec::new(),
            seats: VecDeque::new(),
        };
        churn.step(|core, now| core.tick(now));
        churn.job(1);
        churn
    }

    fn step(&mut self, step: impl FnOnce(&mut PlannerCore, Instant) -> Vec<PlanEffect>) {
        for effect in step(&mut self.core, self.now) {
            match effect {
                PlanEffect::OpenPool { pool, .. } => self.opened.push(pool),
                PlanEffect::Grant { seat, lease, .. } => {
                    let mut held = self.seats.iter();
                    assert!(held.all(|(_, other)| *other != lease), "{lease:?}");
                    self.seats.push_back((seat, lease));
                }
                PlanEffect::ClosePool(_) | PlanEffect::Serving { .. } => {}
                PlanEffect::TurnAway { seats, .. } => panic!("{seats:?} are turned away"),
            }
        }
    }

    fn job(&mut self, number: u64) {
        let pool = self.opened[0];
        let origin = JobOrigin {
            pool,
            connection: CONNECTION,
        };
        self.step(|core, now| core.job_replaced(origin, &blob(number), now));
    }

    fn join(&mut self) -> SeatKey {
        self.last += 1;
        let seat = SeatKey {
            index: self.last % 64,
            generation: self.last,
        };
        self.step(|core, now| core.lease_asked(seat, now));
        seat
    }

    /// Who has been there longest leaves.
    fn leave(&mut self, was: SlotUse) -> Lease {
        let (seat, lease) = self.seats.pop_front().unwrap();
        self.step(|core, now| core.seat_left(seat, Some((lease, was)), now));
        lease
    }
}

#[test]
fn sixty_four_miners_that_come_and_go_need_one_session_and_none_waits() {
    let mut churn = Churn::new();
    for _ in 0..64 {
        churn.join();
    }
    for visit in 0..20_000 {
        if visit % 5_000 == 4_999 {
            churn.job(visit);
        }
        churn.leave(SlotUse::Tried(300));
        churn.join();
        assert_eq!((churn.seats.len(), churn.core.waiting()), (64, 0));
    }
    assert_eq!(churn.opened.len(), 1);
}

#[test]
fn miners_that_stayed_for_long_take_their_slots_with_them_and_need_another_session() {
    let mut churn = Churn::new();
    for _ in 0..256 {
        churn.join();
        churn.leave(SlotUse::Spent);
    }
    assert_eq!(churn.opened.len(), 1);
    churn.join();
    assert_eq!((churn.opened.len(), churn.core.waiting()), (2, 1));
}

#[test]
fn who_waits_gets_the_slot_of_the_next_one_to_leave_at_once() {
    let mut churn = Churn::new();
    for _ in 0..256 {
        churn.join();
    }
    let waiting = churn.join();
    assert_eq!((churn.seats.len(), churn.core.waiting()), (256, 1));
    churn.now += Duration::from_millis(1);
    churn.leave(SlotUse::Spent);
    assert_eq!(churn.core.waiting(), 1, "a slot that was used helps nobody");
    let lease = churn.leave(SlotUse::Tried(7));
    assert_eq!(churn.core.waiting(), 0);
    assert_eq!(churn.seats.back(), Some(&(waiting, lease)));
    // A lease that was granted to somebody who had left is as good as new.
    let (gone, lease) = churn.seats[9];
    churn.seats.remove(9);
    let waiting = churn.join();
    let left = Some((lease, SlotUse::UNTOUCHED));
    churn.step(|core, now| core.seat_left(gone, left, now));
    assert_eq!(churn.seats.back(), Some(&(waiting, lease)));
}
