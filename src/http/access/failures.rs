//! Wrong tokens, counted by where they came from.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Wrong tokens of one address in the present minute.
#[derive(Debug, Clone, Copy)]
struct Window {
    began: Instant,
    count: u32,
}

/// Wrong tokens, counted by address; of IPv6 by its first 64 bits, since a network has that many.
///
/// Many may share an address, behind a router or a proxy: tokens that were right from there are
/// looked at however many wrong ones others send, or anybody there could lock everybody out.
#[derive(Default)]
pub(super) struct Failures(HashMap<IpAddr, Window>, HashSet<(IpAddr, [u8; 32])>);

impl std::fmt::Debug for Failures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Failures({} addresses)", self.0.len())
    }
}

impl Failures {
    /// Wrong tokens of an address within [`Self::SPAN`] after which none of it is looked at.
    const ALLOWED: u32 = 10;
    const SPAN: Duration = Duration::from_secs(60);
    /// Addresses that are remembered; the one that began longest ago gives way.
    const ADDRESSES: usize = 1_024;
    /// Right tokens that are remembered, with their address. All are forgotten when there are more.
    const RIGHT: usize = 1_024;

    /// Notes a token that was right, by its digest.
    pub(super) fn note_right(&mut self, from: IpAddr, digest: [u8; 32]) {
        let entry = (network(from), digest);
        if !self.1.contains(&entry) {
            if self.1.len() >= Self::RIGHT {
                self.1.clear();
            }
            self.1.insert(entry);
        }
    }

    /// Whether this token was right from there before.
    pub(super) fn was_right(&self, from: IpAddr, digest: &[u8; 32]) -> bool {
        self.1.contains(&(network(from), *digest))
    }

    /// How long nothing of an address is to be looked at.
    pub(super) fn must_wait(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        let window = self.0.get(&network(from))?;
        let since = now.saturating_duration_since(window.began);
        let wait = Self::SPAN.checked_sub(since)?;
        (window.count >= Self::ALLOWED && !wait.is_zero()).then_some(wait)
    }

    /// Notes a wrong token; true for the one after which the address must wait.
    pub(super) fn note(&mut self, from: IpAddr, now: Instant) -> bool {
        let from = network(from);
        if !self.0.contains_key(&from) && self.0.len() >= Self::ADDRESSES {
            self.make_room(now);
        }
        let fresh = Window {
            began: now,
            count: 0,
        };
        let window = self.0.entry(from).or_insert(fresh);
        if is_over(window, now) {
            *window = fresh;
        }
        window.count = window.count.saturating_add(1);
        window.count == Self::ALLOWED
    }

    fn make_room(&mut self, now: Instant) {
        self.0.retain(|_, window| !is_over(window, now));
        if self.0.len() >= Self::ADDRESSES {
            let oldest = self.0.iter().min_by_key(|(_, window)| window.began);
            if let Some(oldest) = oldest.map(|(address, _)| *address) {
                self.0.remove(&oldest);
            }
        }
    }
}

fn is_over(window: &Window, now: Instant) -> bool {
    now.saturating_duration_since(window.began) >= Failures::SPAN
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use zartrux_actors::clock::Clock;

    use super::*;

    fn v4(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    #[test]
    fn the_tenth_wrong_token_of_a_minute_is_the_last_that_is_looked_at() {
        let (mut failures, start) = (Failures::default(), Clock.now());
        for count in 1..=10 {
            assert_eq!(failures.must_wait(v4(1), start), None);
            assert_eq!(failures.note(v4(1), start), count == 10);
        }
        let later = start + Duration::from_secs(20);
        let wait = failures.must_wait(v4(1), later);
        assert_eq!(wait, Some(Duration::from_secs(40)));
        assert_eq!(failures.must_wait(v4(2), later), None, "others may");
        let over = start + Duration::from_secs(60);
        assert_eq!(failures.must_wait(v4(1), over), None);
        assert!(!failures.note(v4(1), over), "a fresh minute");
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let (mut failures, now) = (Failures::default(), Clock.now());
        for host in 0..10u16 {
            let address = Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, host);
            failures.note(address.into(), now);
        }
        let another = Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 9, 9, 9, 9);
        assert!(failures.must_wait(another.into(), now).is_some());
    }

    #[test]
    fn however_many_addresses_there_are_only_so_many_are_remembered() {
        let (mut failures, start) = (Failures::default(), Clock.now());
        for number in 0..5_000 {
            failures.note(v4(number), start + Duration::from_millis(number.into()));
        }
        assert_eq!(failures.0.len(), Failures::ADDRESSES);
        assert!(failures.0.contains_key(&v4(4_999)), "the newest is there");
        assert!(!failures.0.contains_key(&v4(0)), "the oldest gave way");
    }
}
