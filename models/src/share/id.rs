//! What a share is called in records.

use std::fmt;

/// An admitted share, by its number within the process: the lane in the top 16 bits, counted
/// within it from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShareId(u64);

impl ShareId {
    const LANE_SHIFT: u32 = 48;

    /// Share number `count` of a lane.
    #[must_use]
    pub const fn new(lane: u16, count: u64) -> Self {
        // Widening; the count stays below 2⁴⁸ for 89 years at 100,000 shares a second.
        Self(((lane as u64) << Self::LANE_SHIFT) | (count & ((1 << Self::LANE_SHIFT) - 1)))
    }

    /// The number that is stored.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// From the number that was stored.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The lane it came in at.
    #[must_use]
    pub const fn lane(self) -> u16 {
        (self.0 >> Self::LANE_SHIFT) as u16
    }

    /// Reads 1 to 16 hex digits, as [`fmt::Display`] writes them.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        digits
            .then(|| u64::from_str_radix(text, 16).ok())
            .flatten()
            .map(Self)
    }
}

impl fmt::Display for ShareId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_its_lane_and_reads_back() {
        let id = ShareId::new(3, 0xbeef);
        assert_eq!(id.lane(), 3);
        assert_eq!(ShareId::from_hex(&id.to_string()), Some(id));
        assert_eq!(ShareId::from_hex("+1"), None);
    }
}
