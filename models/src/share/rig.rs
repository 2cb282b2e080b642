//! Whose a share is, whichever connection it came over.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A rig by its stable identity (the user and rig id that it logs in with), as a number that does
/// not change between connections and restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RigKey(pub u64);

impl RigKey {
    /// Reads 16 hex digits, as [`fmt::Display`] writes them.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits
            .then(|| u64::from_str_radix(text, 16).ok())
            .flatten()
            .map(Self)
    }
}

impl fmt::Display for RigKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_and_other_texts_do_not() {
        let key = RigKey(0xab_cdef);
        assert_eq!(RigKey::from_hex(&key.to_string()), Some(key));
        for text in ["", "abcdef", "+000000000abcdef", "zzzzzzzzzzzzzzzz"] {
            assert_eq!(RigKey::from_hex(text), None, "{text}");
        }
    }
}
