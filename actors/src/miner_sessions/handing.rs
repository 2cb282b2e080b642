//! Miners that go over to another process, with their jobs.

use std::os::fd::OwnedFd;
use std::sync::mpsc::SyncSender;

use actix::Message;
use zartrux_models::handover::{CountersWire, IdentityWire, JobsWire, SeatWire};
use zartrux_models::plan::SeatKey;

use super::seat::{Identity, Second};
use super::{MinerSessions, Namesakes, Seat};

/// Give all miners away that can go over; the others stay until everything is closed.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct PackSeats {
    /// For what is given.
    pub(crate) reply: SyncSender<PackedSeats>,
}

/// What the miner sessions give.
#[derive(Debug)]
pub(crate) struct PackedSeats {
    pub(crate) counters: CountersWire,
    pub(crate) jobs: JobsWire,
    /// The places of the sockets among all are still to be filled in.
    pub(crate) seats: Vec<(SeatWire, OwnedFd)>,
}

impl MinerSessions {
    pub(super) fn on_pack(&mut self, PackSeats { reply }: PackSeats) {
        self.reads = false;
        // Nobody is left without a reply that is due.
        self.acknowledge_all();
        let keys: Vec<SeatKey> = self.seats.iter().map(|(_, seat)| seat.key).collect();
        let seats = keys.into_iter().filter_map(|key| self.give(key));
        let seats = seats.collect();
        let packed = PackedSeats {
            counters: CountersWire {
                last_generation: self.last_generation,
                last_share: self.last_share,
            },
            jobs: self.jobs.pack(),
            seats,
        };
        // Whoever asked may have given up waiting.
        let _ = reply.try_send(packed);
    }

    /// Takes a seat out of the table, if it can go over: to the outside nothing happens to it.
    fn give(&mut self, key: SeatKey) -> Option<(SeatWire, OwnedFd)> {
        let now = self.second();
        let seat = self.seat(key)?;
        if seat.checking.is_some() {
            // Its password is with the threads that check it.
            return None;
        }
        let address = seat.address();
        let (mut socket, heading) = seat.connection.take_plain()?;
        let seat = self.seats.remove(usize::try_from(key.index).ok()?);
        if let Some(registrar) = &self.registrar
            && let Err(fault) = registrar.forget(&mut socket)
        {
            tracing::debug!(%fault, "a socket that goes over was not watched");
        }
        let mut wire = seat.pack(now, &self.namesakes);
        wire.heading = heading;
        wire.address = (!heading).then_some(address);
        Some((wire, std::net::TcpStream::from(socket).into()))
    }
}

impl Seat {
    fn pack(&self, now: Second, namesakes: &Namesakes) -> SeatWire {
        let age = |since: Second| now.saturating_sub(since);
        let heard = self.heard;
        SeatWire {
            descriptor: 0,
            miner: self.protocol.pack(),
            line: self.assembler.begun().to_vec(),
            unsent: self.unsent.clone(),
            heading: false,
            address: None,
            proxied: self.from.is_proxied(),
            identity: self.identity.as_deref().map(|it| it.pack(namesakes)),
            lease: self.lease.map(|lease| (lease.pool.0, lease.slot.0)),
            leaves_top_byte: self.leaves_top_byte,
            difficulty: self.difficulty.map(zartrux_models::work::Difficulty::get),
            vardiff: self.vardiff.as_ref().map(zartrux_models::plan::Vardiff::parts),
            hashing: self.hashing.as_ref().map(|it| it.name().into()),
            vardiff_age: age(self.vardiff_at),
            scan_age: age(self.scan_began),
            renew_in: self.renew_at.map(|at| at.saturating_sub(now)),
            scan_work: self.scan_work,
            unfit_age: self.unfit_since.map(age),
            waiting_age: age(self.waiting_since),
            heard_age: age(self.last_heard),
            tally: self.tally.settled(),
            heard: (heard.good, heard.stale, heard.wrong),
        }
    }
}

impl Identity {
    fn pack(&self, namesakes: &Namesakes) -> IdentityWire {
        let rates = self.perf.rates().iter();
        IdentityWire {
            user: self.user.clone(),
            rig: self.rig.clone(),
            agent: (&*self.agent).into(),
            algorithms: (&*self.algorithms).into(),
            perf: rates.map(|(of, rate)| (of.name().into(), *rate)).collect(),
            names: namesakes.pack(&self.user, &self.rig, self.standing),
            introduced: self.introduced,
            turned_away: self.turned_away,
        }
    }
}
