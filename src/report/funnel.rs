//! What became of shares, step by step.

use std::collections::BTreeMap;

use serde::Serialize;
use zartrux_models::ledger::{Outcome, ShareEntry};
use zartrux_models::share::{ProofOutcome, RefusalReason};
use zartrux_models::stratum::ErrorClass;

/// A name and how many.
pub(crate) type Count = (&'static str, u64);

/// What became of shares: each step's counts together are those of the step before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Funnel {
    /// All shares: those refused before the judge, and those admitted.
    pub(crate) received: u64,
    /// Refused before the judge saw them, by reason.
    pub(crate) refused_at_once: Vec<Count>,
    /// The rest.
    pub(crate) admitted: u64,
    /// What proofs showed of those admitted; `not_asked` where none was asked for.
    pub(crate) proofs: Vec<Count>,
    /// Of those admitted: the pool took it.
    pub(crate) accepted: u64,
    /// Of those admitted: met only the miner's own target.
    pub(crate) credited: u64,
    /// Of those admitted: the pool refused it, by class.
    pub(crate) rejected: Vec<Count>,
    /// Of those admitted: the pool never answered.
    pub(crate) unanswered: u64,
    /// Of those admitted: stayed home unproved.
    pub(crate) held: u64,
    /// Of those admitted: never written.
    pub(crate) undeliverable: u64,
    /// Of those admitted: refused after the judge, by reason.
    pub(crate) refused_later: Vec<Count>,
}

/// The name of shares of which no proof was asked.
pub(super) const NOT_ASKED: &str = "not_asked";

/// Counts by name.
#[derive(Debug, Default)]
struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    fn add(&mut self, name: &'static str) {
        *self.0.entry(name).or_default() += 1;
    }

    fn of(&self, names: impl Iterator<Item = &'static str>) -> Vec<Count> {
        names
            .map(|name| (name, self.0.get(name).copied().unwrap_or(0)))
            .collect()
    }
}

/// Counts shares as they come.
#[derive(Debug, Default)]
pub(super) struct FunnelCounts {
    funnel: Funnel,
    at_once: Tally,
    proofs: Tally,
    rejected: Tally,
    later: Tally,
}

impl FunnelCounts {
    pub(super) fn take(&mut self, entry: &ShareEntry) {
        let funnel = &mut self.funnel;
        funnel.received += 1;
        if let Outcome::Refused(reason) = entry.outcome
            && entry.ruled.is_none()
            && entry.proof.is_none()
        {
            self.at_once.add(reason.label());
            return;
        }
        funnel.admitted += 1;
        self.proofs
            .add(entry.proof.map_or(NOT_ASKED, |proof| proof.outcome.label()));
        match &entry.outcome {
            Outcome::Accepted => funnel.accepted += 1,
            Outcome::Credited => funnel.credited += 1,
            Outcome::Rejected { class, .. } => self.rejected.add(class.label()),
            Outcome::Unanswered => funnel.unanswered += 1,
            Outcome::Held => funnel.held += 1,
            Outcome::Undeliverable => funnel.undeliverable += 1,
            Outcome::Refused(reason) => self.later.add(reason.label()),
        }
    }

    pub(super) fn finish(self) -> Funnel {
        let reasons = || RefusalReason::ALL.iter().map(|reason| reason.label());
        let proofs = ProofOutcome::ALL.iter().map(|proof| proof.label());
        Funnel {
            refused_at_once: self.at_once.of(reasons()),
            proofs: self.proofs.of(proofs.chain([NOT_ASKED])),
            rejected: self
                .rejected
                .of(ErrorClass::ALL.iter().map(|class| class.label())),
            refused_later: self.later.of(reasons()),
            ..self.funnel
        }
    }
}

/// All counts of a list together.
pub(super) fn sum(counts: &[Count]) -> u64 {
    counts.iter().map(|(_, count)| count).sum()
}
