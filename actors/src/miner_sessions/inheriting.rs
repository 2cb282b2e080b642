//! Miners of the process before, who do not notice that they are another's.

use std::io;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use mio::net::TcpStream;
use zartrux_models::filter::{Scanner, VerdictsHeard};
use zartrux_models::handover::{IdentityWire, SeatWire};
use zartrux_models::plan::{Lease, SeatKey, Vardiff};
use zartrux_models::session::{MinerProtocol, SessionId};
use zartrux_models::stratum::{AlgoPerf, JobLine, LineAssembler};
use zartrux_models::work::{Algorithm, Difficulty, PoolKey, Slot};

use super::connection::Connection;
use super::entering::Origin;
use super::listeners::token_of_seat;
use super::said::cut;
use super::seat::{Identity, SeatTally, Second};
use super::{MinerSessions, Seat};
use crate::doorkeeper::Counted;
use crate::handover::InheritedSeats;

/// Ages beyond a day are a day.
const OLDEST: Second = 24 * 60 * 60;

impl MinerSessions {
    /// Begins with the miners of the process before.
    #[must_use]
    pub(crate) fn inheriting(mut self, seats: Option<InheritedSeats>) -> Self {
        self.inherited = seats.map(Box::new);
        self
    }

    /// Takes up what was inherited, before anything else happens.
    pub(super) fn take_up_inherited(&mut self) {
        let Some(inherited) = self.inherited.take() else {
            return;
        };
        let InheritedSeats {
            counters,
            jobs,
            seats,
        } = *inherited;
        self.last_generation = counters.last_generation;
        self.last_share = counters.last_share;
        self.set_back(&seats);
        self.jobs = jobs;
        self.show_jobs();
        let all = seats.len();
        let mut gone = 0_usize;
        for (wire, socket) in seats {
            if let Err(fault) = self.take_up_seat(&wire, socket) {
                tracing::debug!(%fault, "a miner of the process before can't be taken up");
                gone += 1;
            }
        }
        if gone > 0 {
            self.stats
                .connections(|counts| counts.dropped += gone as u64);
            tracing::warn!(
                gone,
                of = all,
                "not all miners of the process before came over"
            );
        }
    }

    /// Sets the lane's clock so that what is this old has a time.
    fn set_back(&mut self, seats: &[(SeatWire, OwnedFd)]) {
        let ages = seats.iter().flat_map(|(wire, _)| {
            [
                wire.vardiff_age,
                wire.scan_age,
                wire.waiting_age,
                wire.heard_age,
                wire.unfit_age.unwrap_or_default(),
            ]
        });
        let oldest = ages.max().unwrap_or_default().min(OLDEST);
        let back = Duration::from_secs(u64::from(oldest));
        let Some(started) = self.started.checked_sub(back) else {
            // A machine that runs for less: these are as old as it can tell.
            return;
        };
        self.started = started;
        self.started_unix_ms = self
            .started_unix_ms
            .saturating_sub(u64::from(oldest) * 1_000);
        // Nothing is in it yet.
        self.wheel.turn(oldest);
    }

    /// Has whoever hears of jobs hear of those that are alive.
    fn show_jobs(&mut self) {
        let unix_ms = self.clock.unix_millis();
        let pools: Vec<PoolKey> = self.jobs.with_jobs().collect();
        for pool in pools {
            for issued in self.jobs.jobs_of(pool) {
                (self.on_job)(&issued.job);
            }
            let Some(current) = self.jobs.current(pool).cloned() else {
                continue;
            };
            self.experiment.inherited(&current, unix_ms);
            self.bridge.job(self.lane, &current);
            self.lines.insert(pool, JobLine::render(&current));
        }
    }

    fn take_up_seat(&mut self, wire: &SeatWire, socket: OwnedFd) -> io::Result<()> {
        let protocol = MinerProtocol::unpack(&wire.miner).map_err(io::Error::other)?;
        let stream = std::net::TcpStream::from(socket);
        stream.set_nonblocking(true)?;
        let mut socket = TcpStream::from_std(stream);
        let now = self.second();
        let entry = self.seats.vacant_entry();
        self.last_generation = self.last_generation.wrapping_add(1).max(1);
        let key = SeatKey {
            index: u32::try_from(entry.key()).map_err(io::Error::other)?,
            generation: self.last_generation,
        };
        let registrar = self.registrar.as_ref();
        let registrar = registrar.ok_or(io::ErrorKind::NotConnected)?;
        // Whatever waits in it is told of at once.
        registrar.connect(&mut socket, token_of_seat(key))?;
        let (connection, from) = if wire.heading {
            let peer = socket.peer_addr()?.ip();
            let from = Origin::of(peer, Counted::Nowhere);
            (Connection::heading(socket, None), from)
        } else {
            let connection = Connection::Plain(socket);
            let address = wire.address.unwrap_or_else(|| connection.peer_address());
            let counted = self.doorkeeper.inherit(address);
            (connection, Origin::resumed(address, counted, wire.proxied))
        };
        let address = wire.address;
        let mut seat = Seat::new(key, connection, protocol, from, now);
        seat.resume(wire, now);
        let logged_in = u64::from(seat.protocol.is_logged_in());
        let session = seat.protocol.session();
        entry.insert(seat);
        self.stats.connections(|counts| {
            counts.accepted += 1;
            counts.open += 1;
            counts.logged_in += logged_in;
        });
        if let (Some(identity), Some(address)) = (&wire.identity, address) {
            let identity = self.resume_identity(identity, address, session);
            let rig = identity.standing.key;
            if let Some(seat) = self.seat(key) {
                seat.identity = Some(Box::new(identity));
            }
            self.resume_lease(key, rig, wire.lease);
        }
        self.note_held(key, true);
        self.schedule(key);
        Ok(())
    }

    fn resume_identity(
        &mut self,
        wire: &IdentityWire,
        address: IpAddr,
        session: SessionId,
    ) -> Identity {
        let (user, rig) = (cut(&wire.user), cut(&wire.rig));
        let (agent, algorithms) = (self.agent(cut(&wire.agent)), self.agent(&wire.algorithms));
        let names = [user, rig];
        let standing = self.namesakes.resume(names, address, session, wire.names);
        let rates = wire.perf.iter();
        Identity {
            user: user.into(),
            rig: rig.into(),
            capability: self.capability(&agent, &algorithms),
            scanner: Scanner::of_agent(&agent),
            perf: AlgoPerf::kept(rates.map(|(name, rate)| (Algorithm::named(name), *rate))),
            agent,
            algorithms,
            standing,
            introduced: wire.introduced,
            turned_away: wire.turned_away,
        }
    }

    fn resume_lease(
        &mut self,
        key: SeatKey,
        rig: zartrux_models::share::RigKey,
        lease: Option<(u32, u8)>,
    ) {
        let lease = lease.map(|(pool, slot)| Lease {
            pool: PoolKey(pool),
            slot: Slot(slot),
        });
        let current = lease.and_then(|lease| self.jobs.current(lease.pool).cloned());
        let (Some(lease), Some(current)) = (lease, current) else {
            return;
        };
        let set = self.jobs.find(current.key).map(|found| found.nonce_set);
        self.tenants
            .take(lease, key, rig, &current, (set, self.millis()));
        self.tenants.scanned_before(lease, key);
        if let Some(seat) = self.seat(key) {
            seat.lease = Some(lease);
        }
    }
}

impl Seat {
    fn resume(&mut self, wire: &SeatWire, now: Second) {
        let since = |age: Second| now.saturating_sub(age);
        let (good, stale, wrong) = wire.heard;
        self.assembler = LineAssembler::resumed(wire.line.clone());
        self.unsent.clone_from(&wire.unsent);
        self.leaves_top_byte = wire.leaves_top_byte;
        self.difficulty = wire.difficulty.map(Difficulty::new);
        self.vardiff = wire.vardiff.map(Vardiff::from_parts);
        self.hashing = wire.hashing.as_deref().map(Algorithm::named);
        self.vardiff_at = since(wire.vardiff_age);
        self.scan_began = since(wire.scan_age);
        self.renew_at = wire.renew_in.map(|left| now.saturating_add(left));
        self.scan_work = wire.scan_work;
        self.unfit_since = wire.unfit_age.map(since);
        self.waiting_since = since(wire.waiting_age);
        self.last_heard = since(wire.heard_age);
        self.tally = SeatTally::resumed(wire.tally);
        self.heard = VerdictsHeard { good, stale, wrong };
    }
}
