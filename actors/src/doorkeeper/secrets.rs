//! Secrets compared and remembered without being kept.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::RngCore as _;
use sha2::Sha256;

/// What is kept of a secret: means something only together with the key of this process.
pub(super) type Digest = [u8; 32];

/// A key drawn when the process starts, and never written down.
pub(super) struct ProcessKey(Hmac<Sha256>);

impl fmt::Debug for ProcessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProcessKey")
    }
}

impl ProcessKey {
    pub(super) fn draw() -> Self {
        let mut key = [0; 64];
        rand::rngs::OsRng.fill_bytes(&mut key);
        Self(Hmac::new(&key.into()))
    }

    fn mac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in parts {
            // With lengths: the same bytes parted otherwise are something else.
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac
    }

    pub(super) fn digest(&self, parts: &[&[u8]]) -> Digest {
        self.mac(parts).finalize().into_bytes().into()
    }

    /// Whether a text is the secret of which this is the digest; takes as long whichever byte is
    /// wrong, and however long the secret is.
    pub(super) fn is(&self, digest: &Digest, text: &str) -> bool {
        self.mac(&[text.as_bytes()]).verify_slice(digest).is_ok()
    }

    /// A number that nobody outside can foretell.
    pub(super) fn number(&self, bytes: &[u8]) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.digest(&[b"number", bytes]);
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_told_from_others_and_by_its_own_key_only() {
        let (key, other) = (ProcessKey::draw(), ProcessKey::draw());
        let digest = key.digest(&[b"hunter2"]);
        assert!(key.is(&digest, "hunter2"));
        for wrong in ["", "hunter", "hunter2 ", "Hunter2"] {
            assert!(!key.is(&digest, wrong), "{wrong:?}");
        }
        assert!(!other.is(&digest, "hunter2"));
        assert_ne!(key.digest(&[b"ab", b"c"]), key.digest(&[b"a", b"bc"]));
    }
}
