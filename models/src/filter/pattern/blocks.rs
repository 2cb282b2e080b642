//! Where a rig's threads are in the blocks in which it was seen last.

use crate::filter::{Observation, Scanner};

/// Blocks that are remembered.
const KEPT: usize = 6;

/// The newest nonce of a block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Front {
    block: u16,
    offset: u16,
}

/// The blocks of one scan in which the last shares were found, newest first.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct OpenBlocks {
    fronts: [Front; KEPT],
    known: u8,
}

impl OpenBlocks {
    /// Whether a share lies at or before the last one of its block; `None` if that block is not
    /// remembered. The share is noted.
    pub(super) fn goes_backward(&mut self, seen: &Observation) -> Option<bool> {
        let front = Front {
            block: low_16(seen.counter / Scanner::BLOCK),
            offset: low_16(seen.counter % Scanner::BLOCK),
        };
        let known = usize::from(self.known);
        let place = self.fronts[..known]
            .iter()
            .position(|had| had.block == front.block);
        let backward = place.map(|place| front.offset <= self.fronts[place].offset);
        let last = match place {
            Some(place) => place,
            None => {
                self.known = (self.known + 1).min(KEPT_U8);
                known.min(KEPT - 1)
            }
        };
        self.fronts[..=last].rotate_right(1);
        self.fronts[0] = front;
        backward
    }
}

const KEPT_U8: u8 = 6;
const _: () = assert!(KEPT_U8 as usize == KEPT);

/// Counters have 24 bits and blocks 15 of them: both parts fit, and nothing panics if they don't.
fn low_16(part: u32) -> u16 {
    u16::try_from(part).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::simulated_xmrig::observation;

    #[test]
    fn only_a_nonce_below_the_last_of_its_own_block_is_backward() {
        let mut blocks = OpenBlocks::default();
        let mut at = |block: u32, offset: u32| {
            blocks.goes_backward(&observation(1, block * Scanner::BLOCK + offset, 1_000))
        };
        assert_eq!(at(3, 100), None);
        assert_eq!(at(0, 50), None);
        assert_eq!(at(3, 101), Some(false));
        assert_eq!(at(0, 49), Some(true));
        assert_eq!(at(0, 49), Some(true), "the same again");
        for block in 10..15 {
            assert_eq!(at(block, 7), None);
        }
        assert_eq!(at(3, 1), None, "forgotten");
        assert_eq!(at(0, 50), None, "forgotten, for block 3 came back");
    }
}
