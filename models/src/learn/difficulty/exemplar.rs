//! A chain that is always the same: for what a model answers to it.

use super::{BLOCKS, BlockHeader, HeaderChain};

/// A full window whose hash rate rises by a few percent; none if it were no chain.
pub(super) fn chain() -> Option<HeaderChain> {
    const START_S: u64 = 1_700_000_000;
    let mut headers = Vec::with_capacity(BLOCKS);
    let (mut unix_s, mut cumulative) = (START_S, 10_u128.pow(15));
    for height in (1_000_000..).take(BLOCKS) {
        let rising = u128::from(height % 735);
        let difficulty = 500_000_000_000 + 20_000_000 * rising;
        cumulative += difficulty;
        unix_s += 120 + height % 7 * height % 31 - 15;
        headers.push(BlockHeader {
            height,
            unix_s,
            difficulty,
            cumulative,
        });
    }
    HeaderChain::new(headers).ok()
}
