//! Which top nonce byte each slot of a job has, and in which arm of the experiment that is.
//!
//! # The draw by a model's order alone
//!
//! A seed and an order make the plan, always the same one: what is written of a job is these two.
//! The steps are therefore frozen.
//!
//! 1. The generator is xoshiro256++ whose state is the first four outputs of `SplitMix64` from the
//!    seed.
//! 2. Its first four outputs are the coins: bit `s mod 64` of output `s div 64`, counted from the
//!    lowest, puts slot `s` into the model's arm if it is 1, and into control if it is 0.
//! 3. The bytes 1 … 255 are shuffled: for `i` = 254 down to 1, with the next output `x`, the byte at
//!    `i` changes places with the one at `⌊x · (i + 1) / 2⁶⁴⌋`.
//! 4. The control slots, upward, take the shuffled bytes from the beginning: whatever the order
//!    says, they are a sample of all bytes.
//! 5. The model's slots, upward, take what is left in the order's order.
//!
//! Where an order from outside is in force, there are other steps: see [`outside`].
//!
//! Slot 0 always has byte 0, in no arm: it leaves the nonce of the blob all zero, which some miners
//! take for no slot, and so it is leased last.

mod outside;
mod packed;

use std::fmt;
use std::sync::Arc;

use rand::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{NonceOrder, OutsideId, OutsideOrder};
use crate::filter::ModelId;
use crate::ledger::Arm;
use crate::work::Slot;

/// Which byte each slot of a blob's jobs has: each byte belongs to exactly one slot.
///
/// Cheap to copy. Without a ranking each slot has the byte of its own number, at no cost.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SlotPlan(Option<Arc<Drawn>>);

#[derive(PartialEq, Eq)]
struct Drawn {
    origin: DrawnFrom,
    /// By slot.
    bytes: [Slot; Slot::COUNT],
    /// By byte.
    slots: [Slot; Slot::COUNT],
    /// By byte.
    arms: [Arm; Slot::COUNT],
}

/// What a plan was drawn from: with the order, all there is to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawnFrom {
    /// Of the generator.
    pub seed: u64,
    /// By whose orders.
    pub by: DrawnBy,
}

/// By whose orders a plan was drawn; the steps of the draw are each one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrawnBy {
    /// By a model's alone.
    Model(ModelId),
    /// By one from outside.
    Outside {
        /// The model's beside it, if there was one.
        ranking: Option<ModelId>,
        /// The one from outside.
        outside: OutsideId,
    },
}

impl SlotPlan {
    /// Each slot has the byte of its own number, and there is no experiment.
    #[must_use]
    pub const fn identity() -> Self {
        Self(None)
    }

    /// Draws who takes part in which arm, and the bytes of all, by a model's order.
    #[must_use]
    pub fn draw(seed: u64, order: &NonceOrder) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let coins = coins(&mut random);
        let shuffled = shuffled(&mut random);
        let mut drawn = Drawn::new(DrawnFrom {
            seed,
            by: DrawnBy::Model(order.id()),
        });
        let (model, control): (Vec<u8>, Vec<u8>) =
            (1..=u8::MAX).partition(|slot| is_one(&coins, *slot));
        let (sample, rest) = shuffled.split_at(control.len());
        let is_left = is_in(rest);
        let ranked = order.bytes().iter().copied();
        let ranked = ranked.filter(|byte| is_left[usize::from(*byte)]);
        drawn.give(control, sample.iter().copied(), Arm::Control);
        drawn.give(model, ranked, Arm::Model);
        Self(Some(Arc::new(drawn)))
    }

    /// Draws who takes part in which arm, and the bytes of all, by an order from outside, and by a
    /// model's beside it if there is one.
    #[must_use]
    pub fn draw_with_outside(
        seed: u64,
        model: Option<&NonceOrder>,
        outside: &OutsideOrder,
    ) -> Self {
        outside::draw(seed, model, outside)
    }

    /// The top nonce byte that a lease of this slot has.
    #[must_use]
    pub fn byte(&self, slot: Slot) -> Slot {
        match &self.0 {
            None => slot,
            Some(drawn) => drawn.bytes[usize::from(slot.0)],
        }
    }

    /// The slot whose lease has this top nonce byte.
    #[must_use]
    pub fn slot_of(&self, byte: Slot) -> Slot {
        match &self.0 {
            None => byte,
            Some(drawn) => drawn.slots[usize::from(byte.0)],
        }
    }

    /// In which arm a top nonce byte was given.
    #[must_use]
    pub fn arm(&self, byte: Slot) -> Arm {
        match &self.0 {
            None => Arm::None,
            Some(drawn) => drawn.arms[usize::from(byte.0)],
        }
    }

    /// What it was drawn from; `None` where each slot has the byte of its own number.
    #[must_use]
    pub fn drawn_from(&self) -> Option<DrawnFrom> {
        self.0.as_ref().map(|drawn| drawn.origin)
    }
}

/// A coin for each slot.
fn coins(random: &mut Xoshiro256PlusPlus) -> [u64; 4] {
    std::array::from_fn(|_| random.next_u64())
}

/// Which side the coin of a slot shows.
fn is_one(coins: &[u64; 4], slot: u8) -> bool {
    coins[usize::from(slot / 64)] >> (slot % 64) & 1 == 1
}

/// For each byte whether it is among these.
fn is_in(bytes: &[u8]) -> [bool; Slot::COUNT] {
    let mut is_in = [false; Slot::COUNT];
    for byte in bytes {
        is_in[usize::from(*byte)] = true;
    }
    is_in
}

/// The bytes 1 … 255 in random order.
fn shuffled(random: &mut Xoshiro256PlusPlus) -> [u8; Slot::COUNT - 1] {
    let mut bytes = [0; Slot::COUNT - 1];
    for (place, byte) in bytes.iter_mut().zip(1..=u8::MAX) {
        *place = byte;
    }
    for at in (1..=u8::MAX - 1).rev() {
        let within = u128::from(at) + 1;
        let [.., other] = ((u128::from(random.next_u64()) * within) >> 64).to_be_bytes();
        bytes.swap(usize::from(at), usize::from(other));
    }
    bytes
}

impl Drawn {
    const fn new(origin: DrawnFrom) -> Self {
        Self {
            origin,
            bytes: [Slot(0); Slot::COUNT],
            slots: [Slot(0); Slot::COUNT],
            arms: [Arm::None; Slot::COUNT],
        }
    }

    /// Gives slots of an arm their bytes, one each.
    fn give(&mut self, slots: Vec<u8>, bytes: impl Iterator<Item = u8>, arm: Arm) {
        for (slot, byte) in slots.into_iter().zip(bytes) {
            self.put(slot, byte, arm);
        }
    }

    fn put(&mut self, slot: u8, byte: u8, arm: Arm) {
        self.bytes[usize::from(slot)] = Slot(byte);
        self.slots[usize::from(byte)] = Slot(slot);
        self.arms[usize::from(byte)] = arm;
    }
}

impl fmt::Debug for SlotPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.drawn_from() {
            None => f.write_str("SlotPlan(identity)"),
            Some(DrawnFrom { seed, by }) => write!(f, "SlotPlan({by}, seed {seed})"),
        }
    }
}

impl DrawnBy {
    /// The model whose order it was drawn by.
    #[must_use]
    pub const fn ranking(&self) -> Option<ModelId> {
        match self {
            Self::Model(ranking) => Some(*ranking),
            Self::Outside { ranking, .. } => *ranking,
        }
    }

    /// The order from outside that it was drawn by.
    #[must_use]
    pub const fn outside(&self) -> Option<OutsideId> {
        match self {
            Self::Model(_) => None,
            Self::Outside { outside, .. } => Some(*outside),
        }
    }
}

impl fmt::Display for DrawnBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(ranking) => write!(f, "{ranking}"),
            Self::Outside {
                ranking: None,
                outside,
            } => write!(f, "outside {outside}"),
            Self::Outside {
                ranking: Some(ranking),
                outside,
            } => write!(f, "{ranking} and outside {outside}"),
        }
    }
}

#[cfg(test)]
mod outside_tests;
#[cfg(test)]
mod tests;
