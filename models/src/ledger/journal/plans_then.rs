//! Which slot had which byte, by replaying the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{JournalEntry, JournalEvent};
use crate::filter::ModelId;
use crate::plan::{DrawnFrom, NonceOrder, SlotPlan};
use crate::work::PoolKey;

/// A job of an earlier time, wherever its machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobThen {
    /// The machine.
    pub node: u16,
    /// The lane.
    pub lane: u16,
    /// The pool session that it came from.
    pub pool: PoolKey,
    /// The lane's number of it.
    pub job_key: u32,
}

/// From this job on, the slots of a pool session are so.
#[derive(Debug, Clone, Copy)]
struct Since {
    job_key: u32,
    /// None: each has the byte of its own number.
    drawn: Option<DrawnFrom>,
}

/// The plans of the jobs that shares may still be for.
#[derive(Debug, Clone, Default)]
pub(super) struct PlansThen {
    /// The last two of each pool session, newest first.
    pools: BTreeMap<(u16, u16, PoolKey), [Option<Since>; 2]>,
    orders: BTreeMap<(u16, u16, ModelId), Arc<NonceOrder>>,
    runs: BTreeMap<u16, u32>,
    /// Machines whose run is known from its beginning: what is not told there did not happen.
    whole: BTreeSet<u16>,
    last_seq: u64,
}

impl PlansThen {
    pub(super) fn apply(&mut self, entry: &JournalEntry) {
        let node = entry.node;
        if self.last_seq != 0 && entry.seq != self.last_seq + 1 {
            // What is missing may be any machine's.
            self.whole.clear();
            self.pools.clear();
        }
        self.last_seq = entry.seq;
        if self.runs.insert(node, entry.run) != Some(entry.run) {
            self.end_run(node);
        }
        match &entry.event {
            JournalEvent::RunBegan { .. } => {
                self.end_run(node);
                self.whole.insert(node);
            }
            JournalEvent::RunEnded => self.end_run(node),
            JournalEvent::EventsMissed { .. } => {
                self.whole.remove(&node);
                self.pools.retain(|(of, ..), _| *of != node);
            }
            JournalEvent::SlotsOrdered {
                lane,
                pool,
                connection: _,
                job_key,
                seed,
                ranking,
            } => {
                let drawn = DrawnFrom {
                    seed: *seed,
                    ranking: *ranking,
                };
                self.came((node, *lane, *pool), *job_key, Some(drawn));
            }
            JournalEvent::SlotsUnordered {
                lane,
                pool,
                connection: _,
                job_key,
            } => self.came((node, *lane, *pool), *job_key, None),
            JournalEvent::RankingInForce { lane, order } => self.order_came(node, *lane, order),
            JournalEvent::LeaseTaken { .. }
            | JournalEvent::LeaseGivenUp { .. }
            | JournalEvent::PoolConnectionLost { .. }
            | JournalEvent::UpstreamServes { .. }
            | JournalEvent::Quarantined { .. }
            | JournalEvent::Released { .. }
            | JournalEvent::Suspected { .. }
            | JournalEvent::Cleared { .. }
            | JournalEvent::StageBypassed { .. }
            | JournalEvent::StageBack { .. }
            | JournalEvent::AlertRaised { .. }
            | JournalEvent::AlertCleared { .. }
            | JournalEvent::ModelEvent { .. }
            | JournalEvent::Block { .. } => {}
        }
    }

    fn end_run(&mut self, node: u16) {
        self.whole.remove(&node);
        self.pools.retain(|(of, ..), _| *of != node);
        self.orders.retain(|(of, ..), _| *of != node);
    }

    fn came(&mut self, pool: (u16, u16, PoolKey), job_key: u32, drawn: Option<DrawnFrom>) {
        let pair = self.pools.entry(pool).or_default();
        *pair = [Some(Since { job_key, drawn }), pair[0]];
    }

    /// An order is kept while a plan that was drawn by it is, and until the next one.
    fn order_came(&mut self, node: u16, lane: u16, order: &Arc<NonceOrder>) {
        let used: BTreeSet<ModelId> = self
            .pools
            .range((node, lane, PoolKey(0))..=(node, lane, PoolKey(u32::MAX)))
            .flat_map(|(_, pair)| pair.iter().flatten())
            .filter_map(|since| since.drawn.map(|drawn| drawn.ranking))
            .collect();
        let is_kept = |place: &(u16, u16, ModelId)| {
            (place.0, place.1) != (node, lane) || used.contains(&place.2)
        };
        self.orders.retain(|place, _| is_kept(place));
        self.orders
            .insert((node, lane, order.id()), Arc::clone(order));
    }

    #[cfg(test)]
    pub(super) fn orders_kept(&self) -> usize {
        self.orders.len()
    }

    /// The plan of the newest job of a pool session, if that is known.
    pub(super) fn newest(&self, node: u16, lane: u16, pool: PoolKey) -> Option<SlotPlan> {
        self.of(JobThen {
            node,
            lane,
            pool,
            job_key: u32::MAX,
        })
    }

    /// The plan of a job, if that is known.
    pub(super) fn of(&self, job: JobThen) -> Option<SlotPlan> {
        let JobThen {
            node, lane, pool, ..
        } = job;
        let pair = self.pools.get(&(node, lane, pool)).copied();
        let pair = pair.unwrap_or_default();
        let since = pair
            .iter()
            .flatten()
            .find(|since| since.job_key <= job.job_key);
        match since {
            Some(since) => since.drawn.map_or(Some(SlotPlan::identity()), |drawn| {
                let order = self.orders.get(&(node, lane, drawn.ranking))?;
                Some(SlotPlan::draw(drawn.seed, order))
            }),
            // With both places taken there may have been a third.
            None if pair[1].is_none() && self.whole.contains(&node) => Some(SlotPlan::identity()),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests;
