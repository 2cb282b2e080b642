//! How many hashes must have been tried when a share is found.

use crate::filter::Scanner;

/// No thread of a rig is faster than this many times the mean of them: performance cores against
/// efficiency cores, some threads slowed down or halted by other programs.
const FASTEST: u32 = 4;

/// A lower bound of the hashes tried in a scan whose share is number `counter`.
///
/// The share is at offset o of block b, so its thread k tried o+1 hashes since it reserved b.
/// Blocks are reserved in ascending order, so all blocks 0 … b−1 were reserved before. Whoever
/// holds one of them has been trying it since, or has tried all of it: at speed v, at least
/// min(32768, (o+1)·v/vₖ) hashes, which is (o+1)/4 for v ≥ vₖ/4. One is taken off, for a thread
/// reserves the next block while it still computes its last hash. Blocks of a second round need
/// no thought: those before them are further or complete, and count no more here. Neither does
/// the number of threads matter; and it is enough that the blocks are (o+1)/4 far in the mean, so
/// threads may stand still as long as the others make up for it.
pub(super) const fn tried_at_least(counter: u32) -> u32 {
    let block = counter / Scanner::BLOCK;
    let in_this = counter % Scanner::BLOCK + 1;
    let in_each_before = (in_this / FASTEST).saturating_sub(1);
    // At most 2¹⁷ blocks of 2¹³ hashes, for any counter.
    block * in_each_before + in_this
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::simulated_xmrig::{Rig, generator, log_uniform};
    use proptest::prelude::*;

    #[test]
    fn one_thread_has_tried_a_quarter_at_least_and_a_first_block_exactly() {
        assert_eq!(tried_at_least(0), 1);
        assert_eq!(tried_at_least(32_767), 32_768);
        assert_eq!(tried_at_least(32_768), 1);
        assert_eq!(tried_at_least(3 * 32_768 + 399), 400 + 3 * 99);
    }

    #[test]
    fn honest_rigs_have_tried_as_much_whatever_their_threads() {
        let mut random = generator(7);
        for _ in 0..200 {
            let rate = log_uniform(&mut random, 100.0, 1e6);
            let mut rig = Rig::new(&mut random, rate);
            rig.begin_scan(&mut random);
            for _ in 0..40 {
                let Some(counter) = rig.next_share(&mut random, rate * 3.0) else {
                    break;
                };
                let bound = f64::from(tried_at_least(counter));
                assert!(bound <= rig.tried() + 1.0, "{bound} of {}", rig.tried());
            }
        }
    }

    proptest! {
        #[test]
        fn no_counter_overflows(counter: u32) {
            prop_assert!(tried_at_least(counter) <= counter.saturating_add(1));
        }
    }
}
