//! A chain of block headers as a hostile monerod could tell it.

use zartrux_models::learn::difficulty::{
    BlockHeader, HeaderChain, KNOWN_AHEAD, known_ahead, next_difficulty,
};

use crate::Reached;
use crate::words::assert_one_line;

/// Bytes of a run of headers in `data`.
const RUN: usize = 8;
/// Headers of one chain; a full window has 735.
const MOST: usize = 900;

/// Builds a chain from runs of headers, of 8 bytes each: how many, the seconds between two, the
/// difficulty as a power of two and a factor; what is left over damages one header.
///
/// # Panics
/// A next difficulty of zero, words that are not bounded. What is forecast costs too much to be asked
/// of each chain here: a test of its own does that.
pub fn headers(data: &[u8]) -> Reached {
    let runs = data.chunks_exact(RUN);
    let damage = runs.remainder();
    let mut headers: Vec<BlockHeader> = Vec::new();
    let (mut unix_s, mut cumulative) = (1_700_000_000_u64, 0_u128);
    for run in runs.filter_map(|run| run.first_chunk::<RUN>()) {
        let [count, seconds, back, power, factor, start, sharp, _] = *run;
        let count = if sharp & 1 == 1 {
            1
        } else {
            usize::from(count) * 4
        };
        if start == u8::MAX {
            cumulative = u128::MAX >> (power % 128);
        }
        for _ in 0..count.min(MOST.saturating_sub(headers.len())) {
            let difficulty = (1_u128 << (power % 128)).saturating_mul(u128::from(factor).max(1));
            cumulative = cumulative.saturating_add(difficulty);
            unix_s = unix_s
                .saturating_add(u64::from(seconds) << (sharp >> 4))
                .saturating_sub(u64::from(back));
            headers.push(BlockHeader {
                height: 3_000_000 + headers.len() as u64,
                unix_s,
                difficulty,
                cumulative,
            });
        }
    }
    damaged(&mut headers, damage);
    let chain = match HeaderChain::new(headers) {
        Ok(chain) => chain,
        Err(bad) => {
            assert_one_line(&bad.to_string());
            return Reached::from(["no chain"]);
        }
    };
    let mut reached = Reached::from(["chain"]);
    match next_difficulty(&chain) {
        Ok(next) => {
            assert!(next > 0);
            reached.insert("next");
        }
        Err(none) => {
            assert_one_line(&none.to_string());
            reached.insert("no next");
        }
    }
    if let Ok(known) = known_ahead(&chain) {
        assert!(known.len() <= KNOWN_AHEAD && known.iter().all(|one| *one > 0));
    }
    reached
}

fn damaged(headers: &mut [BlockHeader], damage: &[u8]) {
    if let [which, how, value, ..] = damage
        && !headers.is_empty()
    {
        let at = usize::from(*which) * 4 % headers.len();
        let wide = u128::MAX >> (value % 128);
        match how % 4 {
            0 => headers[at].unix_s = u64::MAX >> (value % 64),
            1 => headers[at].height = u64::MAX >> (value % 64),
            2 => headers[at].difficulty = wide,
            _ => headers[at].cumulative = wide,
        }
    }
}
