//! Nonces find their leases by the journal alone, or nothing is said of them.

use std::sync::Arc;

use super::super::fixtures::entry;
use super::super::{JobThen, JournalEntry, JournalEvent, Place, Tenancy};
use crate::filter::ModelId;
use crate::plan::{NonceOrder, OutsideOrder, SlotPlan};
use crate::work::{PoolKey, Slot};

const POOL: PoolKey = PoolKey(4);

fn order(id: u64) -> Arc<NonceOrder> {
    let mut bytes: Vec<u8> = (0..=u8::MAX).rev().collect();
    bytes.rotate_left(usize::try_from(id).unwrap());
    Arc::new(NonceOrder::new(ModelId(id), &bytes).unwrap())
}

fn began() -> JournalEvent {
    JournalEvent::RunBegan {
        version: "0.1.0".into(),
        started_ms: 0,
    }
}

fn in_force(id: u64) -> JournalEvent {
    JournalEvent::RankingInForce {
        lane: 0,
        order: order(id),
    }
}

fn ordered(job_key: u32, seed: u64, id: u64) -> JournalEvent {
    JournalEvent::SlotsOrdered {
        lane: 0,
        pool: POOL,
        connection: 1,
        job_key,
        seed,
        ranking: ModelId(id),
    }
}

fn outside(id: u8) -> Arc<OutsideOrder> {
    Arc::new(OutsideOrder::new("mine", &[id, 200, 100]).unwrap())
}

fn outside_in_force(id: u8) -> JournalEvent {
    let order = outside(id);
    JournalEvent::OutsideOrderInForce { lane: 0, order }
}

fn ordered_outside(job_key: u32, seed: u64, ranking: Option<u64>, id: u8) -> JournalEvent {
    JournalEvent::SlotsOrderedOutside {
        lane: 0,
        pool: POOL,
        connection: 1,
        job_key,
        seed,
        ranking: ranking.map(ModelId),
        outside: outside(id).id(),
    }
}

fn unordered(job_key: u32) -> JournalEvent {
    JournalEvent::SlotsUnordered {
        lane: 0,
        pool: POOL,
        connection: 1,
        job_key,
    }
}

fn job(job_key: u32) -> JobThen {
    JobThen {
        node: 0,
        lane: 0,
        pool: POOL,
        job_key,
    }
}

fn place(slot: Slot) -> Place {
    Place {
        node: 0,
        lane: 0,
        pool: POOL,
        slot,
    }
}

fn replayed(events: impl IntoIterator<Item = JournalEvent>) -> Tenancy {
    let numbered = (1..).zip(events);
    let entries: Vec<JournalEntry> = numbered.map(|(seq, event)| entry(seq, event)).collect();
    Tenancy::replay(entries).unwrap()
}

/// The plan of a job as the journal tells it is this one.
fn assert_told(tenancy: &Tenancy, job_key: u32, plan: &SlotPlan) {
    for byte in (0..=u8::MAX).map(Slot) {
        let slot = plan.slot_of(byte);
        assert_eq!(tenancy.place_of(job(job_key), byte), Some(place(slot)));
        assert_eq!(tenancy.arm_of(job(job_key), byte), Some(plan.arm(byte)));
    }
}

fn assert_not_known(tenancy: &Tenancy, job_key: u32) {
    assert_eq!(tenancy.place_of(job(job_key), Slot(9)), None);
    assert_eq!(tenancy.arm_of(job(job_key), Slot(9)), None);
}

#[test]
fn each_job_has_the_plan_that_was_told_last_before_it() {
    let tenancy = replayed([
        began(),
        in_force(1),
        ordered(10, 77, 1),
        in_force(2),
        ordered(20, 78, 2),
    ]);
    let (first, second) = (SlotPlan::draw(77, &order(1)), SlotPlan::draw(78, &order(2)));
    assert_told(&tenancy, 10, &first);
    assert_told(&tenancy, 20, &second);
    let byte = second.byte(Slot(9));
    assert_eq!(tenancy.byte_of(place(Slot(9))), Some(byte));
    assert_not_known(&tenancy, 9);
}

#[test]
fn without_an_experiment_each_slot_has_its_own_byte_before_and_after_it() {
    let before = replayed([began()]);
    assert_told(&before, 10, &SlotPlan::identity());
    assert_eq!(before.byte_of(place(Slot(9))), Some(Slot(9)));
    let after = replayed([began(), in_force(1), ordered(10, 77, 1), unordered(20)]);
    assert_told(&after, 19, &SlotPlan::draw(77, &order(1)));
    assert_told(&after, 20, &SlotPlan::identity());
    assert_eq!(after.byte_of(place(Slot(9))), Some(Slot(9)));
    let first = replayed([began(), in_force(1), ordered(10, 77, 1)]);
    assert_told(&first, 9, &SlotPlan::identity());
}

#[test]
fn where_something_is_missing_nothing_is_said_until_it_is_told_anew() {
    let gap = || JournalEvent::EventsMissed { count: 1 };
    // The beginning of the run.
    assert_not_known(&replayed([in_force(1)]), 10);
    // Events.
    let past = || vec![began(), in_force(1), ordered(10, 77, 1), gap()];
    assert_not_known(&replayed(past()), 10);
    assert_eq!(replayed(past()).byte_of(place(Slot(9))), None);
    let again = replayed(past().into_iter().chain([ordered(20, 78, 1)]));
    assert_told(&again, 20, &SlotPlan::draw(78, &order(1)));
    assert_not_known(&again, 19);
    // The order.
    assert_not_known(&replayed([began(), ordered(10, 77, 1)]), 10);
    // A volume of the journal.
    let entries = [entry(1, began()), entry(3, in_force(1))];
    assert_not_known(&Tenancy::replay(entries).unwrap(), 10);
}

#[test]
fn plans_end_with_their_run() {
    let past = [began(), in_force(1), ordered(10, 77, 1), began()];
    assert_told(&replayed(past), 10, &SlotPlan::identity());
    let ended = [
        began(),
        in_force(1),
        ordered(10, 77, 1),
        JournalEvent::RunEnded,
    ];
    assert_not_known(&replayed(ended), 10);
}

#[test]
fn orders_that_no_plan_needs_are_forgotten() {
    let mut events = vec![began()];
    for id in 1..=100 {
        let seed = u64::from(id);
        events.extend([in_force(seed), ordered(id, seed, seed)]);
    }
    let tenancy = replayed(events);
    assert!(tenancy.orders_kept() <= 3, "{}", tenancy.orders_kept());
    assert_told(&tenancy, 99, &SlotPlan::draw(99, &order(99)));
    assert_told(&tenancy, 100, &SlotPlan::draw(100, &order(100)));
}

#[test]
fn a_plan_from_outside_is_drawn_anew_with_and_without_a_models_order() {
    let three = || SlotPlan::draw_with_outside(78, Some(&order(1)), &outside(9));
    let two = SlotPlan::draw_with_outside(79, None, &outside(9));
    let past = || {
        vec![
            began(),
            in_force(1),
            ordered(10, 77, 1),
            outside_in_force(9),
            ordered_outside(20, 78, Some(1), 9),
        ]
    };
    let tenancy = replayed(past());
    assert_told(&tenancy, 10, &SlotPlan::draw(77, &order(1)));
    assert_told(&tenancy, 20, &three());
    let byte = three().byte(Slot(9));
    assert_eq!(tenancy.byte_of(place(Slot(9))), Some(byte));
    let without_model = || past().into_iter().chain([ordered_outside(30, 79, None, 9)]);
    let tenancy = replayed(without_model());
    assert_told(&tenancy, 29, &three());
    assert_told(&tenancy, 30, &two);
    // It has expired.
    let tenancy = replayed(without_model().chain([ordered(40, 80, 1)]));
    assert_told(&tenancy, 39, &two);
    assert_told(&tenancy, 40, &SlotPlan::draw(80, &order(1)));
}

#[test]
fn where_an_order_from_outside_is_missing_nothing_is_said() {
    let tenancy = replayed([began(), in_force(1), ordered_outside(10, 77, Some(1), 9)]);
    assert_not_known(&tenancy, 10);
    let without_the_models = [
        began(),
        outside_in_force(9),
        ordered_outside(10, 77, Some(1), 9),
    ];
    assert_not_known(&replayed(without_the_models), 10);
    let of_another_run = [
        outside_in_force(9),
        began(),
        ordered_outside(10, 77, None, 9),
    ];
    assert_not_known(&replayed(of_another_run), 10);
}

#[test]
fn orders_from_outside_that_no_plan_needs_are_forgotten() {
    let mut events = vec![began()];
    for id in 1..=99_u8 {
        events.extend([
            outside_in_force(id),
            ordered_outside(u32::from(id), u64::from(id), None, id),
        ]);
    }
    let tenancy = replayed(events);
    assert!(tenancy.orders_kept() <= 3, "{}", tenancy.orders_kept());
    for id in [98, 99] {
        let plan = SlotPlan::draw_with_outside(u64::from(id), None, &outside(id));
        assert_told(&tenancy, u32::from(id), &plan);
    }
}

/// Found by the fuzzer: damage that checks out may number an entry so.
#[test]
fn an_entry_with_the_last_number_there_is_has_none_after_it() {
    let events = [began(), in_force(1), ordered(10, 77, 1)];
    let entries = events.map(|event| JournalEntry {
        seq: u64::MAX,
        ..entry(0, event)
    });
    assert_not_known(&Tenancy::replay(entries).unwrap(), 9);
}
