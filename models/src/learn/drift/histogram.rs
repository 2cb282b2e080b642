//! Bins, and how far two sets of counts in them are apart.

use super::real;

/// Most bins of a feature.
pub(super) const BINS: usize = 10;

/// Counts in bins.
pub(super) type Counts = [u64; BINS];

/// Where bins end: at the deciles of what both windows hold together, or at each value where there
/// are no more values than bins. Of both together, since the bins must not know which window a row
/// is in: by one window's own deciles that window would always look more even than the other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bins {
    /// The greatest value of each bin but the last, ascending.
    ends: Vec<f32>,
}

impl Bins {
    /// By finite values.
    pub(super) fn of(mut values: Vec<f32>) -> Self {
        values.sort_unstable_by(f32::total_cmp);
        let mut distinct = values.clone();
        distinct.dedup();
        let mut ends: Vec<f32> = if distinct.len() <= BINS {
            distinct.pop();
            distinct
        } else {
            (1..BINS)
                .filter_map(|bin| values.get(values.len() * bin / BINS).copied())
                .filter(|end| values.last().is_some_and(|last| end < last))
                .collect()
        };
        ends.dedup();
        Self { ends }
    }

    /// How many bins there are.
    pub(super) fn count(&self) -> usize {
        self.ends.len() + 1
    }

    /// The bin of a value.
    pub(super) fn of_value(&self, value: f32) -> usize {
        self.ends.partition_point(|end| *end < value)
    }
}

/// How far counts are from others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Apart {
    /// Population stability index: Σ (q − p) ln(q/p), the divergence both ways.
    pub psi: f64,
    /// Divergence of the current from the reference counts, Σ q ln(q/p), nats.
    pub kl: f64,
}

/// With half a count more in each bin, so that an empty one is not infinitely far from a full one.
pub(super) fn apart(reference: &Counts, current: &Counts, bins: usize) -> Apart {
    let part = |counts: &Counts, bin: usize| {
        let total: u64 = counts.iter().take(bins).sum();
        (real(counts[bin]) + 0.5) / (real(total) + 0.5 * real(bins as u64))
    };
    let mut apart = Apart { psi: 0.0, kl: 0.0 };
    for bin in 0..bins.min(BINS) {
        let (p, q) = (part(reference, bin), part(current, bin));
        apart.psi += (q - p) * (q / p).ln();
        apart.kl += q * (q / p).ln();
    }
    apart.kl = apart.kl.max(0.0);
    apart
}
