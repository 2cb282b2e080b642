//! Sets of addresses, and what counts as one address.

use std::net::IpAddr;

use ipnet::IpNet;

/// The addresses of a list of networks: ranges in order, which do not touch.
#[derive(Debug, Clone, Default)]
pub(super) struct AddressSet {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

impl AddressSet {
    pub(super) fn of(networks: &[IpNet]) -> Self {
        let mut set = Self::default();
        for network in networks {
            match network {
                IpNet::V4(net) => set
                    .v4
                    .push((net.network().to_bits(), net.broadcast().to_bits())),
                IpNet::V6(net) => set
                    .v6
                    .push((net.network().to_bits(), net.broadcast().to_bits())),
            }
        }
        set.v4 = merged(set.v4);
        set.v6 = merged(set.v6);
        set
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether an address is in one of the networks. A mapped one is the IPv4 address that it
    /// stands for.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(address) => holds(&self.v4, address.to_bits()),
            IpAddr::V6(address) => holds(&self.v6, address.to_bits()),
        }
    }
}

fn merged<T: Ord + Copy>(mut ranges: Vec<(T, T)>) -> Vec<(T, T)> {
    ranges.sort_unstable();
    let mut merged: Vec<(T, T)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match merged.last_mut() {
            Some(before) if first <= before.1 => before.1 = before.1.max(last),
            Some(_) | None => merged.push((first, last)),
        }
    }
    merged
}

fn holds<T: Ord + Copy>(ranges: &[(T, T)], address: T) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= address);
    after > 0 && ranges[after - 1].1 >= address
}

/// What limits count as one address: an IPv4 address, or an IPv6 /64, of which one customer has
/// all. IPv4 addresses are numbers below 2³², where no network of IPv6 is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place(u64);

impl From<IpAddr> for Place {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(u64::from(address.to_bits())),
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(networks: &[&str]) -> AddressSet {
        let networks: Vec<IpNet> = networks.iter().map(|net| net.parse().unwrap()).collect();
        AddressSet::of(&networks)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_its_first_and_last_address_and_none_beyond() {
        let set = set(&["10.1.0.0/16", "192.0.2.7/32", "2001:db8::/32"]);
        for inside in ["10.1.0.0", "10.1.255.255", "192.0.2.7", "2001:db8:ffff::1"] {
            assert!(set.contains(address(inside)), "{inside}");
        }
        for outside in ["10.0.255.255", "10.2.0.0", "192.0.2.8", "2001:db9::"] {
            assert!(!set.contains(address(outside)), "{outside}");
        }
    }

    #[test]
    fn a_mapped_address_is_the_one_that_it_stands_for_and_all_of_ipv6_holds_no_ipv4() {
        assert!(set(&["10.0.0.0/8"]).contains(address("::ffff:10.2.3.4")));
        assert!(!set(&["::/0"]).contains(address("10.2.3.4")));
        assert!(set(&["::/0"]).contains(address("2001:db8::1")));
    }

    #[test]
    fn a_place_is_an_ipv4_address_or_a_64_of_ipv6() {
        let place = |text| Place::from(address(text));
        assert_eq!(place("2001:db8:0:7::1"), place("2001:db8:0:7:ffff::9"));
        assert_ne!(place("2001:db8:0:7::1"), place("2001:db8:0:8::1"));
        assert_eq!(place("::ffff:192.0.2.7"), place("192.0.2.7"));
        assert_ne!(place("192.0.2.7"), place("192.0.2.8"));
    }

    proptest! {
        #[test]
        fn the_set_answers_as_its_networks_do(
            networks in proptest::collection::vec((any::<u32>(), 0u8..=32), 0..20),
            asked in any::<u32>(),
        ) {
            let networks: Vec<IpNet> = networks
                .into_iter()
                .map(|(at, bits)| IpNet::new(std::net::Ipv4Addr::from(at).into(), bits).unwrap())
                .collect();
            let asked = IpAddr::V4(asked.into());
            let by_each = networks.iter().any(|network| network.contains(&asked));
            prop_assert_eq!(AddressSet::of(&networks).contains(asked), by_each);
        }
    }
}
