//! Proof-of-work algorithms by their stratum names.

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
    /// Any other name, in lower case.
    Other(Arc<str>),
}

impl Algorithm {
    /// Longest name kept; longer ones are cut. The longest in xmrig is 17 bytes.
    pub const MAX_NAME: usize = 32;

    /// The algorithm of a name; aliases as in xmrig's `Algorithm.cpp`.
    #[must_use]
    pub fn named(name: &str) -> Self {
        if name.eq_ignore_ascii_case("rx/0") || name.eq_ignore_ascii_case("randomx/0") {
            return Self::Rx0;
        }
        if ["rx/2", "randomx/v2", "rx/v2"]
            .iter()
            .any(|alias| name.eq_ignore_ascii_case(alias))
        {
            return Self::Rx2;
        }
        let name: String = name
            .chars()
            .take(Self::MAX_NAME)
            .collect::<String>()
            .to_lowercase();
        Self::Other(name.into())
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
    }

    #[test]
    fn a_hostile_name_is_bounded() {
        assert_eq!(
            Algorithm::named(&"x".repeat(9_000)).name().len(),
            Algorithm::MAX_NAME
        );
    }
}
