//! Which rig a connection is: the same number after every reconnect, in any lane.
//!
//! A rig is known by the user and the rig id that it logs in with. Many farms give all their rigs
//! the same names, and trust and quarantine must not pass from one of them to another. So one table
//! for the whole process knows who is connected under which names:
//!
//! - Names that never had two connections at once stand for one rig: its key comes from the names
//!   alone. It stays itself at any address, in any lane and after a restart.
//! - Names that have two connections, or have had since the process started, stand for several
//!   rigs: these are told apart by address as well, so that they come back as themselves in
//!   whatever order. The address that had the names first keeps the key of the names alone.
//! - Several under the same names at the same address get ordinals, the lowest that is free.
//!
//! Not stable, because nothing that a connection brings would tell: machines with the same names
//! behind one address (NAT, or a proxy) may swap their ordinals; so may machines with the same
//! names that are never connected at once, and after a restart whichever comes first has the key of
//! the names alone. A rig among namesakes whose address changes is a new one; a rig that is back
//! before its lost connection was noticed is its own namesake. Names of its own spare a rig all
//! this. Nothing here is proof: who logs in with another's names first is that rig.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use zartrux_config::{masked_name, masked_user};
use zartrux_models::handover::NamesWire;
use zartrux_models::session::SessionId;
use zartrux_models::share::RigKey;

use crate::rig_map::RigMap;

/// A connection's rig.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// The rig.
    pub(super) key: RigKey,
    /// Its names and its address, as one number.
    place: RigKey,
    /// Which of those that log in alike from its address; `None` for one of too many.
    ordinal: Option<u8>,
}

/// Who is connected under which names: one table for all lanes, locked at logins and closings only.
#[derive(Debug, Clone, Default)]
pub struct Namesakes(Arc<Mutex<Table>>);

impl Namesakes {
    /// Gives a connection that has just logged in its number.
    pub(super) fn join(
        &self,
        user: &str,
        rig: &str,
        address: IpAddr,
        session: SessionId,
    ) -> Standing {
        let (standing, advise) = self.lock().join(user, rig, address, session);
        if advise {
            // Quoted and escaped: hostile text.
            tracing::warn!(
                user = ?masked_user(user), rig_id = ?masked_name(rig),
                "several rigs log in as this: give each its own rig-id or worker name, so that \
                 trust and quarantine follow the rig"
            );
        }
        standing
    }

    /// How a connection stands, as it is written down for a successor.
    pub(super) fn pack(&self, user: &str, rig: &str, standing: Standing) -> NamesWire {
        let table = self.lock();
        let crowd = table.crowds.get(&key_of(user, rig, &[]));
        NamesWire {
            key: standing.key.0,
            place: standing.place.0,
            ordinal: standing.ordinal,
            owner: crowd.map(|crowd| crowd.owner.0),
        }
    }

    /// A connection of the process before goes on as the rig that it was; as another where somebody
    /// has taken its place meanwhile.
    pub(super) fn resume(
        &self,
        [user, rig]: [&str; 2],
        address: IpAddr,
        session: SessionId,
        wire: NamesWire,
    ) -> Standing {
        let resumed = self.lock().resume(key_of(user, rig, &[]), wire);
        resumed.unwrap_or_else(|| self.join(user, rig, address, session))
    }

    /// A connection is closed.
    pub(super) fn leave(&self, user: &str, rig: &str, standing: Standing) {
        self.lock().leave(user, rig, standing);
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Some 30 bytes for a connection with names of its own, some 90 for one among namesakes.
#[derive(Debug, Default)]
struct Table {
    /// Where the only connection of its names is from, by the key of the names.
    single: RigMap<RigKey>,
    /// Names that have, or have had, several connections at once.
    crowds: RigMap<Crowd>,
    /// Ordinals in use in crowds, one bit each, by place.
    taken: RigMap<u64>,
    /// Crowds of which nobody is connected, by when the last one left.
    gone: BTreeMap<u64, RigKey>,
    /// How often a crowd was left by its last one.
    farewells: u64,
    /// Names whose operator was told to name the rigs.
    advised: u8,
}

/// Names that several rigs log in with.
#[derive(Debug)]
struct Crowd {
    /// Where the first of them was from: there the address is no part of the keys.
    owner: RigKey,
    connected: u32,
    /// Its place in [`Table::gone`].
    gone_at: u64,
    advised: bool,
}

impl Table {
    /// Connections with the same names from the same address that are told apart lastingly. In a
    /// greater crowd each connection counts as a rig of its own. (By its session, which no other
    /// ever has, and not by its seat, which another may have after a restart.)
    const MOST: u32 = u64::BITS;
    /// Crowds that are remembered after their last one has left.
    const REMEMBERED: usize = 4096;
    /// Names that are complained about: the first few say it all.
    const ADVICE: u8 = 5;

    /// Also whether the operator should be told, once, that these are the names of several rigs.
    fn join(
        &mut self,
        user: &str,
        rig: &str,
        address: IpAddr,
        session: SessionId,
    ) -> (Standing, bool) {
        let address = bytes_of(address);
        let names = key_of(user, rig, &[]);
        let place = key_of(user, rig, &[&address]);
        let crowd = match self.crowds.entry(names) {
            Entry::Occupied(crowd) => crowd.into_mut(),
            Entry::Vacant(vacant) => match self.single.entry(names) {
                Entry::Vacant(nobody) => {
                    nobody.insert(place);
                    let (key, ordinal) = (names, Some(0));
                    let standing = Standing {
                        key,
                        place,
                        ordinal,
                    };
                    return (standing, false);
                }
                Entry::Occupied(first) => {
                    let owner = first.remove();
                    self.taken.insert(owner, 1);
                    vacant.insert(Crowd {
                        owner,
                        connected: 1,
                        gone_at: 0,
                        advised: false,
                    })
                }
            },
        };
        if crowd.connected == 0 {
            self.gone.remove(&crowd.gone_at);
        }
        crowd.connected = crowd.connected.saturating_add(1);
        let taken = self.taken.entry(place).or_default();
        let free = taken.trailing_ones();
        let ordinal = u8::try_from(free).ok().filter(|_| free < Self::MOST);
        let key = match ordinal {
            Some(0) if place == crowd.owner => names,
            Some(ordinal) if place == crowd.owner => key_of(user, rig, &[&[ordinal]]),
            Some(ordinal) => key_of(user, rig, &[&address, &[ordinal]]),
            None => key_of(user, rig, &[&session.0.to_be_bytes()]),
        };
        if let Some(ordinal) = ordinal {
            *taken |= 1 << ordinal;
        }
        // Two from the same address may be one rig that lost its connection.
        let several = crowd.connected > 2 || (crowd.connected == 2 && place != crowd.owner);
        let advise = several && !crowd.advised && self.advised < Self::ADVICE;
        crowd.advised |= advise;
        self.advised += u8::from(advise);
        let standing = Standing {
            key,
            place,
            ordinal,
        };
        (standing, advise)
    }

    fn resume(&mut self, names: RigKey, wire: NamesWire) -> Option<Standing> {
        let standing = Standing {
            key: RigKey(wire.key),
            place: RigKey(wire.place),
            ordinal: wire.ordinal.filter(|at| u32::from(*at) < Self::MOST),
        };
        let Some(owner) = wire.owner else {
            // The only one of its names, then and now.
            let alone = !self.crowds.contains_key(&names) && !self.single.contains_key(&names);
            return alone.then(|| {
                self.single.insert(names, standing.place);
                standing
            });
        };
        if self.single.contains_key(&names) {
            return None;
        }
        if let Some(ordinal) = standing.ordinal {
            let taken = self.taken.entry(standing.place).or_default();
            if *taken >> ordinal & 1 == 1 {
                return None;
            }
            *taken |= 1 << ordinal;
        }
        let crowd = self.crowds.entry(names).or_insert_with(|| Crowd {
            owner: RigKey(owner),
            connected: 0,
            gone_at: 0,
            advised: true,
        });
        if crowd.connected == 0 {
            self.gone.remove(&crowd.gone_at);
        }
        crowd.connected = crowd.connected.saturating_add(1);
        Some(standing)
    }

    fn leave(&mut self, user: &str, rig: &str, standing: Standing) {
        let names = key_of(user, rig, &[]);
        if let Some(crowd) = self.crowds.get_mut(&names) {
            crowd.connected = crowd.connected.saturating_sub(1);
            if crowd.connected == 0 {
                self.farewells += 1;
                crowd.gone_at = self.farewells;
                self.gone.insert(self.farewells, names);
            }
            self.free(standing);
            if self.gone.len() > Self::REMEMBERED
                && let Some((_, oldest)) = self.gone.pop_first()
            {
                self.crowds.remove(&oldest);
            }
        } else {
            self.single.remove(&names);
        }
        shrink(&mut self.single);
        shrink(&mut self.crowds);
        shrink(&mut self.taken);
    }

    fn free(&mut self, standing: Standing) {
        if let Some(ordinal) = standing.ordinal
            && let Entry::Occupied(mut taken) = self.taken.entry(standing.place)
        {
            *taken.get_mut() &= !(1 << ordinal);
            if *taken.get() == 0 {
                taken.remove();
            }
        }
    }
}

/// Gives memory back after many have left.
fn shrink<V>(map: &mut RigMap<V>) {
    if map.len() < map.capacity() / 8 {
        map.shrink_to(map.len() * 2);
    }
}

/// An address, the same whether it came in over IPv4 or as IPv4 within IPv6.
fn bytes_of(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The key of a rig that is known by its names alone: `user`, or `user/rig-id`.
#[must_use]
pub fn rig_key_of(name: &str) -> RigKey {
    let (user, rig) = name.split_once('/').unwrap_or((name, ""));
    key_of(user, rig, &[])
}

/// The first 8 bytes of the SHA-256 over both names, each behind its length as 8 bytes, and what
/// tells namesakes apart: nothing, an ordinal (1 byte), an address (4 or 16), both, or a session
/// (8). Part of what is stored, so it must never change.
fn key_of(user: &str, rig: &str, which: &[&[u8]]) -> RigKey {
    let mut hash = Sha256::new();
    for name in [user, rig] {
        hash.update((name.len() as u64).to_be_bytes());
        hash.update(name);
    }
    for part in which {
        hash.update(part);
    }
    let hash: [u8; 32] = hash.finalize().into();
    let [a, b, c, d, e, f, g, h, ..] = hash;
    RigKey(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
}

#[cfg(test)]
mod tests;
