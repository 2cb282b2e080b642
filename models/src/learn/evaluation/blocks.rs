//! Sums over blocks of consecutive shares, from which any resample of the blocks follows without
//! the shares.

use super::{Scored, log_loss_of};

/// Pairs of blocks are kept, and this is 8 MB of them.
const BLOCKS_MAX: usize = 1_000;

/// Shares, sums and pairs by block.
#[derive(Debug, Clone)]
pub(super) struct Blocks {
    shares: Vec<f64>,
    loss: Vec<f64>,
    squares: Vec<f64>,
    refused: Vec<f64>,
    /// For refused shares of one block and accepted ones of another: pairs in which the refused
    /// one has the greater probability, ties half. By refused, then by accepted.
    won: Vec<Vec<f64>>,
}

/// Of a resample, or of all shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Figures {
    pub log_loss: f64,
    pub brier: f64,
    /// `None` unless some shares are refused and some are not.
    pub auc: Option<f64>,
}

impl Blocks {
    /// Cuts shares in order of time into blocks of equal counts.
    pub(super) fn new(scored: &[Scored], blocks: usize) -> Self {
        let blocks = blocks.clamp(1, scored.len().clamp(1, BLOCKS_MAX));
        let none = vec![0.0; blocks];
        let mut sums = Self {
            shares: none.clone(),
            loss: none.clone(),
            squares: none.clone(),
            refused: none.clone(),
            won: vec![none; blocks],
        };
        for (place, share) in scored.iter().enumerate() {
            let block = block_of(place, scored.len(), blocks);
            let refused = f64::from(u8::from(share.refused));
            sums.shares[block] += 1.0;
            sums.loss[block] += log_loss_of(share.probability, share.refused);
            sums.squares[block] += (share.probability - refused).powi(2);
            sums.refused[block] += refused;
        }
        sums.count_pairs(scored);
        sums
    }

    fn count_pairs(&mut self, scored: &[Scored]) {
        let blocks = self.shares.len();
        let mut order: Vec<(f64, bool, usize)> = scored
            .iter()
            .enumerate()
            .map(|(place, share)| {
                let block = block_of(place, scored.len(), blocks);
                (share.probability, share.refused, block)
            })
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        // One of the rarer kind wins over, or loses to, all of the other kind that came before it
        // in this order, block by block.
        let refused = scored.iter().filter(|share| share.refused).count();
        let rarer = refused * 2 <= scored.len();
        let mut below = vec![0.0; blocks];
        for alike in order.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
            let mut tied = vec![0.0; blocks];
            let mut mine = vec![0.0; blocks];
            for &(_, refused, block) in alike {
                if refused == rarer {
                    mine[block] += 1.0;
                } else {
                    tied[block] += 1.0;
                }
            }
            for (block, shares) in mine.iter().enumerate().filter(|(_, shares)| **shares > 0.0) {
                for (other, (below, tied)) in below.iter().zip(&tied).enumerate() {
                    let over = shares * (below + 0.5 * tied);
                    if rarer {
                        self.won[block][other] += over;
                    } else {
                        self.won[other][block] -= over;
                    }
                }
            }
            for (below, tied) in below.iter_mut().zip(tied) {
                *below += tied;
            }
        }
        if !rarer {
            // What was counted are the pairs lost.
            for (won, refused) in self.won.iter_mut().zip(&self.refused) {
                for ((won, shares), others) in won.iter_mut().zip(&self.shares).zip(&self.refused) {
                    *won += refused * (shares - others);
                }
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.shares.len()
    }

    /// With each block as often as it was drawn.
    pub(super) fn figures(&self, drawn: &[f64]) -> Figures {
        let sum = |of: &[f64]| -> f64 { of.iter().zip(drawn).map(|(a, b)| a * b).sum() };
        let shares = sum(&self.shares);
        let refused = sum(&self.refused);
        let pairs = refused * (shares - refused);
        let won = self
            .won
            .iter()
            .zip(drawn)
            .filter(|(_, times)| **times > 0.0);
        let won: f64 = won.map(|(won, times)| times * sum(won)).sum();
        Figures {
            log_loss: sum(&self.loss) / shares,
            brier: sum(&self.squares) / shares,
            auc: (pairs > 0.0).then(|| won / pairs),
        }
    }
}

fn block_of(place: usize, shares: usize, blocks: usize) -> usize {
    place * blocks / shares.max(1)
}
