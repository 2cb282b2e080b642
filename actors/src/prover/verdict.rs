//! What computed hashes are worth against the one that was claimed.
//!
//! A mismatch convicts a rig, and a single flipped bit makes one: in the dataset it spoils about
//! one hash in 2,000, in a machine's own memory whichever comes next. So no mismatch is believed
//! from one computation.

use zartrux_models::work::ResultHash;

/// What to do with one hash, or two of the same input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing speaks against the first hash.
    Believed,
    /// It is not what was claimed: to be computed again before anybody is told.
    Doubted,
    /// The two differ, so at least one is wrong, and nobody is judged by either.
    Disagreement {
        /// Whether the second is what was claimed: then what the first was computed from, or
        /// with, is at fault, else it may be either.
        second_as_claimed: bool,
    },
}

/// Decides. A hash that is what was claimed needs no second one: no fault makes a wrong hash
/// come out as claimed.
pub(super) fn verdict(
    first: ResultHash,
    second: Option<ResultHash>,
    claimed: Option<ResultHash>,
) -> Verdict {
    match (claimed, second) {
        (None, _) => Verdict::Believed,
        (Some(claimed), _) if first == claimed => Verdict::Believed,
        (Some(_), None) => Verdict::Doubted,
        (Some(_), Some(second)) if second == first => Verdict::Believed,
        (Some(claimed), Some(second)) => Verdict::Disagreement {
            second_as_claimed: second == claimed,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: ResultHash = ResultHash::new([1; 32]);
    const LIE: ResultHash = ResultHash::new([2; 32]);
    const GARBLED: ResultHash = ResultHash::new([3; 32]);

    #[test]
    fn what_is_as_claimed_needs_no_second_computation() {
        assert_eq!(verdict(RIGHT, None, Some(RIGHT)), Verdict::Believed);
        assert_eq!(verdict(RIGHT, None, None), Verdict::Believed);
    }

    #[test]
    fn a_lie_is_believed_to_be_one_when_two_computations_agree() {
        assert_eq!(verdict(RIGHT, None, Some(LIE)), Verdict::Doubted);
        assert_eq!(verdict(RIGHT, Some(RIGHT), Some(LIE)), Verdict::Believed);
    }

    #[test]
    fn one_garbled_hash_convicts_neither_the_honest_nor_the_liar() {
        let disagreement = |second_as_claimed| Verdict::Disagreement { second_as_claimed };
        assert_eq!(
            verdict(GARBLED, Some(RIGHT), Some(RIGHT)),
            disagreement(true)
        );
        for (first, second) in [(GARBLED, RIGHT), (RIGHT, GARBLED)] {
            assert_eq!(verdict(first, Some(second), Some(LIE)), disagreement(false));
        }
    }

    /// All of a small world: whatever one garbled hash of two is, only a lie is ever convicted.
    #[test]
    fn no_single_fault_makes_a_mismatch_of_an_honest_share() {
        let values = [RIGHT, LIE, GARBLED];
        for garbled in values {
            for (first, second) in [(garbled, RIGHT), (RIGHT, garbled)] {
                let convicts = |second| {
                    first != RIGHT && verdict(first, second, Some(RIGHT)) == Verdict::Believed
                };
                assert!(!convicts(None) && !convicts(Some(second)));
            }
        }
    }
}
