//! A ranking of top nonce bytes, as a model gives it.

use std::fmt;

use crate::filter::ModelId;
use crate::work::Slot;

/// All 256 top nonce bytes, the most promising first.
#[derive(Clone, PartialEq, Eq)]
pub struct NonceOrder {
    id: ModelId,
    order: [u8; Slot::COUNT],
}

/// Why bytes are no order of all 256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadOrder {
    /// Too many or too few.
    #[error("an order of nonces has 256 bytes, not {0}")]
    Length(usize),
    /// One is there twice, so another is not there.
    #[error("an order of nonces has each byte once: {byte:#04x} is at {first} and at {again}")]
    Twice {
        /// Which.
        byte: u8,
        /// Its first place, from 0.
        first: usize,
        /// Its next.
        again: usize,
    },
}

impl NonceOrder {
    /// Takes the order that the model `id` gives.
    ///
    /// # Errors
    /// It does not have each byte once.
    pub fn new(id: ModelId, order: &[u8]) -> Result<Self, BadOrder> {
        let order: [u8; Slot::COUNT] = order
            .try_into()
            .map_err(|_| BadOrder::Length(order.len()))?;
        let mut places = [None; Slot::COUNT];
        for (again, byte) in order.into_iter().enumerate() {
            if let Some(first) = places[usize::from(byte)].replace(again) {
                return Err(BadOrder::Twice { byte, first, again });
            }
        }
        Ok(Self { id, order })
    }

    /// Whose order it is.
    #[must_use]
    pub const fn id(&self) -> ModelId {
        self.id
    }

    /// The bytes, the most promising first.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; Slot::COUNT] {
        &self.order
    }
}

impl fmt::Debug for NonceOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = const_hex::encode(&self.order[..8]);
        write!(f, "NonceOrder({}: {first}…)", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_have_each_byte_once_is_refused_with_what_is_amiss() {
        let mut bytes: Vec<u8> = (0..=u8::MAX).rev().collect();
        let order = NonceOrder::new(ModelId(7), &bytes).unwrap();
        assert_eq!((order.id(), order.bytes()[0]), (ModelId(7), 255));
        bytes[9] = bytes[3];
        let said = NonceOrder::new(ModelId(7), &bytes).unwrap_err().to_string();
        assert_eq!(
            said,
            "an order of nonces has each byte once: 0xfc is at 3 and at 9"
        );
        for length in [0, 255] {
            let said = NonceOrder::new(ModelId(7), &bytes[..length]);
            assert_eq!(said, Err(BadOrder::Length(length)));
        }
        bytes.push(0);
        assert_eq!(
            NonceOrder::new(ModelId(7), &bytes),
            Err(BadOrder::Length(257))
        );
    }
}
