//! A rig's hash rate with an interval, from two sources that know nothing of each other.

use statrs::function::gamma::gamma_lr;

use crate::filter::Scanner;

use super::Cell;

/// Where a hash rate is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Good shares and the difficulties they were found at: exact, but shares come by chance.
    Shares,
    /// The nonces of the shares: no chance in it, but the rig's own word.
    Odometer,
}

impl Source {
    /// A name for records.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Shares => "shares",
            Self::Odometer => "odometer",
        }
    }
}

/// A hash rate and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HashRate {
    /// Where it is from.
    pub source: Source,
    /// Hashes per second.
    pub per_second: f64,
    /// Not less than this.
    pub low: f64,
    /// Not more than this.
    pub high: f64,
    /// How often such an interval holds the truth; none where it is no matter of chance.
    pub confidence: Option<f64>,
    /// The time that it is of, seconds.
    pub seconds: f64,
    /// Good shares in it.
    pub shares: u64,
}

impl HashRate {
    /// From the good shares of a span of time of `span_ms` that does not depend on them. None
    /// without a share, for then nothing says at which difficulty none was found.
    ///
    /// Shares of one difficulty are a Poisson process, and the interval is Garwood's exact one (by
    /// quantiles of χ²). Of several difficulties, the sum of work is taken for so many shares of
    /// one difficulty as have its mean and variance (Fay and Feuer 1997), which with one
    /// difficulty is Garwood's again. Both cover the truth at least as often as they say.
    ///
    /// It counts only good shares: a rig of which a tenth is refused shows nine tenths.
    #[must_use]
    pub fn from_shares(cell: &Cell, span_ms: u64, confidence: f64) -> Option<Self> {
        let (shares, work) = (cell.good(), cell.work_asked as f64);
        if shares == 0 || work <= 0.0 || span_ms == 0 {
            return None;
        }
        let seconds = span_ms as f64 / 1_000.0;
        let mean = work / shares as f64;
        // Never below the square of the mean; the sum of squares was rounded down.
        let squares = (cell.work_squares as f64 * SQUARES_UNIT).max(work * mean);
        let tail = (1.0 - confidence) / 2.0;
        // The difficulty of one share more; the root of the mean square lies above the mean.
        let one = (squares / shares as f64).sqrt();
        let low = squares / work * gamma_quantile(work * work / squares, tail);
        let (more, more_squares) = (work + one, one.mul_add(one, squares));
        let high = more_squares / more * gamma_quantile(more * more / more_squares, 1.0 - tail);
        Some(Self {
            source: Source::Shares,
            per_second: work / seconds,
            low: low / seconds,
            high: high / seconds,
            confidence: Some(confidence),
            seconds,
            shares,
        })
    }

    /// From the odometer, of rigs whose program counts as is known. None without two shares of one
    /// scan. The time is that between such shares, however long the span is: what a rig does
    /// while it is at work.
    ///
    /// The interval is no matter of chance: it holds as long as the rig's threads are about
    /// equally fast and as many as was seen, see [`super::Odometer`].
    #[must_use]
    pub fn from_odometer(cell: &Cell, scanner: Scanner) -> Option<Self> {
        if scanner != Scanner::XmrigBlocks || cell.odometer_ms == 0 {
            return None;
        }
        let seconds = cell.odometer_ms as f64 / 1_000.0;
        let hashes = cell.odometer_hashes as f64;
        let error = cell.odometer_error as f64;
        Some(Self {
            source: Source::Odometer,
            per_second: hashes / seconds,
            low: (hashes - error).max(0.0) / seconds,
            high: (hashes + error) / seconds,
            confidence: None,
            seconds,
            shares: cell.good(),
        })
    }
}

/// The unit of [`Cell::work_squares`].
const SQUARES_UNIT: f64 = (1u64 << 16) as f64;

/// Above, a normal approximation is right to more digits than are shown.
const EXACT_UP_TO: f64 = 10_000.0;

/// The quantile at `part` of the gamma distribution of this shape and scale 1, which is half that
/// of χ² with twice as many degrees of freedom.
fn gamma_quantile(shape: f64, part: f64) -> f64 {
    // Wilson and Hilferty 1931: the cube root of it is nearly normal.
    let normal = std::f64::consts::SQRT_2 * statrs::function::erf::erf_inv(2.0 * part - 1.0);
    let ninth = 1.0 / (9.0 * shape);
    let near = shape * normal.mul_add(ninth.sqrt(), 1.0 - ninth).max(0.0).powi(3);
    if shape > EXACT_UP_TO {
        return near;
    }
    let (mut low, mut high) = (0.0, (2.0 * near).max(1.0));
    while gamma_lr(shape, high) < part && high < f64::MAX / 2.0 {
        high *= 2.0;
    }
    // Each step halves what is left: to a part in 10¹⁵ of where it began.
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if gamma_lr(shape, middle) < part {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests;
