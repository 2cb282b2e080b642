//! Suspicion: what the filters' joined evidence asks of a rig. More proofs, and nothing else.

use super::JudgePolicy;
use super::budget::part;

/// Joined evidence above which a rig is doubtful where a ban is at stake: odds of ten.
pub(super) const DOUBT: f64 = std::f64::consts::LN_10;

/// ln(1/α): joined evidence from which a rig is suspect. Not below [`DOUBT`]; an α of zero, or
/// one that is no number, suspects nobody.
pub(super) fn threshold(policy: &JudgePolicy) -> f64 {
    if policy.alpha > 0.0 {
        (-policy.alpha.ln()).max(DOUBT)
    } else {
        f64::INFINITY
    }
}

/// Where the evidence stands between nothing (0) and suspicion (1).
pub(super) fn lean(joined: f64, threshold: f64) -> f64 {
    part(joined / threshold)
}

/// Whether a share's evidence has made its rig a suspect, or has done away with that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuspicionChange {
    /// The rig is suspect, and was not since its evidence last was at half of what makes one.
    Began,
    /// The evidence has fallen to half of what makes a suspect.
    Ended,
}

/// Whether a rig is suspect, and how far it has vouched for itself since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Suspicion {
    suspect: bool,
    /// Good proofs since the rig became suspect. Kept until the evidence has fallen to half the
    /// threshold, so that a rig which wavers about it need not vouch for itself anew each time.
    vouched: Option<u32>,
}

impl Suspicion {
    /// Good proofs that halve the part of a suspect's local shares that is proved.
    const HALF_VOUCHED: f64 = 32.0;
    /// The part that is always proved: evidence that does not go away has a reason.
    const LEAST: f64 = 0.25;

    /// As it was written down.
    pub(super) const fn of_parts(suspect: bool, vouched: Option<u32>) -> Self {
        Self { suspect, vouched }
    }

    /// Whether the rig is suspect, and the good proofs since it became so.
    pub(super) const fn parts(&self) -> (bool, Option<u32>) {
        (self.suspect, self.vouched)
    }

    /// The evidence as it stands now; says what that changes. A rig that wavers about the threshold
    /// changes nothing.
    pub(super) fn weigh(&mut self, joined: f64, threshold: f64) -> Option<SuspicionChange> {
        self.suspect = joined >= threshold;
        if self.suspect && self.vouched.is_none() {
            self.vouched = Some(0);
            Some(SuspicionChange::Began)
        } else if joined < threshold / 2.0 {
            self.vouched.take().map(|_| SuspicionChange::Ended)
        } else {
            None
        }
    }

    /// A share was proved good.
    pub(super) fn good(&mut self) {
        if let Some(vouched) = &mut self.vouched {
            *vouched = vouched.saturating_add(1);
        }
    }

    /// Whether the rig is suspect.
    pub(super) const fn is_suspect(&self) -> bool {
        self.suspect
    }

    /// Probability that a local share of a suspect is proved.
    pub(super) fn chance(&self) -> f64 {
        let vouched = f64::from(self.vouched.unwrap_or(0));
        (Self::HALF_VOUCHED / (Self::HALF_VOUCHED + vouched)).max(Self::LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspect_vouches_for_itself_by_proofs_down_to_a_quarter() {
        let mut suspicion = Suspicion::default();
        suspicion.good();
        suspicion.weigh(14.0, 13.8);
        assert!((suspicion.chance() - 1.0).abs() < 1e-12);
        for _ in 0..32 {
            suspicion.good();
        }
        assert!((suspicion.chance() - 0.5).abs() < 1e-12);
        for _ in 0..1_000 {
            suspicion.good();
        }
        assert!((suspicion.chance() - 0.25).abs() < 1e-12);
    }

    #[test]
    fn what_was_vouched_for_outlasts_wavering_and_not_more() {
        let mut suspicion = Suspicion::default();
        suspicion.weigh(14.0, 13.8);
        for _ in 0..32 {
            suspicion.good();
        }
        suspicion.weigh(13.0, 13.8);
        assert!(!suspicion.is_suspect());
        suspicion.weigh(14.0, 13.8);
        assert!((suspicion.chance() - 0.5).abs() < 1e-12);
        suspicion.weigh(6.0, 13.8);
        suspicion.weigh(14.0, 13.8);
        assert!((suspicion.chance() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_rig_that_wavers_about_the_threshold_is_told_of_once() {
        let mut suspicion = Suspicion::default();
        let told = [1.0, 14.0, 13.0, 14.0, 7.0, 6.0, 5.0, 14.0]
            .map(|joined| suspicion.weigh(joined, 13.8));
        let (began, ended) = (Some(SuspicionChange::Began), Some(SuspicionChange::Ended));
        assert_eq!(told, [None, began, None, None, None, ended, None, began]);
    }

    #[test]
    fn an_alpha_that_is_no_probability_suspects_nobody_or_as_few_as_may_be() {
        let with = |alpha| {
            threshold(&JudgePolicy {
                alpha,
                ..JudgePolicy::default()
            })
        };
        assert!((with(1e-6) - 13.815_510).abs() < 1e-5);
        assert!((with(7.0) - DOUBT).abs() < 1e-12);
        for alpha in [0.0, -1.0, f64::NAN] {
            assert!(with(alpha).is_infinite(), "{alpha}");
            assert!(lean(1e300, with(alpha)) < 1e-300);
        }
    }

    #[test]
    fn evidence_leans_against_a_rig_only_and_at_most_wholly() {
        assert!(lean(-700.0, 13.8) < 1e-300);
        assert!((lean(6.9, 13.8) - 0.5).abs() < 1e-12);
        assert!((lean(300.0, 13.8) - 1.0).abs() < 1e-12);
        assert!(lean(f64::NAN, 13.8) < 1e-300);
    }
}
