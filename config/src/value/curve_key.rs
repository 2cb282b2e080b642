//! Keys of CURVE, ZeroMQ's encryption.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::{Invalid, Secret};

/// The alphabet of Z85, each at the place of its value.
const ALPHABET: &[u8; 85] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/// A key of 32 bytes, written as 40 characters of Z85.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CurveKey([u8; 32]);

impl CurveKey {
    /// Characters of a key.
    pub const LEN: usize = 40;

    /// The key's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key as it is written: to be shown only where it is a public one.
    #[must_use]
    pub fn to_z85(&self) -> String {
        let mut text = String::with_capacity(Self::LEN);
        for four in self.0.chunks_exact(4) {
            let mut value = four
                .iter()
                .fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
            let mut five = [0; 5];
            for digit in five.iter_mut().rev() {
                *digit = ALPHABET[usize::try_from(value % 85).unwrap_or_default()];
                value /= 85;
            }
            text.extend(five.map(char::from));
        }
        text
    }
}

impl FromStr for CurveKey {
    type Err = Invalid;

    /// The text is not shown, because it may be secret.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || {
            Invalid::new("must be a key of 40 characters (Z85), as `zartrux bridge-key` prints it")
        };
        if text.len() != Self::LEN {
            return Err(wrong());
        }
        let mut key = [0; 32];
        for (four, five) in key.chunks_exact_mut(4).zip(text.as_bytes().chunks_exact(5)) {
            let mut value = 0_u64;
            for character in five {
                let digit = ALPHABET.iter().position(|known| known == character);
                value = value * 85 + digit.ok_or_else(wrong)? as u64;
            }
            let value = u32::try_from(value).map_err(|_| wrong())?;
            four.copy_from_slice(&value.to_be_bytes());
        }
        Ok(Self(key))
    }
}

impl fmt::Debug for CurveKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CurveKey([redacted])")
    }
}

/// A secret key, or where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CurveSecret {
    /// The key itself, 40 characters of Z85.
    Key(Secret),
    /// The file that holds it, written as `file:path`.
    File(PathBuf),
}

impl FromStr for CurveSecret {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.strip_prefix("file:") {
            Some(path) if !path.is_empty() && !path.contains('\0') => Ok(Self::File(path.into())),
            Some(_) => Err(Invalid::new("must name a file after \"file:\"")),
            None => text
                .parse::<CurveKey>()
                .map_err(|why| {
                    Invalid::new(format!("{why}; or \"file:\" and the file that holds it"))
                })
                .map(|_| Self::Key(Secret::new(text))),
        }
    }
}

impl fmt::Display for CurveSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "{key}"),
            Self::File(path) => write!(f, "\"file:{}\"", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_and_written_as_zeromq_does() {
        // From ZeroMQ's manual of zmq_curve.
        let pairs = [
            (
                "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
                "54fcba24e93249969316fb617c872bb0c1d1ff14800427c594cbfacf1bc2d652",
            ),
            (
                "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6",
                "8e0bdd697628b91d8f245587ee95c5b04d48963f79259877b49cd9063aead3b7",
            ),
        ];
        for (text, hex) in pairs {
            let key: CurveKey = text.parse().unwrap();
            let bytes: String = key.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(bytes, hex);
            assert_eq!(key.to_z85(), text);
            assert!(!format!("{key:?}").contains(text));
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        let beyond = "#".repeat(40);
        let (short, foreign) = ("a".repeat(39), format!("{}\"", "a".repeat(39)));
        for text in ["", &short, &foreign, &beyond, &"ñ".repeat(20)] {
            let said = text.parse::<CurveKey>().unwrap_err().to_string();
            assert!(text.is_empty() || !said.contains(text), "{said}");
        }
    }
}
