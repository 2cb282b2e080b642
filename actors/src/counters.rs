//! What became of every share of a lane, so that the sums can be checked at any moment.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use zartrux_models::share::RefusalReason;
use zartrux_models::stratum::ErrorClass;

use crate::doorkeeper::TurnedCounts;

/// Shares by their fate. Invariant I2: see [`ShareCounts::balances`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ShareCounts {
    /// Submits that miners sent.
    pub received: u64,
    /// Admitted and not settled yet.
    pub pending: u64,
    /// Written to the pool and taken by it.
    pub accepted: u64,
    /// Written to the pool and refused by it, by class of its words.
    pub rejected: BTreeMap<&'static str, u64>,
    /// Written to the pool and never answered.
    pub unanswered: u64,
    /// Met only the miner's own target; counted here.
    pub credited: u64,
    /// Proved bad, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Not written: the connection that brought the job was gone.
    pub undeliverable: u64,
    /// Stayed home: the rig is in quarantine, and the hash could not be recomputed in time.
    pub held: u64,
    /// Not taken: as many shares as are allowed were under way.
    pub overload: u64,
    /// Of those written or credited: for the job before the current one.
    pub stale: u64,
    /// Of those written: the true hash took the place of a wrong one.
    pub corrected: u64,
    /// Work of the accepted shares at the pool's difficulty, in hashes.
    pub accepted_work: u64,
    /// Work of all shares that met the miners' own targets, in hashes.
    pub miner_work: u64,
}

impl ShareCounts {
    /// Written to the pool, whatever it said.
    #[must_use]
    pub fn forwarded(&self) -> u64 {
        self.accepted + self.rejected.values().sum::<u64>() + self.unanswered
    }

    /// Invariant I2: received = forwarded + credited + refused by reason + pending, where a share
    /// that found its upstream gone or the proxy full counts as refused for that reason.
    #[must_use]
    pub fn balances(&self) -> bool {
        let refused =
            self.refused.values().sum::<u64>() + self.undeliverable + self.held + self.overload;
        self.received == self.forwarded() + self.credited + refused + self.pending
    }

    /// Adds the counts of another lane.
    pub fn add(&mut self, other: &Self) {
        self.received += other.received;
        self.pending += other.pending;
        self.accepted += other.accepted;
        self.unanswered += other.unanswered;
        self.credited += other.credited;
        self.undeliverable += other.undeliverable;
        self.held += other.held;
        self.overload += other.overload;
        self.stale += other.stale;
        self.corrected += other.corrected;
        self.accepted_work = self.accepted_work.saturating_add(other.accepted_work);
        self.miner_work = self.miner_work.saturating_add(other.miner_work);
        for (mine, theirs) in [
            (&mut self.rejected, &other.rejected),
            (&mut self.refused, &other.refused),
        ] {
            for (label, count) in theirs {
                *mine.entry(label).or_default() += count;
            }
        }
    }
}

/// Connections of a lane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ConnectionCounts {
    /// Open now.
    pub open: u64,
    /// Most that were open at once; of several lanes together, the sum of each one's most.
    pub most_open: u64,
    /// Logged in now.
    pub logged_in: u64,
    /// Accepted so far.
    pub accepted: u64,
    /// Closed by us for what the peer did (garbage, too slow, too long a line, no login).
    pub dropped: u64,
    /// Of those: since a line did not come whole in time, or bytes were not read in time.
    pub stalled: u64,
    /// Of those: since all together left too much unread or unfinished, and this one for longest.
    pub crowded_out: u64,
    /// Times that a connection was read no further for a while, since it had sent too much.
    pub pauses: u64,
    /// Bytes that miners leave unread, or have sent of lines that are not whole: half a second ago.
    pub buffered: u64,
    /// Turned away because as many as are allowed were open.
    pub turned_away: u64,
    /// Leases renewed because their nonces were nearly used up.
    pub leases_renewed: u64,
    /// Slots leased again whose tenant had left after a moment.
    pub slots_leased_again: u64,
    /// Most hashes that miners tried again there.
    pub hashes_tried_again: u64,
    /// Turned away at the door or at their login, by reason.
    pub turned: TurnedCounts,
}

/// Latencies in powers of two of a microsecond, for quantiles without a sample per share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LatencyCounts {
    /// `buckets[i]` counts durations below 2^i µs and not below 2^(i-1) µs.
    pub buckets: [u64; Self::BUCKETS],
    /// Sum of all, µs.
    pub sum_micros: u64,
}

impl Default for LatencyCounts {
    fn default() -> Self {
        Self {
            buckets: [0; Self::BUCKETS],
            sum_micros: 0,
        }
    }
}

impl LatencyCounts {
    /// The last bucket holds everything from about 33 s up.
    pub const BUCKETS: usize = 26;

    fn note(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = usize::try_from(u64::BITS - micros.leading_zeros()).unwrap_or(0);
        self.buckets[bucket.min(Self::BUCKETS - 1)] += 1;
        self.sum_micros = self.sum_micros.saturating_add(micros);
    }

    fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(other.buckets) {
            *mine += theirs;
        }
        self.sum_micros = self.sum_micros.saturating_add(other.sum_micros);
    }
}

/// Everything a lane counts, read and written as one so that the sums always fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LaneCounts {
    /// Shares by fate.
    pub shares: ShareCounts,
    /// Connections of miners.
    pub connections: ConnectionCounts,
    /// Times that the sums of a single miner did not fit: anything but 0 is a defect.
    pub seats_out_of_balance: u64,
    /// From a share's line read to its reply written, for shares that were answered.
    pub reply_latency: LatencyCounts,
}

impl LaneCounts {
    /// Adds the counts of another lane.
    pub fn add(&mut self, other: &Self) {
        self.shares.add(&other.shares);
        self.seats_out_of_balance += other.seats_out_of_balance;
        self.reply_latency.add(&other.reply_latency);
        let (mine, theirs) = (&mut self.connections, &other.connections);
        mine.open += theirs.open;
        mine.most_open += theirs.most_open;
        mine.logged_in += theirs.logged_in;
        mine.accepted += theirs.accepted;
        mine.dropped += theirs.dropped;
        mine.stalled += theirs.stalled;
        mine.crowded_out += theirs.crowded_out;
        mine.pauses += theirs.pauses;
        mine.buffered += theirs.buffered;
        mine.turned_away += theirs.turned_away;
        mine.leases_renewed += theirs.leases_renewed;
        mine.slots_leased_again += theirs.slots_leased_again;
        mine.hashes_tried_again = mine
            .hashes_tried_again
            .saturating_add(theirs.hashes_tried_again);
        mine.turned.add(&theirs.turned);
    }
}

/// The counts of one lane, shared with whoever reports them. The lock is held for nanoseconds and
/// only the lane writes.
#[derive(Debug, Default)]
pub struct LaneStats(Mutex<LaneCounts>);

impl LaneStats {
    fn lock(&self) -> MutexGuard<'_, LaneCounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A consistent copy.
    #[must_use]
    pub fn snapshot(&self) -> LaneCounts {
        self.lock().clone()
    }

    /// A submit was proved bad at admission.
    pub fn share_refused_at_once(&self, reason: RefusalReason) {
        let mut counts = self.lock();
        counts.shares.received += 1;
        *counts.shares.refused.entry(reason.label()).or_default() += 1;
    }

    /// A submit found the proxy full.
    pub fn share_overload(&self) {
        let mut counts = self.lock();
        counts.shares.received += 1;
        counts.shares.overload += 1;
    }

    /// A share was admitted.
    pub fn share_admitted(&self) {
        let mut counts = self.lock();
        counts.shares.received += 1;
        counts.shares.pending += 1;
    }

    /// An admitted share ended.
    pub(crate) fn share_settled(&self, ended: &Ended) {
        let mut counts = self.lock();
        let shares = &mut counts.shares;
        shares.pending = shares.pending.saturating_sub(1);
        let reached = match ended.fate {
            Fate::Accepted => {
                shares.accepted += 1;
                shares.accepted_work = shares.accepted_work.saturating_add(ended.pool_work);
                true
            }
            Fate::Rejected(class) => {
                *shares.rejected.entry(class.label()).or_default() += 1;
                true
            }
            Fate::Unanswered => {
                shares.unanswered += 1;
                true
            }
            Fate::Credited => {
                shares.credited += 1;
                true
            }
            Fate::Refused(reason) => {
                *shares.refused.entry(reason.label()).or_default() += 1;
                false
            }
            Fate::Undeliverable => {
                shares.undeliverable += 1;
                false
            }
            Fate::Held => {
                shares.held += 1;
                false
            }
        };
        if reached {
            shares.miner_work = shares.miner_work.saturating_add(ended.miner_work);
            shares.stale += u64::from(ended.stale);
            shares.corrected += u64::from(ended.corrected);
        }
        counts.reply_latency.note(ended.took);
    }

    /// A miner's own sums were looked at.
    pub(crate) fn seat_checked(&self, balances: bool) {
        if !balances {
            self.lock().seats_out_of_balance += 1;
        }
    }

    /// Changes the connection counts.
    pub(crate) fn connections(&self, change: impl FnOnce(&mut ConnectionCounts)) {
        let connections = &mut self.lock().connections;
        change(connections);
        connections.most_open = connections.most_open.max(connections.open);
    }
}

/// How a share ended, as it is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    Accepted,
    Rejected(ErrorClass),
    Unanswered,
    Credited,
    Refused(RefusalReason),
    Undeliverable,
    Held,
}

/// A share that ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    pub(crate) fate: Fate,
    pub(crate) pool_work: u64,
    pub(crate) miner_work: u64,
    pub(crate) stale: bool,
    pub(crate) corrected: bool,
    pub(crate) took: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fate() -> impl Strategy<Value = Fate> {
        prop_oneof![
            Just(Fate::Accepted),
            Just(Fate::Rejected(ErrorClass::Stale)),
            Just(Fate::Unanswered),
            Just(Fate::Credited),
            Just(Fate::Refused(RefusalReason::InvalidResult)),
            Just(Fate::Undeliverable),
            Just(Fate::Held),
        ]
    }

    proptest! {
        #[test]
        fn i2_holds_after_any_order_of_events(
            fates in proptest::collection::vec(fate(), 0..60),
            refused in 0usize..20,
            overload in 0usize..5,
            still_pending in 0usize..10,
        ) {
            let stats = LaneStats::default();
            for _ in 0..fates.len() + still_pending {
                stats.share_admitted();
                prop_assert!(stats.snapshot().shares.balances());
            }
            for _ in 0..refused {
                stats.share_refused_at_once(RefusalReason::Duplicate);
            }
            for _ in 0..overload {
                stats.share_overload();
            }
            for fate in fates {
                stats.share_settled(&Ended {
                    fate,
                    pool_work: 1,
                    miner_work: 1,
                    stale: false,
                    corrected: false,
                    took: Duration::from_millis(3),
                });
                prop_assert!(stats.snapshot().shares.balances());
            }
            prop_assert_eq!(stats.snapshot().shares.pending, still_pending as u64);
        }
    }

    #[test]
    fn a_missing_share_is_noticed() {
        let counts = ShareCounts {
            received: 3,
            accepted: 1,
            pending: 1,
            ..ShareCounts::default()
        };
        assert!(!counts.balances());
    }
}
