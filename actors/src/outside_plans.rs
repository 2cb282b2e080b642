//! Plans from outside: the way from whoever takes them to the lanes that draw by them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zartrux_models::bridge::{JobTag, OutsidePlan, PlanRefusal};
use zartrux_models::plan::OutsideOrder;
use zartrux_models::work::PoolKey;

/// A handle to the plan from outside that is in force, cheap to copy; all copies have the same.
///
/// One that is closed, as without a bridge, takes no plan, notes no job and has none in force.
#[derive(Debug, Clone, Default)]
pub struct OutsidePlans(Option<Arc<Shared>>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    taken: AtomicU64,
    refused: AtomicU64,
    expired: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// The current job of each pool session of each lane.
    jobs: BTreeMap<(u16, PoolKey), JobTag>,
    in_force: Option<PlanTaken>,
}

/// A plan that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanTaken {
    /// Its order, with its name.
    pub order: Arc<OutsideOrder>,
    /// The job that its author saw.
    pub for_job: JobTag,
    /// From when on blobs are no longer drawn by it, ms since 1970.
    pub expires_unix_ms: u64,
}

/// What became of plans so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlanCounts {
    /// Taken.
    pub taken: u64,
    /// Refused.
    pub refused: u64,
    /// Taken, and in force until their time was over; what another plan replaced is none of these.
    pub expired: u64,
}

impl OutsidePlans {
    /// Most jobs that are known: the current ones of so many pool sessions. A plan for one beyond
    /// is refused.
    pub const JOBS_MAX: usize = 4_096;

    /// One that takes plans.
    #[must_use]
    pub fn open() -> Self {
        Self(Some(Arc::default()))
    }

    /// Takes a plan as it came, at `now_unix_ms`: blobs that come after it are drawn by it, and no
    /// longer by the one before.
    ///
    /// # Errors
    /// It is not of a plan's form, its order has a byte twice, its end is past or too far away, or
    /// its job is none of the current ones. A closed handle knows no job.
    pub fn take(&self, bytes: &[u8], now_unix_ms: u64) -> Result<PlanTaken, PlanRefusal> {
        let taken = OutsidePlan::read(bytes, now_unix_ms).and_then(|plan| self.check_job(&plan));
        if let Some(shared) = &self.0 {
            let counter = match &taken {
                Ok(_) => &shared.taken,
                Err(_) => &shared.refused,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
        let taken = taken?;
        if let Some(shared) = &self.0 {
            let mut state = shared.state();
            shared.expire(&mut state, now_unix_ms);
            state.in_force = Some(taken.clone());
        }
        Ok(taken)
    }

    fn check_job(&self, plan: &OutsidePlan) -> Result<PlanTaken, PlanRefusal> {
        let is_known = |tag: &JobTag| {
            let Some(shared) = &self.0 else {
                return false;
            };
            shared.state().jobs.values().any(|known| known == tag)
        };
        let tag = plan.for_job().parse().ok().filter(is_known);
        Ok(PlanTaken {
            order: Arc::clone(plan.order()),
            for_job: tag.ok_or_else(|| PlanRefusal::UnknownJob(plan.for_job().into()))?,
            expires_unix_ms: plan.expires_unix_ms(),
        })
    }

    /// By which order a blob that comes at `now_unix_ms` is drawn.
    #[must_use]
    pub fn in_force(&self, now_unix_ms: u64) -> Option<Arc<OutsideOrder>> {
        Some(self.plan_in_force(now_unix_ms)?.order)
    }

    /// The plan that is in force at `now_unix_ms`.
    #[must_use]
    pub fn plan_in_force(&self, now_unix_ms: u64) -> Option<PlanTaken> {
        let shared = self.0.as_ref()?;
        let mut state = shared.state();
        shared.expire(&mut state, now_unix_ms);
        state.in_force.clone()
    }

    /// A pool session has this job now.
    pub fn note_job(&self, pool: PoolKey, tag: JobTag) {
        if let Some(shared) = &self.0 {
            let jobs = &mut shared.state().jobs;
            let place = (tag.lane, pool);
            if jobs.len() < Self::JOBS_MAX || jobs.contains_key(&place) {
                jobs.insert(place, tag);
            }
        }
    }

    /// A pool session of a lane has no job any more.
    pub fn forget_job(&self, lane: u16, pool: PoolKey) {
        if let Some(shared) = &self.0 {
            shared.state().jobs.remove(&(lane, pool));
        }
    }

    /// What became of plans so far.
    #[must_use]
    pub fn counts(&self) -> PlanCounts {
        let Some(shared) = &self.0 else {
            return PlanCounts::default();
        };
        PlanCounts {
            taken: shared.taken.load(Ordering::Relaxed),
            refused: shared.refused.load(Ordering::Relaxed),
            expired: shared.expired.load(Ordering::Relaxed),
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Whatever is in it is whole at any time.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn expire(&self, state: &mut State, now_unix_ms: u64) {
        let is_over = |plan: &mut PlanTaken| plan.expires_unix_ms <= now_unix_ms;
        if state.in_force.take_if(is_over).is_some() {
            self.expired.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zartrux_models::work::JobKey;

    const NOW: u64 = 1_000_000;

    fn tag(lane: u16, job: u32) -> JobTag {
        JobTag {
            lane,
            job: JobKey(job),
        }
    }

    fn plan(name: &str, job: &str, lasts_ms: u64) -> Vec<u8> {
        let end = NOW + lasts_ms;
        format!(
            r#"{{"schema":1,"name":"{name}","for_job":"{job}","order":[9,1],"expires_unix_ms":{end}}}"#
        )
        .into_bytes()
    }

    fn with_job() -> OutsidePlans {
        let plans = OutsidePlans::open();
        plans.note_job(PoolKey(4), tag(1, 31));
        plans
    }

    #[test]
    fn a_plan_is_in_force_until_it_expires_and_counted_then() {
        let plans = with_job();
        let held = plans.clone();
        assert_eq!(plans.in_force(NOW), None);
        let taken = plans.take(&plan("mine", "1-0000001f", 10), NOW).unwrap();
        assert_eq!(taken.for_job, tag(1, 31));
        assert_eq!(held.in_force(NOW + 9), Some(taken.order));
        assert_eq!(held.in_force(NOW + 10), None);
        assert_eq!(held.in_force(NOW), None, "it is gone for good");
        let counts = plans.counts();
        assert_eq!((counts.taken, counts.refused, counts.expired), (1, 0, 1));
    }

    #[test]
    fn the_next_plan_takes_the_place_of_the_last_and_a_refused_one_does_not() {
        let plans = with_job();
        plans.take(&plan("one", "1-0000001f", 10), NOW).unwrap();
        plans.take(&plan("two", "1-0000001f", 10), NOW).unwrap();
        plans.take(b"[]", NOW).unwrap_err();
        let name = plans.in_force(NOW).unwrap();
        assert_eq!(name.name(), "two");
        let counts = plans.counts();
        assert_eq!((counts.taken, counts.refused, counts.expired), (2, 1, 0));
    }

    #[test]
    fn a_plan_for_a_job_that_is_not_current_is_refused() {
        let plans = with_job();
        let refused = |job: &str| {
            let said = plans.take(&plan("mine", job, 10), NOW);
            assert_eq!(said, Err(PlanRefusal::UnknownJob(job.into())));
        };
        refused("0-0000001f");
        refused("31");
        plans.note_job(PoolKey(4), tag(1, 32));
        refused("1-0000001f");
        plans.take(&plan("mine", "1-00000020", 10), NOW).unwrap();
        plans.forget_job(1, PoolKey(4));
        refused("1-00000020");
    }

    #[test]
    fn jobs_beyond_the_limit_are_not_known() {
        let plans = OutsidePlans::open();
        for at in 0..=u32::try_from(OutsidePlans::JOBS_MAX).unwrap() {
            plans.note_job(PoolKey(at), tag(0, at));
        }
        plans.take(&plan("mine", "0-00000fff", 10), NOW).unwrap();
        plans
            .take(&plan("mine", "0-00001000", 10), NOW)
            .unwrap_err();
        plans.note_job(PoolKey(7), tag(0, 9_999));
        plans.take(&plan("mine", "0-0000270f", 10), NOW).unwrap();
    }

    #[test]
    fn a_closed_handle_takes_and_counts_nothing() {
        let plans = OutsidePlans::default();
        plans.note_job(PoolKey(4), tag(1, 31));
        plans
            .take(&plan("mine", "1-0000001f", 10), NOW)
            .unwrap_err();
        assert_eq!(
            (plans.in_force(NOW), plans.counts()),
            (None, PlanCounts::default())
        );
    }
}
