//! Plans with an order from outside are bijections too, and no order touches what chance decides.

use proptest::prelude::*;

use super::tests::{any_order, chi_square, digest, downward, slots};
use super::*;

fn outside(bytes: &[u8]) -> OutsideOrder {
    OutsideOrder::new("mine", bytes).unwrap()
}

fn any_outside() -> impl Strategy<Value = OutsideOrder> {
    let bytes = Just((1..=u8::MAX).collect::<Vec<u8>>()).prop_shuffle();
    (bytes, 1..256_usize).prop_map(|(bytes, named)| outside(&bytes[..named]))
}

fn any_model() -> impl Strategy<Value = Option<NonceOrder>> {
    proptest::option::of(any_order())
}

/// The bytes of an arm's slots, upward.
fn given(plan: &SlotPlan, arm: Arm) -> Vec<u8> {
    let bytes = slots().map(|slot| plan.byte(slot));
    let bytes = bytes.filter(|byte| plan.arm(*byte) == arm);
    bytes.map(|byte| byte.0).collect()
}

proptest! {
    #[test]
    fn every_byte_belongs_to_one_slot_and_slot_0_has_byte_0_in_no_arm(
        seed in any::<u64>(), model in any_model(), outside in any_outside(),
    ) {
        let plan = SlotPlan::draw_with_outside(seed, model.as_ref(), &outside);
        let mut seen = [false; Slot::COUNT];
        for slot in slots() {
            let byte = plan.byte(slot);
            prop_assert_eq!(plan.slot_of(byte), slot);
            prop_assert!(!std::mem::replace(&mut seen[usize::from(byte.0)], true));
            prop_assert_eq!(plan.arm(byte) == Arm::None, slot == Slot(0));
        }
        prop_assert_eq!(plan.byte(Slot(0)), Slot(0));
        prop_assert_eq!(given(&plan, Arm::Model).is_empty(), model.is_none());
        let ranking = model.as_ref().map(NonceOrder::id);
        let by = DrawnBy::Outside { ranking, outside: outside.id() };
        prop_assert_eq!(plan.drawn_from(), Some(DrawnFrom { seed, by }));
        let again = SlotPlan::draw_with_outside(seed, model.as_ref(), &outside);
        prop_assert_eq!(again, plan);
    }

    #[test]
    fn each_arm_has_its_bytes_in_its_own_order(
        seed in any::<u64>(), model in any_order(), outside in any_outside(),
    ) {
        let plan = SlotPlan::draw_with_outside(seed, Some(&model), &outside);
        let of = |arm, bytes: &[u8]| -> Vec<u8> {
            bytes.iter().copied().filter(|byte| plan.arm(Slot(*byte)) == arm).collect()
        };
        prop_assert_eq!(given(&plan, Arm::Model), of(Arm::Model, model.bytes()));
        let named = of(Arm::Outside, outside.bytes());
        let all = given(&plan, Arm::Outside);
        prop_assert_eq!(&all[..named.len()], &named);
        prop_assert!(all[named.len()..].iter().all(|byte| !outside.bytes().contains(byte)));
    }

    #[test]
    fn no_order_changes_which_bytes_an_arm_has_nor_another_arms_order(
        seed in any::<u64>(), models in (any_order(), any_order()),
        one in any_outside(), other in any_outside(),
    ) {
        let draw = |model, outside| SlotPlan::draw_with_outside(seed, Some(model), outside);
        let plan = draw(&models.0, &one);
        for (changed, arm) in [
            (draw(&models.1, &one), Arm::Model),
            (draw(&models.0, &other), Arm::Outside),
        ] {
            for slot in slots() {
                let byte = plan.byte(slot);
                prop_assert_eq!(changed.arm(byte), plan.arm(byte));
                prop_assert_eq!(changed.arm(changed.byte(slot)), plan.arm(byte));
                if plan.arm(byte) != arm {
                    prop_assert_eq!(changed.byte(slot), byte);
                }
            }
        }
    }

    #[test]
    fn without_a_model_its_slots_are_outsides_and_control_is_the_same(
        seed in any::<u64>(), model in any_order(), outside in any_outside(),
    ) {
        let three = SlotPlan::draw_with_outside(seed, Some(&model), &outside);
        let two = SlotPlan::draw_with_outside(seed, None, &outside);
        prop_assert_eq!(given(&two, Arm::Control), given(&three, Arm::Control));
        for byte in slots().filter(|byte| three.arm(*byte) == Arm::Model) {
            prop_assert_eq!(two.arm(byte), Arm::Outside);
        }
    }
}

#[test]
fn control_has_half_of_the_slots_the_others_a_quarter_and_each_has_every_byte_as_often() {
    const PLANS: u32 = 20_000;
    // Orders that agree would meet in the same bytes, if they had any say in who has them.
    let (model, outside) = (
        downward(),
        outside(&(1..=u8::MAX).rev().collect::<Vec<_>>()),
    );
    let arms = [Arm::Control, Arm::Model, Arm::Outside];
    let (mut of_slot, mut of_byte) = ([[0_u32; Slot::COUNT]; 3], [[0_u32; Slot::COUNT]; 3]);
    let mut of_first = [0_u32; Slot::COUNT];
    for seed in 0..u64::from(PLANS) {
        let plan = SlotPlan::draw_with_outside(seed, Some(&model), &outside);
        for slot in slots() {
            let byte = plan.byte(slot);
            if let Some(at) = arms.iter().position(|arm| *arm == plan.arm(byte)) {
                of_slot[at][usize::from(slot.0)] += 1;
                of_byte[at][usize::from(byte.0)] += 1;
            }
        }
        let first = plan.byte(Slot(1));
        if plan.arm(first) == Arm::Control {
            of_first[usize::from(first.0)] += 1;
        }
    }
    for (at, part) in [0.5, 0.25, 0.25].into_iter().enumerate() {
        // A count has n·p·(1−p) of variance, so each term has (1−p) of a chi-square's: 255 terms
        // have mean 255·(1−p) and standard deviation (1−p)·√510; the bounds are 5 of them away.
        let (mean, deviation) = (255.0 * (1.0 - part), (1.0 - part) * 510_f64.sqrt());
        for counts in [&of_slot[at], &of_byte[at]] {
            assert_eq!(counts[0], 0);
            let sum = chi_square(counts[1..].iter().copied(), f64::from(PLANS) * part);
            assert!((sum - mean).abs() < 5.0 * deviation, "{sum} of {mean}");
        }
    }
    // A plain chi-square with 254 degrees of freedom: mean 254, standard deviation 22.5.
    let times: u32 = of_first.iter().sum();
    let sum = chi_square(of_first[1..].iter().copied(), f64::from(times) / 255.0);
    assert!((141.0..367.0).contains(&sum), "{sum}");
}

#[test]
fn a_seed_and_orders_make_today_the_plan_that_they_made_once() {
    let named: Vec<u8> = [7, 77, 177, 200, 13, 88, 253]
        .into_iter()
        .chain(100..120)
        .collect();
    let (seed, outside) = (0x0123_4567_89ab_cdef, outside(&named));
    let first = |plan: &SlotPlan| -> Vec<(u8, &str)> {
        let bytes = (0..12).map(|slot| plan.byte(Slot(slot)));
        bytes.map(|byte| (byte.0, plan.arm(byte).label())).collect()
    };
    let three = SlotPlan::draw_with_outside(seed, Some(&downward()), &outside);
    assert_eq!(first(&three), FIRST_OF_THREE);
    assert_eq!(digest(&three), WHOLE_OF_THREE);
    let two = SlotPlan::draw_with_outside(seed, None, &outside);
    assert_eq!(first(&two), FIRST_OF_TWO);
    assert_eq!(digest(&two), WHOLE_OF_TWO);
}

// Computed by another program that was written from the steps alone, and that makes the plan of the
// frozen draw by a model's order too.
const FIRST_OF_THREE: [(u8, &str); 12] = [
    (0, "none"),
    (255, "control"),
    (242, "model"),
    (124, "control"),
    (36, "control"),
    (210, "control"),
    (233, "model"),
    (77, "outside"),
    (232, "model"),
    (31, "control"),
    (189, "control"),
    (224, "control"),
];
const WHOLE_OF_THREE: &str = "04e3d9618eecd25a90dceaca51f7b6535fd2cda0ea9e4d3052f35995c200a64a";
const FIRST_OF_TWO: [(u8, &str); 12] = [
    (0, "none"),
    (255, "control"),
    (77, "outside"),
    (124, "control"),
    (36, "control"),
    (210, "control"),
    (13, "outside"),
    (100, "outside"),
    (106, "outside"),
    (31, "control"),
    (189, "control"),
    (224, "control"),
];
const WHOLE_OF_TWO: &str = "51bbf2ec857adc82c80208e3b1aca817fea670469c758066913ed81a7b6ff320";
