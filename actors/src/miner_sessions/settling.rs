//! How shares end: the reply to the miner, the counts, the nonce.

use std::time::Duration;

use zartrux_models::share::{NonceSet, Refusal, RefusalReason};
use zartrux_models::stratum::{RequestId, makes_miners_hang_up, push_error, push_ok};

use super::MinerSessions;
use crate::counters::{Ended, Fate};
use crate::judge::{Verdict, VerdictSeen};
use crate::rigs::SettledShare;
use crate::share_ticket::{ExamineShare, Settlement, ShareSettled, ShareTicket};
use zartrux_models::work::Lateness;

impl MinerSessions {
    pub(super) fn on_settled(&mut self, settled: ShareSettled) {
        let mut next = Some(settled);
        // A verdict may settle those that waited for it, one after another.
        while let Some(mut settled) = next {
            self.conclude(&mut settled);
            next = self.release_contested(&settled.ticket);
        }
    }

    fn conclude(&mut self, settled: &mut ShareSettled) {
        let ShareSettled { ticket, settlement } = &*settled;
        self.free_or_take_nonce(ticket, settlement);
        let took = self.clock.now().saturating_duration_since(ticket.received);
        self.count(ticket, settlement, took);
        self.note_work(ticket, settlement);
        if self.records.keeps_any() || self.bridge.is_on() {
            let share = SettledShare::of(settled, self.clock.unix_millis(), took);
            self.bridge.share(&share);
            self.records.keep(share);
        }
        if ticket.forwarded {
            self.posts.verdict.send(VerdictSeen {
                pool: ticket.share.job.origin.pool,
                verdict: Verdict::of(settlement),
            });
        }
        let waits = self.record(settled, took);
        let ShareSettled { ticket, settlement } = &*settled;
        let key = ticket.seat;
        // A seat with another generation is another miner: the verdict is not for it (I4).
        if let Some(seat) = self.seat(key) {
            let passed = !matches!(
                settlement,
                Settlement::Refused(_) | Settlement::Undeliverable | Settlement::Held
            );
            seat.tally.settle(passed);
            if let Some(verdict) = settlement.verdict() {
                seat.heard.hear(verdict);
            }
            let balances = seat.tally.balances();
            self.stats.seat_checked(balances);
            if waits {
                return;
            }
            let mut out = std::mem::take(&mut self.scratch);
            out.clear();
            push_verdict(&mut out, ticket.request, settlement);
            self.send(key, &out);
            out.clear();
            self.scratch = out;
        }
    }

    fn free_or_take_nonce(&mut self, ticket: &ShareTicket, settlement: &Settlement) {
        if let Some(nonces) = self.jobs.nonces_of(ticket.share.nonce_set) {
            note_end(nonces, ticket, settlement);
        }
    }

    fn count(&self, ticket: &ShareTicket, settlement: &Settlement, took: Duration) {
        let share = &ticket.share;
        self.stats.share_settled(&Ended {
            fate: match settlement {
                Settlement::Accepted => Fate::Accepted,
                Settlement::Rejected { class, .. } => Fate::Rejected(*class),
                Settlement::Unanswered => Fate::Unanswered,
                Settlement::Credited => Fate::Credited,
                Settlement::Refused(refusal) => Fate::Refused(refusal.reason()),
                Settlement::Undeliverable => Fate::Undeliverable,
                Settlement::Held => Fate::Held,
            },
            pool_work: share.job.job.target.difficulty().get(),
            miner_work: share.asked.get(),
            stale: share.lateness == Lateness::Stale,
            corrected: ticket.corrected,
            took,
        });
    }

    /// Lets the next share go on that waited for what became of this one's nonce, or settles it.
    fn release_contested(&mut self, settled: &ShareTicket) -> Option<ShareSettled> {
        if self.contested.is_empty() {
            return None;
        }
        let place = (settled.share.nonce_set, settled.share.leased_nonce());
        let queue = self.contested.get_mut(&place)?;
        let next = queue.pop_front();
        if queue.is_empty() {
            self.contested.remove(&place);
        }
        let next = next?;
        let Some(nonces) = self.jobs.nonces_of(place.0) else {
            return Some(next.settle(Settlement::Undeliverable));
        };
        if nonces.is_taken(place.1) {
            let refusal = Refusal::duplicate_of(&settled.share, &next.share);
            let settlement = refusal.map_or(Settlement::Undeliverable, Settlement::Refused);
            Some(next.settle(settlement))
        } else {
            self.posts.cascade.send(ExamineShare(next));
            None
        }
    }

    /// Shares that waited for a nonce of a blob that no job has any more, or for a connection that
    /// is gone: the pool would refuse them.
    pub(super) fn expire_contested(&mut self) {
        let jobs = &self.jobs;
        let mut expired = Vec::new();
        self.contested.retain(|(set, _), queue| {
            for ticket in std::mem::take(queue) {
                if jobs.may_wait(*set, ticket.share.job.origin) {
                    queue.push_back(ticket);
                } else {
                    expired.push(ticket);
                }
            }
            !queue.is_empty()
        });
        // Those behind them in a queue wait for the share under way, not for these.
        for ticket in expired {
            self.conclude(&mut ticket.settle(Settlement::Undeliverable));
        }
    }
}

/// What the end of a share means for its nonce.
fn note_end(nonces: &mut NonceSet, ticket: &ShareTicket, settlement: &Settlement) {
    let nonce = ticket.share.leased_nonce();
    match settlement {
        Settlement::Refused(_) | Settlement::Undeliverable | Settlement::Held => {
            nonces.give_back(nonce, &ticket.claimed);
        }
        Settlement::Accepted
        | Settlement::Rejected { .. }
        | Settlement::Unanswered
        | Settlement::Credited => nonces.take(nonce),
    }
}

/// The miner must not hang up on it.
const HELD: &str = "This rig is in quarantine, and the share could not be checked in time";

fn push_verdict(out: &mut Vec<u8>, id: RequestId, settlement: &Settlement) {
    match settlement {
        Settlement::Accepted | Settlement::Credited => push_ok(out, id),
        Settlement::Refused(refusal) => push_error(out, id, refusal.reason().wire_text()),
        Settlement::Held => push_error(out, id, HELD),
        Settlement::Undeliverable => push_error(out, id, RefusalReason::Expired.wire_text()),
        Settlement::Unanswered => push_error(out, id, "Bad gateway"),
        // What the pool says about its connection with us must not make a miner hang up on us.
        Settlement::Rejected { text, .. } if makes_miners_hang_up(text) => {
            push_error(out, id, &format!("The pool says: {text}"));
        }
        Settlement::Rejected { text, .. } => push_error(out, id, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::fixtures::easy_job;
    use crate::messaging::Credits;
    use crate::share_ticket::Sender;
    use zartrux_models::filter::Scanner;
    use zartrux_models::plan::SeatKey;
    use zartrux_models::share::{Novelty, RigKey, Share, ShareId, TargetClass};
    use zartrux_models::work::{Difficulty, Nonce, NonceSetId, ResultHash};

    const NONCE: Nonce = Nonce::new([1, 2, 3, 4]);
    const CLAIMED: ResultHash = ResultHash::new([1; 32]);
    const TRUE: ResultHash = ResultHash::new([2; 32]);

    fn ticket() -> ShareTicket {
        let share = Share {
            job: easy_job(),
            slot: NONCE.slot(),
            nonce: NONCE,
            nonce_set: NonceSetId(1),
            result: CLAIMED,
            raw_hash: None,
            class: TargetClass::Upstream,
            lateness: Lateness::Current,
            asked: Difficulty::ONE,
            retargeted: false,
            contested: false,
        };
        let seat = SeatKey {
            index: 0,
            generation: 1,
        };
        let credit = Credits::new(1).take().unwrap();
        let sender = Sender {
            id: ShareId::new(0, 1),
            rig: RigKey(1),
            scanner: Scanner::Unknown,
            after_gap: false,
            heard: zartrux_models::filter::VerdictsHeard::default(),
            seat,
            request: RequestId(1),
            age_s: 0,
            rate: 0.0,
        };
        ShareTicket::new(sender, share, Clock.now(), 0, credit)
    }

    #[test]
    fn a_corrected_share_that_is_not_forwarded_gives_its_claim_back_and_no_other() {
        let mut nonces = NonceSet::default();
        nonces.claim(NONCE, CLAIMED);
        nonces.claim(NONCE, TRUE);
        let mut ticket = ticket();
        ticket.share.result = TRUE;
        ticket.corrected = true;
        note_end(&mut nonces, &ticket, &Settlement::Undeliverable);
        assert_eq!(
            nonces.novelty(NONCE, &TRUE),
            Novelty::Duplicate,
            "somebody else's, and still under way"
        );
        nonces.give_back(NONCE, &TRUE);
        assert_eq!(nonces.novelty(NONCE, &CLAIMED), Novelty::New);
    }

    #[test]
    fn a_share_that_was_forwarded_takes_its_nonce_whatever_came_back() {
        for settlement in [
            Settlement::Accepted,
            Settlement::Unanswered,
            Settlement::Credited,
        ] {
            let mut nonces = NonceSet::default();
            nonces.claim(NONCE, CLAIMED);
            note_end(&mut nonces, &ticket(), &settlement);
            assert!(nonces.is_taken(NONCE), "{settlement:?}");
        }
    }
}
