//! Tokens of the API, as the file knows them.

use std::fmt;
use std::str::FromStr;

use super::Invalid;

/// SHA-256 of a token: who reads the file can't use it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest with these bytes.
    #[must_use]
    pub const fn new(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }

    /// The SHA-256 of the token's text.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for TokenDigest {
    type Err = Invalid;

    /// Reads 64 hex digits. The text is never shown: it may be a token that was put here by mistake.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || {
            Invalid::new(
                "must be the SHA-256 of a token, 64 hex digits, as `zartrux token` prints it",
            )
        };
        if text.len() != 64 {
            return Err(invalid());
        }
        let mut sha256 = [0; 32];
        let mut digits = text.chars();
        for byte in &mut sha256 {
            for _ in 0..2 {
                let digit = digits.next().and_then(|c| c.to_digit(16));
                let digit = digit.and_then(|digit| u8::try_from(digit).ok());
                *byte = *byte << 4 | digit.ok_or_else(invalid)?;
            }
        }
        Ok(Self(sha256))
    }
}

impl fmt::Display for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Its first digits: enough to tell which one it is.
impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "{a:02x}{b:02x}{c:02x}{d:02x}…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_and_written_and_shown_by_its_beginning() {
        let text = "0123456789abcdef".repeat(4);
        let digest: TokenDigest = text.parse().unwrap();
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.to_uppercase().parse(), Ok(digest));
        assert_eq!(format!("{digest:?}"), "01234567…");
    }

    #[test]
    fn what_is_no_digest_is_refused_without_being_shown() {
        for text in [
            "",
            "hunter2",
            &"a".repeat(63),
            &"g".repeat(64),
            &"é".repeat(32),
        ] {
            let fault = text.parse::<TokenDigest>().unwrap_err().to_string();
            assert!(
                fault.starts_with("must be the SHA-256 of a token"),
                "{fault}"
            );
            assert!(text.is_empty() || !fault.contains(text), "{fault}");
        }
    }
}
