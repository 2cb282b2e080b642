//! The store's numbers of the upstreams, which every lane reads and a reload adds to.

use std::fmt;
use std::sync::{Arc, OnceLock};

use zartrux_models::ledger::UpstreamId;

/// By place of the upstream: a place keeps its number for as long as the process runs. All copies
/// are one list; reading takes no lock.
#[derive(Clone, Default)]
pub struct UpstreamNumbers(Arc<[OnceLock<UpstreamId>]>);

impl UpstreamNumbers {
    /// Most places of a process: upstreams that were in the settings at any time since its start.
    pub const PLACES: usize = 1024;

    /// The number of a place, if one was told.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<UpstreamId> {
        self.0.get(place)?.get().copied()
    }

    /// The last place that was told a number: those that have the same one are one upstream.
    #[must_use]
    pub fn place_of(&self, number: UpstreamId) -> Option<usize> {
        self.0.iter().rposition(|slot| slot.get() == Some(&number))
    }

    /// Tells the number of a place. One that has a number keeps it.
    pub fn tell(&self, place: usize, number: UpstreamId) {
        if let Some(slot) = self.0.get(place) {
            let _ = slot.set(number);
        }
    }
}

/// The numbers of the first places, with room for the others.
impl From<Vec<UpstreamId>> for UpstreamNumbers {
    fn from(first: Vec<UpstreamId>) -> Self {
        let slots: Vec<_> = (0..Self::PLACES).map(|_| OnceLock::new()).collect();
        let numbers = Self(slots.into());
        for (place, number) in first.into_iter().enumerate() {
            numbers.tell(place, number);
        }
        numbers
    }
}

impl PartialEq for UpstreamNumbers {
    fn eq(&self, other: &Self) -> bool {
        let places = self.0.len().max(other.0.len());
        (0..places).all(|place| self.get(place) == other.get(place))
    }
}

impl Eq for UpstreamNumbers {}

impl fmt::Debug for UpstreamNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |place| Some((place, self.get(place)?));
        f.debug_map()
            .entries((0..self.0.len()).filter_map(known))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_keeps_its_number_and_all_copies_hear_of_new_ones() {
        let numbers = UpstreamNumbers::from(vec![UpstreamId(7)]);
        let copy = numbers.clone();
        numbers.tell(0, UpstreamId(8));
        numbers.tell(2, UpstreamId(9));
        let heard: Vec<_> = (0..4).map(|place| copy.get(place)).collect();
        assert_eq!(
            heard,
            [Some(UpstreamId(7)), None, Some(UpstreamId(9)), None]
        );
        numbers.tell(UpstreamNumbers::PLACES, UpstreamId(1));
        assert_eq!(copy.get(UpstreamNumbers::PLACES), None);
    }
}
