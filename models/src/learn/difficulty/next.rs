//! The next difficulty, as every node of the network computes it.
//!
//! The algorithm is Monero's `next_difficulty` (`src/cryptonote_basic/difficulty.cpp`), the blocks
//! that it is given are those of `Blockchain::get_difficulty_for_next_block`
//! (`src/cryptonote_core/blockchain.cpp`): the last 735, never the genesis block.

use super::{BLOCKS, BlockHeader, CUT, HeaderChain, KEPT, LAG, TARGET_SECONDS, WINDOW};

/// Blocks ahead whose difficulty depends on nothing that is still to come.
pub const KNOWN_AHEAD: usize = LAG + 1;

/// Why there is no next difficulty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoNextDifficulty {
    /// Headers are missing at the old end.
    #[error("{have} headers are here, and {needed} are needed")]
    TooFew {
        /// Headers.
        have: usize,
        /// Headers.
        needed: u64,
    },
    /// The network could not go on either: nodes refuse every block then.
    #[error("the next difficulty would be above 2^128 - 1")]
    TooHigh,
}

/// What the network asks for the block after the chain's newest, hashes.
///
/// # Errors
/// Headers are missing, or no difficulty is high enough.
pub fn next_difficulty(chain: &HeaderChain) -> Result<u128, NoNextDifficulty> {
    after(chain, 0)
}

/// The difficulties of the next blocks as far as they depend on nothing that is still to come:
/// [`KNOWN_AHEAD`] where the window is full, one alone while the chain is shorter than it.
///
/// # Errors
/// As [`next_difficulty`].
pub fn known_ahead(chain: &HeaderChain) -> Result<Vec<u128>, NoNextDifficulty> {
    let first = next_difficulty(chain)?;
    let mut known = vec![first];
    let have = chain.iter().filter(|header| header.height > 0).count();
    if have >= BLOCKS {
        for unknown in 1..KNOWN_AHEAD {
            known.push(after(chain, unknown)?);
        }
    }
    Ok(known)
}

/// With so many blocks between the newest and the one that is asked for: as long as there are no
/// more of them than have no say.
fn after(chain: &HeaderChain, unknown: usize) -> Result<u128, NoNextDifficulty> {
    let tip = chain.tip().height;
    // The genesis block has no say.
    let needed = (BLOCKS as u64).min(tip);
    let have = chain.iter().filter(|header| header.height > 0).count();
    if (have as u64) < needed {
        return Err(NoNextDifficulty::TooFew { have, needed });
    }
    let looked_at = BLOCKS.min(have) - unknown.min(have);
    let window: Vec<BlockHeader> = chain
        .iter()
        .skip(chain.len() - looked_at)
        .take(WINDOW)
        .copied()
        .collect();
    of_window(&window).ok_or(NoNextDifficulty::TooHigh)
}

/// Of at most [`WINDOW`] headers in order.
fn of_window(window: &[BlockHeader]) -> Option<u128> {
    let length = window.len();
    if length <= 1 {
        return Some(1);
    }
    let mut times: Vec<u64> = window.iter().map(|header| header.unix_s).collect();
    times.sort_unstable();
    let (begin, end) = if length <= KEPT {
        (0, length)
    } else {
        let begin = (length - KEPT).div_ceil(2);
        (begin, begin + KEPT)
    };
    debug_assert!(length <= WINDOW && begin <= CUT, "as long as the window");
    let span = (times[end - 1] - times[begin]).max(1);
    // Cumulative difficulties stay in the order of heights: work and time may be of other blocks.
    let work = window[end - 1].cumulative - window[begin].cumulative;
    over(work, span)
}

/// ⌈work · target ÷ span⌉, exact though the product may have more than 128 bits; none if the result
/// has.
pub(super) fn over(work: u128, span: u64) -> Option<u128> {
    let (span, target) = (u128::from(span), u128::from(TARGET_SECONDS));
    let (whole, rest) = (work / span, work % span);
    whole
        .checked_mul(target)?
        .checked_add((rest * target).div_ceil(span))
}
