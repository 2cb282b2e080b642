//! Targets and difficulties, rounded exactly as pools round them.

use std::fmt;
use std::num::NonZeroU64;

use super::ResultHash;

/// Expected number of hashes for one share; never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Difficulty(NonZeroU64);

impl Difficulty {
    /// The lowest: every hash is a share.
    pub const ONE: Self = Self(NonZeroU64::MIN);

    /// A difficulty of `hashes`; zero becomes one.
    #[must_use]
    pub const fn new(hashes: u64) -> Self {
        match NonZeroU64::new(hashes) {
            Some(hashes) => Self(hashes),
            None => Self::ONE,
        }
    }

    /// In hashes.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The target that asks for it: ⌊(2⁶⁴−1) ÷ difficulty⌋, as xmrig-proxy computes it.
    #[must_use]
    pub const fn target(self) -> Target {
        Target(match NonZeroU64::new(u64::MAX / self.0.get()) {
            Some(threshold) => threshold,
            None => NonZeroU64::MIN,
        })
    }
}

impl fmt::Display for Difficulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a target field can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// Neither 8 nor 16 hex digits.
    #[error("target is not 8 or 16 hexadecimal digits")]
    Form,
    /// All zero: no hash could meet it.
    #[error("target is zero")]
    Zero,
}

/// A hash is a share when its value is *below* this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target(NonZeroU64);

impl Target {
    /// Length of [`Target::to_hex_ascii`].
    pub const HEX_LEN: usize = 16;

    /// Reads the `target` field: little-endian hex of 4 or 8 bytes.
    ///
    /// Four bytes `t` mean (2⁶⁴−1) ÷ ((2³²−1) ÷ t) in integer division: what xmrig and
    /// xmrig-proxy compute (`Job::setTarget`), so that a share at the boundary is judged alike.
    ///
    /// # Errors
    /// Another length, other characters, or zero.
    pub fn from_hex(text: &str) -> Result<Self, BadTarget> {
        let threshold = match text.len() {
            8 => {
                let mut bytes = [0; 4];
                const_hex::decode_to_slice(text, &mut bytes).map_err(|_| BadTarget::Form)?;
                let short = u32::from_le_bytes(bytes);
                let per_share = u32::MAX.checked_div(short).ok_or(BadTarget::Zero)?;
                u64::MAX / u64::from(per_share)
            }
            16 => {
                let mut bytes = [0; 8];
                const_hex::decode_to_slice(text, &mut bytes).map_err(|_| BadTarget::Form)?;
                u64::from_le_bytes(bytes)
            }
            _ => return Err(BadTarget::Form),
        };
        NonZeroU64::new(threshold).map(Self).ok_or(BadTarget::Zero)
    }

    /// The 64-bit threshold.
    #[must_use]
    pub const fn threshold(self) -> u64 {
        self.0.get()
    }

    /// ⌊(2⁶⁴−1) ÷ target⌋.
    #[must_use]
    pub const fn difficulty(self) -> Difficulty {
        Difficulty::new(u64::MAX / self.0.get())
    }

    /// Whether a result is a share at this target.
    #[must_use]
    pub const fn is_met_by(self, result: &ResultHash) -> bool {
        result.value() < self.0.get()
    }

    /// The 8-byte form as it goes on the wire.
    #[must_use]
    pub fn to_hex_ascii(self) -> [u8; Self::HEX_LEN] {
        let mut out = [0; Self::HEX_LEN];
        // The output is exactly twice the input, the one thing that can fail.
        let _ = const_hex::encode_to_slice(self.0.get().to_le_bytes(), &mut out);
        out
    }
}

impl ResultHash {
    /// What targets are compared with: the last 8 bytes, little-endian.
    #[must_use]
    pub const fn value(&self) -> u64 {
        let b = self.as_bytes();
        u64::from_le_bytes([b[24], b[25], b[26], b[27], b[28], b[29], b[30], b[31]])
    }

    /// The difficulty that this result would just have met.
    #[must_use]
    pub const fn difficulty(&self) -> Difficulty {
        match u64::MAX.checked_div(self.value()) {
            Some(hashes) => Difficulty::new(hashes),
            None => Difficulty::new(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn four_byte_targets_round_as_pools_round() {
        // A pool that asks for 9,000,000 in 4 bytes gets 9,004,124 (seen with xmrig 6.26).
        let short = u32::MAX / 9_000_000;
        let text = const_hex::encode(short.to_le_bytes());
        assert_eq!(
            Target::from_hex(&text).unwrap().difficulty().get(),
            9_004_124
        );
        assert_eq!(Target::from_hex("44444404").unwrap().difficulty().get(), 60);
        assert_eq!(
            Target::from_hex("cccccccccccccc0c")
                .unwrap()
                .difficulty()
                .get(),
            20
        );
    }

    #[test]
    fn zero_and_odd_lengths_are_refused() {
        assert_eq!(Target::from_hex("00000000"), Err(BadTarget::Zero));
        assert_eq!(Target::from_hex("0000000000000000"), Err(BadTarget::Zero));
        for text in [
            "",
            "0x444444",
            "4444",
            "zzzzzzzz",
            "444444044",
            "0x44444444444444",
        ] {
            assert_eq!(Target::from_hex(text), Err(BadTarget::Form), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_result_meets_exactly_the_targets_above_its_value(value: u64, threshold in 1u64..) {
            let mut bytes = [0; 32];
            bytes[24..].copy_from_slice(&value.to_le_bytes());
            let target = Target::from_hex(&const_hex::encode(threshold.to_le_bytes())).unwrap();
            prop_assert_eq!(target.is_met_by(&ResultHash::new(bytes)), value < threshold);
        }

        #[test]
        fn the_wire_form_reads_back(threshold in 1u64..) {
            let text = const_hex::encode(threshold.to_le_bytes());
            let target = Target::from_hex(&text).unwrap();
            prop_assert_eq!(&target.to_hex_ascii()[..], text.as_bytes());
        }

        #[test]
        fn any_difficulty_has_a_target_that_is_no_harder_than_asked(hashes in 1u64..) {
            let asked = Difficulty::new(hashes);
            prop_assert!(asked.target().difficulty() >= asked);
            // Above 2³² the integer division is coarse; below, it is exact to one part in 2³².
            if hashes < 1 << 32 {
                prop_assert_eq!(asked.target().difficulty(), asked);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,20}") {
            let _ = Target::from_hex(&text);
        }
    }
}
