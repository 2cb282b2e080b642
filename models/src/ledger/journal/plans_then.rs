//! Which slot had which byte, by replaying the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{JournalEntry, JournalEvent};
use crate::filter::ModelId;
use crate::plan::{DrawnBy, DrawnFrom, NonceOrder, OutsideId, OutsideOrder, SlotPlan};
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
    outside: BTreeMap<(u16, u16, OutsideId), Arc<OutsideOrder>>,
    runs: BTreeMap<u16, u32>,
    /// Machines whose run is known from its beginning: what is not told there did not happen.
    whole: BTreeSet<u16>,
    last_seq: u64,
}

impl PlansThen {
    pub(super) fn apply(&mut self, entry: &JournalEntry) {
        let node = entry.node;
        let follows = self.last_seq.checked_add(1) == Some(entry.seq);
        if self.last_seq != 0 && !follows {
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
                    by: DrawnBy::Model(*ranking),
                };
                self.came((node, *lane, *pool), *job_key, Some(drawn));
            }
            JournalEvent::SlotsUnordered {
                lane,
                pool,
                connection: _,
                job_key,
            } => self.came((node, *lane, *pool), *job_key, None),
            JournalEvent::SlotsOrderedOutside {
                lane,
                pool,
                connection: _,
                job_key,
                seed,
                ranking,
                outside,
            } => {
                let by = DrawnBy::Outside {
                    ranking: *ranking,
                    outside: *outside,
                };
                let drawn = DrawnFrom { seed: *seed, by };
                self.came((node, *lane, *pool), *job_key, Some(drawn));
            }
            JournalEvent::RankingInForce { lane, order } => self.order_came(node, *lane, order),
            JournalEvent::OutsideOrderInForce { lane, order } => {
                self.outside_came(node, *lane, order);
            }
            JournalEvent::LeaseTaken { .. }
            | JournalEvent::LeaseGivenUp { .. }
            | JournalEvent::LeaseReturned { .. }
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
        self.outside.retain(|(of, ..), _| *of != node);
    }

    fn came(&mut self, pool: (u16, u16, PoolKey), job_key: u32, drawn: Option<DrawnFrom>) {
        let pair = self.pools.entry(pool).or_default();
        *pair = [Some(Since { job_key, drawn }), pair[0]];
    }

    /// An order is kept while a plan that was drawn by it is, and until the next one.
    fn order_came(&mut self, node: u16, lane: u16, order: &Arc<NonceOrder>) {
        let used = self.used(node, lane);
        let is_kept = |(of_node, of_lane, id): &(u16, u16, ModelId)| {
            let is_used = |by: &DrawnBy| by.ranking() == Some(*id);
            (*of_node, *of_lane) != (node, lane) || used.iter().any(is_used)
        };
        self.orders.retain(|place, _| is_kept(place));
        self.orders
            .insert((node, lane, order.id()), Arc::clone(order));
    }

    /// As [`order_came`](Self::order_came).
    fn outside_came(&mut self, node: u16, lane: u16, order: &Arc<OutsideOrder>) {
        let used = self.used(node, lane);
        let is_kept = |(of_node, of_lane, id): &(u16, u16, OutsideId)| {
            let is_used = |by: &DrawnBy| by.outside() == Some(*id);
            (*of_node, *of_lane) != (node, lane) || used.iter().any(is_used)
        };
        self.outside.retain(|place, _| is_kept(place));
        self.outside
            .insert((node, lane, order.id()), Arc::clone(order));
    }

    /// By whose orders the plans of a lane were drawn that are known: two for each pool session.
    fn used(&self, node: u16, lane: u16) -> Vec<DrawnBy> {
        self.pools
            .range((node, lane, PoolKey(0))..=(node, lane, PoolKey(u32::MAX)))
            .flat_map(|(_, pair)| pair.iter().flatten())
            .filter_map(|since| since.drawn.map(|drawn| drawn.by))
            .collect()
    }

    /// The plan that a draw makes, where its orders are known.
    fn drawn(
        &self,
        (node, lane): (u16, u16),
        DrawnFrom { seed, by }: DrawnFrom,
    ) -> Option<SlotPlan> {
        let order = |id| self.orders.get(&(node, lane, id));
        match by {
            DrawnBy::Model(ranking) => Some(SlotPlan::draw(seed, order(ranking)?)),
            DrawnBy::Outside { ranking, outside } => {
                let model = match ranking {
                    Some(ranking) => Some(order(ranking)?.as_ref()),
                    None => None,
                };
                let outside = self.outside.get(&(node, lane, outside))?;
                Some(SlotPlan::draw_with_outside(seed, model, outside))
            }
        }
    }

    #[cfg(test)]
    pub(super) fn orders_kept(&self) -> usize {
        self.orders.len() + self.outside.len()
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
            Some(since) => match since.drawn {
                Some(drawn) => self.drawn((node, lane), drawn),
                None => Some(SlotPlan::identity()),
            },
            // With both places taken there may have been a third.
            None if pair[1].is_none() && self.whole.contains(&node) => Some(SlotPlan::identity()),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests;
