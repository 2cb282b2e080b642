//! The journal as it is told, held against the shares that come meanwhile.

use std::collections::HashMap;

use zartrux_actors::journal::JournalNoted;
use zartrux_actors::share_ticket::ShareTicket;
use zartrux_models::ledger::{JournalEntry, JournalEvent, LeaseEnd, Place, Tenancy, Tenant};
use zartrux_models::plan::{Lease, SeatKey};

pub(crate) const LANE: u16 = 3;

pub(crate) const fn place(lease: Lease) -> Place {
    Place {
        node: 0,
        lane: LANE,
        pool: lease.pool,
        slot: lease.slot,
    }
}

#[derive(Debug, Default)]
pub(crate) struct Audit {
    pub(crate) entries: Vec<JournalEntry>,
    tenancy: Tenancy,
    /// Who held each place, ever.
    all: HashMap<Place, Vec<Tenant>>,
    /// What can't be.
    pub(crate) wrong: Vec<String>,
    /// Shares whose slot their rig held when they came.
    pub(crate) held: usize,
    /// Shares whose slot their rig had given up.
    pub(crate) given_up: usize,
}

impl Audit {
    pub(crate) fn note(&mut self, noted: JournalNoted) {
        let entry = JournalEntry {
            seq: self.entries.len() as u64 + 1,
            node: 0,
            run: 1,
            unix_ms: noted.unix_ms,
            event: noted.event,
        };
        if let Err(clash) = self.tenancy.apply(&entry) {
            self.wrong.push(clash.to_string());
        }
        if let JournalEvent::LeaseTaken {
            lane, pool, slot, ..
        } = entry.event
        {
            if lane != LANE {
                self.wrong.push(format!("lane {lane}"));
            }
            let place = place(Lease { pool, slot });
            let tenant = self.tenancy.holder(place).copied();
            self.all.entry(place).or_default().extend(tenant);
        }
        self.entries.push(entry);
    }

    /// A share was admitted: its rig must hold its slot, or have held it while its job was there.
    pub(crate) fn admitted(&mut self, ticket: &ShareTicket) {
        let job = &ticket.share.job;
        let place = place(Lease {
            pool: job.origin.pool,
            slot: ticket.share.nonce.slot(),
        });
        let is_its = |tenant: &&Tenant| {
            (tenant.rig, tenant.seat) == (ticket.rig, ticket.seat)
                && tenant.connection == job.origin.connection
        };
        if self.tenancy.holder(place).filter(is_its).is_some() {
            self.held += 1;
            return;
        }
        let all = self.all.get(&place).map_or(&[][..], Vec::as_slice);
        let had = all.iter().rposition(|tenant| is_its(&tenant));
        // Whoever came after it got later jobs only.
        let mine_alone = had.is_some_and(|at| {
            let later = &all[at + 1..];
            later.iter().all(|tenant| {
                tenant.connection != job.origin.connection || tenant.job_key > job.key.0
            })
        });
        if mine_alone {
            self.given_up += 1;
        } else {
            let rig = ticket.rig;
            self.wrong.push(format!(
                "a share of rig {rig} in {place:?}, which had {all:?}"
            ));
        }
    }

    /// Who holds what, by replaying all of it from the beginning.
    pub(crate) fn replayed(&self) -> Vec<(Place, SeatKey)> {
        let tenancy = Tenancy::replay(&self.entries).unwrap();
        let held = tenancy.held();
        held.map(|(place, tenant)| (place, tenant.seat)).collect()
    }

    pub(crate) fn ends(&self, reason: LeaseEnd) -> usize {
        let ended = self.entries.iter().filter(
            |entry| matches!(entry.event, JournalEvent::LeaseGivenUp { why, .. } if why == reason),
        );
        ended.count()
    }

    pub(crate) fn count(&self, what: impl Fn(&JournalEvent) -> bool) -> usize {
        self.entries
            .iter()
            .filter(|entry| what(&entry.event))
            .count()
    }
}
