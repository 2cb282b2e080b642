//! Which rig a connection is: the same number after every reconnect and restart, on any machine.
//!
//! A rig is known by the user and the rig id that it logs in with. Many farms give all their rigs
//! the same names, so of several connections that log in alike each gets a number of its own, or
//! one bad rig would put all its namesakes in quarantine.

use sha2::{Digest, Sha256};
use zartrux_models::session::SessionId;
use zartrux_models::share::RigKey;

use crate::rig_map::RigMap;

/// A connection's rig.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// The rig.
    pub(super) key: RigKey,
    /// Which of those that log in alike; `None` for one of a crowd.
    ordinal: Option<u8>,
}

/// Connections of a lane by the names they log in with: some 20 bytes for each pair of names.
#[derive(Debug, Default)]
pub(super) struct Namesakes {
    /// Ordinals in use, one bit each, under the key of the first.
    taken: RigMap<u64>,
}

impl Namesakes {
    /// Connections with the same names that are told apart lastingly, by the lowest ordinal that is
    /// free. In a greater crowd nobody can tell who came back as whom: there each connection counts
    /// as a rig of its own. (By its session, which no other ever has, and not by its seat, which
    /// another may have after a restart.)
    const MOST: u32 = u64::BITS;

    /// Gives a connection that has just logged in its number.
    pub(super) fn join(&mut self, user: &str, rig: &str, session: SessionId) -> Standing {
        let taken = self.taken.entry(key_of(user, rig, &[])).or_default();
        let free = taken.trailing_ones();
        let ordinal = u8::try_from(free).ok().filter(|_| free < Self::MOST);
        let key = match ordinal {
            Some(ordinal) => {
                *taken |= 1 << ordinal;
                key_of_ordinal(user, rig, ordinal)
            }
            None => key_of(user, rig, &session.0.to_be_bytes()),
        };
        Standing { key, ordinal }
    }

    /// A connection is closed: the next that logs in alike may have its number.
    pub(super) fn leave(&mut self, user: &str, rig: &str, standing: Standing) {
        let Some(ordinal) = standing.ordinal else {
            return;
        };
        let first = key_of(user, rig, &[]);
        if let Some(taken) = self.taken.get_mut(&first) {
            *taken &= !(1 << ordinal);
            if *taken == 0 {
                self.taken.remove(&first);
            }
        }
        if self.taken.len() < self.taken.capacity() / 8 {
            self.taken.shrink_to(self.taken.len() * 2);
        }
    }
}

fn key_of_ordinal(user: &str, rig: &str, ordinal: u8) -> RigKey {
    match ordinal {
        0 => key_of(user, rig, &[]),
        _ => key_of(user, rig, &[ordinal]),
    }
}

/// The first 8 bytes of the SHA-256 over both names, each behind its length as 8 bytes, and what
/// tells namesakes apart. Part of what is stored, so it must never change.
fn key_of(user: &str, rig: &str, which: &[u8]) -> RigKey {
    let mut hash = Sha256::new();
    for name in [user, rig] {
        hash.update((name.len() as u64).to_be_bytes());
        hash.update(name);
    }
    hash.update(which);
    let hash: [u8; 32] = hash.finalize().into();
    let [a, b, c, d, e, f, g, h, ..] = hash;
    RigKey(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const SESSION: SessionId = SessionId(7);

    #[test]
    fn a_rig_has_the_same_key_for_ever() {
        // printf '\0\0\0\0\0\0\0\x06wallet\0\0\0\0\0\0\0\x05rig-1' | sha256sum | cut -c1-16
        let known = RigKey::from_hex("9ef2043da74925eb").unwrap();
        // … and with `\x03` behind it
        let fourth = RigKey::from_hex("c851cd3bd705b0ec").unwrap();
        assert_eq!(key_of_ordinal("wallet", "rig-1", 0), known);
        assert_eq!(key_of_ordinal("wallet", "rig-1", 3), fourth);
        let mut namesakes = Namesakes::default();
        let first = namesakes.join("wallet", "rig-1", SESSION);
        assert_eq!(first.key, known, "whatever its session");
    }

    #[test]
    fn names_that_run_into_each_other_are_different_names() {
        assert_ne!(key_of("ab", "c", &[]), key_of("a", "bc", &[]));
        assert_ne!(key_of("ab", "", &[]), key_of("", "ab", &[]));
    }

    #[test]
    fn rigs_of_the_same_names_get_keys_of_their_own_and_their_ordinals_come_free() {
        let mut namesakes = Namesakes::default();
        let all: Vec<Standing> = (0..64)
            .map(|session| namesakes.join("wallet", "x", SessionId(session)))
            .collect();
        let keys: HashSet<RigKey> = all.iter().map(|standing| standing.key).collect();
        assert_eq!(keys.len(), 64);
        for gone in [40, 2] {
            namesakes.leave("wallet", "x", all[gone]);
        }
        let next = namesakes.join("wallet", "x", SESSION);
        assert_eq!(next, all[2], "the lowest that is free");
        assert_eq!(namesakes.join("wallet", "x", SESSION), all[40]);
    }

    #[test]
    fn beyond_64_each_connection_counts_on_its_own() {
        let mut namesakes = Namesakes::default();
        let keys: HashSet<RigKey> = (0..200)
            .map(|session| namesakes.join("wallet", "", SessionId(session)).key)
            .collect();
        assert_eq!(keys.len(), 200);
        let of_crowd = namesakes.join("wallet", "", SessionId(1_000));
        namesakes.leave("wallet", "", of_crowd);
        let again = namesakes.join("wallet", "", SessionId(1_001));
        assert_ne!(of_crowd.key, again.key, "no ordinal came free by it");
    }

    #[test]
    fn whoever_has_left_costs_nothing() {
        let mut namesakes = Namesakes::default();
        let names: Vec<String> = (0..1_000).map(|rig| format!("rig-{rig}")).collect();
        let all: Vec<Standing> = names
            .iter()
            .map(|rig| namesakes.join("wallet", rig, SESSION))
            .collect();
        for (rig, standing) in names.iter().zip(all) {
            namesakes.leave("wallet", rig, standing);
        }
        assert!(namesakes.taken.is_empty());
        assert!(namesakes.taken.capacity() < 16);
    }
}
