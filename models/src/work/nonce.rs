//! Nonces and the slot byte that keeps miners apart.

use std::fmt;

/// Why a text is not a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nonce is not 8 hexadecimal digits")]
pub struct BadNonce;

/// The last byte of a nonce: one of 256 leases of an upstream job (`NiceHash` mode).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u8);

impl Slot {
    /// Slots of one upstream job.
    pub const COUNT: usize = 256;

    /// Nonces within a slot, 2²⁴.
    pub const NONCES: u32 = 1 << 24;
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}", self.0)
    }
}

/// Four bytes in wire order, as they stand in the blob.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce([u8; 4]);

impl Nonce {
    /// Takes the bytes in wire order.
    #[must_use]
    pub const fn new(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// The nonce number `counter` of a slot; only the low 24 bits of the counter count.
    #[must_use]
    pub const fn in_slot(slot: Slot, counter: u32) -> Self {
        let [low, middle, high, _] = counter.to_le_bytes();
        Self([low, middle, high, slot.0])
    }

    /// Reads 8 hex digits of either case.
    ///
    /// # Errors
    /// Another length or other characters.
    pub fn from_hex(text: &str) -> Result<Self, BadNonce> {
        let mut bytes = [0; 4];
        if text.len() != 8 || text.starts_with("0x") {
            return Err(BadNonce);
        }
        const_hex::decode_to_slice(text, &mut bytes).map_err(|_| BadNonce)?;
        Ok(Self(bytes))
    }

    /// In wire order.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }

    /// The byte that the proxy fixed.
    #[must_use]
    pub const fn slot(self) -> Slot {
        Slot(self.0[3])
    }

    /// Position within the slot, 0 … 2²⁴−1: how far a miner that counts upward has come.
    #[must_use]
    pub const fn counter(self) -> u32 {
        u32::from_le_bytes([self.0[0], self.0[1], self.0[2], 0])
    }

    /// Position among all nonces, 0 … 2³²−1: how far a miner that counts upward has come where no byte
    /// is fixed.
    #[must_use]
    pub const fn whole_counter(self) -> u32 {
        u32::from_le_bytes(self.0)
    }

    /// 8 lower-case hex digits.
    #[must_use]
    pub fn to_hex_ascii(self) -> [u8; 8] {
        let mut out = [0; 8];
        // The output is exactly twice the input, the one thing that can fail.
        let _ = const_hex::encode_to_slice(self.0, &mut out);
        out
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonce({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_byte_is_the_slot_and_the_rest_counts_little_endian() {
        let nonce = Nonce::from_hex("408100B2").unwrap();
        assert_eq!(nonce.slot(), Slot(0xb2));
        assert_eq!(nonce.counter(), 0x8140);
        assert_eq!(nonce.to_string(), "408100b2");
    }

    #[test]
    fn six_and_ten_digits_are_refused() {
        for text in ["010203", "0102030405", "0102030z", "", "0x010203"] {
            assert_eq!(Nonce::from_hex(text), Err(BadNonce), "{text}");
        }
    }

    proptest! {
        #[test]
        fn slot_and_counter_make_the_nonce(slot: u8, counter in 0..Slot::NONCES) {
            let nonce = Nonce::in_slot(Slot(slot), counter);
            prop_assert_eq!((nonce.slot(), nonce.counter()), (Slot(slot), counter));
            prop_assert_eq!(Nonce::from_hex(&nonce.to_string()), Ok(nonce));
        }
    }
}
