//! A bet on the octaves of heights.

use serde::{Deserialize, Serialize};

/// The Krichevsky–Trofimov bet on the octave of a height, against the octaves' true probabilities
/// ½, ¼, … With n shares and frequencies p̂ its logarithm is n·KL(p̂‖q) − 7⁄2·ln n + O(1), and
/// n·KL is half the G statistic: the G test, at the price of looking at every moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    try_from = "[u16; OctaveBet::OCTAVES]",
    into = "[u16; OctaveBet::OCTAVES]"
)]
pub(super) struct OctaveBet {
    counts: [u16; Self::OCTAVES],
    total: u16,
}

impl OctaveBet {
    /// The last holds all below 2⁻⁷.
    pub(super) const OCTAVES: usize = 8;

    /// Shares after which the older half of the knowledge is forgotten.
    const MEMORY: u16 = 8_192;

    /// 1 ÷ probability of each octave.
    const ODDS: [f32; Self::OCTAVES] = [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 128.0];

    /// The factor of this octave, and the octave noted for the next.
    pub(super) fn factor(&mut self, octave: usize) -> f32 {
        let octave = octave.min(Self::OCTAVES - 1);
        let estimate = (f32::from(self.counts[octave]) + 0.5) / (f32::from(self.total) + 4.0);
        self.counts[octave] += 1;
        self.total += 1;
        if self.total >= Self::MEMORY {
            for count in &mut self.counts {
                *count /= 2;
            }
            self.total = self.counts.iter().sum();
        }
        estimate * Self::ODDS[octave]
    }
}

impl From<OctaveBet> for [u16; OctaveBet::OCTAVES] {
    fn from(bet: OctaveBet) -> Self {
        bet.counts
    }
}

impl TryFrom<[u16; Self::OCTAVES]> for OctaveBet {
    type Error = &'static str;

    /// As it is written down: the counts alone, for their sum follows.
    fn try_from(counts: [u16; Self::OCTAVES]) -> Result<Self, Self::Error> {
        let sum: u32 = counts.iter().copied().map(u32::from).sum();
        match u16::try_from(sum) {
            Ok(total) if total < Self::MEMORY => Ok(Self { counts, total }),
            Ok(_) | Err(_) => Err("more shares than are remembered"),
        }
    }
}
