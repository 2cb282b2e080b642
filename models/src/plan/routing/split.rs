//! How work is split between routes, and how sure that is.

/// Two-sided 95 % of a normal distribution.
const Z: f64 = 1.96;

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
    /// An accepted share of this difficulty; one that is not a positive number is left out.
    pub fn credit(&mut self, difficulty: f64) {
        if difficulty.is_finite() && difficulty > 0.0 {
            self.work += difficulty;
            self.variance += difficulty * difficulty;
            self.shares = self.shares.saturating_add(1);
        }
    }
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
