//! How often each rule decided, and what proofs showed.

use std::sync::atomic::{AtomicU64, Ordering};

use zartrux_models::judge::Rule;

use crate::share_ticket::ProofOutcome;

/// Counts of one lane's judge, read from any thread.
#[derive(Debug, Default)]
pub struct JudgeCounts {
    rulings: [AtomicU64; Rule::ALL.len()],
    proofs: [AtomicU64; ProofOutcome::ALL.len()],
}

impl JudgeCounts {
    pub(crate) fn ruled(&self, rule: Rule) {
        self.rulings[rule as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn proved(&self, outcome: ProofOutcome) {
        self.proofs[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Shares that were decided on by a rule.
    #[must_use]
    pub fn by_rule(&self, rule: Rule) -> u64 {
        self.rulings[rule as usize].load(Ordering::Relaxed)
    }

    /// Shares whose proof came out like this.
    #[must_use]
    pub fn by_outcome(&self, outcome: ProofOutcome) -> u64 {
        self.proofs[outcome as usize].load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_and_each_outcome_has_a_count_of_its_own() {
        let counts = JudgeCounts::default();
        for rule in Rule::ALL {
            counts.ruled(rule);
        }
        for outcome in ProofOutcome::ALL {
            counts.proved(outcome);
        }
        assert!(Rule::ALL.iter().all(|rule| counts.by_rule(*rule) == 1));
        assert!(
            ProofOutcome::ALL
                .iter()
                .all(|outcome| counts.by_outcome(*outcome) == 1)
        );
    }
}
