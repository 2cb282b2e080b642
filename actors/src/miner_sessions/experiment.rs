//! The orders of nonces in force, and the plans that are drawn by them. Each is noted in the journal: so
//! a replay of it maps every nonce back to its lease.

use std::collections::HashSet;
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use zartrux_models::bridge::JobTag;
use zartrux_models::ledger::JournalEvent;
use zartrux_models::plan::{DrawnBy, DrawnFrom, NonceOrder, OutsideOrder, SlotPlan};
use zartrux_models::work::{IssuedJob, PoolKey};

use crate::journal::Journal;
use crate::outside_plans::OutsidePlans;

#[derive(Debug)]
pub(super) struct Experiment {
    journal: Journal,
    order: Option<Arc<NonceOrder>>,
    outside: OutsidePlans,
    /// The order that the journal was told last.
    told: Option<Arc<NonceOrder>>,
    /// The one from outside that it was told last.
    told_outside: Option<Arc<OutsideOrder>>,
    /// Pool sessions whose last job had drawn bytes.
    ordered: HashSet<PoolKey>,
    seeds: StdRng,
}

impl Experiment {
    /// `seed` makes all that is drawn.
    pub(super) fn new(
        journal: Journal,
        (order, outside): (Option<Arc<NonceOrder>>, OutsidePlans),
        seed: u64,
    ) -> Self {
        Self {
            journal,
            order,
            outside,
            told: None,
            told_outside: None,
            ordered: HashSet::new(),
            seeds: StdRng::seed_from_u64(seed),
        }
    }

    /// Blobs that come from now on are drawn by this order.
    pub(super) fn replace(&mut self, order: Option<Arc<NonceOrder>>) {
        self.order = order;
    }

    /// A plan for another blob, which comes now.
    pub(super) fn draw(&mut self, now_unix_ms: u64) -> SlotPlan {
        let outside = self.outside.in_force(now_unix_ms);
        self.tell_orders(outside.as_ref());
        match (self.order.as_deref(), outside) {
            (None, None) => SlotPlan::identity(),
            (Some(order), None) => SlotPlan::draw(self.seeds.next_u64(), order),
            (model, Some(outside)) => {
                SlotPlan::draw_with_outside(self.seeds.next_u64(), model, &outside)
            }
        }
    }

    /// A job of the process before is alive. Its plan was drawn by an order that this journal may not
    /// know: then a replay finds it in the journal of that process, or does without.
    pub(super) fn inherited(&mut self, issued: &IssuedJob, now_unix_ms: u64) {
        let outside = self.outside.in_force(now_unix_ms);
        self.tell_orders(outside.as_ref());
        self.note(issued);
    }

    /// Has the journal know the orders in force.
    fn tell_orders(&mut self, outside: Option<&Arc<OutsideOrder>>) {
        let lane = self.journal.lane();
        if let Some(order) = &self.order
            && self.told.as_ref() != Some(order)
        {
            self.told = Some(Arc::clone(order));
            let order = Arc::clone(order);
            self.journal
                .note(JournalEvent::RankingInForce { lane, order });
        }
        if let Some(order) = outside
            && self.told_outside.as_ref() != Some(order)
        {
            self.told_outside = Some(Arc::clone(order));
            let order = Arc::clone(order);
            self.journal
                .note(JournalEvent::OutsideOrderInForce { lane, order });
        }
    }

    /// A pool session has another job.
    pub(super) fn note(&mut self, issued: &IssuedJob) {
        let (origin, job_key) = (issued.origin, issued.key.0);
        let lane = self.journal.lane();
        let tag = JobTag {
            lane,
            job: issued.key,
        };
        self.outside.note_job(origin.pool, tag);
        if let Some(drawn) = issued.plan.drawn_from() {
            self.ordered.insert(origin.pool);
            self.journal.note(ordered(lane, issued, drawn));
        } else if self.ordered.remove(&origin.pool) {
            self.journal.note(JournalEvent::SlotsUnordered {
                lane,
                pool: origin.pool,
                connection: origin.connection,
                job_key,
            });
        }
    }

    /// A pool session has no job for now.
    pub(super) fn jobs_gone(&self, pool: PoolKey) {
        self.outside.forget_job(self.journal.lane(), pool);
    }

    /// A pool session has ended for good.
    pub(super) fn forget(&mut self, pool: PoolKey) {
        self.jobs_gone(pool);
        self.ordered.remove(&pool);
    }
}

/// A job with drawn bytes, as the journal is told of it.
fn ordered(lane: u16, issued: &IssuedJob, DrawnFrom { seed, by }: DrawnFrom) -> JournalEvent {
    let (pool, connection) = (issued.origin.pool, issued.origin.connection);
    let job_key = issued.key.0;
    match by {
        DrawnBy::Model(ranking) => JournalEvent::SlotsOrdered {
            lane,
            pool,
            connection,
            job_key,
            seed,
            ranking,
        },
        DrawnBy::Outside { ranking, outside } => JournalEvent::SlotsOrderedOutside {
            lane,
            pool,
            connection,
            job_key,
            seed,
            ranking,
            outside,
        },
    }
}
