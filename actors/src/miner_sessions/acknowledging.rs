//! Acknowledgements that wait for the record of their share (I5).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use actix::{AsyncContext, Context};
use zartrux_models::ledger::ShareEntry;
use zartrux_models::plan::SeatKey;
use zartrux_models::stratum::{RequestId, push_ok};

use super::MinerSessions;
use crate::messaging::Credit;
use crate::share_ticket::{Settlement, ShareSettled};
use crate::store::{RecordShare, SharesRecorded, StoreLink, entry_of, refusal_entry};
use zartrux_models::share::RefusalReason;

/// A lane's shares on their way into the ledger.
#[derive(Debug)]
pub(super) struct Acknowledging {
    link: StoreLink,
    /// The number of the last share that goes to the store.
    last: u64,
    /// On their way to the store: it is woken once for many.
    gathered: Vec<RecordShare>,
    /// Somebody comes to hand them over.
    hand_over_is_set: bool,
    /// In the order of their numbers.
    waiting: VecDeque<Waiting>,
    /// Somebody comes when the first has waited long enough.
    timer_is_set: bool,
}

/// A miner who is told OK when its share is in the ledger.
#[derive(Debug)]
struct Waiting {
    number: u64,
    seat: SeatKey,
    request: RequestId,
    deadline: Instant,
    /// What waits for the ledger counts as under way.
    _credit: Option<Credit>,
}

impl Acknowledging {
    pub(super) const fn new(link: StoreLink) -> Self {
        Self {
            link,
            last: 0,
            gathered: Vec::new(),
            hand_over_is_set: false,
            waiting: VecDeque::new(),
            timer_is_set: false,
        }
    }

    /// Takes a share up for the store; false if there is no room for it.
    fn gather(&mut self, lane: u16, entry: ShareEntry) -> bool {
        self.last += 1;
        let Some(record) = self.link.take_up(lane, self.last, entry) else {
            return false;
        };
        self.gathered.push(record);
        if self.gathered.len() >= StoreLink::GATHERED {
            self.hand_over();
        }
        true
    }

    fn hand_over(&mut self) {
        self.link.hand_over(&mut self.gathered);
    }

    /// The first that waits, if its share is recorded or it has waited long enough.
    fn next(&mut self, is_due: impl Fn(&Waiting) -> bool) -> Option<Waiting> {
        let is_due = self.waiting.front().is_some_and(is_due);
        if is_due {
            self.waiting.pop_front()
        } else {
            None
        }
    }
}

impl MinerSessions {
    /// Hands a share that ended to the store. Says whether its miner has to wait for the record.
    pub(super) fn record(&mut self, settled: &mut ShareSettled, took: Duration) -> bool {
        let (lane, clock) = (self.lane, self.clock);
        let Some(desk) = &mut self.acknowledging else {
            return false;
        };
        let (unix_ms, now) = (clock.unix_millis(), clock.now());
        let entry = entry_of(settled, desk.link.provenance(), unix_ms, took);
        let recorded = desk.gather(lane, entry);
        let acknowledged = matches!(
            settled.settlement,
            Settlement::Accepted | Settlement::Credited
        );
        if !acknowledged {
            return false;
        }
        let wait = desk.link.wait_at_most().filter(|_| recorded);
        let Some(wait) = wait else {
            if desk.link.should_wait() || !recorded {
                desk.link.status().acknowledged_unrecorded();
            }
            return false;
        };
        desk.waiting.push_back(Waiting {
            number: desk.last,
            seat: settled.ticket.seat,
            request: settled.ticket.request,
            deadline: now + wait,
            _credit: settled.ticket.take_credit(),
        });
        true
    }

    /// Notes a share that was refused at the door.
    pub(super) fn record_refusal(&mut self, key: SeatKey, reason: RefusalReason) {
        let (lane, unix_ms) = (self.lane, self.clock.unix_millis());
        let now = self.second();
        let Some(seat) = self.seat(key) else {
            return;
        };
        let Some(rig) = seat.identity.as_deref().map(|rig| rig.standing.key) else {
            // Nobody's: it is counted, and no more.
            return;
        };
        if !seat.refusals.may_list(now) {
            if let Some(desk) = &self.acknowledging {
                desk.link.refused_unlisted(rig, reason);
            }
            return;
        }
        let asked = seat.difficulty;
        let current = seat.protocol.current().map(|given| given.job);
        let age = now.saturating_sub(seat.scan_began);
        if let Some(desk) = &mut self.acknowledging {
            let entry = refusal_entry(
                desk.link.provenance(),
                rig,
                reason,
                asked,
                current,
                age,
                unix_ms,
            );
            // If there is no room it is lost, and counted as such.
            let _ = desk.gather(lane, entry);
        }
    }

    pub(super) fn on_recorded(&mut self, recorded: SharesRecorded) {
        while let Some(waiting) = self
            .acknowledging
            .as_mut()
            .and_then(|desk| desk.next(|first| first.number <= recorded.through))
        {
            self.acknowledge(&waiting);
        }
    }

    fn acknowledge(&mut self, waiting: &Waiting) {
        let mut out = std::mem::take(&mut self.scratch);
        out.clear();
        push_ok(&mut out, waiting.request);
        // Of another generation: another miner, whom this is nothing to (I4).
        self.send(waiting.seat, &out);
        out.clear();
        self.scratch = out;
    }

    /// Hands over what was gathered, now.
    pub(super) fn hand_over_records(&mut self) {
        if let Some(desk) = &mut self.acknowledging {
            desk.hand_over();
        }
    }

    /// Makes sure that somebody comes to hand over what was gathered.
    pub(super) fn hand_over_soon(&mut self, ctx: &mut Context<Self>) {
        let Some(desk) = &mut self.acknowledging else {
            return;
        };
        if !desk.gathered.is_empty() && !desk.hand_over_is_set {
            desk.hand_over_is_set = true;
            ctx.run_later(StoreLink::GATHER, |this, _| {
                if let Some(desk) = &mut this.acknowledging {
                    desk.hand_over_is_set = false;
                    desk.hand_over();
                }
            });
        }
    }

    /// Makes sure that somebody comes when the first has waited long enough.
    pub(super) fn watch_acknowledgements(&mut self, ctx: &mut Context<Self>) {
        self.hand_over_soon(ctx);
        if self
            .acknowledging
            .as_ref()
            .is_none_or(|desk| desk.timer_is_set || desk.waiting.is_empty())
        {
            return;
        }
        let now = self.clock.now();
        let Some(desk) = &mut self.acknowledging else {
            return;
        };
        if let Some(first) = desk.waiting.front().filter(|_| !desk.timer_is_set) {
            desk.timer_is_set = true;
            let wait = first.deadline.saturating_duration_since(now);
            ctx.run_later(wait, |this, ctx| {
                this.acknowledge_overdue();
                this.watch_acknowledgements(ctx);
            });
        }
    }

    /// Tells those who have waited long enough, recorded or not.
    fn acknowledge_overdue(&mut self) {
        let now = self.clock.now();
        if let Some(desk) = &mut self.acknowledging {
            desk.timer_is_set = false;
        }
        while let Some(waiting) = self
            .acknowledging
            .as_mut()
            .and_then(|desk| desk.next(|first| first.deadline <= now))
        {
            if let Some(desk) = &self.acknowledging {
                desk.link.status().acknowledged_unrecorded();
            }
            self.acknowledge(&waiting);
        }
    }

    /// The lane leaves: nobody is left without a reply.
    pub(super) fn acknowledge_all(&mut self) {
        self.hand_over_records();
        while let Some(waiting) = self
            .acknowledging
            .as_mut()
            .and_then(|desk| desk.next(|_| true))
        {
            if let Some(desk) = &self.acknowledging {
                desk.link.status().acknowledged_unrecorded();
            }
            self.acknowledge(&waiting);
        }
    }
}

/// How many refusals of a connection are listed one by one: a broken rig that sends thousands must
/// not crowd out what is worth keeping.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ListedRefusals {
    minute: u32,
    listed: u8,
}

impl ListedRefusals {
    /// In a minute.
    const MOST: u8 = 10;

    fn may_list(&mut self, second: u32) -> bool {
        let minute = second / 60;
        if minute != self.minute {
            *self = Self { minute, listed: 0 };
        }
        let may = self.listed < Self::MOST;
        self.listed += u8::from(may);
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_has_ten_refusals_listed_a_minute() {
        let mut refusals = ListedRefusals::default();
        let listed = |refusals: &mut ListedRefusals, second| {
            (0..100).filter(|_| refusals.may_list(second)).count()
        };
        assert_eq!(listed(&mut refusals, 5), 10);
        assert_eq!(listed(&mut refusals, 59), 0);
        assert_eq!(listed(&mut refusals, 60), 10);
    }
}
