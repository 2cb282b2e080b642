//! What changes where rigs stand: told to the operator, and noted in the journal.

use zartrux_models::judge::{Case, ProofNoted, SuspicionChange};
use zartrux_models::ledger::JournalEvent;

use super::Judge;
use crate::rigs::Turn;
use crate::share_ticket::ShareTicket;

impl Judge {
    /// Notes what a proof says of its rig, and tells the operator when it changes where the rig
    /// stands.
    pub(super) fn note_proof(&self, ticket: &ShareTicket, good: bool) {
        let proof = ProofNoted {
            rig: ticket.rig,
            share: ticket.id,
            asked: ticket.share.asked,
            good,
            now: self.clock.now(),
        };
        let name = || self.board.name_for_log(proof.rig);
        match self.board.note_proof(&self.guard, &self.policy, &proof) {
            Some(Turn::Quarantined) => {
                let (rig, share) = (proof.rig, proof.share);
                tracing::warn!(
                    %rig, name = %name(), %share,
                    "the rig is in quarantine: the hash of its share is not what it claimed"
                );
                self.journal
                    .note_named(JournalEvent::Quarantined { rig, share }, &name());
            }
            Some(Turn::Released) => {
                let rig = proof.rig;
                tracing::info!(
                    %rig, name = %name(),
                    "the rig has left quarantine: it has proved enough good work"
                );
                self.journal
                    .note_named(JournalEvent::Released { rig }, &name());
            }
            None => {}
        }
    }

    /// Notes what a share has changed of what is suspected of its rig.
    pub(super) fn note_suspicion(&self, case: &Case, change: Option<SuspicionChange>) {
        let rig = case.rig;
        match change {
            Some(SuspicionChange::Began) => {
                let Some((stage, _, cause)) = case.evidence.strongest() else {
                    return;
                };
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "a logarithm of odds; its last digits say nothing"
                )]
                let log_e = case.evidence.joined() as f32;
                let suspected = JournalEvent::Suspected {
                    rig,
                    stage,
                    cause,
                    log_e,
                };
                self.journal
                    .note_named(suspected, &self.board.name_for_log(rig));
            }
            Some(SuspicionChange::Ended) => self
                .journal
                .note_named(JournalEvent::Cleared { rig }, &self.board.name_for_log(rig)),
            None => {}
        }
    }
}
