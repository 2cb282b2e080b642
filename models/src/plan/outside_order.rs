//! An order of top nonce bytes that someone outside asks for.

use std::fmt;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::work::Slot;

/// Which order from outside it is: another name or other bytes make another id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutsideId(pub u64);

impl fmt::Display for OutsideId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Top nonce bytes, the most promising first; maybe not all of them. Byte 0 is never among them: it
/// belongs to slot 0, which is in no arm.
#[derive(Clone, PartialEq, Eq)]
pub struct OutsideOrder {
    id: OutsideId,
    name: Box<str>,
    bytes: Box<[u8]>,
}

/// Why bytes and a name are no order from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadOutsideOrder {
    /// The name is empty, too long or has other than printable ASCII.
    #[error("`name` must be 1 to {most} printable ASCII characters", most = OutsideOrder::NAME_MAX)]
    Name,
    /// No byte at all.
    #[error("`order` must name a byte")]
    Empty,
    /// Byte 0 stays where it is.
    #[error("`order` must not name byte 0")]
    Zero,
    /// A byte twice: two leases would overlap.
    #[error("`order` names byte {0} twice")]
    Twice(u8),
}

impl OutsideOrder {
    /// Most characters of a name.
    pub const NAME_MAX: usize = 64;

    /// Takes the order that its author calls `name`.
    ///
    /// # Errors
    /// The name is not printable, or the bytes are none, have byte 0 or one of them twice.
    pub fn new(name: &str, bytes: &[u8]) -> Result<Self, BadOutsideOrder> {
        let is_printable = name.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !(1..=Self::NAME_MAX).contains(&name.len()) || !is_printable {
            return Err(BadOutsideOrder::Name);
        }
        if bytes.is_empty() {
            return Err(BadOutsideOrder::Empty);
        }
        let mut seen = [false; Slot::COUNT];
        for &byte in bytes {
            if byte == 0 {
                return Err(BadOutsideOrder::Zero);
            }
            if std::mem::replace(&mut seen[usize::from(byte)], true) {
                return Err(BadOutsideOrder::Twice(byte));
            }
        }
        Ok(Self {
            id: id_of(name, bytes),
            name: name.into(),
            bytes: bytes.into(),
        })
    }

    /// Which it is.
    #[must_use]
    pub const fn id(&self) -> OutsideId {
        self.id
    }

    /// What its author calls it; printable ASCII.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes 1 to 255, the most promising first, none twice; maybe not all of them.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The first 8 bytes of a digest of both, with what keeps it apart from other digests in front.
fn id_of(name: &str, bytes: &[u8]) -> OutsideId {
    let mut hash = Sha256::new();
    hash.update(b"zartrux outside order\0");
    hash.update(name);
    // No name has it.
    hash.update([0]);
    hash.update(bytes);
    let digest = hash.finalize();
    let first = digest.iter().take(8);
    OutsideId(first.fold(0, |id, byte| id << 8 | u64::from(*byte)))
}

impl fmt::Debug for OutsideOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = const_hex::encode(self.bytes.get(..8).unwrap_or(&self.bytes));
        write!(f, "OutsideOrder({} {:?}: {first}…)", self.id, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_name_or_other_bytes_make_another_order() {
        let order = OutsideOrder::new("mine", &[9, 1, 255]).unwrap();
        assert_eq!((order.name(), order.bytes()), ("mine", &[9, 1, 255][..]));
        let id = |name, bytes: &[u8]| OutsideOrder::new(name, bytes).unwrap().id();
        // What is in journals: it never changes.
        assert_eq!(order.id(), OutsideId(0x8d85_9a36_e9ce_2f49));
        assert_eq!(order.id(), id("mine", &[9, 1, 255]));
        assert_ne!(order.id(), id("yours", &[9, 1, 255]));
        assert_ne!(order.id(), id("mine", &[9, 255, 1]));
        assert_ne!(id("a", &[b'b', 1]), id("ab", &[1]), "they are kept apart");
    }

    #[test]
    fn what_would_overlap_or_can_not_be_shown_is_refused() {
        let refused = |name, bytes: &[u8]| OutsideOrder::new(name, bytes).unwrap_err();
        assert_eq!(refused("mine", &[]), BadOutsideOrder::Empty);
        assert_eq!(refused("mine", &[1, 0]), BadOutsideOrder::Zero);
        assert_eq!(refused("mine", &[4, 5, 4]), BadOutsideOrder::Twice(4));
        let long = "x".repeat(OutsideOrder::NAME_MAX + 1);
        for name in ["", "\u{1b}[2J", "mÿ", &long] {
            assert_eq!(refused(name, &[1]), BadOutsideOrder::Name, "{name:?}");
        }
        // Longer than all bytes: one is there twice.
        let many = [7; 4_000];
        assert_eq!(refused("mine", &many), BadOutsideOrder::Twice(7));
    }
}
