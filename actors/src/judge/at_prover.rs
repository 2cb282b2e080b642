//! How many shares are with the prover, and whose.

use zartrux_models::judge::{AtProver, Decision, Ruling, Unproved};
use zartrux_models::share::RigKey;

use crate::rig_map::RigMap;
use crate::share_ticket::TicketFacts;

/// Counts what the prover has taken and not answered. It answers each request exactly once, so
/// nothing here is ever lost, whatever becomes of the judge's core. No rig stays that has none.
#[derive(Debug, Default)]
pub(super) struct ProverCounts {
    of_rigs: RigMap<u32>,
    in_quarantine: u32,
}

impl ProverCounts {
    /// As it concerns a rig.
    pub(super) fn of(&self, rig: RigKey) -> AtProver {
        AtProver {
            of_rig: self.of_rigs.get(&rig).copied().unwrap_or(0),
            in_quarantine: self.in_quarantine,
        }
    }

    /// The prover is asked.
    pub(super) fn asked(&mut self, ticket: &TicketFacts) {
        let of_rig = self.of_rigs.entry(ticket.rig).or_insert(0);
        *of_rig = of_rig.saturating_add(1);
        if is_for_quarantine(ticket) {
            self.in_quarantine = self.in_quarantine.saturating_add(1);
        }
    }

    /// It has answered, or refused.
    pub(super) fn answered(&mut self, ticket: &TicketFacts) {
        if let Some(of_rig) = self.of_rigs.get_mut(&ticket.rig) {
            *of_rig = of_rig.saturating_sub(1);
            if *of_rig == 0 {
                self.of_rigs.remove(&ticket.rig);
            }
        }
        if is_for_quarantine(ticket) {
            self.in_quarantine = self.in_quarantine.saturating_sub(1);
        }
    }
}

/// Whether a share is proved because its rig is in quarantine.
pub(super) fn is_for_quarantine(ticket: &TicketFacts) -> bool {
    ticket.ruling.as_ref().is_some_and(holds_unproved)
}

/// Whether a share stays home without a proof.
const fn holds_unproved(ruling: &Ruling) -> bool {
    match ruling.decision {
        Decision::ProveFirst { unproved, .. } => matches!(unproved, Unproved::Hold),
        Decision::Hold => true,
        Decision::Wait { .. } | Decision::PassOn => false,
    }
}
