//! Plans are bijections, their control is a fair sample, and the same seed makes the same plan.

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;

pub(super) fn order(bytes: &[u8]) -> NonceOrder {
    NonceOrder::new(ModelId(7), bytes).unwrap()
}

pub(super) fn downward() -> NonceOrder {
    order(&(0..=u8::MAX).rev().collect::<Vec<u8>>())
}

pub(super) fn slots() -> impl Iterator<Item = Slot> {
    (0..=u8::MAX).map(Slot)
}

pub(super) fn any_order() -> impl Strategy<Value = NonceOrder> {
    let bytes = Just((0..=u8::MAX).collect::<Vec<u8>>()).prop_shuffle();
    bytes.prop_map(|bytes| order(&bytes))
}

proptest! {
    #[test]
    fn every_byte_belongs_to_one_slot_and_slot_0_has_byte_0_in_no_arm(
        seed in any::<u64>(), order in any_order(),
    ) {
        let plan = SlotPlan::draw(seed, &order);
        let mut seen = [false; Slot::COUNT];
        for slot in slots() {
            let byte = plan.byte(slot);
            prop_assert_eq!(plan.slot_of(byte), slot);
            prop_assert!(!std::mem::replace(&mut seen[usize::from(byte.0)], true));
            let in_arm = matches!(plan.arm(byte), Arm::Control | Arm::Model);
            prop_assert_eq!(in_arm, slot != Slot(0));
        }
        prop_assert_eq!((plan.byte(Slot(0)), plan.arm(Slot(0))), (Slot(0), Arm::None));
        prop_assert_eq!(plan.drawn_from(), Some(DrawnFrom { seed, by: DrawnBy::Model(ModelId(7)) }));
        prop_assert_eq!(SlotPlan::draw(seed, &order), plan);
    }

    #[test]
    fn the_models_slots_take_what_control_left_best_first(
        seed in any::<u64>(), order in any_order(),
    ) {
        let plan = SlotPlan::draw(seed, &order);
        let of_model = |byte: &u8| plan.arm(Slot(*byte)) == Arm::Model;
        let ranked: Vec<Slot> = order.bytes().iter().copied().filter(of_model).map(Slot).collect();
        let given: Vec<Slot> = slots()
            .map(|slot| plan.byte(slot))
            .filter(|byte| plan.arm(*byte) == Arm::Model)
            .collect();
        prop_assert_eq!(given, ranked);
    }

    #[test]
    fn which_order_it_is_changes_neither_the_arms_nor_what_control_has(
        seed in any::<u64>(), one in any_order(), other in any_order(),
    ) {
        let (one, other) = (SlotPlan::draw(seed, &one), SlotPlan::draw(seed, &other));
        for slot in slots() {
            let arm = one.arm(one.byte(slot));
            prop_assert_eq!(other.arm(other.byte(slot)), arm);
            if arm == Arm::Control {
                prop_assert_eq!(other.byte(slot), one.byte(slot));
            }
        }
    }
}

#[test]
fn without_a_ranking_each_slot_has_its_own_byte_and_no_arm() {
    let plan = SlotPlan::identity();
    assert_eq!(plan, SlotPlan::default());
    assert_eq!(plan.drawn_from(), None);
    for slot in slots() {
        assert_eq!((plan.byte(slot), plan.slot_of(slot)), (slot, slot));
        assert_eq!(plan.arm(slot), Arm::None);
    }
}

/// Sum of squared deviations over the expected number.
pub(super) fn chi_square(counts: impl IntoIterator<Item = u32>, expected: f64) -> f64 {
    let part = |count| (f64::from(count) - expected).powi(2) / expected;
    counts.into_iter().map(part).sum()
}

#[test]
fn every_slot_is_as_often_in_either_arm_and_control_has_every_byte_as_often() {
    const PLANS: u32 = 20_000;
    let order = downward();
    let (mut of_slot, mut of_byte) = ([0_u32; Slot::COUNT], [0_u32; Slot::COUNT]);
    // The first slot that is leased, while it is in control.
    let mut of_first = [0_u32; Slot::COUNT];
    for seed in 0..u64::from(PLANS) {
        let plan = SlotPlan::draw(seed, &order);
        for slot in slots() {
            let byte = plan.byte(slot);
            if plan.arm(byte) == Arm::Control {
                of_slot[usize::from(slot.0)] += 1;
                of_byte[usize::from(byte.0)] += 1;
            }
        }
        let first = plan.byte(Slot(1));
        if plan.arm(first) == Arm::Control {
            of_first[usize::from(first.0)] += 1;
        }
    }
    assert_eq!((of_slot[0], of_byte[0]), (0, 0));
    let half = f64::from(PLANS) / 2.0;
    // Each term has variance ½ of a chi-square's, as a coin has n/4 and not n/2: 255 terms have
    // mean 127.5 and standard deviation 11.3; these bounds are 5 of them away.
    for counts in [&of_slot, &of_byte] {
        let sum = chi_square(counts[1..].iter().copied(), half);
        assert!((71.0..184.0).contains(&sum), "{sum}");
    }
    // A plain chi-square with 254 degrees of freedom: mean 254, standard deviation 22.5.
    let times: u32 = of_first.iter().sum();
    let sum = chi_square(of_first[1..].iter().copied(), f64::from(times) / 255.0);
    assert!((141.0..367.0).contains(&sum), "{sum}");
}

#[test]
fn the_first_of_the_models_slots_has_a_better_rank_than_the_first_of_control() {
    const PLANS: u64 = 1_000;
    let order = downward();
    let rank = |byte: Slot| u32::from(u8::MAX - byte.0);
    let (mut model, mut control) = (0, 0);
    for seed in 0..PLANS {
        let plan = SlotPlan::draw(seed, &order);
        let first = |arm| {
            let mut bytes = slots().map(|slot| plan.byte(slot));
            bytes.find(|byte| plan.arm(*byte) == arm).map_or(0, rank)
        };
        model += first(Arm::Model);
        control += first(Arm::Control);
    }
    // Its best byte is gone to control half of the time, the two best a quarter of it: rank 1.
    assert!(model < 1_500, "{model}");
    assert!(control > 100_000, "{control}");
}

/// Bytes and arms of all slots: what a seed and an order have made once they make for ever.
pub(super) fn digest(plan: &SlotPlan) -> String {
    let mut hash = Sha256::new();
    for slot in slots() {
        let byte = plan.byte(slot);
        hash.update(format!("{slot} {byte} {}\n", plan.arm(byte).label()));
    }
    const_hex::encode(hash.finalize())
}

#[test]
fn a_seed_and_an_order_make_today_the_plan_that_they_made_once() {
    let plan = SlotPlan::draw(0x0123_4567_89ab_cdef, &downward());
    let first: Vec<(u8, &str)> = (0..12)
        .map(|slot| plan.byte(Slot(slot)))
        .map(|byte| (byte.0, plan.arm(byte).label()))
        .collect();
    assert_eq!(first, FIRST_SLOTS);
    assert_eq!(digest(&plan), WHOLE_PLAN);
}

// Computed by another program that was written from the steps alone.
const FIRST_SLOTS: [(u8, &str); 12] = [
    (0, "none"),
    (88, "control"),
    (253, "model"),
    (132, "control"),
    (103, "control"),
    (13, "control"),
    (252, "model"),
    (246, "model"),
    (240, "model"),
    (158, "control"),
    (149, "control"),
    (32, "control"),
];
const WHOLE_PLAN: &str = "992204897219f9874f8eca594f5c50a4ae11fb52e0feafe6e72769557f2dc796";
