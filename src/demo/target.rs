//! Targets and difficulties, computed without the proxy's own arithmetic.
//!
//! The demo's pool is the independent judge of what the proxy lets through, so it shares none
//! of the code that it judges. The rule is the one that xmrig and pools follow: a result meets
//! a target when its last 8 bytes, read little-endian, are below the 64-bit target.

use std::fmt;

/// A 64-bit target; never 0, which no result could meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target64(u64);

/// How many bytes of a target a pool puts on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TargetWidth {
    /// 4 bytes, the older and commoner form; coarse at high difficulties.
    #[default]
    Four,
    /// 8 bytes, exact.
    Eight,
}

impl Target64 {
    /// The target of this value.
    ///
    /// Returns `None` for 0.
    #[must_use]
    pub const fn new(value: u64) -> Option<Self> {
        if value == 0 { None } else { Some(Self(value)) }
    }

    /// The target that asks for `difficulty` hashes on average; 0 counts as 1.
    #[must_use]
    pub const fn of_difficulty(difficulty: u64) -> Self {
        let divisor = if difficulty == 0 { 1 } else { difficulty };
        Self(u64::MAX / divisor)
    }

    /// Reads a target as it stands in a job: 4 or 8 bytes in hex, little-endian.
    #[must_use]
    pub fn from_wire(hex: &str) -> Option<Self> {
        match hex.len() {
            8 => {
                let short = u32::from_le_bytes(super::hex::decode(hex)?);
                let hashes = u64::from(u32::MAX).checked_div(u64::from(short))?;
                u64::MAX.checked_div(hashes).and_then(Self::new)
            }
            16 => Self::new(u64::from_le_bytes(super::hex::decode(hex)?)),
            _ => None,
        }
    }

    /// The 64-bit value.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The difficulty of this target: hashes per share on average.
    #[must_use]
    pub const fn difficulty(self) -> u64 {
        u64::MAX / self.0
    }

    /// Whether `result` (32 bytes in wire order) meets this target.
    #[must_use]
    pub fn is_met_by(self, result: &[u8; 32]) -> bool {
        value_of(result) < self.0
    }
}

impl fmt::Display for Target64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x} (difficulty {})", self.0, self.difficulty())
    }
}

/// What a result is compared with a target by: its last 8 bytes, little-endian.
#[must_use]
pub fn value_of(result: &[u8; 32]) -> u64 {
    let mut last = [0; 8];
    last.copy_from_slice(&result[24..]);
    u64::from_le_bytes(last)
}

/// The target of `difficulty` as a pool writes it into a job.
///
/// A difficulty that 4 bytes cannot hold is written with 8.
#[must_use]
pub fn to_wire(difficulty: u64, width: TargetWidth) -> String {
    let difficulty = difficulty.max(1);
    let short = u32::try_from(u64::from(u32::MAX) / difficulty).unwrap_or(u32::MAX);
    if width == TargetWidth::Four && short > 0 {
        const_hex::encode(short.to_le_bytes())
    } else {
        const_hex::encode(Target64::of_difficulty(difficulty).get().to_le_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_four_byte_target_widens_as_xmrig_widens_it() {
        // A pool that asks for 9,000,000 in 4 bytes gets 9,004,124.
        let wire = to_wire(9_000_000, TargetWidth::Four);
        assert_eq!(wire, "dd010000");
        assert_eq!(Target64::from_wire(&wire).unwrap().difficulty(), 9_004_124);
    }

    #[test]
    fn an_eight_byte_target_keeps_its_difficulty() {
        for difficulty in [1, 2, 20, 9_000_000, 4_000_000_000] {
            let wire = to_wire(difficulty, TargetWidth::Eight);
            assert_eq!(Target64::from_wire(&wire).unwrap().difficulty(), difficulty);
        }
        assert_eq!(to_wire(20, TargetWidth::Eight), "cccccccccccccc0c");
    }

    #[test]
    fn a_difficulty_beyond_four_bytes_is_written_with_eight() {
        assert_eq!(to_wire(1 << 33, TargetWidth::Four).len(), 16);
        assert_eq!(to_wire(u64::from(u32::MAX), TargetWidth::Four), "01000000");
    }

    #[test]
    fn a_value_equal_to_the_target_misses_it() {
        let target = Target64::new(1_000).unwrap();
        let mut result = [0xff; 32];
        result[24..].copy_from_slice(&1_000_u64.to_le_bytes());
        assert!(!target.is_met_by(&result));
        result[24..].copy_from_slice(&999_u64.to_le_bytes());
        assert!(target.is_met_by(&result));
    }

    #[test]
    fn odd_widths_zero_and_foreign_digits_are_no_target() {
        for wire in [
            "",
            "00",
            "00000000",
            "0000000000000000",
            "zzzzzzzz",
            "ffffff",
            "0x123456",
        ] {
            assert_eq!(Target64::from_wire(wire), None, "{wire:?}");
        }
    }
}
