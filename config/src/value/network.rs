//! Networks of addresses.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

use super::{Invalid, shown};

/// Bits before an IPv4 address that is written as one of IPv6 (`::ffff:192.0.2.1`).
const MAPPED: u8 = 96;

/// Reads a network such as `10.0.0.0/8`, or one address. Networks of mapped addresses become the
/// IPv4 ones that they stand for.
///
/// # Errors
/// It is neither, or has bits set behind its prefix, which is most often a slip.
pub(crate) fn parse_network(text: &str) -> Result<IpNet, Invalid> {
    let network = text
        .parse::<IpAddr>()
        .map(IpNet::from)
        .ok()
        .or_else(|| text.parse::<IpNet>().ok())
        .ok_or_else(|| {
            Invalid::new(format!(
                "must be a network, such as \"10.0.0.0/8\" or \"2001:db8::/32\", or an address, \
                 but is {}",
                shown(text)
            ))
        })?;
    if network.addr() != network.network() {
        return Err(Invalid::new(format!(
            "has bits behind its prefix: \"{}\" is the network, \"{}\" the address",
            network.trunc(),
            IpNet::from(network.addr())
        )));
    }
    Ok(canonical(network))
}

fn canonical(network: IpNet) -> IpNet {
    let IpAddr::V4(address) = network.addr().to_canonical() else {
        return network;
    };
    let bits = network.prefix_len().checked_sub(MAPPED);
    let is_mapped = matches!(network.addr(), IpAddr::V6(address) if is_mapped(address));
    match bits {
        Some(bits) if is_mapped => IpNet::new(address.into(), bits).unwrap_or(network),
        Some(_) | None => network,
    }
}

fn is_mapped(address: Ipv6Addr) -> bool {
    address.to_ipv4_mapped().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_or_an_address_is_read_and_a_mapped_one_is_of_ipv4() {
        for (text, read) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("192.0.2.7", "192.0.2.7/32"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::1", "::1/128"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("::/0", "::/0"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
        ] {
            assert_eq!(parse_network(text).unwrap().to_string(), read, "{text}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused_with_what_may_be_meant() {
        for text in ["", "10.0.0.0/33", "10.0.0", "rig.example", "10.0.0.0/8 "] {
            assert!(parse_network(text).is_err(), "{text}");
        }
        let slip = parse_network("10.1.2.3/8").unwrap_err().to_string();
        assert!(slip.contains("\"10.0.0.0/8\" is the network"), "{slip}");
    }
}
