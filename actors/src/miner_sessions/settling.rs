//! How shares end: the reply to the miner, the counts, the nonce.

use zartrux_models::share::{Refusal, RefusalReason};
use zartrux_models::stratum::{RequestId, makes_miners_hang_up, push_error, push_ok};

use super::MinerSessions;
use crate::counters::{Ended, Fate};
use crate::judge::JudgeShare;
use crate::share_ticket::{Settlement, ShareSettled, ShareTicket};
use zartrux_models::work::Lateness;

impl MinerSessions {
    pub(super) fn on_settled(&mut self, settled: ShareSettled) {
        let mut next = Some(settled);
        // A verdict may settle those that waited for it, one after another.
        while let Some(settled) = next {
            self.conclude(&settled);
            next = self.release_contested(&settled.ticket);
        }
    }

    fn conclude(&mut self, settled: &ShareSettled) {
        let ShareSettled { ticket, settlement } = settled;
        self.free_or_take_nonce(ticket, settlement);
        self.count(ticket, settlement);
        let key = ticket.seat;
        // A seat with another generation is another miner: the verdict is not for it (I4).
        if let Some(seat) = self.seat(key) {
            let passed = !matches!(
                settlement,
                Settlement::Refused(_) | Settlement::Undeliverable
            );
            seat.tally.settle(passed);
            let balances = seat.tally.balances();
            self.stats.seat_checked(balances);
            let mut out = std::mem::take(&mut self.scratch);
            out.clear();
            push_verdict(&mut out, ticket.request, settlement);
            self.send(key, &out);
            out.clear();
            self.scratch = out;
        }
    }

    fn free_or_take_nonce(&mut self, ticket: &ShareTicket, settlement: &Settlement) {
        let share = &ticket.share;
        let Some(nonces) = self.jobs.nonces_mut(share.job.key) else {
            return;
        };
        match settlement {
            Settlement::Refused(_) | Settlement::Undeliverable => {
                nonces.give_back(share.nonce, &share.result);
            }
            Settlement::Accepted
            | Settlement::Rejected { .. }
            | Settlement::Unanswered
            | Settlement::Credited => nonces.take(share.nonce),
        }
    }

    fn count(&self, ticket: &ShareTicket, settlement: &Settlement) {
        let share = &ticket.share;
        self.stats.share_settled(&Ended {
            fate: match settlement {
                Settlement::Accepted => Fate::Accepted,
                Settlement::Rejected { class, .. } => Fate::Rejected(*class),
                Settlement::Unanswered => Fate::Unanswered,
                Settlement::Credited => Fate::Credited,
                Settlement::Refused(refusal) => Fate::Refused(refusal.reason()),
                Settlement::Undeliverable => Fate::Undeliverable,
            },
            pool_work: share.job.job.target.difficulty().get(),
            miner_work: share.asked.get(),
            stale: share.lateness == Lateness::Stale,
            corrected: ticket.corrected,
            took: self.clock.now().saturating_duration_since(ticket.received),
        });
    }

    /// Lets the next share go on that waited for what became of this one's nonce, or settles it.
    fn release_contested(&mut self, settled: &ShareTicket) -> Option<ShareSettled> {
        let place = (settled.share.job.key, settled.share.nonce);
        let queue = self.contested.get_mut(&place)?;
        let next = queue.pop_front();
        if queue.is_empty() {
            self.contested.remove(&place);
        }
        let next = next?;
        let taken = self
            .jobs
            .find(place.0)
            .is_none_or(|found| found.nonces.is_taken(place.1));
        if taken {
            let refusal = Refusal::duplicate_of(&settled.share, &next.share);
            let settlement = refusal.map_or(Settlement::Undeliverable, Settlement::Refused);
            Some(next.settle(settlement))
        } else {
            self.posts.judge.send(JudgeShare(next));
            None
        }
    }

    /// Shares that waited for a nonce of a job that has expired meanwhile: the pool would refuse
    /// them.
    pub(super) fn expire_contested(&mut self) {
        let expired: Vec<_> = self
            .contested
            .keys()
            .filter(|(job, _)| self.jobs.find(*job).is_none())
            .copied()
            .collect();
        for place in expired {
            for ticket in self.contested.remove(&place).into_iter().flatten() {
                self.on_settled(ticket.settle(Settlement::Undeliverable));
            }
        }
    }
}

fn push_verdict(out: &mut Vec<u8>, id: RequestId, settlement: &Settlement) {
    match settlement {
        Settlement::Accepted | Settlement::Credited => push_ok(out, id),
        Settlement::Refused(refusal) => push_error(out, id, refusal.reason().wire_text()),
        Settlement::Undeliverable => push_error(out, id, RefusalReason::Expired.wire_text()),
        Settlement::Unanswered => push_error(out, id, "Bad gateway"),
        // What the pool says about its connection with us must not make a miner hang up on us.
        Settlement::Rejected { text, .. } if makes_miners_hang_up(text) => {
            push_error(out, id, &format!("The pool says: {text}"));
        }
        Settlement::Rejected { text, .. } => push_error(out, id, text),
    }
}
