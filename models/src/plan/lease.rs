//! Nonce leases: which miner owns which slot of which pool session's job.

use std::collections::BTreeMap;

use super::SeatKey;
use crate::work::{PoolKey, Slot};

/// A slot of a pool session's current job. Which nonces these are is said by each job's
/// [`SlotPlan`](super::SlotPlan).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lease {
    /// The pool session.
    pub pool: PoolKey,
    /// The slot.
    pub slot: Slot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tenancy {
    Free,
    Held(SeatKey),
    /// Its tenant was given another: until it is known to have heard of that, it may get jobs here.
    Leaving(SeatKey),
    /// Its tenant is gone: its nonces are used up until the next job.
    Dead,
    /// Never leased.
    Spared,
}

#[derive(Debug, Clone)]
struct SlotMap {
    slots: Box<[Tenancy; Slot::COUNT]>,
    free: usize,
    held: usize,
    /// Where the search for a free slot goes on.
    cursor: u8,
}

impl SlotMap {
    fn new() -> Self {
        Self {
            slots: Box::new([Tenancy::Free; Slot::COUNT]),
            free: Slot::COUNT,
            held: 0,
            // Slot 0 leaves the blob's nonce all zero in every plan, which some miners take for no
            // slot: last.
            cursor: 0,
        }
    }

    /// Never leases slot 0, if nobody has it.
    fn spare_zero(&mut self) {
        let zero = &mut self.slots[0];
        match zero {
            Tenancy::Free => {
                *zero = Tenancy::Spared;
                self.free -= 1;
            }
            Tenancy::Dead => *zero = Tenancy::Spared,
            Tenancy::Held(_) | Tenancy::Leaving(_) | Tenancy::Spared => {}
        }
    }

    fn grant(&mut self, seat: SeatKey) -> Option<Slot> {
        for _ in 0..Slot::COUNT {
            self.cursor = self.cursor.wrapping_add(1);
            let tenancy = &mut self.slots[usize::from(self.cursor)];
            if *tenancy == Tenancy::Free {
                *tenancy = Tenancy::Held(seat);
                self.free -= 1;
                self.held += 1;
                return Some(Slot(self.cursor));
            }
        }
        None
    }

    fn move_out(&mut self, slot: Slot, seat: SeatKey) {
        let tenancy = &mut self.slots[usize::from(slot.0)];
        if *tenancy == Tenancy::Held(seat) {
            *tenancy = Tenancy::Leaving(seat);
            self.held -= 1;
        }
    }

    fn kill(&mut self, slot: Slot, seat: SeatKey) -> bool {
        let tenancy = &mut self.slots[usize::from(slot.0)];
        if *tenancy == Tenancy::Held(seat) {
            self.held -= 1;
        } else if *tenancy != Tenancy::Leaving(seat) {
            return false;
        }
        *tenancy = Tenancy::Dead;
        true
    }

    fn revive_dead(&mut self) {
        for tenancy in self.slots.iter_mut() {
            if *tenancy == Tenancy::Dead {
                *tenancy = Tenancy::Free;
                self.free += 1;
            }
        }
        self.cursor = 0;
    }
}

/// How a pool session's slots are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occupancy {
    /// Can be leased.
    pub free: usize,
    /// Leased.
    pub held: usize,
    /// Used up until the next job after their tenant has left.
    pub dead: usize,
}

/// All leases of a lane.
///
/// Invariant I3: live leases never overlap within an upstream job, and a slot that was given up
/// stays dead until the next job.
///
/// Whoever hands out the jobs may be ahead of this book by some: the tenant of a slot gets them
/// until it hears that it has another. So a slot that was taken from its tenant by
/// [`move_out`](Self::move_out) needs a [`release`](Self::release) before a job can revive it.
/// That is told after all jobs that the tenant ever got there, and found here after them: the job
/// that revives the slot is none of these.
#[derive(Debug, Clone, Default)]
pub struct LeaseBook {
    pools: BTreeMap<PoolKey, SlotMap>,
    spares_zero: bool,
}

impl LeaseBook {
    /// Opens the slots of a pool session that has got its first job; all free. Does nothing for
    /// one that is open already.
    pub fn open(&mut self, pool: PoolKey) {
        let map = self.pools.entry(pool).or_insert_with(SlotMap::new);
        if self.spares_zero {
            map.spare_zero();
        }
    }

    /// Leases slot 0 of no session any more, for good: it leaves the nonce of a blob all zero, and
    /// miners that were not told of `NiceHash` mode would take it for all nonces.
    pub fn spare_zero(&mut self) {
        self.spares_zero = true;
        self.pools.values_mut().for_each(SlotMap::spare_zero);
    }

    /// Opens a pool session of which nothing is known but who holds what: every other slot counts
    /// as dead, for it may have been scanned.
    pub fn open_unknown(&mut self, pool: PoolKey, held: impl IntoIterator<Item = (Slot, SeatKey)>) {
        let mut map = SlotMap::new();
        map.slots.fill(Tenancy::Dead);
        map.free = 0;
        for (slot, seat) in held {
            map.slots[usize::from(slot.0)] = Tenancy::Held(seat);
            map.held += 1;
        }
        if self.spares_zero {
            map.spare_zero();
        }
        self.pools.insert(pool, map);
    }

    /// Closes a pool session; returns who held its slots.
    pub fn close(&mut self, pool: PoolKey) -> Vec<SeatKey> {
        self.pools.remove(&pool).map_or_else(Vec::new, |map| {
            map.slots
                .iter()
                .filter_map(|tenancy| match tenancy {
                    Tenancy::Held(seat) => Some(*seat),
                    Tenancy::Free | Tenancy::Leaving(_) | Tenancy::Dead | Tenancy::Spared => None,
                })
                .collect()
        })
    }

    /// Whether a pool session is open.
    #[must_use]
    pub fn is_open(&self, pool: PoolKey) -> bool {
        self.pools.contains_key(&pool)
    }

    /// Leases a slot on one of `candidates`: on the fullest that has one, so that few sessions
    /// are needed.
    pub fn grant(
        &mut self,
        seat: SeatKey,
        candidates: impl IntoIterator<Item = PoolKey>,
    ) -> Option<Lease> {
        let pool = candidates
            .into_iter()
            .filter(|pool| self.pools.get(pool).is_some_and(|map| map.free > 0))
            .max_by_key(|pool| {
                let held = self.pools.get(pool).map_or(0, |map| map.held);
                (held, std::cmp::Reverse(*pool))
            })?;
        let slot = self.pools.get_mut(&pool)?.grant(seat)?;
        Some(Lease { pool, slot })
    }

    /// A seat has another lease, and is to leave this one.
    pub fn move_out(&mut self, lease: Lease, seat: SeatKey) {
        if let Some(map) = self.pools.get_mut(&lease.pool) {
            map.move_out(lease.slot, seat);
        }
    }

    /// A seat has left a lease and gets no more jobs under it: its slot is dead until the next
    /// one. False when it neither held it nor was to leave it.
    pub fn release(&mut self, lease: Lease, seat: SeatKey) -> bool {
        self.pools
            .get_mut(&lease.pool)
            .is_some_and(|map| map.kill(lease.slot, seat))
    }

    /// Another slot for a seat that has used its own up, which it is to leave: of the same job if
    /// that has one left.
    pub fn renew(
        &mut self,
        lease: Lease,
        seat: SeatKey,
        candidates: impl IntoIterator<Item = PoolKey>,
    ) -> Option<Lease> {
        let fresh = self
            .grant(seat, [lease.pool])
            .or_else(|| self.grant(seat, candidates))?;
        self.move_out(lease, seat);
        Some(fresh)
    }

    /// A pool session got its next job: dead slots can be leased again.
    pub fn job_replaced(&mut self, pool: PoolKey) {
        if let Some(map) = self.pools.get_mut(&pool) {
            map.revive_dead();
            if self.spares_zero {
                map.spare_zero();
            }
        }
    }

    /// How a pool session's slots are.
    #[must_use]
    pub fn occupancy(&self, pool: PoolKey) -> Option<Occupancy> {
        self.pools.get(&pool).map(|map| Occupancy {
            free: map.free,
            held: map.held,
            dead: Slot::COUNT - map.free - map.held,
        })
    }

    /// Who holds a lease.
    #[must_use]
    pub fn tenant(&self, lease: Lease) -> Option<SeatKey> {
        match self.pools.get(&lease.pool)?.slots[usize::from(lease.slot.0)] {
            Tenancy::Held(seat) => Some(seat),
            Tenancy::Free | Tenancy::Leaving(_) | Tenancy::Dead | Tenancy::Spared => None,
        }
    }

    /// Leases that are held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.pools.values().map(|map| map.held).sum()
    }

    /// Slots that can be leased on these pool sessions.
    #[must_use]
    pub fn free_on(&self, pools: impl IntoIterator<Item = PoolKey>) -> usize {
        pools
            .into_iter()
            .filter_map(|pool| self.pools.get(&pool))
            .map(|map| map.free)
            .sum()
    }

    /// Who sits on a pool session, with their slots.
    pub fn tenants(&self, pool: PoolKey) -> impl Iterator<Item = (Lease, SeatKey)> + '_ {
        (0..=u8::MAX).filter_map(move |slot| {
            let lease = Lease {
                pool,
                slot: Slot(slot),
            };
            self.tenant(lease).map(|seat| (lease, seat))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slot_zero_is_leased_last_and_not_at_all_once_it_is_spared() {
        let pool = PoolKey(1);
        let seat = |index| SeatKey {
            index,
            generation: 1,
        };
        let mut book = LeaseBook::default();
        book.open(pool);
        let leased = |book: &mut LeaseBook| {
            let slots = (0..300).map_while(|index| book.grant(seat(index), [pool]));
            slots.map(|lease| lease.slot).collect::<Vec<_>>()
        };
        assert_eq!(leased(&mut book).last(), Some(&Slot(0)));
        let mut book = LeaseBook::default();
        book.open(pool);
        book.spare_zero();
        for _ in 0..2 {
            let slots = leased(&mut book);
            assert_eq!((slots.len(), slots.contains(&Slot(0))), (255, false));
            for (index, slot) in (0..).zip(slots) {
                assert!(book.release(Lease { pool, slot }, seat(index)));
            }
            book.job_replaced(pool);
        }
    }
}
