//! Deadlines of seats, and leases renewed before their nonces are used up.

use zartrux_models::plan::{SeatKey, Wheel};
use zartrux_models::share::Share;
use zartrux_models::stratum::push_error;
use zartrux_models::work::{Difficulty, Slot};

use super::seat::Second;
use super::writing::Closed;
use super::{MinerSessions, Seat};
use crate::doorkeeper::Turned;
use crate::planner::LeaseNearlyUsedUp;

/// A lease is renewed when this part of its nonces, 2²⁴ mostly, is scanned: 16 miners' threads each hold a
/// block of 32,768 nonces (xmrig), 3 % of the slot, and the renewal takes milliseconds.
const RENEW_AT_PERCENT: u64 = 75;

/// An honest scan is this many times beyond what its shares are worth once in e⁸ ≈ 3,000 shares.
const PLAUSIBLE: u64 = 8;

/// A renewal that did not come is asked for again after so many seconds: the planner may have had
/// to open another pool session first, and the miner may find no further share that would tell.
const ASK_AGAIN_AFTER: Second = 2;

const NO_JOB: &str = "No job from any upstream yet";

impl Seat {
    /// A share's nonce tells how far the scan has come, and so when the lease will be used up; if
    /// the miner scans upward from 0. Then it has tried about as many nonces as its shares of this
    /// scan are worth; one that is far beyond scans in another way, or does not tell the truth.
    pub(super) fn note_odometer(&mut self, share: &Share, now: Second) {
        let nonces = if self.leaves_top_byte {
            u64::from(Slot::NONCES)
        } else {
            share.job.job.work.nonces_per_lease()
        };
        self.note_scanned(u64::from(share.odometer()), nonces, share.asked, now);
    }

    fn note_scanned(&mut self, scanned: u64, nonces: u64, worth: Difficulty, now: Second) {
        let limit = nonces * RENEW_AT_PERCENT / 100;
        let worth = u32::try_from(worth.get()).unwrap_or(u32::MAX);
        self.scan_work = self.scan_work.saturating_add(worth);
        let expected = u64::from(self.scan_work) + u64::from(worth);
        if scanned > PLAUSIBLE * expected {
            return;
        }
        let elapsed = u64::from(now.saturating_sub(self.scan_began));
        let due = if scanned >= limit {
            now
        } else if scanned == 0 || elapsed == 0 {
            return;
        } else {
            // The same pace for the rest: limit / (scanned / elapsed) after the scan began.
            let seconds = limit.saturating_mul(elapsed) / scanned;
            self.scan_began
                .saturating_add(Second::try_from(seconds).unwrap_or(Second::MAX))
        };
        // Blocks are scanned side by side: the earliest estimate is the safe one.
        self.renew_at = Some(self.renew_at.map_or(due, |at| at.min(due)));
    }
}

impl MinerSessions {
    /// Makes sure that the wheel looks at a seat no later than its deadline.
    pub(super) fn schedule(&mut self, key: SeatKey) {
        self.schedule_at(key, self.second());
    }

    /// The same, in this second.
    pub(super) fn schedule_at(&mut self, key: SeatKey, now: Second) {
        let limits = self.limits;
        // What lies further ahead than the wheel reaches is looked at on the way.
        let reach = now + Wheel::<SeatKey>::HORIZON - 1;
        let Some(seat) = self.seat(key) else {
            return;
        };
        let due = seat.deadline(&limits).clamp(1, reach);
        if seat.wheel_at == 0 || due < seat.wheel_at {
            seat.wheel_at = due;
            self.wheel.insert(due, key);
        }
    }

    pub(super) fn on_tick(&mut self) {
        let now = self.second();
        for index in 0..self.doors.len() {
            // Newcomers that could not be taken for want of descriptors.
            self.accept_turn(index);
        }
        for key in self.wheel.turn(now) {
            self.look_at(key, now);
        }
        self.resume(now);
        self.make_room();
        self.tell_work(now);
        let held = self.held_bytes() as u64;
        self.stats.connections(|counts| counts.buffered = held);
        self.hand_over_records();
    }

    fn look_at(&mut self, key: SeatKey, now: Second) {
        let limits = self.limits;
        let Some(seat) = self.seat(key) else {
            return;
        };
        if seat.wheel_at > now {
            // An earlier entry was put in and has moved on: that one counts.
            return;
        }
        seat.wheel_at = 0;
        if seat.renew_at.is_some_and(|at| at <= now) {
            seat.renew_at = None;
            if let Some(lease) = seat.lease {
                seat.renew_at = Some(now + ASK_AGAIN_AFTER);
                seat.renewal_asked = true;
                self.posts
                    .lease_nearly_used_up
                    .send(LeaseNearlyUsedUp { seat: key, lease });
            }
        } else if seat.deadline(&limits) <= now {
            self.time_out(key);
            return;
        }
        self.schedule(key);
    }

    fn time_out(&mut self, key: SeatKey) {
        let (now, limits) = (self.second(), self.limits);
        let Some(seat) = self.seat(key) else {
            return;
        };
        let since = seat.holds_since();
        let stalled = since.is_some_and(|since| since.saturating_add(limits.stall) <= now);
        let waiting = seat.protocol.awaiting_lease();
        let unfit = seat.unfit_since.is_some();
        if let Some(id) = waiting.filter(|_| seat.checking.is_some()) {
            self.refuse_login(key, id, Turned::Unchecked);
            return;
        }
        if seat.connection.is_heading() {
            self.count_turned(Turned::Header);
        }
        match waiting {
            None if unfit => self.close(key, Closed::ByUs),
            // Not the miner's fault: tell it, so that its own failover works.
            Some(id) => {
                push_error(&mut self.scratch, id, NO_JOB);
                self.send_scratch(key);
                self.close(key, Closed::ByUs);
            }
            None if stalled => {
                self.stats.connections(|counts| counts.stalled += 1);
                self.drop_peer(key, "a line that has no end, or bytes that nobody reads");
            }
            None => self.drop_peer(key, "nothing heard for too long"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renewal(counter: u32, worth: u64, elapsed: Second) -> Option<Second> {
        let key = SeatKey {
            index: 0,
            generation: 1,
        };
        let protocol = zartrux_models::session::MinerProtocol::new(
            zartrux_models::session::SessionId(1),
            zartrux_models::work::JobKey(0),
        );
        let mut seat = Seat::new(
            key,
            super::super::connection::Connection::Broken,
            protocol,
            super::super::entering::Origin::of(
                std::net::Ipv4Addr::LOCALHOST.into(),
                crate::doorkeeper::Counted::Nowhere,
            ),
            100,
        );
        let worth = Difficulty::new(worth);
        let nonces = u64::from(Slot::NONCES);
        seat.note_scanned(u64::from(counter), nonces, worth, 100 + elapsed);
        seat.renew_at.map(|at| at - 100)
    }

    #[test]
    fn a_fast_rig_gets_another_slot_before_its_nonces_are_used_up() {
        // 140 kH/s uses a slot up in 120 s; after 10 s it has tried 1.4 million.
        let at = renewal(1_400_000, 1_000_000, 10).unwrap();
        assert!((85..=92).contains(&at), "{at}");
        assert_eq!(
            renewal(13_000_000, 5_000_000, 95),
            Some(95),
            "past the limit: at once"
        );
    }

    #[test]
    fn a_slow_rig_needs_none_for_hours() {
        assert!(renewal(10_000, 10_000, 10).unwrap() > 3 * 3600);
        assert_eq!(renewal(0, 10_000, 10), None);
    }

    #[test]
    fn a_nonce_far_beyond_what_the_shares_are_worth_renews_nothing() {
        // A miner that starts each thread in a part of its own, or one that makes nonces up.
        assert_eq!(renewal(16_000_000, 10_000, 10), None);
    }
}
