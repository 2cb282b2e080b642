//! The 32-byte values of the protocol, kept apart by type.

use std::fmt;

/// Why a hex text is not the 32 bytes it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 64 hexadecimal digits")]
pub struct NotHex32;

/// Reads 64 hex digits of either case into 32 bytes.
fn decode(text: &str) -> Result<[u8; 32], NotHex32> {
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return Err(NotHex32);
    }
    const_hex::decode_to_slice(text, &mut bytes).map_err(|_| NotHex32)?;
    Ok(bytes)
}

macro_rules! hash32 {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Takes the bytes as they are on the wire.
            #[must_use]
            pub const fn new(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// Reads 64 hex digits, upper or lower case.
            ///
            /// # Errors
            /// The text has another length or holds anything but hex digits.
            pub fn from_hex(text: &str) -> Result<Self, NotHex32> {
                // const-hex tolerates a `0x` prefix, which the length check alone would not catch.
                if text.starts_with("0x") {
                    return Err(NotHex32);
                }
                decode(text).map(Self)
            }

            /// The bytes as they are on the wire.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// 64 lower-case hex digits as ASCII bytes, for building lines without allocating.
            #[must_use]
            pub fn to_hex_ascii(self) -> [u8; 64] {
                let mut out = [0; 64];
                // The output is exactly twice the input, the one thing that can fail.
                let _ = const_hex::encode_to_slice(self.0, &mut out);
                out
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

hash32! {
    /// A block's id, as the next block names it.
    BlockId
}

hash32! {
    /// The RandomX key of an epoch of 2,048 blocks: hash of a main-chain block.
    SeedHash
}

hash32! {
    /// What a miner claims its hash came to, in wire order; compared with a target by its
    /// last 8 bytes, read little-endian.
    ResultHash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_of_either_case_is_read_and_written_in_lower_case() {
        let text = "FA3EADAF1479263B3046DBD6714A6E6EF7286D881B809D27E3FD99E9651BAA00";
        let hash = ResultHash::from_hex(text).unwrap();
        assert_eq!(hash.to_string(), text.to_lowercase());
        assert_eq!(&hash.to_hex_ascii(), text.to_lowercase().as_bytes());
    }

    #[test]
    fn short_long_and_foreign_digits_are_refused() {
        for text in ["", "00", &"0".repeat(63), &"0".repeat(65), &"z".repeat(64)] {
            assert_eq!(ResultHash::from_hex(text), Err(NotHex32), "{text:?}");
        }
        let prefixed = format!("0x{}", "0".repeat(62));
        assert_eq!(SeedHash::from_hex(&prefixed), Err(NotHex32));
    }
}
