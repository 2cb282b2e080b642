//! Many rigs at once, as a lane sees them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{
    Conduct, NobodyToCopy, Place, RigTraits, SimulatedRig, SimulatedShare, Surroundings, chance,
};
use crate::share::RigKey;

/// Seconds after which a copy sends what it copied, on average.
const COPY_DELAY: f64 = 0.5;

/// Which rig a farm is to have.
#[derive(Debug, Clone, PartialEq)]
pub struct RigPlan {
    /// Its name.
    pub key: RigKey,
    /// Its machine.
    pub traits: RigTraits,
    /// What it does.
    pub conduct: Conduct,
}

/// A share of a farm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FarmShare {
    /// Place of its rig in the farm.
    pub place: usize,
    /// The share.
    pub share: SimulatedShare,
}

/// Rigs whose shares come in the order of their time: an iterator that ends when the last rig was
/// dismissed.
#[derive(Debug, Clone)]
pub struct Farm {
    rigs: Vec<Member>,
    next: BinaryHeap<Reverse<(u64, usize)>>,
}

#[derive(Debug, Clone)]
struct Member {
    rig: SimulatedRig,
    /// Its next share.
    share: SimulatedShare,
    dismissed: bool,
}

impl Farm {
    /// A farm of these rigs, each from its own seed that follows from the farm's.
    ///
    /// # Errors
    /// A rig is to copy one that is not there, that copies itself, or does so only later.
    pub fn new(seed: u64, around: Surroundings, plans: &[RigPlan]) -> Result<Self, NobodyToCopy> {
        let size = u32::try_from(plans.len()).map_err(|_| NobodyToCopy)?;
        let mut originals: Vec<Option<SimulatedRig>> = Vec::with_capacity(plans.len());
        let mut places = Vec::with_capacity(plans.len());
        for (index, plan) in (0..size).zip(plans) {
            let place = Place::new(index, size).ok_or(NobodyToCopy)?;
            places.push(place);
            originals.push(if matches!(plan.conduct, Conduct::CloneOf { .. }) {
                None
            } else {
                let own = chance::mix(seed ^ chance::mix(plan.key.0.wrapping_add(1)));
                let conduct = plan.conduct.clone();
                let rig = SimulatedRig::new(own, plan.key, plan.traits, conduct, around, place)?;
                Some(rig)
            });
        }
        let mut farm = Self {
            rigs: Vec::with_capacity(plans.len()),
            next: BinaryHeap::with_capacity(plans.len()),
        };
        for (index, (plan, place)) in plans.iter().zip(places).enumerate() {
            let mut rig = if let Conduct::CloneOf { rig } = plan.conduct {
                let original = originals.get(rig).and_then(Option::as_ref);
                SimulatedRig::copying(original.ok_or(NobodyToCopy)?, plan.key, place, COPY_DELAY)
            } else {
                originals[index].clone().ok_or(NobodyToCopy)?
            };
            let share = rig.next_share();
            farm.next.push(Reverse((share.seen.at_ms, index)));
            farm.rigs.push(Member {
                rig,
                share,
                dismissed: false,
            });
        }
        Ok(farm)
    }

    /// Plans for honest rigs of all kinds, named from `first` on.
    #[must_use]
    pub fn honest_plans(rng: &mut impl rand::Rng, first: RigKey, rigs: usize) -> Vec<RigPlan> {
        (first.0..)
            .take(rigs)
            .map(|key| RigPlan {
                key: RigKey(key),
                traits: RigTraits::random(rng),
                conduct: Conduct::Honest,
            })
            .collect()
    }

    /// A rig sends nothing more. Copies of it go on.
    pub fn dismiss(&mut self, place: usize) {
        if let Some(member) = self.rigs.get_mut(place) {
            member.dismissed = true;
        }
    }
}

impl Iterator for Farm {
    type Item = FarmShare;

    fn next(&mut self) -> Option<FarmShare> {
        loop {
            let mut top = self.next.peek_mut()?;
            let place = top.0.1;
            let Some(member) = self.rigs.get_mut(place).filter(|m| !m.dismissed) else {
                std::collections::binary_heap::PeekMut::pop(top);
                continue;
            };
            let share = std::mem::replace(&mut member.share, member.rig.next_share());
            // In its place: cheaper than out and in again.
            top.0.0 = member.share.seen.at_ms;
            return Some(FarmShare { place, share });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    fn plans(rigs: usize) -> Vec<RigPlan> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        Farm::honest_plans(&mut rng, RigKey(1), rigs)
    }

    #[test]
    fn shares_of_a_farm_come_in_order_and_no_two_rigs_have_the_same_nonce() {
        let farm = Farm::new(1, Surroundings::new(1), &plans(100)).unwrap();
        let mut last = 0;
        let mut nonces = HashSet::new();
        let mut rigs = HashSet::new();
        for FarmShare { place, share } in farm.take(50_000) {
            assert!(share.seen.at_ms >= last);
            last = share.seen.at_ms;
            assert!(nonces.insert((share.seen.scan, share.seen.counter)));
            assert_eq!(share.seen.rig.0, place as u64 + 1);
            rigs.insert(place);
        }
        assert_eq!(rigs.len(), 100);
    }

    #[test]
    fn a_farm_is_what_its_seed_makes_of_it_and_a_rig_sends_the_same_alone() {
        let farm = |seed| Farm::new(seed, Surroundings::new(2), &plans(5)).unwrap();
        let first: Vec<FarmShare> = farm(1).take(2_000).collect();
        assert!(first.iter().copied().eq(farm(1).take(2_000)));
        assert!(!first.iter().copied().eq(farm(2).take(2_000)));
        let mut lonely = farm(1);
        for place in 1..5 {
            lonely.dismiss(place);
        }
        let of_one = first.iter().filter(|s| s.place == 0).copied();
        let count = of_one.clone().count();
        assert!(count > 0 && of_one.eq(lonely.take(count)));
    }

    #[test]
    fn a_farm_without_rigs_has_no_shares() {
        assert_eq!(
            Farm::new(1, Surroundings::new(1), &[]).unwrap().next(),
            None
        );
        let mut farm = Farm::new(1, Surroundings::new(1), &plans(2)).unwrap();
        farm.dismiss(0);
        farm.dismiss(1);
        farm.dismiss(7);
        assert_eq!(farm.next(), None);
    }

    #[test]
    fn a_clone_sends_the_nonces_of_the_other_rig_shortly_after_from_its_own_slot() {
        let mut plans = plans(3);
        plans[1].traits = RigTraits::plain(5e3);
        plans[2].conduct = Conduct::CloneOf { rig: 1 };
        let around = Surroundings::new(1);
        let farm = Farm::new(1, around, &plans).unwrap();
        let mut sent = HashMap::new();
        let mut copied = 0;
        for FarmShare { place, share } in farm.filter(|s| s.place > 0).take(4_000) {
            let seen = share.seen;
            if place == 1 {
                assert!(share.good && share.honest);
                sent.insert((seen.scan.job, seen.counter), seen);
                continue;
            }
            assert!(!share.good && !share.honest && !around.oracle.proves(&seen));
            let original = sent[&(seen.scan.job, seen.counter)];
            assert_ne!(original.scan.slot, seen.scan.slot);
            assert_ne!(original.result, seen.result);
            assert!((0..10_000).contains(&(seen.at_ms - original.at_ms)));
            copied += 1;
        }
        assert!(copied > 1_900, "{copied}");
    }

    #[test]
    fn nobody_can_copy_itself_another_copy_or_who_is_not_there() {
        for (rig, conduct) in [
            (0, Conduct::CloneOf { rig: 0 }),
            (0, Conduct::CloneOf { rig: 9 }),
            (0, Conduct::CloneOf { rig: 1 }),
        ] {
            let mut plans = plans(3);
            plans[1].conduct = Conduct::CloneOf { rig: 2 };
            plans[rig].conduct = conduct;
            assert_eq!(
                Farm::new(1, Surroundings::new(1), &plans).err(),
                Some(NobodyToCopy)
            );
        }
    }
}
