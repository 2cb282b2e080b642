//! nodejs-pool's trust sampling (MoneroOcean), with the constants that it publishes.
//!
//! From `lib/pool/share_blocks.js` (`isSafeToTrust`, `invalidShare`), `lib/pool/protocol.js` and
//! `deployment/base.sql`:
//!
//! - every accepted share, checked or not, adds its credited difficulty to the session's trust;
//! - a share is trusted unchecked only if its difficulty is below 400,000, the trust is above 30
//!   times that difficulty, and one random byte is above the gate
//!   max(256 − trust ÷ difficulty ÷ (2 × 2), 20);
//! - a share that was checked and is bad sets the trust to 0, so that the next shares are all
//!   checked until the trust is above 30 times the difficulty again;
//! - what claims a block is checked by the daemon.
//!
//! Left out is the trust of a wallet, by which a farm's good rigs would vouch for its bad ones,
//! and what follows a change of coin or node.

use crate::share::TargetClass;
use crate::work::Difficulty;

/// From this credited difficulty on, every share is checked (`share_blocks.js`).
pub const ALWAYS_CHECKED: u64 = 400_000;
/// A session is trusted above this many times a share's difficulty (`trustThreshold`).
pub const TRUST_THRESHOLD: u64 = 30;
/// The gate's floor, of 256 (`trustMin`).
pub const TRUST_MIN: f64 = 20.0;
/// How much slower than by one in 2 × 256 for each share the gate falls (`trustChange`).
pub const TRUST_CHANGE: f64 = 2.0;

/// What is remembered of one session: the work that it was credited for since its last bad share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SessionTrust {
    work: u64,
}

impl SessionTrust {
    /// Whether a share is checked, by its one draw, uniform on [0, 1).
    #[must_use]
    pub fn must_check(self, class: TargetClass, credited: Difficulty, draw: f64) -> bool {
        let difficulty = credited.get();
        if class == TargetClass::BlockCandidate
            || difficulty >= ALWAYS_CHECKED
            || self.work <= difficulty.saturating_mul(TRUST_THRESHOLD)
        {
            return true;
        }
        let byte = (draw * 256.0).floor();
        byte <= self.gate(credited)
    }

    /// Bytes up to this are checked.
    fn gate(self, credited: Difficulty) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a schedule; difficulties are small"
        )]
        let shares = self.work as f64 / credited.get() as f64;
        (256.0 - shares / (2.0 * TRUST_CHANGE)).max(TRUST_MIN)
    }

    /// A share was accepted.
    pub const fn accepted(&mut self, credited: Difficulty) {
        self.work = self.work.saturating_add(credited.get());
    }

    /// A share was checked and is bad.
    pub const fn broken(&mut self) {
        self.work = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Difficulty = Difficulty::new(1_000);

    fn after(shares: u32) -> SessionTrust {
        let mut trust = SessionTrust::default();
        for _ in 0..shares {
            trust.accepted(ASKED);
        }
        trust
    }

    /// Of the 256 bytes that may be drawn, how many lead to a check.
    fn checked(trust: SessionTrust, class: TargetClass, credited: Difficulty) -> usize {
        (0..256_u16)
            .filter(|byte| trust.must_check(class, credited, f64::from(*byte) / 256.0))
            .count()
    }

    #[test]
    fn the_first_thirty_shares_are_all_checked() {
        assert_eq!(checked(after(0), TargetClass::Upstream, ASKED), 256);
        assert_eq!(checked(after(30), TargetClass::Upstream, ASKED), 256);
        assert!(checked(after(31), TargetClass::Upstream, ASKED) < 256);
    }

    #[test]
    fn the_gate_falls_by_a_quarter_for_each_share_down_to_its_floor() {
        assert_eq!(checked(after(100), TargetClass::Local, ASKED), 232);
        assert_eq!(checked(after(500), TargetClass::Local, ASKED), 132);
        // A byte that equals the floor of 20 is checked as well: 21 of 256.
        assert_eq!(checked(after(944), TargetClass::Local, ASKED), 21);
        assert_eq!(checked(after(100_000), TargetClass::Local, ASKED), 21);
    }

    #[test]
    fn block_candidates_and_high_difficulties_are_always_checked() {
        let trusted = after(100_000_000);
        assert_eq!(checked(trusted, TargetClass::BlockCandidate, ASKED), 256);
        let high = Difficulty::new(ALWAYS_CHECKED);
        assert_eq!(checked(trusted, TargetClass::Upstream, high), 256);
        let below = Difficulty::new(ALWAYS_CHECKED - 1);
        assert_eq!(checked(trusted, TargetClass::Upstream, below), 21);
    }

    #[test]
    fn a_bad_share_costs_all_trust() {
        let mut trust = after(10_000);
        trust.broken();
        assert_eq!(trust, after(0));
    }
}
