//! Pins of TLS certificates.

use std::fmt;
use std::str::FromStr;

use super::Invalid;

/// SHA-256 of a certificate in DER form: the one certificate that a peer may show.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The pin of a certificate with this SHA-256.
    #[must_use]
    pub const fn new(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }

    /// The SHA-256 of the certificate's DER form.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Fingerprint {
    type Err = Invalid;

    /// Reads 64 hex digits of either case; colons between them, as openssl writes
    /// them, are passed over.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || {
            Invalid::new(
                "must be the SHA-256 of the certificate: 64 hex digits, with or without colons",
            )
        };
        let mut sha256 = [0; 32];
        let mut count = 0;
        for digit in text.chars().filter(|c| *c != ':') {
            let digit = digit.to_digit(16).and_then(|d| u8::try_from(d).ok());
            let byte = sha256.get_mut(count / 2).ok_or_else(invalid)?;
            *byte = *byte << 4 | digit.ok_or_else(invalid)?;
            count += 1;
        }
        if count == 64 {
            Ok(Self(sha256))
        } else {
            Err(invalid())
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_form_of_openssl_and_the_plain_one_are_the_same() {
        let plain = "0a".repeat(31) + "ff";
        let colons = "0A:".repeat(31) + "FF";
        let mut bytes = [0x0a; 32];
        bytes[31] = 0xff;
        assert_eq!(plain.parse(), Ok(Fingerprint::new(bytes)));
        assert_eq!(colons.parse(), Ok(Fingerprint::new(bytes)));
    }

    #[test]
    fn other_lengths_and_letters_are_refused() {
        for text in [
            "",
            ":",
            &"a".repeat(63),
            &"a".repeat(65),
            &"g".repeat(64),
            &"é".repeat(64),
        ] {
            assert!(text.parse::<Fingerprint>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_written_fingerprint_is_read_back(bytes: [u8; 32]) {
            let fingerprint = Fingerprint::new(bytes);
            prop_assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = text.parse::<Fingerprint>();
        }
    }
}
