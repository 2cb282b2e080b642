//! Nonce leases: which miner owns which slot of which pool session's job.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{SeatKey, SlotUse};
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
    /// Its tenant is gone: its nonces are used up until the next blob.
    Dead,
    /// Never leased.
    Spared,
}

#[derive(Debug, Clone)]
struct SlotMap {
    slots: Box<[Tenancy; Slot::COUNT]>,
    /// Most hashes that earlier tenants of a slot have tried of the present blob.
    tried: Box<[u16; Slot::COUNT]>,
    /// Free, and nobody has tried anything.
    fresh: usize,
    /// Free, and hardly scanned.
    again: usize,
    held: usize,
    /// Where the search for a free slot goes on.
    cursor: u8,
}

impl SlotMap {
    fn new() -> Self {
        Self {
            slots: Box::new([Tenancy::Free; Slot::COUNT]),
            tried: Box::new([0; Slot::COUNT]),
            fresh: Slot::COUNT,
            again: 0,
            held: 0,
            // Slot 0 leaves the blob's nonce all zero in every plan, which some miners take for no
            // slot: last.
            cursor: 0,
        }
    }

    /// Never leases slot 0, if nobody has it.
    fn spare_zero(&mut self) {
        match self.slots[0] {
            Tenancy::Free => {
                self.slots[0] = Tenancy::Spared;
                *self.free_like(0) -= 1;
            }
            Tenancy::Dead => self.slots[0] = Tenancy::Spared,
            Tenancy::Held(_) | Tenancy::Leaving(_) | Tenancy::Spared => {}
        }
    }

    /// How many free slots there are of a slot's sort.
    fn free_like(&mut self, slot: u8) -> &mut usize {
        if self.tried[usize::from(slot)] == 0 {
            &mut self.fresh
        } else {
            &mut self.again
        }
    }

    fn hold(&mut self, slot: u8, seat: SeatKey) -> Slot {
        self.slots[usize::from(slot)] = Tenancy::Held(seat);
        *self.free_like(slot) -= 1;
        self.held += 1;
        Slot(slot)
    }

    fn is_free(&self, slot: u8) -> bool {
        self.slots[usize::from(slot)] == Tenancy::Free
    }

    /// Leases a slot of which nothing was tried.
    fn grant_fresh(&mut self, seat: SeatKey) -> Option<Slot> {
        if self.fresh == 0 {
            return None;
        }
        for _ in 0..Slot::COUNT {
            self.cursor = self.cursor.wrapping_add(1);
            let slot = self.cursor;
            if self.is_free(slot) && self.tried[usize::from(slot)] == 0 {
                return Some(self.hold(slot, seat));
            }
        }
        None
    }

    /// Leases the slot that is least scanned of those that are hardly scanned; slot 0 is the last,
    /// as ever.
    fn grant_again(&mut self, seat: SeatKey) -> Option<Slot> {
        if self.again == 0 {
            return None;
        }
        let slot = (0..=u8::MAX)
            .filter(|slot| self.is_free(*slot))
            .min_by_key(|slot| (*slot == 0, self.tried[usize::from(*slot)]))?;
        Some(self.hold(slot, seat))
    }

    fn move_out(&mut self, slot: Slot, seat: SeatKey) {
        let tenancy = &mut self.slots[usize::from(slot.0)];
        if *tenancy == Tenancy::Held(seat) {
            *tenancy = Tenancy::Leaving(seat);
            self.held -= 1;
        }
    }

    /// A tenant has left its slot, having used it like this.
    fn vacate(&mut self, slot: Slot, seat: SeatKey, was: SlotUse) -> bool {
        let at = usize::from(slot.0);
        match self.slots[at] {
            Tenancy::Held(tenant) if tenant == seat => self.held -= 1,
            Tenancy::Leaving(tenant) if tenant == seat => {}
            Tenancy::Free
            | Tenancy::Held(_)
            | Tenancy::Leaving(_)
            | Tenancy::Dead
            | Tenancy::Spared => return false,
        }
        match SlotUse::Tried(self.tried[at]).and(was).tried() {
            Some(tried) => {
                self.slots[at] = Tenancy::Free;
                self.tried[at] = tried;
                *self.free_like(slot.0) += 1;
            }
            None => self.slots[at] = Tenancy::Dead,
        }
        true
    }

    /// Another blob: nothing of it was tried.
    fn renew_all(&mut self) {
        self.tried.fill(0);
        self.fresh += std::mem::take(&mut self.again);
        for tenancy in self.slots.iter_mut() {
            if *tenancy == Tenancy::Dead {
                *tenancy = Tenancy::Free;
                self.fresh += 1;
            }
        }
        self.cursor = 0;
    }
}

/// Slots of which nobody has tried anything, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UntouchedSlots([u8; Slot::COUNT / 8]);

impl UntouchedSlots {
    /// Nothing is known of any.
    pub const NONE: Self = Self([0; Slot::COUNT / 8]);

    /// Notes one.
    pub fn note(&mut self, slot: Slot) {
        self.0[usize::from(slot.0 / 8)] |= 1 << (slot.0 % 8);
    }

    /// Whether a slot is known to be untouched.
    #[must_use]
    pub fn has(&self, slot: Slot) -> bool {
        self.0[usize::from(slot.0 / 8)] & (1 << (slot.0 % 8)) != 0
    }
}

/// How a pool session's slots are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occupancy {
    /// Can be leased, and nothing of them was tried.
    pub free: usize,
    /// Can be leased again: their tenant left after a moment, without a share.
    pub again: usize,
    /// Leased.
    pub held: usize,
    /// Used up until the next blob after their tenant has left.
    pub dead: usize,
}

/// All leases of a lane.
///
/// Invariant I3: live leases never overlap within an upstream job, and a slot in which a share was
/// admitted, or much was scanned, stays dead after its tenant until the blob changes.
///
/// A slot that its tenant [vacated](Self::vacate) after a moment is leased again, but only when no
/// slot is left of which nothing was tried, and the least scanned first. Neither of that depends on
/// which nonces a slot has, so it is the same for all arms of an experiment.
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
        self.open_known(pool, held, &UntouchedSlots::NONE);
    }

    /// The same where some slots are known to be untouched.
    pub fn open_known(
        &mut self,
        pool: PoolKey,
        held: impl IntoIterator<Item = (Slot, SeatKey)>,
        untouched: &UntouchedSlots,
    ) {
        let mut map = SlotMap::new();
        map.fresh = 0;
        for (slot, tenancy) in (0..=u8::MAX).zip(map.slots.iter_mut()) {
            if untouched.has(Slot(slot)) {
                map.fresh += 1;
            } else {
                *tenancy = Tenancy::Dead;
            }
        }
        for (slot, seat) in held {
            map.fresh -= usize::from(map.is_free(slot.0));
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

    /// Slots of a pool session that can be leased and of which nobody has tried anything.
    #[must_use]
    pub fn untouched(&self, pool: PoolKey) -> UntouchedSlots {
        let mut untouched = UntouchedSlots::NONE;
        if let Some(map) = self.pools.get(&pool) {
            for slot in (0..=u8::MAX).filter(|slot| map.is_free(*slot)) {
                if map.tried[usize::from(slot)] == 0 {
                    untouched.note(Slot(slot));
                }
            }
        }
        untouched
    }

    /// Whether a pool session is open.
    #[must_use]
    pub fn is_open(&self, pool: PoolKey) -> bool {
        self.pools.contains_key(&pool)
    }

    /// Leases a slot on one of `candidates`: on the fullest that has one, so that few sessions
    /// are needed; one that was hardly scanned only when none of them has a fresh one.
    pub fn grant(
        &mut self,
        seat: SeatKey,
        candidates: impl IntoIterator<Item = PoolKey>,
    ) -> Option<Lease> {
        let (mut fresh, mut again) = (None, None);
        for pool in candidates {
            let Some(map) = self.pools.get(&pool) else {
                continue;
            };
            let rank = Some((map.held, std::cmp::Reverse(pool)));
            if map.fresh > 0 {
                fresh = fresh.max(rank);
            } else if map.again > 0 {
                again = again.max(rank);
            }
        }
        let (_, std::cmp::Reverse(pool)) = fresh.or(again)?;
        let map = self.pools.get_mut(&pool)?;
        let slot = map.grant_fresh(seat).or_else(|| map.grant_again(seat))?;
        Some(Lease { pool, slot })
    }

    /// A seat has another lease, and is to leave this one.
    pub fn move_out(&mut self, lease: Lease, seat: SeatKey) {
        if let Some(map) = self.pools.get_mut(&lease.pool) {
            map.move_out(lease.slot, seat);
        }
    }

    /// A seat has left a lease and gets no more jobs under it: its slot is dead until the next
    /// blob. False when it neither held it nor was to leave it.
    pub fn release(&mut self, lease: Lease, seat: SeatKey) -> bool {
        self.vacate(lease, seat, SlotUse::Spent)
    }

    /// The same where it is known how the seat has used its slot. Only for a seat that is gone: as
    /// long as it is there, it may have a share for any job that it ever got under the lease.
    pub fn vacate(&mut self, lease: Lease, seat: SeatKey, was: SlotUse) -> bool {
        self.pools
            .get_mut(&lease.pool)
            .is_some_and(|map| map.vacate(lease.slot, seat, was))
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

    /// A pool session got a job with another blob: dead slots can be leased again.
    pub fn job_replaced(&mut self, pool: PoolKey) {
        if let Some(map) = self.pools.get_mut(&pool) {
            map.renew_all();
            if self.spares_zero {
                map.spare_zero();
            }
        }
    }

    /// How a pool session's slots are.
    #[must_use]
    pub fn occupancy(&self, pool: PoolKey) -> Option<Occupancy> {
        self.pools.get(&pool).map(|map| Occupancy {
            free: map.fresh,
            again: map.again,
            held: map.held,
            dead: Slot::COUNT - map.fresh - map.again - map.held,
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

    /// Slots of which nothing was tried that can be leased on these pool sessions.
    #[must_use]
    pub fn free_on(&self, pools: impl IntoIterator<Item = PoolKey>) -> usize {
        pools
            .into_iter()
            .filter_map(|pool| self.pools.get(&pool))
            .map(|map| map.fresh)
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
