//! Shares in the order in which they came: the ledger has them as they ended.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::ledger::ShareEntry;

/// Takes shares in the order of the ledger and gives them in the order of their coming.
#[derive(Debug, Default)]
pub(super) struct InOrderOfComing {
    waiting: BinaryHeap<Reverse<Waiting>>,
    /// Shares that ended at this time or later may be followed by one that came before.
    safe_ms: u64,
    /// The latest coming of a share that was given out.
    given_ms: u64,
    out_of_order: u64,
}

impl InOrderOfComing {
    /// Milliseconds from its coming to its end that a share may take to be put in its place.
    pub(super) const LONGEST_MS: u64 = 60_000;
    /// Shares that wait at most; with more, the one that came first is given out early.
    const WAITING: usize = 65_536;

    /// The next share of the ledger.
    pub(super) fn take(&mut self, entry: &ShareEntry) {
        let came_ms = came_ms(entry);
        self.safe_ms = entry.unix_ms.saturating_sub(Self::LONGEST_MS);
        if came_ms < self.given_ms {
            self.out_of_order += 1;
        } else {
            self.waiting.push(Reverse(Waiting {
                came_ms,
                entry: Box::new(entry.clone()),
            }));
        }
    }

    /// The next share that none can precede any more, with the time of its coming, milliseconds
    /// since 1970.
    pub(super) fn next(&mut self) -> Option<(u64, Box<ShareEntry>)> {
        let Reverse(first) = self.waiting.peek()?;
        if first.came_ms < self.safe_ms || self.waiting.len() > Self::WAITING {
            self.next_of_rest()
        } else {
            None
        }
    }

    /// The next of those that wait, when no more follow.
    pub(super) fn next_of_rest(&mut self) -> Option<(u64, Box<ShareEntry>)> {
        let Reverse(Waiting { came_ms, entry }) = self.waiting.pop()?;
        self.given_ms = self.given_ms.max(came_ms);
        Some((came_ms, entry))
    }

    /// Shares that ended too long after they came to be put in their places.
    pub(super) const fn out_of_order(&self) -> u64 {
        self.out_of_order
    }
}

/// A share that waits for those that came before it and have not ended yet; by time, and by place
/// where that is the same.
#[derive(Debug)]
struct Waiting {
    came_ms: u64,
    entry: Box<ShareEntry>,
}

impl Waiting {
    const fn order(&self) -> (u64, u64) {
        (self.came_ms, self.entry.seq)
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

/// When a share came, and not when it ended.
fn came_ms(entry: &ShareEntry) -> u64 {
    let took_ms = u64::from(entry.latencies.total_us) / 1000;
    entry.unix_ms.saturating_sub(took_ms)
}
