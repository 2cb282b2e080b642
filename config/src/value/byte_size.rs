//! Sizes of buffers, in bytes.

use std::fmt;
use std::str::FromStr;

use super::{Invalid, number_and_unit, shown};

/// The units, the largest first, in bytes.
const UNITS: [(&str, usize); 5] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("bytes", 1),
    ("B", 1),
];

/// A number of bytes. It is read and written with its unit, such as `64KiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(usize);

impl ByteSize {
    /// A size of so many bytes.
    #[must_use]
    pub const fn new(bytes: usize) -> Self {
        Self(bytes)
    }

    /// The size, in bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = Invalid;

    /// Reads a whole number with one of the units `bytes` (or `B`), `KiB`, `MiB` and `GiB`.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        number_and_unit(text)
            .and_then(|(number, unit)| {
                let (_, bytes) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
                usize::try_from(number).ok()?.checked_mul(bytes).map(Self)
            })
            .ok_or_else(|| {
                Invalid::new(format!(
                    "must be a whole number with a unit (bytes, KiB, MiB or GiB), such as \"64KiB\", \
                     but is {}",
                    shown(text)
                ))
            })
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, unit) = UNITS
            .into_iter()
            .find(|(_, unit)| self.0 > 0 && self.0.is_multiple_of(*unit))
            .unwrap_or(("bytes", 1));
        write!(f, "{}{name}", self.0 / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_unit_is_what_it_says() {
        for (text, bytes) in [
            ("100bytes", 100),
            ("100 B", 100),
            ("64KiB", 65_536),
            ("2MiB", 2 << 20),
            ("3 GiB", 3 << 30),
        ] {
            assert_eq!(text.parse(), Ok(ByteSize::new(bytes)), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_size_is_refused() {
        for text in [
            "",
            "64",
            "KiB",
            "64kb",
            "64KB",
            "-1KiB",
            "1.5MiB",
            "99999999999999999MiB",
        ] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_written_size_is_read_back(bytes: usize) {
            let size = ByteSize::new(bytes);
            prop_assert_eq!(size.to_string().parse(), Ok(size));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = text.parse::<ByteSize>();
        }
    }
}
