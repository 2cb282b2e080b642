//! The journal as it is told, held against the shares that come meanwhile.

use std::collections::HashMap;

use zartrux_actors::journal::JournalNoted;
use zartrux_actors::share_ticket::ShareTicket;
use zartrux_models::ledger::{
    Arm, JobThen, JournalEntry, JournalEvent, LeaseEnd, Place, Tenancy, Tenant,
};
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

#[derive(Debug)]
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
    /// Shares whose nonces were drawn for control, for the model, and for outside.
    pub(crate) in_arm: [usize; 3],
}

impl Audit {
    /// The journal of a process that begins.
    pub(crate) fn new() -> Self {
        let mut audit = Self {
            entries: Vec::new(),
            tenancy: Tenancy::default(),
            all: HashMap::new(),
            wrong: Vec::new(),
            held: 0,
            given_up: 0,
            in_arm: [0; 3],
        };
        let began = JournalEvent::RunBegan {
            version: "0.1.0".into(),
            started_ms: 0,
        };
        audit.note_at(0, began);
        audit
    }

    pub(crate) fn note(&mut self, noted: JournalNoted) {
        self.note_at(noted.unix_ms, noted.event);
    }

    fn note_at(&mut self, unix_ms: u64, event: JournalEvent) {
        let entry = JournalEntry {
            seq: self.entries.len() as u64 + 1,
            node: 0,
            run: 1,
            unix_ms,
            event,
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
        let byte = ticket.share.nonce.slot();
        // By the journal alone.
        let then = JobThen {
            node: 0,
            lane: LANE,
            pool: job.origin.pool,
            job_key: job.key.0,
        };
        let place = place(Lease {
            pool: job.origin.pool,
            slot: job.plan.slot_of(byte),
        });
        let arm = job.plan.arm(byte);
        self.in_arm[0] += usize::from(arm == Arm::Control);
        self.in_arm[1] += usize::from(arm == Arm::Model);
        self.in_arm[2] += usize::from(arm == Arm::Outside);
        let told = (
            self.tenancy.place_of(then, byte),
            self.tenancy.arm_of(then, byte),
        );
        if told != (Some(place), Some(arm)) {
            self.wrong.push(format!(
                "byte {byte} of {then:?} is {told:?} in the journal"
            ));
        }
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
        self.count(|event| {
            matches!(
                event,
                JournalEvent::LeaseGivenUp { why, .. } | JournalEvent::LeaseReturned { why, .. }
                    if *why == reason
            )
        })
    }

    pub(crate) fn count(&self, what: impl Fn(&JournalEvent) -> bool) -> usize {
        self.entries
            .iter()
            .filter(|entry| what(&entry.event))
            .count()
    }
}
