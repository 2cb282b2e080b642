//! In which order the addresses of a pool are tried.

use std::net::IpAddr;

/// Which addresses are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IpChoice {
    /// Those of both versions in turn, beginning as the resolver does.
    #[default]
    Any,
    /// Of version 4 alone.
    V4,
    /// Of version 6 alone.
    V6,
    /// Of version 4 first.
    PreferV4,
    /// Of version 6 first.
    PreferV6,
}

impl IpChoice {
    /// The addresses to try, in this order. With both versions in turn a route that leads nowhere
    /// costs one attempt (as RFC 8305 has it, section 4).
    #[must_use]
    pub fn order(self, all: &[IpAddr]) -> Vec<IpAddr> {
        let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = all.iter().partition(|one| one.is_ipv4());
        let first_is_v6 = all.first().is_some_and(IpAddr::is_ipv6);
        match self {
            Self::V4 => v4,
            Self::V6 => v6,
            Self::PreferV4 => [v4, v6].concat(),
            Self::PreferV6 => [v6, v4].concat(),
            Self::Any if first_is_v6 => in_turn(&v6, &v4),
            Self::Any => in_turn(&v4, &v6),
        }
    }
}

fn in_turn(first: &[IpAddr], second: &[IpAddr]) -> Vec<IpAddr> {
    let longer = first.len().max(second.len());
    (0..longer)
        .flat_map(|at| [first.get(at), second.get(at)])
        .flatten()
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_choice_has_its_order() {
        let all: Vec<IpAddr> = ["2001:db8::1", "2001:db8::2", "192.0.2.1", "2001:db8::3"]
            .map(|text| text.parse().unwrap())
            .to_vec();
        let [a, b, c, d] = [all[0], all[1], all[2], all[3]];
        for (choice, order) in [
            (IpChoice::Any, vec![a, c, b, d]),
            (IpChoice::V4, vec![c]),
            (IpChoice::V6, vec![a, b, d]),
            (IpChoice::PreferV4, vec![c, a, b, d]),
            (IpChoice::PreferV6, vec![a, b, d, c]),
        ] {
            assert_eq!(choice.order(&all), order, "{choice:?}");
        }
        assert!(IpChoice::V4.order(&all[..2]).is_empty());
    }
}
