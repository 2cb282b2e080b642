//! Who gives way when there are too many rigs: known without a look at the database.

use std::collections::BTreeSet;
use std::ops::Bound;

use zartrux_models::ledger::RigEntry;
use zartrux_models::share::RigKey;

/// Rigs by what they may claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// It never sent a share: anybody can make up names.
    Stranger,
    /// It did.
    Settled,
    /// To forget it would be to set it free.
    Quarantined,
}

/// Where a rig stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    claim: Claim,
    seen_ms: u64,
    rig: RigKey,
}

impl Place {
    pub(super) const fn of(rig: &RigEntry) -> Self {
        let claim = if rig.quarantined {
            Claim::Quarantined
        } else if rig.last_share_ms == 0 {
            Claim::Stranger
        } else {
            Claim::Settled
        };
        Self {
            claim,
            seen_ms: rig.last_seen_ms,
            rig: rig.key,
        }
    }

    /// Whose it is.
    pub(super) const fn rig(self) -> RigKey {
        self.rig
    }

    /// When it was last seen, ms since 1970.
    pub(super) const fn seen_ms(self) -> u64 {
        self.seen_ms
    }
}

/// All rigs of the registry by when they were last seen: some 25 bytes each.
#[derive(Debug, Default)]
pub(super) struct Index {
    strangers: BTreeSet<(u64, u64)>,
    settled: BTreeSet<(u64, u64)>,
    quarantined: BTreeSet<(u64, u64)>,
}

impl Index {
    /// Rigs in all.
    pub(super) fn len(&self) -> usize {
        self.strangers.len() + self.settled.len() + self.quarantined.len()
    }

    fn rigs_of(&mut self, claim: Claim) -> &mut BTreeSet<(u64, u64)> {
        match claim {
            Claim::Stranger => &mut self.strangers,
            Claim::Settled => &mut self.settled,
            Claim::Quarantined => &mut self.quarantined,
        }
    }

    pub(super) fn insert(&mut self, place: Place) {
        self.rigs_of(place.claim)
            .insert((place.seen_ms, place.rig.0));
    }

    pub(super) fn remove(&mut self, place: Place) {
        self.rigs_of(place.claim)
            .remove(&(place.seen_ms, place.rig.0));
    }

    /// The first rigs behind one, at most `limit`, that were last seen until a moment: when, ms
    /// since 1970, and which, in this order.
    pub(super) fn seen_until(
        &self,
        until_ms: u64,
        behind: (u64, u64),
        limit: usize,
    ) -> Vec<(u64, u64)> {
        let until = (until_ms, u64::MAX);
        if behind >= until {
            return Vec::new();
        }
        let span = (Bound::Excluded(behind), Bound::Included(until));
        let lists = [&self.strangers, &self.settled, &self.quarantined];
        let each = lists.map(|list| list.range(span).take(limit).copied());
        let mut found: Vec<_> = each.into_iter().flatten().collect();
        found.sort_unstable();
        found.truncate(limit);
        found
    }

    /// Who gives way where there is room for `max`: the one that was seen longest ago, of those who
    /// never sent a share if these are more than an eighth, of those in quarantine if these are
    /// more than a quarter, else of the rest.
    pub(super) fn first_to_go(&self, max: usize) -> Option<Place> {
        let oldest = |claim, rigs: &BTreeSet<(u64, u64)>| {
            rigs.first().map(|(seen_ms, rig)| Place {
                claim,
                seen_ms: *seen_ms,
                rig: RigKey(*rig),
            })
        };
        let stranger = oldest(Claim::Stranger, &self.strangers);
        let settled = oldest(Claim::Settled, &self.settled);
        let quarantined = oldest(Claim::Quarantined, &self.quarantined);
        let too_many_strange = stranger.filter(|_| self.strangers.len() > max / 8);
        let too_many_bad = quarantined.filter(|_| self.quarantined.len() > max / 4);
        too_many_strange
            .or(too_many_bad)
            .or(settled)
            .or(stranger)
            .or(quarantined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(claim: Claim, seen_ms: u64) -> Place {
        let rig = RigKey(seen_ms);
        Place {
            claim,
            seen_ms,
            rig,
        }
    }

    fn index(places: impl IntoIterator<Item = Place>) -> Index {
        let mut index = Index::default();
        places.into_iter().for_each(|place| index.insert(place));
        index
    }

    #[test]
    fn the_settled_one_seen_longest_ago_goes_before_a_few_strangers_and_bad_ones() {
        let places = [
            place(Claim::Stranger, 1),
            place(Claim::Quarantined, 2),
            place(Claim::Settled, 4),
            place(Claim::Settled, 3),
        ];
        assert_eq!(index(places).first_to_go(8), Some(places[3]));
    }

    #[test]
    fn many_strangers_or_bad_ones_give_way_among_themselves() {
        let settled = place(Claim::Settled, 0);
        let two = |claim| index([settled, place(claim, 1), place(claim, 2), place(claim, 3)]);
        let goes = |claim| two(claim).first_to_go(8);
        assert_eq!(goes(Claim::Stranger), Some(place(Claim::Stranger, 1)));
        assert_eq!(goes(Claim::Quarantined), Some(place(Claim::Quarantined, 1)));
        assert_eq!(index([]).first_to_go(8), None);
    }
}
