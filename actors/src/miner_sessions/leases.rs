//! Leases as the planner gives them, and who sits where.

use std::sync::Arc;

use zartrux_models::ledger::LeaseEnd;
use zartrux_models::plan::{Lease, SeatKey, SlotUse};
use zartrux_models::session::Assignment;
use zartrux_models::stratum::{push_error, push_login};
use zartrux_models::work::{Difficulty, IssuedJob, PoolKey};

use super::writing::Closed;
use super::{LeaseGranted, MinerSessions, RateMemory, ReportLeases, Seat, TurnAway};
use crate::planner::{LeaseGivenUp, LeasesHeld, SeatLeft};

impl MinerSessions {
    pub(super) fn on_lease_granted(&mut self, granted: LeaseGranted) {
        let LeaseGranted {
            seat: key,
            lease,
            connection,
        } = granted;
        let Some((seat, rig)) = self.seat(key).and_then(|seat| {
            let rig = seat.identity.as_deref()?.standing.key;
            Some((seat, rig))
        }) else {
            // It left while the planner was at it.
            self.posts.seat_left.send(SeatLeft {
                seat: key,
                lease: Some((lease, SlotUse::UNTOUCHED)),
            });
            return;
        };
        let former = seat.lease.take();
        let last = seat.last_job();
        let renewed = seat.renewal_asked;
        let current = self.jobs.current(lease.pool).cloned();
        let current = current.filter(|job| job.origin.connection == connection);
        if let Some(former) = former {
            let why = match &current {
                None => LeaseEnd::UpstreamLost,
                Some(_) if renewed => LeaseEnd::Renewed,
                Some(_) => LeaseEnd::Moved,
            };
            if let Some(connection) = self.tenants.give_up(former, key, last, why) {
                self.posts.lease_given_up.send(LeaseGivenUp {
                    seat: key,
                    lease: former,
                    connection,
                });
            }
        }
        let Some(current) = current else {
            // The connection was lost meanwhile, and another may have come in its place; the planner
            // hears of it as we do and grants anew.
            return;
        };
        if let Some(seat) = self.seat(key) {
            seat.lease = Some(lease);
        }
        if renewed {
            self.stats.connections(|counts| counts.leases_renewed += 1);
        }
        let set = self.jobs.find(current.key).map(|found| found.nonce_set);
        let work = (set, self.millis());
        if let Some(tried) = self.tenants.take(lease, key, rig, &current, work) {
            self.stats.connections(|counts| {
                counts.slots_leased_again += 1;
                counts.hashes_tried_again += u64::from(tried);
            });
        }
        self.send_job(key, lease);
    }

    /// Leases die with the connection whose job they are of: kept, they would be used for the next
    /// connection's job beside those that the planner grants then.
    pub(super) fn vacate_all(&mut self, pool: PoolKey) {
        for key in self.tenants.lose(pool) {
            if let Some(seat) = self.seat(key) {
                seat.lease = None;
                seat.forget_odometer();
            }
        }
    }

    /// Sends a seat the current job of its pool session, under its lease: the answer to its login,
    /// if that waits.
    pub(super) fn send_job(&mut self, key: SeatKey, lease: Lease) {
        let now = self.second();
        let policy = self.settings.vardiff;
        let Some(issued) = self.jobs.current(lease.pool).cloned() else {
            // The job is gone again; the planner hears of it as we do and will grant anew.
            return;
        };
        let memory = Arc::clone(&self.remembered_rate);
        let fits = |seat: &mut Seat| seat.can_hash(&issued.job.algorithm);
        if !self.seat(key).is_some_and(fits) {
            self.withhold(key, &issued.job.algorithm);
            return;
        }
        let Some(seat) = self.seat(key) else {
            return;
        };
        seat.unfit_since = None;
        let difficulty = seat.ask(policy.as_ref(), &issued, now, &*memory);
        let byte = issued.plan.byte(lease.slot);
        let login = seat.protocol.give(Assignment {
            job: issued.key,
            slot: byte,
            difficulty,
        });
        let session = seat.protocol.session();
        let own_blob = issued.job.work.is_template();
        let rig = seat.identity.as_deref().map(|rig| rig.standing.key);
        if login.is_some() {
            seat.leaves_top_byte = !own_blob;
        }
        if let Some(rig) = rig.filter(|_| login.is_some()) {
            self.unfit.forget(rig);
        }
        let mut out = std::mem::take(&mut self.scratch);
        out.clear();
        if let Some(line) = self.lines.get_mut(&lease.pool) {
            match login {
                Some(id) => {
                    let object = line.patch_object(byte, difficulty);
                    push_login(&mut out, id, &session.to_hex(), object, own_blob);
                    self.stats.connections(|counts| counts.logged_in += 1);
                }
                None => out.extend_from_slice(line.patch(byte, difficulty)),
            }
        }
        self.send(key, &out);
        out.clear();
        self.scratch = out;
        self.schedule(key);
    }

    pub(super) fn on_turn_away(&mut self, turned: TurnAway) {
        for key in turned.seats {
            if let Some(algorithm) = &turned.unable {
                self.tell_unfit(key, algorithm);
            }
            let Some(seat) = self.seat(key) else {
                continue;
            };
            if let Some(id) = seat.protocol.awaiting_lease() {
                push_error(&mut self.scratch, id, &turned.text);
                self.send_scratch(key);
            }
            self.close(key, Closed::ByUs);
        }
    }

    pub(super) fn on_report_leases(&mut self, _: ReportLeases) {
        let (mut held, mut waiting, mut traits) = (Vec::new(), Vec::new(), Vec::new());
        for (_, seat) in &self.seats {
            if let Some(identity) = seat.identity.as_deref() {
                traits.push((seat.key, Arc::new(identity.traits())));
            }
            match seat.lease {
                Some(lease) => held.push((seat.key, lease)),
                None if seat.identity.is_some() => waiting.push(seat.key),
                None => {}
            }
        }
        self.posts.leases_held.send(LeasesHeld {
            held,
            waiting,
            traits,
        });
    }
}

impl Seat {
    /// The difficulty to ask for with a job; its scan begins now.
    pub(super) fn ask(
        &mut self,
        policy: Option<&zartrux_models::plan::VardiffPolicy>,
        issued: &IssuedJob,
        now: super::seat::Second,
        memory: &dyn RateMemory,
    ) -> Difficulty {
        let upstream = issued.job.target.difficulty();
        let asked = policy.map_or(upstream, |policy| {
            if let (Some(vardiff), Some(_)) = (&mut self.vardiff, self.difficulty) {
                let elapsed = std::time::Duration::from_secs(u64::from(now - self.vardiff_at));
                vardiff.note(policy, elapsed, 0);
            }
            self.vardiff_at = now;
            let begun = self.begin_estimate(policy, &issued.job.algorithm, upstream, memory);
            match (begun, self.difficulty, &self.vardiff) {
                (Some(first), _, _) => first,
                (None, Some(current), Some(vardiff)) => vardiff.next(policy, current, upstream),
                (None, _, _) => upstream,
            }
        });
        self.difficulty = Some(asked);
        self.scan_began = now;
        self.forget_odometer();
        asked
    }

    /// Another scan begins, or none goes on.
    pub(super) fn forget_odometer(&mut self) {
        self.renew_at = None;
        self.renewal_asked = false;
        self.scan_work = 0;
    }
}
