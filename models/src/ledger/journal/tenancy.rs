//! Who held which nonces, by replaying the journal.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use super::plans_then::PlansThen;
use super::{JobThen, JournalEntry, JournalEvent};
use crate::ledger::Arm;
use crate::plan::SeatKey;
use crate::share::RigKey;
use crate::work::{PoolKey, Slot};

/// A part of the nonces of a pool session's jobs, wherever its machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The machine.
    pub node: u16,
    /// The lane.
    pub lane: u16,
    /// The pool session.
    pub pool: PoolKey,
    /// Which part.
    pub slot: Slot,
}

/// Who holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tenant {
    /// Which rig.
    pub rig: RigKey,
    /// By which of its connections.
    pub seat: SeatKey,
    /// The pool's connection that brought the job.
    pub connection: u32,
    /// In which arm of the experiment it got it.
    pub arm: Arm,
    /// The lane's number of the job under which it got it.
    pub job_key: u32,
    /// The entry that says so.
    pub seq: u64,
    /// When, milliseconds since 1970.
    pub since_ms: u64,
}

/// The journal says what can't be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Clash {
    /// Invariant I3 was violated: two had the same nonces of one job, at once, or one after the
    /// other though the first had used them.
    #[error("entry {seq}: slot {} of pool session {} in lane {} is given to rig {by} for job {job_key}, for which rig {} had it", place.slot, place.pool.0, place.lane, held.rig)]
    Overlap {
        /// The later entry.
        seq: u64,
        /// What.
        place: Place,
        /// The lane's number of the job.
        job_key: u32,
        /// Who holds it, or held it under that job or a later one.
        held: Tenant,
        /// Who was given it.
        by: RigKey,
    },
    /// Something was given up by who did not hold it: in a journal whose beginning was not kept,
    /// or that has a gap, this is to be expected.
    #[error("entry {seq}: slot {} of pool session {} in lane {} is given up by who did not hold it", place.slot, place.pool.0, place.lane)]
    NotHeld {
        /// The entry.
        seq: u64,
        /// What.
        place: Place,
        /// Who did hold it.
        held: Option<Tenant>,
    },
}

/// Who holds which nonces after some entries of the journal.
///
/// Entries come in the order of the journal; those of several machines may be mixed.
#[derive(Debug, Clone, Default)]
pub struct Tenancy {
    held: BTreeMap<Place, Tenant>,
    /// Who was the last to give a place up that is not held, and the last job it was theirs for.
    former: BTreeMap<Place, (Tenant, u32)>,
    /// The run of each machine that leases are of.
    runs: BTreeMap<u16, u32>,
    plans: PlansThen,
    missed: u64,
}

impl Tenancy {
    /// Replays a whole journal, or its beginning.
    ///
    /// # Errors
    /// An entry says what can't be.
    pub fn replay(entries: impl IntoIterator<Item: Borrow<JournalEntry>>) -> Result<Self, Clash> {
        let mut tenancy = Self::default();
        for entry in entries {
            tenancy.apply(entry.borrow())?;
        }
        Ok(tenancy)
    }

    /// Who held what at a moment, milliseconds since 1970: the entries up to the first later one.
    ///
    /// # Errors
    /// An entry says what can't be.
    pub fn at(
        entries: impl IntoIterator<Item: Borrow<JournalEntry>>,
        unix_ms: u64,
    ) -> Result<Self, Clash> {
        let mut tenancy = Self::default();
        for entry in entries {
            let entry = entry.borrow();
            if entry.unix_ms > unix_ms {
                break;
            }
            tenancy.apply(entry)?;
        }
        Ok(tenancy)
    }

    /// Takes the next entry into account, also one that says what can't be: then the later word
    /// counts.
    ///
    /// # Errors
    /// It says what can't be.
    pub fn apply(&mut self, entry: &JournalEntry) -> Result<(), Clash> {
        self.plans.apply(entry);
        // Leases end with the process, also where nobody was left to say so.
        if self.runs.insert(entry.node, entry.run) != Some(entry.run) {
            self.void(entry.node);
        }
        match &entry.event {
            JournalEvent::LeaseTaken { .. } => self.take(entry),
            JournalEvent::LeaseGivenUp {
                lane,
                pool,
                slot,
                seat,
                why: _,
                job_key,
            } => {
                let place = Place {
                    node: entry.node,
                    lane: *lane,
                    pool: *pool,
                    slot: *slot,
                };
                let tenant = self.leave(entry.seq, place, *seat)?;
                self.former.insert(place, (tenant, *job_key));
                Ok(())
            }
            JournalEvent::LeaseReturned {
                lane,
                pool,
                slot,
                seat,
                why: _,
                job_key: _,
                tried: _,
            } => {
                let place = Place {
                    node: entry.node,
                    lane: *lane,
                    pool: *pool,
                    slot: *slot,
                };
                // Whoever has it next may have it for the same job.
                self.leave(entry.seq, place, *seat).map(|_| ())
            }
            JournalEvent::PoolConnectionLost { lane, pool, .. } => {
                self.lose(entry.node, *lane, *pool);
                Ok(())
            }
            JournalEvent::RunBegan { .. } | JournalEvent::RunEnded => {
                self.void(entry.node);
                Ok(())
            }
            JournalEvent::EventsMissed { count } => {
                self.missed = self.missed.saturating_add(*count);
                Ok(())
            }
            JournalEvent::UpstreamServes { .. }
            | JournalEvent::Quarantined { .. }
            | JournalEvent::Released { .. }
            | JournalEvent::Suspected { .. }
            | JournalEvent::Cleared { .. }
            | JournalEvent::StageBypassed { .. }
            | JournalEvent::StageBack { .. }
            | JournalEvent::AlertRaised { .. }
            | JournalEvent::AlertCleared { .. }
            | JournalEvent::ModelEvent { .. }
            | JournalEvent::SlotsOrdered { .. }
            | JournalEvent::SlotsUnordered { .. }
            | JournalEvent::RankingInForce { .. }
            | JournalEvent::Block { .. }
            | JournalEvent::OutsideOrderInForce { .. }
            | JournalEvent::SlotsOrderedOutside { .. } => Ok(()),
        }
    }

    fn take(&mut self, entry: &JournalEntry) -> Result<(), Clash> {
        let JournalEvent::LeaseTaken {
            lane,
            pool,
            connection,
            slot,
            rig,
            seat,
            arm,
            job_key,
        } = entry.event
        else {
            return Ok(());
        };
        let place = Place {
            node: entry.node,
            lane,
            pool,
            slot,
        };
        let tenant = Tenant {
            rig,
            seat,
            connection,
            arm,
            job_key,
            seq: entry.seq,
            since_ms: entry.unix_ms,
        };
        let former = self.former.remove(&place);
        let former = former.filter(|(_, last)| *last >= job_key);
        let holder = self.held.insert(place, tenant);
        match holder.or(former.map(|(tenant, _)| tenant)) {
            None => Ok(()),
            Some(held) => Err(Clash::Overlap {
                seq: entry.seq,
                place,
                job_key,
                held,
                by: rig,
            }),
        }
    }

    fn leave(&mut self, seq: u64, place: Place, seat: SeatKey) -> Result<Tenant, Clash> {
        let held = self.held.get(&place).copied();
        match held.filter(|tenant| tenant.seat == seat) {
            Some(tenant) => {
                self.held.remove(&place);
                Ok(tenant)
            }
            None => Err(Clash::NotHeld { seq, place, held }),
        }
    }

    fn lose(&mut self, node: u16, lane: u16, pool: PoolKey) {
        let place = |slot| Place {
            node,
            lane,
            pool,
            slot: Slot(slot),
        };
        for slot in 0..=u8::MAX {
            self.held.remove(&place(slot));
            self.former.remove(&place(slot));
        }
    }

    fn void(&mut self, node: u16) {
        self.held.retain(|place, _| place.node != node);
        self.former.retain(|place, _| place.node != node);
    }

    /// Who holds a place.
    #[must_use]
    pub fn holder(&self, place: Place) -> Option<&Tenant> {
        self.held.get(&place)
    }

    /// The top nonce byte that a place has in the newest job of its pool session; `None` where the
    /// journal does not tell.
    #[must_use]
    pub fn byte_of(&self, place: Place) -> Option<Slot> {
        let plan = self.plans.newest(place.node, place.lane, place.pool)?;
        Some(plan.byte(place.slot))
    }

    /// The place to which a nonce of one of the last two jobs with drawn bytes, or of any job
    /// since, belongs, by its top byte; `None` where the journal does not tell. To be asked with
    /// no later entries applied than the share's own time.
    #[must_use]
    pub fn place_of(&self, job: JobThen, byte: Slot) -> Option<Place> {
        let plan = self.plans.of(job)?;
        Some(Place {
            node: job.node,
            lane: job.lane,
            pool: job.pool,
            slot: plan.slot_of(byte),
        })
    }

    /// In which arm of the experiment the nonces of a job with that top byte are, as
    /// [`place_of`](Self::place_of) finds it.
    #[must_use]
    pub fn arm_of(&self, job: JobThen, byte: Slot) -> Option<Arm> {
        self.plans.of(job).map(|plan| plan.arm(byte))
    }

    #[cfg(test)]
    pub(super) fn orders_kept(&self) -> usize {
        self.plans.orders_kept()
    }

    /// All places that are held, in order.
    pub fn held(&self) -> impl Iterator<Item = (Place, &Tenant)> {
        self.held.iter().map(|(place, tenant)| (*place, tenant))
    }

    /// How many places are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether nobody holds anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Events that the journal has missed so far: with any, what is said here may be wrong.
    #[must_use]
    pub const fn missed(&self) -> u64 {
        self.missed
    }
}
