//! Which rigs have changed since they were last written down.

use std::collections::{HashSet, VecDeque};

use zartrux_models::share::RigKey;

use crate::rig_map::RigHash;

/// Rigs in the order in which they changed, each once. Bounded by whoever forgets rigs: see
/// [`ChangedRigs::keep`].
#[derive(Debug, Default)]
pub(crate) struct ChangedRigs {
    queue: VecDeque<RigKey>,
    marked: HashSet<RigKey, RigHash>,
}

impl ChangedRigs {
    /// A rig has changed.
    pub(crate) fn mark(&mut self, rig: RigKey) {
        if self.marked.insert(rig) {
            self.queue.push_back(rig);
        }
    }

    /// The one that changed first, which has not changed from now on.
    pub(crate) fn take(&mut self) -> Option<RigKey> {
        let rig = self.queue.pop_front()?;
        self.marked.remove(&rig);
        Some(rig)
    }

    /// Drops those that are not known any more.
    pub(crate) fn keep(&mut self, known: impl Fn(RigKey) -> bool) {
        self.queue.retain(|rig| known(*rig));
        self.marked.retain(|rig| known(*rig));
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rig_that_changed_is_told_of_once_and_again_if_it_changes_again() {
        let mut changed = ChangedRigs::default();
        for rig in [1, 2, 1, 3, 2] {
            changed.mark(RigKey(rig));
        }
        changed.keep(|rig| rig != RigKey(3));
        assert_eq!(changed.take(), Some(RigKey(1)));
        changed.mark(RigKey(1));
        assert_eq!(changed.take(), Some(RigKey(2)));
        assert_eq!(changed.take(), Some(RigKey(1)));
        assert_eq!((changed.take(), changed.len()), (None, 0));
    }
}
