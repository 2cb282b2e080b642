//! A recomputed hash against what was claimed.

use zartrux_models::proof::ComputedHash;
use zartrux_models::share::{Refusal, TargetClass};
use zartrux_models::work::ResultHash;

use crate::share_ticket::TicketFacts;

/// The hash is not as claimed.
pub(super) struct Wrong {
    pub(super) refusal: Refusal,
    computed: ResultHash,
}

/// The hash that the share claims: its raw hash where there is one, else its result.
pub(super) fn claimed(ticket: &TicketFacts) -> ResultHash {
    let share = &ticket.share;
    share.raw_hash.map_or(share.result, ResultHash::new)
}

pub(super) fn check(ticket: &TicketFacts, computed: &ComputedHash) -> Result<(), Wrong> {
    computed.check(&claimed(ticket)).map_err(|mismatch| Wrong {
        refusal: mismatch.into(),
        computed: computed.as_result(),
    })
}

impl Wrong {
    /// Puts the true result in place of the claimed one, where it meets the targets. (Not where
    /// the result is a commitment to the hash.)
    pub(super) fn correct(&self, ticket: &mut TicketFacts) -> bool {
        let share = &mut ticket.share;
        if share.raw_hash.is_some() {
            return false;
        }
        let class = if share.job.job.target.is_met_by(&self.computed) {
            TargetClass::Upstream
        } else if share.asked.target().is_met_by(&self.computed) {
            TargetClass::Local
        } else {
            return false;
        };
        share.result = self.computed;
        share.class = class;
        ticket.corrected = true;
        true
    }
}
