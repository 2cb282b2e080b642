//! Nonces submitted in one upstream job, or several with the same blob: exact, so that nothing is refused by a guess.

use std::collections::{HashMap, HashSet};

use crate::work::{LeasedNonce, ResultHash};

/// What is known of a nonce that a new share brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Novelty {
    /// Never seen with this blob.
    New,
    /// Seen with another result that is not settled yet: at most one of the two can be right, so
    /// this share waits for what becomes of that one.
    Contested,
    /// Taken by a share that was forwarded or credited, or an exact copy of one under way.
    Duplicate,
}

/// Exact set of the nonces submitted for one blob.
///
/// A nonce is *claimed* while its share is under way and *taken* once the share was forwarded or
/// credited. So a bogus copy cannot poison an honest share: the claim of a refused share is given
/// back.
#[derive(Debug, Default)]
pub struct NonceSet {
    claims: HashMap<LeasedNonce, Vec<ResultHash>>,
    taken: HashSet<LeasedNonce>,
}

impl NonceSet {
    /// Most nonces kept for one blob (about 40 bytes each); further shares are answered "too many".
    pub const MAX: usize = 1_000_000;

    /// Most different results under way for one nonce; an honest miner has one. Further ones are
    /// answered "too many", so that a flood of them costs neither time nor memory.
    pub const MAX_CLAIMS: usize = 16;

    /// What is known of a nonce.
    #[must_use]
    pub fn novelty(&self, nonce: impl Into<LeasedNonce>, result: &ResultHash) -> Novelty {
        let nonce = nonce.into();
        if self.taken.contains(&nonce) {
            return Novelty::Duplicate;
        }
        match self.claims.get(&nonce) {
            None => Novelty::New,
            Some(claims) if claims.contains(result) => Novelty::Duplicate,
            Some(_) => Novelty::Contested,
        }
    }

    /// Whether a further share with this nonce finds room.
    #[must_use]
    pub fn has_room(&self, nonce: impl Into<LeasedNonce>) -> bool {
        let nonce = nonce.into();
        let claims = self.claims.get(&nonce).map_or(0, Vec::len);
        claims < Self::MAX_CLAIMS && self.claims.len() + self.taken.len() < Self::MAX
    }

    /// A share is under way.
    pub fn claim(&mut self, nonce: impl Into<LeasedNonce>, result: ResultHash) {
        let nonce = nonce.into();
        self.claims.entry(nonce).or_default().push(result);
    }

    /// A share was forwarded or credited.
    pub fn take(&mut self, nonce: impl Into<LeasedNonce>) {
        let nonce = nonce.into();
        self.claims.remove(&nonce);
        self.taken.insert(nonce);
    }

    /// Whether a share with this nonce was forwarded or credited.
    #[must_use]
    pub fn is_taken(&self, nonce: impl Into<LeasedNonce>) -> bool {
        let nonce = nonce.into();
        self.taken.contains(&nonce)
    }

    /// A share was refused: its nonce is free again for the right result. `result` is the one that
    /// was claimed, even if another took its place meanwhile.
    pub fn give_back(&mut self, nonce: impl Into<LeasedNonce>, result: &ResultHash) {
        let nonce = nonce.into();
        if let Some(claims) = self.claims.get_mut(&nonce) {
            claims.retain(|claimed| claimed != result);
            if claims.is_empty() {
                self.claims.remove(&nonce);
            }
        }
    }

    /// Each nonce that was forwarded or credited.
    pub fn all_taken(&self) -> impl Iterator<Item = LeasedNonce> + '_ {
        self.taken.iter().copied()
    }

    /// Nonces that were forwarded or credited.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.taken.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::Nonce;

    const NONCE: Nonce = Nonce::new([1, 2, 3, 4]);

    fn result(byte: u8) -> ResultHash {
        ResultHash::new([byte; 32])
    }

    #[test]
    fn a_copy_under_way_and_a_copy_of_a_taken_share_are_duplicates() {
        let mut set = NonceSet::default();
        assert_eq!(set.novelty(NONCE, &result(1)), Novelty::New);
        set.claim(NONCE, result(1));
        assert_eq!(set.novelty(NONCE, &result(1)), Novelty::Duplicate);
        set.take(NONCE);
        assert_eq!(set.novelty(NONCE, &result(1)), Novelty::Duplicate);
        assert_eq!(set.novelty(NONCE, &result(2)), Novelty::Duplicate);
    }

    #[test]
    fn a_bogus_share_does_not_poison_the_honest_one_that_follows() {
        let mut set = NonceSet::default();
        set.claim(NONCE, result(0));
        assert_eq!(set.novelty(NONCE, &result(1)), Novelty::Contested);
        set.claim(NONCE, result(1));
        set.give_back(NONCE, &result(0));
        assert_eq!(
            set.novelty(NONCE, &result(1)),
            Novelty::Duplicate,
            "still under way"
        );
        assert!(!set.is_taken(NONCE));
        set.take(NONCE);
        assert!(set.is_taken(NONCE));
    }

    #[test]
    fn only_so_many_results_are_under_way_for_one_nonce() {
        let mut set = NonceSet::default();
        for byte in 0..16 {
            assert!(set.has_room(NONCE));
            set.claim(NONCE, result(byte));
        }
        assert!(!set.has_room(NONCE));
        assert!(
            set.has_room(Nonce::new([9, 9, 9, 9])),
            "others are not touched"
        );
        set.give_back(NONCE, &result(3));
        assert!(set.has_room(NONCE));
    }

    #[test]
    fn a_refused_share_leaves_nothing_behind() {
        let mut set = NonceSet::default();
        set.claim(NONCE, result(0));
        set.give_back(NONCE, &result(0));
        assert_eq!(set.novelty(NONCE, &result(0)), Novelty::New);
        assert!(set.claims.is_empty());
    }
}
