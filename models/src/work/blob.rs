//! Hashing blobs: opaque but for the four nonce bytes.

use std::fmt;

use super::{Nonce, Slot};

/// Why a blob can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadBlob {
    /// Not an even number of hex digits.
    #[error("blob is not hexadecimal")]
    Form,
    /// No room for a nonce at its offset.
    #[error("blob of {0} bytes has no room for a nonce at byte {offset}", offset = Blob::NONCE_OFFSET)]
    Short(usize),
    /// Longer than any miner takes.
    #[error("blob of {0} bytes is longer than {max}", max = Blob::MAX_LEN)]
    Long(usize),
    /// The upstream already fixed the slot byte for us.
    #[error(
        "the upstream fixes nonce byte {at} itself (NiceHash mode): nothing is left to hand out; \
         set the proxy above to simple mode",
        at = Blob::SLOT_OFFSET
    )]
    SlotTaken,
}

/// A hashing blob with the nonce bytes still zero.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Blob(Box<[u8]>);

impl Blob {
    /// Where the nonce stands in a Monero blob with a 5-byte timestamp (xmrig `Job::nonceOffset`).
    pub const NONCE_OFFSET: usize = 39;
    /// The nonce byte that the proxy owns.
    pub const SLOT_OFFSET: usize = Self::NONCE_OFFSET + 3;
    /// xmrig's `Job::kMaxBlobSize`.
    pub const MAX_LEN: usize = 408;

    /// Reads the `blob` field of a job.
    ///
    /// # Errors
    /// Not hex, too short, too long, or the slot byte already in use.
    pub fn from_hex(text: &str) -> Result<Self, BadBlob> {
        let len = text.len() / 2;
        if len > Self::MAX_LEN {
            return Err(BadBlob::Long(len));
        }
        if text.starts_with("0x") {
            return Err(BadBlob::Form);
        }
        let bytes = const_hex::decode(text).map_err(|_| BadBlob::Form)?;
        if bytes.len() <= Self::SLOT_OFFSET {
            return Err(BadBlob::Short(bytes.len()));
        }
        if bytes[Self::SLOT_OFFSET] != 0 {
            return Err(BadBlob::SlotTaken);
        }
        Ok(Self(bytes.into_boxed_slice()))
    }

    /// A blob that was made of a template, which is long enough and leaves the nonce zero.
    pub(super) fn of_template(bytes: Vec<u8>) -> Self {
        Self(bytes.into_boxed_slice())
    }

    /// The bytes with the nonce as the pool sent it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes that a miner hashed for `nonce`.
    #[must_use]
    pub fn with_nonce(&self, nonce: Nonce) -> Box<[u8]> {
        let mut bytes = self.0.clone();
        bytes[Self::NONCE_OFFSET..=Self::SLOT_OFFSET].copy_from_slice(nonce.as_bytes());
        bytes
    }

    /// The blob as the miner with a slot of it gets it.
    #[must_use]
    pub fn in_slot(&self, slot: Slot) -> Self {
        let mut bytes = self.0.clone();
        bytes[Self::SLOT_OFFSET] = slot.0;
        Self(bytes)
    }

    /// In hex.
    #[must_use]
    pub fn to_hex(&self) -> String {
        const_hex::encode(&self.0)
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({})", const_hex::encode(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REAL: &str = "1010a6878cd806418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e30000000049e62296c011d6a0cc29785b1cf329eb215eb4035154af221e046092a9cd993001";

    #[test]
    fn a_real_blob_takes_the_nonce_at_byte_39() {
        let blob = Blob::from_hex(REAL).unwrap();
        let hashed = blob.with_nonce(Nonce::from_hex("01020304").unwrap());
        assert_eq!(&hashed[39..43], &[1, 2, 3, 4]);
        assert_eq!(blob.in_slot(Slot(0xb2)).to_hex()[84..86], *"b2");
    }

    #[test]
    fn an_upstream_in_nicehash_mode_is_refused_with_the_remedy() {
        let mut bytes = const_hex::decode(REAL).unwrap();
        bytes[42] = 7;
        let refused = Blob::from_hex(&const_hex::encode(bytes)).unwrap_err();
        assert_eq!(refused, BadBlob::SlotTaken);
        assert!(refused.to_string().contains("simple mode"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9a-fx]{0,900}") {
            let _ = Blob::from_hex(&text);
        }
    }
}
