//! Rates and levels that an alert goes by, with the slack that keeps them from trembling.

use statrs::function::beta::beta_reg;

/// How sure it must be that too many are refused: a look each second for a year at a pool that
/// refuses just as many as it may still seldom tells.
const ALPHA: f64 = 1e-4;

/// What was found of an upstream's refusals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RefusalLooked {
    /// Whether it refuses too many.
    pub too_many: bool,
    /// It refuses at least this part, as good as certainly: the lower end of the exact binomial
    /// interval.
    pub at_least: f64,
}

/// Whether `refused` of `answered` shares are too many where `threshold` may be refused: when the
/// lower bound of the rate is above it. Once told (`was`), as long as the bound is above half of it.
#[must_use]
pub fn refusals_are_too_many(
    refused: u64,
    answered: u64,
    threshold: f64,
    was: bool,
) -> RefusalLooked {
    let at_least = lower_bound(refused, answered);
    let line = if was { threshold / 2.0 } else { threshold };
    RefusalLooked {
        too_many: at_least > line,
        at_least,
    }
}

/// The lower end of the exact (Clopper-Pearson) interval, one-sided: the rate at which as many or
/// more are refused with probability [`ALPHA`].
#[expect(clippy::cast_precision_loss, reason = "counts of shares")]
fn lower_bound(refused: u64, answered: u64) -> f64 {
    let refused = refused.min(answered);
    if refused == 0 {
        return 0.0;
    }
    let (a, b) = (refused as f64, (answered - refused) as f64 + 1.0);
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if beta_reg(a, b, middle) < ALPHA {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// Whether a level is below a line; once told (`was`), until it is a quarter above.
#[must_use]
pub const fn below_with_slack(level: u64, line: u64, was: bool) -> bool {
    let line = if was {
        line.saturating_add(line / 4)
    } else {
        line
    };
    level < line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_share_among_few_is_no_rate() {
        for answered in 1..20 {
            assert!(!refusals_are_too_many(1, answered, 0.05, false).too_many);
        }
        assert!(!refusals_are_too_many(0, 0, 0.05, false).too_many);
        assert!(!refusals_are_too_many(2, 3, 0.05, false).too_many);
    }

    #[test]
    fn many_refusals_among_many_are_told_and_over_only_well_below() {
        assert!(refusals_are_too_many(20, 100, 0.05, false).too_many);
        assert!(!refusals_are_too_many(12, 100, 0.05, false).too_many);
        assert!(refusals_are_too_many(12, 100, 0.05, true).too_many);
        assert!(!refusals_are_too_many(3, 100, 0.05, true).too_many);
    }

    #[test]
    fn the_bound_is_the_one_of_the_tables() {
        // All of n refused: the n-th root of alpha.
        for n in [1_u32, 4, 9] {
            let bound = lower_bound(u64::from(n), u64::from(n));
            let expected = ALPHA.powf(1.0 / f64::from(n));
            assert!((bound - expected).abs() < 1e-6, "{bound} {expected}");
        }
    }

    #[test]
    fn a_disk_that_trembles_at_the_line_is_told_once() {
        assert!(!below_with_slack(1000, 1000, false));
        assert!(below_with_slack(999, 1000, false));
        assert!(below_with_slack(1249, 1000, true));
        assert!(!below_with_slack(1250, 1000, true));
    }
}
