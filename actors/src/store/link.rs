//! A lane's way to the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use zartrux_models::ledger::ShareEntry;
use zartrux_models::share::{RefusalReason, RigKey};

use super::messages::{LaneJoined, RecordShare, SharesRecorded};
use super::registry::RefusalUnlisted;
use super::status::StoreStatus;
use crate::messaging::{Credits, Post};
use crate::upstream_numbers::UpstreamNumbers;

/// What the store knows of where shares come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// This machine.
    pub node: u16,
    /// This start of the process, from 1.
    pub run: u32,
    /// The store's numbers of the upstreams, by place.
    pub upstreams: UpstreamNumbers,
}

/// Stands for none in [`StoreLink`]'s shared wait, which is in microseconds.
const NO_WAIT: u64 = u64::MAX;

fn micros_of(wait: Option<Duration>) -> u64 {
    wait.map_or(NO_WAIT, |wait| {
        u64::try_from(wait.as_micros()).unwrap_or(NO_WAIT - 1)
    })
}

/// What a lane is given to reach the store.
#[derive(Debug, Clone)]
pub struct StoreLink {
    pub(super) record: Post<RecordShare>,
    pub(super) join: Post<LaneJoined>,
    pub(super) unlisted: Post<RefusalUnlisted>,
    pub(super) unlisted_credits: Credits,
    pub(super) credits: Credits,
    pub(super) status: Arc<StoreStatus>,
    pub(super) provenance: Provenance,
    wait_at_most: Arc<AtomicU64>,
}

impl StoreLink {
    /// How long a lane gathers shares before it hands them over: the store wakes up once for all of
    /// them.
    pub const GATHER: Duration = Duration::from_millis(4);
    /// As many are handed over without waiting.
    pub const GATHERED: usize = 512;
    /// Refusals that may wait to be counted; what is beyond is counted by the lane alone.
    const UNLISTED: usize = 4096;

    /// A link that ends in these posts; at most `most_waiting` shares may wait there.
    #[must_use]
    pub fn new(
        record: Post<RecordShare>,
        join: Post<LaneJoined>,
        unlisted: Post<RefusalUnlisted>,
        most_waiting: usize,
        wait_at_most: Option<Duration>,
        provenance: Provenance,
        status: Arc<StoreStatus>,
    ) -> Self {
        Self {
            record,
            join,
            unlisted,
            unlisted_credits: Credits::new(Self::UNLISTED),
            credits: Credits::new(most_waiting),
            status,
            provenance,
            wait_at_most: Arc::new(AtomicU64::new(micros_of(wait_at_most))),
        }
    }

    /// Where shares come from.
    #[must_use]
    pub const fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Whether acknowledgements are meant to wait for their shares' records.
    #[must_use]
    pub fn should_wait(&self) -> bool {
        self.wait_as_set().is_some()
    }

    /// How long acknowledgements wait from now on, in all lanes; none: not at all.
    pub fn set_wait_at_most(&self, wait: Option<Duration>) {
        self.wait_at_most.store(micros_of(wait), Ordering::Relaxed);
    }

    fn wait_as_set(&self) -> Option<Duration> {
        let micros = self.wait_at_most.load(Ordering::Relaxed);
        (micros != NO_WAIT).then(|| Duration::from_micros(micros))
    }

    /// How long an acknowledgement waits for its share's record; none: it does not.
    #[must_use]
    pub fn wait_at_most(&self) -> Option<Duration> {
        // While it can't write, waiting would only make everybody late.
        self.wait_as_set().filter(|_| !self.status.is_failing())
    }

    /// What the store shows of itself.
    #[must_use]
    pub const fn status(&self) -> &Arc<StoreStatus> {
        &self.status
    }

    /// The lane hears of its shares from now on.
    pub fn join(&self, lane: u16, recorded: Post<SharesRecorded>) {
        self.join.send(LaneJoined { lane, recorded });
    }

    /// A refusal that is not listed is counted.
    pub fn refused_unlisted(&self, rig: RigKey, reason: RefusalReason) {
        if let Some(credit) = self.unlisted_credits.take() {
            self.unlisted.send(RefusalUnlisted {
                rig,
                reason,
                credit,
            });
        }
    }

    /// A share that is to be handed to the store; none when as many are on their way there as may:
    /// then it is not kept, and counted.
    #[must_use]
    pub fn take_up(&self, lane: u16, number: u64, entry: ShareEntry) -> Option<RecordShare> {
        let Some(credit) = self.credits.take() else {
            self.status.lost();
            return None;
        };
        Some(RecordShare {
            lane,
            number,
            entry,
            credit,
        })
    }

    /// Hands over what was gathered, which the store writes at once.
    pub fn hand_over(&self, gathered: &mut Vec<RecordShare>) {
        if !gathered.is_empty() {
            self.record.send_all(gathered.drain(..));
            gathered.shrink_to(Self::GATHERED);
        }
    }
}
