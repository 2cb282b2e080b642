//! The farms that policies meet: which rigs, and what reaches the pool.

use super::super::Conduct;

/// What reaches the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FarmKind {
    /// Rigs have their own, lower difficulty; about one share in 64 meets the pool's target.
    Split,
    /// The pool's difficulty is the rigs': every share goes to the pool.
    Flat,
}

impl FarmKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Split, Self::Flat];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Flat => "flat",
        }
    }

    /// How many of the rigs' shares there are to one of the pool's.
    #[must_use]
    pub const fn shares_per_pool_share(self) -> u64 {
        match self {
            Self::Split => 64,
            Self::Flat => 1,
        }
    }
}

/// Whether a proof could ever show that these rigs do wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// They do no wrong.
    None,
    /// Some of their hashes are not what they claim.
    BadShares,
    /// All that they send is true; what they keep back, or how they scan, is not.
    Unprovable,
}

/// Honest shares that a sleeper sends first.
pub const SLEEPER_WAKES_AFTER: u64 = 1_000;

/// Rigs that behave alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its name in tables.
    pub name: &'static str,
    /// What they do.
    pub conduct: Conduct,
    /// What a proof could show.
    pub fault: Fault,
    /// How many.
    pub rigs: usize,
}

/// A farm of so many rigs: one in fifty fails or cheats, in ten ways, as many in each, and the rest
/// is honest. Group 0 is the honest one; each of the others has at least one rig.
#[must_use]
pub fn mixed(rigs: usize) -> Vec<Group> {
    let ways = [
        ("forger", Conduct::Forger, Fault::BadShares),
        ("careful forger", Conduct::CarefulForger, Fault::BadShares),
        ("replayer", Conduct::Replayer, Fault::BadShares),
        ("constant nonces", Conduct::ConstantNonces, Fault::BadShares),
        ("clone", Conduct::CloneOf { rig: 0 }, Fault::BadShares),
        (
            "2 % wrong hashes",
            Conduct::WrongHashes { part: 0.02 },
            Fault::BadShares,
        ),
        (
            "20 % wrong hashes",
            Conduct::WrongHashes { part: 0.2 },
            Fault::BadShares,
        ),
        (
            "sleeper",
            Conduct::Sleeper {
                honest_shares: SLEEPER_WAKES_AFTER,
                then: Box::new(Conduct::CarefulForger),
            },
            Fault::BadShares,
        ),
        (
            "withholder",
            Conduct::Withholder {
                above: 64.0,
                part: 1.0,
            },
            Fault::Unprovable,
        ),
        (
            "odometer liar",
            Conduct::OdometerLiar { stride: 2 },
            Fault::Unprovable,
        ),
    ];
    let mut groups = vec![honest(rigs)];
    let count = (rigs / 500).max(1);
    for (name, conduct, fault) in ways {
        groups[0].rigs = groups[0].rigs.saturating_sub(count);
        groups.push(Group {
            name,
            conduct,
            fault,
            rigs: count,
        });
    }
    groups
}

/// A farm of honest rigs only.
#[must_use]
pub fn honest(rigs: usize) -> Group {
    Group {
        name: "honest",
        conduct: Conduct::Honest,
        fault: Fault::None,
        rigs,
    }
}

/// The group of each rig, by its place in the farm.
///
/// Rigs of all groups are spread evenly over the places, so that no session of the pool has more
/// than its part of the bad ones.
#[must_use]
pub fn places(groups: &[Group]) -> Vec<usize> {
    let total: usize = groups.iter().map(|group| group.rigs).sum();
    let mut places = vec![0; total];
    let others: Vec<usize> = (1..groups.len())
        .flat_map(|group| std::iter::repeat_n(group, groups[group].rigs))
        .collect();
    for (nth, group) in others.iter().enumerate() {
        // The middle of the nth of equal stretches; the first place stays honest.
        let place = (2 * nth + 1) * total / (2 * others.len());
        places[place.min(total - 1)] = *group;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rig_in_fifty_fails_or_cheats() {
        let groups = mixed(1_000);
        assert_eq!(groups.iter().map(|group| group.rigs).sum::<usize>(), 1_000);
        assert_eq!(groups[0].rigs, 980);
    }

    #[test]
    fn every_rig_has_a_place_and_they_are_spread() {
        let groups = mixed(1_000);
        let places = places(&groups);
        for (index, group) in groups.iter().enumerate() {
            let count = places.iter().filter(|place| **place == index).count();
            assert_eq!(count, group.rigs, "{}", group.name);
        }
        for session in places.chunks(250) {
            assert_eq!(session.iter().filter(|group| **group > 0).count(), 5);
        }
    }

    #[test]
    fn a_small_farm_has_one_rig_of_each_kind() {
        let places = places(&mixed(20));
        assert_eq!(places.len(), 20);
        assert_eq!(places.iter().filter(|group| **group == 0).count(), 10);
    }
}
