//! What a model must be better than.

use std::collections::HashMap;

use super::{count, log_loss_of};
use crate::learn::OutcomeRow;
use crate::share::RigKey;

/// Part of the rows that was refused, with half a refusal and half an acceptance added, so that it
/// is never certain.
#[must_use]
pub fn base_rate(rows: &[OutcomeRow]) -> f64 {
    let refused = rows.iter().filter(|row| row.class.is_refusal()).count();
    (count(refused) + 0.5) / (count(rows.len()) + 1.0)
}

/// How often each rig was refused up to now, drawn towards the base rate while little is known of
/// it. It hears each verdict before the next share, which is sooner than any model does.
#[derive(Debug, Clone)]
pub struct RigTable {
    rigs: HashMap<RigKey, Seen>,
    base: f64,
    /// Shares that the base rate counts as.
    prior: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    shares: f64,
    refused: f64,
}

impl Seen {
    fn probability(self, base: f64, prior: f64) -> f64 {
        (self.refused + base * prior) / (self.shares + prior)
    }

    fn note(&mut self, refused: bool) {
        self.shares += 1.0;
        self.refused += f64::from(u8::from(refused));
    }
}

impl RigTable {
    /// Weights of the base rate that are tried.
    const PRIORS: [f64; 5] = [1.0, 4.0, 16.0, 64.0, 256.0];

    /// Learns from rows in order of time, with the weight of the base rate that would have foretold
    /// them best.
    #[must_use]
    pub fn learn(rows: &[OutcomeRow]) -> Self {
        let base = base_rate(rows);
        let mut rigs: HashMap<RigKey, Seen> = HashMap::new();
        let mut losses = [0.0; Self::PRIORS.len()];
        for row in rows {
            let seen = rigs.entry(row.rig).or_default();
            let refused = row.class.is_refusal();
            for (loss, prior) in losses.iter_mut().zip(Self::PRIORS) {
                *loss += log_loss_of(seen.probability(base, prior), refused);
            }
            seen.note(refused);
        }
        let best = losses
            .iter()
            .zip(Self::PRIORS)
            .min_by(|a, b| a.0.total_cmp(b.0));
        Self {
            rigs,
            base,
            prior: best.map_or(16.0, |(_, prior)| prior),
        }
    }

    /// Probability that the rig's next share is refused; it then learns how it ended.
    pub fn next(&mut self, rig: RigKey, refused: bool) -> f64 {
        let seen = self.rigs.entry(rig).or_default();
        let probability = seen.probability(self.base, self.prior);
        seen.note(refused);
        probability
    }
}
