//! From a connection to a login that is taken: what the doorkeeper says is done here.

use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;

use mio::net::TcpStream;
use zartrux_models::filter::Scanner;
use zartrux_models::plan::{Capability, SeatKey};
use zartrux_models::session::ProxyHeader;
use zartrux_models::stratum::{AlgoPerf, Login, RequestId, push_error};

use super::connection::HeaderTaken;
use super::reading::{Until, cut, listed};
use super::seat::Identity;
use super::writing::Closed;
use super::{LoginChecked, MinerSessions, Seat};
use crate::doorkeeper::{Asked, Counted, Met, Place, Turned};
use crate::planner::LeaseAsked;

/// Where a connection is from.
#[derive(Debug)]
pub(super) struct Origin {
    /// As limits count it.
    pub(super) place: Place,
    pub(super) counted: Counted,
    /// What a balancer said; none where the socket knows.
    proxied: Option<Box<IpAddr>>,
}

impl Origin {
    pub(super) fn of(peer: IpAddr, counted: Counted) -> Self {
        Self {
            place: peer.into(),
            counted,
            proxied: None,
        }
    }

    /// Where a connection of the process before is from.
    pub(super) fn resumed(address: IpAddr, counted: Counted, proxied: bool) -> Self {
        Self {
            proxied: proxied.then(|| Box::new(address)),
            ..Self::of(address, counted)
        }
    }

    pub(super) const fn is_proxied(&self) -> bool {
        self.proxied.is_some()
    }
}

/// A login whose password is being checked.
#[derive(Debug)]
pub(super) struct Checking {
    claimed: Claimed,
    /// Nobody waits for the check any more once this is gone.
    _wanted: Arc<()>,
}

/// What a login says of itself, cut to what is kept.
#[derive(Debug)]
struct Claimed {
    user: Box<str>,
    rig: Box<str>,
    agent: Arc<str>,
    algorithms: Arc<str>,
    capability: Arc<Capability>,
    perf: AlgoPerf,
    scanner: Scanner,
}

impl Seat {
    /// Where the miner is: what a balancer said, or else the socket; unspecified when that is gone.
    pub(super) fn address(&self) -> IpAddr {
        let proxied = self.from.proxied.as_deref().copied();
        proxied.unwrap_or_else(|| self.connection.peer_address())
    }
}

impl MinerSessions {
    /// Takes a connection, or closes it before a byte of it is read.
    pub(super) fn seat_newcomer(&mut self, socket: TcpStream, peer: IpAddr, door: usize) {
        if self.seats.len() >= self.settings.max_connections {
            self.stats.connections(|counts| counts.turned_away += 1);
            return;
        }
        let (from, heading) = match self.doorkeeper.meet(peer) {
            Met::Welcome(counted) => (Origin::of(peer, counted), false),
            Met::Balancer => (Origin::of(peer, Counted::Nowhere), true),
            Met::Turned(turned) => {
                self.stats.connections(|counts| counts.turned.note(turned));
                return;
            }
        };
        let (place, counted) = (from.place, from.counted);
        if let Err(fault) = self.prepare(socket, door, from, heading) {
            tracing::debug!(%fault, "a newcomer left, or can't be served");
            self.doorkeeper.left(place, counted);
            self.stats.connections(|counts| counts.dropped += 1);
        }
    }

    /// Takes the header that a balancer's connection begins with. `Continue` when it is taken, or
    /// there is none to take; `Break` when it is not whole yet or the seat is gone.
    pub(super) fn take_header(
        &mut self,
        key: SeatKey,
        buffer: &mut [u8],
        until: Until,
    ) -> ControlFlow<()> {
        let Some(seat) = self.seat(key) else {
            return ControlFlow::Break(());
        };
        if !seat.connection.is_heading() {
            return ControlFlow::Continue(());
        }
        let header = match seat.connection.take_header(buffer) {
            Ok(HeaderTaken::NotYet) if until == Until::Drained => return ControlFlow::Break(()),
            Ok(HeaderTaken::NotYet) | Err(_) => {
                self.close(key, Closed::ByMiner);
                return ControlFlow::Break(());
            }
            Ok(HeaderTaken::Taken(header)) => header,
            Ok(HeaderTaken::Faulty(fault)) => {
                let peer = seat.address();
                self.doorkeeper.tell_header(peer, &fault);
                self.count_turned(Turned::Header);
                self.drop_peer(key, &fault.to_string());
                return ControlFlow::Break(());
            }
        };
        let address = match header {
            ProxyHeader::For(address) => address,
            // The balancer's own, as far as we can know.
            ProxyHeader::Local | ProxyHeader::Unknown => seat.connection.peer_address(),
        };
        match self.doorkeeper.admit(address) {
            Ok(counted) => {
                if let Some(seat) = self.seat(key) {
                    seat.from = Origin::of(address, counted);
                    seat.from.proxied = Some(Box::new(address));
                }
                ControlFlow::Continue(())
            }
            Err(turned) => {
                self.count_turned(turned);
                self.close(key, Closed::ByUs);
                ControlFlow::Break(())
            }
        }
    }

    pub(super) fn count_turned(&self, turned: Turned) {
        self.stats.connections(|counts| counts.turned.note(turned));
    }

    pub(super) fn on_login(
        &mut self,
        key: SeatKey,
        id: RequestId,
        login: &Login<'_>,
    ) -> ControlFlow<()> {
        let claimed = self.claimed(login);
        let Some((address, place)) = self.seat(key).map(|seat| (seat.address(), seat.from.place))
        else {
            return ControlFlow::Break(());
        };
        let post = &self.posts.login_checked;
        let asked = self.doorkeeper.ask(
            (address, place),
            [
                &claimed.user,
                &claimed.rig,
                login.pass.as_deref().unwrap_or_default(),
            ],
            || {
                let post = post.clone();
                Box::new(move |outcome| post.send(LoginChecked { seat: key, outcome }))
            },
        );
        match asked {
            Asked::Welcome => self.welcome(key, claimed),
            Asked::Wait(wanted) => {
                if let Some(seat) = self.seat(key) {
                    seat.checking = Some(Box::new(Checking {
                        claimed,
                        _wanted: wanted,
                    }));
                }
            }
            Asked::Turned(turned) => {
                self.refuse_login(key, id, turned);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// A password was checked.
    pub(super) fn on_login_checked(&mut self, checked: LoginChecked) {
        let LoginChecked { seat: key, outcome } = checked;
        let Some(seat) = self.seat(key) else {
            // It left while its password was checked.
            return;
        };
        let Some(checking) = seat.checking.take() else {
            return;
        };
        match (outcome, seat.protocol.awaiting_lease()) {
            (Ok(()), _) => self.welcome(key, checking.claimed),
            (Err(turned), Some(id)) => {
                let address = seat.address();
                self.doorkeeper.tell(address, turned);
                self.refuse_login(key, id, turned);
            }
            (Err(_), None) => self.close(key, Closed::ByUs),
        }
    }

    /// Answers a login with why it is not taken, and closes: xmrig would stay connected and idle.
    pub(super) fn refuse_login(&mut self, key: SeatKey, id: RequestId, turned: Turned) {
        self.count_turned(turned);
        let text = turned.wire_text().unwrap_or_default();
        push_error(&mut self.scratch, id, text);
        if turned == Turned::Password {
            self.drop_peer(key, text);
        } else {
            self.send_scratch(key);
            self.close(key, Closed::ByUs);
        }
    }

    fn claimed(&mut self, login: &Login<'_>) -> Claimed {
        let agent = cut(login.agent.as_deref().unwrap_or_default());
        let (kept, algorithms) = (self.agent(agent), self.agent(&listed(&login.algorithms)));
        Claimed {
            user: cut(&login.user).into(),
            rig: cut(login.rig_id.as_deref().unwrap_or_default()).into(),
            capability: self.capability(&kept, &algorithms),
            perf: login.perf.clone(),
            agent: kept,
            algorithms,
            scanner: Scanner::of_agent(agent),
        }
    }

    /// A login is taken: the miner has a name from now on, and asks for a lease.
    fn welcome(&mut self, key: SeatKey, claimed: Claimed) {
        let Some((session, address)) = self
            .seat(key)
            .map(|seat| (seat.protocol.session(), seat.address()))
        else {
            return;
        };
        let standing = self
            .namesakes
            .join(&claimed.user, &claimed.rig, address, session);
        let identity = Identity {
            user: claimed.user,
            rig: claimed.rig,
            agent: claimed.agent,
            algorithms: claimed.algorithms,
            capability: claimed.capability,
            perf: claimed.perf,
            standing,
            scanner: claimed.scanner,
            introduced: false,
            turned_away: false,
        };
        let now = self.second();
        if let Some(seat) = self.seat(key) {
            seat.identity = Some(Box::new(identity));
            seat.waiting_since = now;
            self.schedule(key);
        }
        if let Some(traits) = self.traits_of(key) {
            self.posts
                .lease_asked
                .send(LeaseAsked { seat: key, traits });
        }
    }
}
