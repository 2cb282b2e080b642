//! Hashing blobs of a made-up chain, in the exact shape of Monero's.
//!
//! 76 bytes: major and minor version (0, 1), timestamp as a 5-byte varint (2..7), hash of the
//! previous block (7..39), nonce (39..43), Merkle root of the transactions (43..75), number of
//! transactions (75).

/// Length of a blob, bytes.
pub const LEN: usize = 76;

/// Where the 4 nonce bytes begin.
pub const NONCE_AT: usize = 39;

/// Versions of hard fork 16, the present one.
const VERSIONS: [u8; 2] = [16, 16];

/// The blob of a block with one transaction, its nonce still zero.
///
/// `timestamp` is in seconds since 1970; only its lower 35 bits are used, and bit 28 is set where
/// they would need fewer than five varint bytes, so that the nonce stays where it belongs.
#[must_use]
pub fn build(timestamp: u64, previous: &[u8; 32], root: &[u8; 32]) -> [u8; LEN] {
    let mut blob = [0; LEN];
    blob[..2].copy_from_slice(&VERSIONS);
    blob[2..7].copy_from_slice(&five_byte_varint(timestamp));
    blob[7..39].copy_from_slice(previous);
    blob[43..75].copy_from_slice(root);
    blob[75] = 1;
    blob
}

/// `blob` with `nonce` written where it belongs.
///
/// Returns `None` when the blob is too short to hold one.
#[must_use]
pub fn with_nonce(blob: &[u8], nonce: [u8; 4]) -> Option<Vec<u8>> {
    let mut full = blob.to_vec();
    full.get_mut(NONCE_AT..NONCE_AT + 4)?
        .copy_from_slice(&nonce);
    Some(full)
}

fn five_byte_varint(value: u64) -> [u8; 5] {
    let value = if value >> 28 == 0 {
        value | 1 << 28
    } else {
        value
    };
    let mut bytes = [0; 5];
    for (i, byte) in (0_u32..).zip(&mut bytes) {
        let low = ((value >> (7 * i)) & 0x7f) as u8;
        *byte = if i < 4 { low | 0x80 } else { low };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_real_blob_is_rebuilt_byte_for_byte() {
        let previous = const_hex::decode_to_array(
            "418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e3",
        );
        let root = const_hex::decode_to_array(
            "49e62296c011d6a0cc29785b1cf329eb215eb4035154af221e046092a9cd9930",
        );
        let blob = build(1_795_359_654, &previous.unwrap(), &root.unwrap());
        assert_eq!(
            const_hex::encode(blob),
            "1010a6878cd806418015bb9ae982a1975da7d79277c2705727a56894ba0fb246adaabb1f4632e3\
             0000000049e62296c011d6a0cc29785b1cf329eb215eb4035154af221e046092a9cd993001"
        );
    }

    #[test]
    fn the_nonce_takes_its_place_whatever_the_timestamp() {
        for timestamp in [0, 1, 1 << 28, u64::MAX] {
            let blob = build(timestamp, &[7; 32], &[9; 32]);
            let full = with_nonce(&blob, [1, 2, 3, 4]).unwrap();
            assert_eq!(full[6] & 0x80, 0, "the varint ends in byte 6");
            assert_eq!(full[38..44], [7, 1, 2, 3, 4, 9]);
        }
        assert_eq!(with_nonce(&[0; 42], [0; 4]), None);
    }
}
