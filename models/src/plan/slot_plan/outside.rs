//! The draw with an order from outside.
//!
//! # The draw
//!
//! Frozen, as is that [by a model's order alone](super), whose generator and way to read coins and
//! to shuffle it has.
//!
//! 1. The generator is made from the seed.
//! 2. Its first four outputs are the first coins: a slot whose coin is 0 is put into control.
//! 3. Its next four outputs are the second coins: of the other slots, those whose coin is 1 are put
//!    into outside's arm, and those whose coin is 0 into the model's. Where no model gives an order,
//!    the coins are drawn all the same, and all these slots are outside's.
//! 4. The bytes 1 … 255 are shuffled.
//! 5. The control slots, upward, take the shuffled bytes from the beginning. Of those that follow,
//!    as many as outside has slots are outside's, and all after them are the model's. So whatever
//!    the orders say, which bytes an arm has is a matter of chance, and neither order has first
//!    choice.
//! 6. Outside's slots, upward, take its bytes: those that its order names, in that order, and then
//!    the others as they were shuffled.
//! 7. The model's slots, upward, take its bytes in the order of the model.

use std::sync::Arc;

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{Drawn, DrawnBy, DrawnFrom, SlotPlan, coins, is_in, is_one, shuffled};
use crate::ledger::Arm;
use crate::plan::{NonceOrder, OutsideOrder};

pub(super) fn draw(seed: u64, model: Option<&NonceOrder>, outside: &OutsideOrder) -> SlotPlan {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let (first, second) = (coins(&mut random), coins(&mut random));
    let shuffled = shuffled(&mut random);
    let arm_of = |slot: u8| {
        if !is_one(&first, slot) {
            Arm::Control
        } else if model.is_none() || is_one(&second, slot) {
            Arm::Outside
        } else {
            Arm::Model
        }
    };
    let slots_in = |arm: Arm| -> Vec<u8> {
        let slots = 1..=u8::MAX;
        slots.filter(|slot| arm_of(*slot) == arm).collect()
    };
    let (of_control, of_outside) = (slots_in(Arm::Control), slots_in(Arm::Outside));
    let (sample, rest) = shuffled.split_at(of_control.len());
    let (for_outside, for_model) = rest.split_at(of_outside.len());

    let mut drawn = Drawn::new(DrawnFrom {
        seed,
        by: DrawnBy::Outside {
            ranking: model.map(NonceOrder::id),
            outside: outside.id(),
        },
    });
    drawn.give(of_control, sample.iter().copied(), Arm::Control);
    let is_outsides = is_in(for_outside);
    let named = outside.bytes().iter().copied();
    let named = named.filter(|byte| is_outsides[usize::from(*byte)]);
    let is_named = is_in(outside.bytes());
    let others = for_outside.iter().copied();
    let others = others.filter(|byte| !is_named[usize::from(*byte)]);
    drawn.give(of_outside, named.chain(others), Arm::Outside);
    if let Some(model) = model {
        let is_models = is_in(for_model);
        let ranked = model.bytes().iter().copied();
        let ranked = ranked.filter(|byte| is_models[usize::from(*byte)]);
        drawn.give(slots_in(Arm::Model), ranked, Arm::Model);
    }
    SlotPlan(Some(Arc::new(drawn)))
}
