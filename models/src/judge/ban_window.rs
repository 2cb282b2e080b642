//! When a pool bans, as far as it is known.
//!
//! nodejs-pool (`share_blocks.js`, `protocol.js`, `base.sql`) counts good and bad shares of an
//! address and bans it, with its wallet, at once when a bad share comes while no good one has been
//! counted, and else when a quarter of at least 30 are bad; after 30 without a ban both counts
//! start again from zero. Stale and duplicate shares count as bad.

/// Which rule an upstream's ban follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BanRule {
    /// nodejs-pool's published one: the strictest of the known pools, and so the default.
    #[default]
    NodejsPool,
    /// None is known, or none is feared: the operator's own node, `p2pool` on this machine.
    None,
}

/// What one more bad share would cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BanRisk {
    /// Nothing beyond the share.
    #[default]
    Bearable,
    /// The ban.
    Certain,
}

/// Where the window of an upstream stands, by the verdicts that this lane has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BanWindow {
    rule: BanRule,
    good: u32,
    bad: u32,
    /// Forwarded and without a verdict: they may turn out either way.
    pending: u32,
}

impl BanWindow {
    /// Shares after which nodejs-pool counts anew (`banThreshold`).
    pub const LENGTH: u32 = 30;
    /// Part of a window that may be bad, as one in so many (`banPercent` 25).
    pub const ONE_IN: u32 = 4;

    /// A window that begins.
    #[must_use]
    pub const fn new(rule: BanRule) -> Self {
        Self {
            rule,
            good: 0,
            bad: 0,
            pending: 0,
        }
    }

    /// The operator says that the upstream follows this rule. Another one counts anew; what is under
    /// way stays so.
    pub fn follow(&mut self, rule: BanRule) {
        if self.rule != rule {
            *self = Self {
                pending: self.pending,
                ..Self::new(rule)
            };
        }
    }

    /// A share was forwarded.
    pub const fn forwarded(&mut self) {
        self.pending = self.pending.saturating_add(1);
    }

    /// The pool's verdict on a forwarded share came.
    pub const fn settled(&mut self, good: bool) {
        self.pending = self.pending.saturating_sub(1);
        if good {
            self.good += 1;
        } else {
            self.bad += 1;
        }
        if self.good + self.bad >= Self::LENGTH {
            self.good = 0;
            self.bad = 0;
        }
    }

    /// A forwarded share will have no verdict.
    pub const fn lost(&mut self) {
        self.pending = self.pending.saturating_sub(1);
    }

    /// What one more bad share would cost now. The next window may begin with any of the shares
    /// under way, so its beginning is feared from when the present one could be over.
    #[must_use]
    pub const fn risk(&self) -> BanRisk {
        match self.rule {
            BanRule::None => BanRisk::Bearable,
            BanRule::NodejsPool => {
                let counted = self.good + self.bad;
                let none_good = self.good == 0;
                let about_to_begin = counted + self.pending + 1 >= Self::LENGTH;
                let quarter = (self.bad + 1) * Self::ONE_IN >= Self::LENGTH;
                if none_good || about_to_begin || quarter {
                    BanRisk::Certain
                } else {
                    BanRisk::Bearable
                }
            }
        }
    }

    /// Good and bad verdicts of the present window.
    #[must_use]
    pub const fn counted(&self) -> (u32, u32) {
        (self.good, self.bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(good: u32) -> BanWindow {
        let mut window = BanWindow::new(BanRule::NodejsPool);
        for _ in 0..good {
            window.forwarded();
            window.settled(true);
        }
        window
    }

    #[test]
    fn the_first_share_of_a_window_must_not_be_bad() {
        assert_eq!(after(0).risk(), BanRisk::Certain);
        assert_eq!(after(1).risk(), BanRisk::Bearable);
        assert_eq!(after(28).risk(), BanRisk::Bearable);
        assert_eq!(after(29).risk(), BanRisk::Certain, "the 30th ends it");
        assert_eq!(after(30).risk(), BanRisk::Certain, "the next has begun");
        assert_eq!(after(31).risk(), BanRisk::Bearable);
    }

    #[test]
    fn with_another_rule_it_counts_anew_and_what_is_under_way_stays_so() {
        let mut window = after(10);
        window.forwarded();
        window.follow(BanRule::NodejsPool);
        assert_eq!(window.counted(), (10, 0));
        window.follow(BanRule::None);
        assert_eq!((window.counted(), window.pending), ((0, 0), 1));
    }

    #[test]
    fn shares_under_way_may_end_the_window() {
        let mut window = after(10);
        for _ in 0..19 {
            window.forwarded();
        }
        assert_eq!(window.risk(), BanRisk::Certain);
    }

    #[test]
    fn a_share_without_a_verdict_ends_no_window() {
        let mut window = after(10);
        for _ in 0..19 {
            window.forwarded();
        }
        window.lost();
        assert_eq!(window.risk(), BanRisk::Bearable);
        assert_eq!(window.counted(), (10, 0));
    }

    #[test]
    fn a_quarter_of_a_window_must_not_be_bad() {
        let mut window = after(5);
        for _ in 0..7 {
            assert_eq!(window.risk(), BanRisk::Bearable);
            window.forwarded();
            window.settled(false);
        }
        assert_eq!(
            window.risk(),
            BanRisk::Certain,
            "8 of 30 would be a quarter"
        );
    }

    #[test]
    fn where_nobody_bans_nothing_is_feared() {
        assert_eq!(BanWindow::new(BanRule::None).risk(), BanRisk::Bearable);
    }
}
