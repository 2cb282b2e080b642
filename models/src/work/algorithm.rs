//! Proof-of-work algorithms by their stratum names.

mod aliases;

use std::fmt;
use std::sync::Arc;

/// A proof-of-work algorithm as the `algo` field names it.
///
/// Only the two that the prover knows have variants of their own; a pool may use any other,
/// whose shares are passed through unproved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `rx/0`, RandomX as Monero uses it since 2019.
    Rx0,
    /// `rx/2`, RandomX version 2 with a commitment (xmrig 6.26).
    Rx2,
    /// Any other, by its short name in lower case.
    Other(Arc<str>),
}

impl Algorithm {
    /// Longest name kept, bytes; longer ones are cut. The longest in xmrig is 17 bytes.
    pub const MAX_NAME: usize = 32;

    /// The algorithm of a name; aliases as in xmrig's `Algorithm.cpp`.
    #[must_use]
    pub fn named(name: &str) -> Self {
        // What is on nearly every line.
        match name {
            "rx/0" => return Self::Rx0,
            "rx/2" => return Self::Rx2,
            _ => {}
        }
        let lower = cut(name).to_lowercase();
        let short = aliases::short(cut(&lower));
        match &*short {
            "rx/0" => Self::Rx0,
            "rx/2" => Self::Rx2,
            _ => Self::Other(short.into()),
        }
    }

    /// The algorithm of a block of Monero that a node has to be mined, by its major version: the
    /// draft of version 17 brings `rx/2`.
    #[must_use]
    pub const fn of_block_version(major: u64) -> Self {
        match major {
            0..=16 => Self::Rx0,
            17.. => Self::Rx2,
        }
    }

    /// The name that goes on the wire.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Rx0 => "rx/0",
            Self::Rx2 => "rx/2",
            Self::Other(name) => name,
        }
    }

    /// Whether it is one of Monero's: a rig is about as fast at each of them, 75 to 109 in 100.
    #[must_use]
    pub const fn is_moneros(&self) -> bool {
        matches!(self, Self::Rx0 | Self::Rx2)
    }

    /// Whether a submit carries the raw hash in `commitment` (RandomX version 2).
    #[must_use]
    pub const fn has_commitment(&self) -> bool {
        matches!(self, Self::Rx2)
    }
}

/// At most [`Algorithm::MAX_NAME`] bytes, cut at a character.
fn cut(name: &str) -> &str {
    let mut end = name.len().min(Algorithm::MAX_NAME);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_name_the_same_algorithm() {
        assert_eq!(Algorithm::named("rx/0"), Algorithm::Rx0);
        assert_eq!(Algorithm::named("RandomX/V2"), Algorithm::Rx2);
        assert_eq!(Algorithm::named("rx/wow").name(), "rx/wow");
        assert_ne!(Algorithm::named("rx/wow"), Algorithm::Rx0);
        for (alias, name) in [
            ("randomx/0", "rx/0"),
            ("RandomX", "rx/0"),
            ("rx/v2", "rx/2"),
            ("randomx/2", "rx/2"),
            ("cryptonight/r", "cn/r"),
            ("CryptoNight/MSR", "cn/fast"),
            ("cryptonight-heavy/xhv", "cn-heavy/xhv"),
            ("cryptonight-pico/trtl", "cn-pico"),
            ("chukwa", "argon2/chukwa"),
            ("rx/graft", "rx/graft"),
            ("", ""),
        ] {
            assert_eq!(Algorithm::named(alias).name(), name, "{alias}");
        }
    }

    #[test]
    fn a_block_of_version_17_is_mined_with_version_2() {
        for major in [1, 12, 16] {
            assert_eq!(Algorithm::of_block_version(major), Algorithm::Rx0);
        }
        for major in [17, 18, u64::MAX] {
            assert_eq!(Algorithm::of_block_version(major), Algorithm::Rx2);
        }
    }

    #[test]
    fn a_hostile_name_is_bounded() {
        assert_eq!(
            Algorithm::named(&"x".repeat(9_000)).name().len(),
            Algorithm::MAX_NAME
        );
        // Lower case of these takes more bytes.
        let wide = Algorithm::named(&"\u{130}".repeat(9_000));
        assert!(wide.name().len() <= Algorithm::MAX_NAME);
    }
}
