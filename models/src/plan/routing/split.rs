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
/// The interval says where the part of the *hashes tried* lies, which the shares only sample. It
/// covers the luck of shares and nothing else: not shares that were lost or refused, nor hashes
/// tried in vain. Where each route has some dozens of shares or more it holds the truth in 95 of
/// 100 cases; with fewer in 95 or more, for it is wider than it need be then. That is so for rigs of
/// different and changing difficulty, and although rigs are sent where shares are lacking: how many
/// come next does not hang on the luck so far. The parts of routes at one time hang together: they
/// sum up to one.
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
        let sum = |of: fn(&RouteWork) -> f64| routes.iter().map(of).sum::<f64>();
        let (work, variance) = (sum(|it| it.work), sum(|it| it.variance));
        let part = |route: &RouteWork| {
            if work <= 0.0 {
                return Self {
                    part: 0.0,
                    low: 0.0,
                    high: 1.0,
                };
            }
            // How much the shares differ is not known well from a few: as if one more, of the usual
            // kind, were as uncertain.
            let typical = (variance / work) * (variance / work);
            let one = Alike::of(route.work, route.variance + typical);
            let others = (work - route.work, (variance - route.variance).max(0.0));
            let others = Alike::of(others.0, others.1 + typical);
            let (low, high) = score(one.count, others.count);
            // One that has no share yet counts as if it asked for what the others do.
            let ratio = match (one.each > 0.0, others.each > 0.0) {
                (true, true) => one.each / others.each,
                _ => 1.0,
            };
            let part = route.work / work;
            Self {
                part,
                low: by_odds(low, ratio).min(part),
                high: by_odds(high, ratio).max(part),
            }
        };
        routes.iter().map(part).collect()
    }
}

/// Shares that are all alike and together as much work, as uncertain as the true ones.
struct Alike {
    count: f64,
    /// Difficulty of each.
    each: f64,
}

impl Alike {
    fn of(work: f64, variance: f64) -> Self {
        if work <= 0.0 || variance <= 0.0 {
            return Self {
                count: 0.0,
                each: 0.0,
            };
        }
        Self {
            count: work * (work / variance),
            each: variance / work,
        }
    }
}

/// Wilson's score interval for the part that `one` is of `one + others` on average.
///
/// Given their sum, one of two Poisson counts is binomial. The normal's quantile is widened a
/// little, as Student's is, because the shares' differences are estimated from few.
fn score(one: f64, others: f64) -> (f64, f64) {
    let all = one + others;
    if all <= 0.0 {
        return (0.0, 1.0);
    }
    let both = one * (others / all);
    let z = Z + 1.2 / both.max(1.0);
    let z2 = z * z;
    let middle = (one + z2 / 2.0) / (all + z2);
    let half = z * (both + z2 / 4.0).sqrt() / (all + z2);
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// A part of a number of shares as a part of work, where each is this many times as much work as
/// each of the others.
fn by_odds(part: f64, ratio: f64) -> f64 {
    let weighed = part * ratio;
    weighed / (weighed + (1.0 - part))
}
