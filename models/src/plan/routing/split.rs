//! How work is split between routes, and how sure that is.

/// Two-sided 95 % of a normal distribution.
const Z: f64 = 1.96;

/// Greatest difficulty of a share.
const MOST: f64 = 4_294_967_296.0 * 4_294_967_296.0;

/// Accepted work of one route.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RouteWork {
    /// Sum of the shares' difficulties: an estimate of the hashes tried.
    pub work: f64,
    /// Sum of their squares: the estimate's variance, because shares come as a Poisson process.
    pub variance: f64,
    /// Number of shares.
    pub shares: u64,
}

impl RouteWork {
    /// An accepted share of this difficulty; one that is not a positive number is left out, and
    /// so is one above 2^64, which no target can ask for.
    pub fn credit(&mut self, difficulty: f64) {
        self.credit_many(1, difficulty, difficulty * difficulty);
    }

    /// Shares that were accepted since the last time, as counters have them: how many, the sum of
    /// their difficulties, and the sum of the squares of these.
    ///
    /// Left out as a whole, where any of it can't be: no shares, work that is not a positive number
    /// or more than 2^64 a share, squares that are not a number. Counters that are read one after
    /// the other may disagree a little: squares are at least those of shares that are all alike.
    pub fn credit_many(&mut self, shares: u64, work: f64, squares: f64) {
        let count = as_f64(shares);
        let least = work * (work / count);
        if work > 0.0 && work <= MOST * count && squares >= 0.0 && squares <= MOST * MOST * count {
            self.work += work;
            self.variance += squares.max(least);
            self.shares = self.shares.saturating_add(shares);
        }
    }
}

/// Nearest to it.
fn as_f64(count: u64) -> f64 {
    let half = |bits: u64| u32::try_from(bits & 0xffff_ffff).map_or(0.0, f64::from);
    half(count >> 32) * 4_294_967_296.0 + half(count)
}

/// A route's part of all work.
///
/// The interval says where the part of the *hashes tried* lies, which the shares only sample: it
/// covers it in about 95 of 100 cases once each route has some dozens of shares. It covers the luck
/// of shares and nothing else: not shares that were lost or refused, nor hashes tried in vain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// Part of the work, 0 to 1.
    pub part: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Split {
    /// The parts of these routes, in their order; before the first share nothing is known.
    #[must_use]
    pub fn of(routes: &[RouteWork]) -> Vec<Self> {
        let work: f64 = routes.iter().map(|route| route.work).sum();
        let variance: f64 = routes.iter().map(|route| route.variance).sum();
        let part = |route: &RouteWork| {
            if work <= 0.0 {
                return Self {
                    part: 0.0,
                    low: 0.0,
                    high: 1.0,
                };
            }
            let part = route.work / work;
            let others = (variance - route.variance).max(0.0);
            let error =
                Z * ((1.0 - part).powi(2) * route.variance + part.powi(2) * others).sqrt() / work;
            Self {
                part,
                low: (part - error).max(0.0),
                high: (part + error).min(1.0),
            }
        };
        routes.iter().map(part).collect()
    }
}
