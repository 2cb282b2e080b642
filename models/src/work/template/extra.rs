//! The extra field of a miner transaction: which of its bytes are free.

use std::ops::Range;

use super::reader::Reader;

/// Padding, and whatever else is not a known tag: the rest has no known meaning.
const PUBLIC_KEY: u8 = 1;
const NONCE: u8 = 2;
const MERGE_MINING: u8 = 3;
const MORE_KEYS: u8 = 4;
const MYSTERIOUS: u8 = 0xde;

/// Whether `range`, within the extra field `extra`, may be written to: within the data of a nonce,
/// or after the last part whose meaning is known.
///
/// A key that is overwritten does not make the block invalid. It only makes the reward unfindable.
pub(super) fn is_open(extra: &[u8], range: &Range<usize>) -> bool {
    let mut reader = Reader::new(extra);
    loop {
        let start = reader.at();
        match part(&mut reader) {
            Some(open) if open.start <= range.start && range.end <= open.end => return true,
            Some(_) => {}
            None => return start <= range.start,
        }
        if range.start < reader.at() {
            return false;
        }
    }
}

/// The bytes of the next part that are free; `None` when its meaning is unknown.
fn part(reader: &mut Reader<'_>) -> Option<Range<usize>> {
    const FIELD: &str = "extra field";
    let tag = reader.byte(FIELD).ok()?;
    let len = match tag {
        PUBLIC_KEY => 32,
        MORE_KEYS => reader.count(FIELD).ok()?.checked_mul(32)?,
        NONCE | MERGE_MINING | MYSTERIOUS => reader.count(FIELD).ok()?,
        _ => return None,
    };
    let start = reader.at();
    reader.take(len, FIELD).ok()?;
    match tag {
        NONCE | MYSTERIOUS => Some(start..reader.at()),
        _ => Some(start..start),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_nonces_data_and_an_unknown_rest_are_free() {
        // Public key, a nonce of 6 bytes, two more keys, a merge mining tag, something unknown.
        let mut extra = vec![PUBLIC_KEY];
        extra.extend([0x11; 32]);
        extra.extend([NONCE, 6, 0, 0, 0, 0, 0, 0]);
        extra.extend([MORE_KEYS, 2]);
        extra.extend([0x22; 64]);
        extra.extend([MERGE_MINING, 3, 1, 2, 3]);
        extra.extend([0x77, 1, 2, 3, 4]);
        let nonce = 35..41;
        let unknown = 112..extra.len();
        for at in 0..=extra.len() - 4 {
            let range = at..at + 4;
            let free = [&nonce, &unknown]
                .iter()
                .any(|part| part.start <= at && range.end <= part.end);
            assert_eq!(is_open(&extra, &range), free, "at {at}");
        }
    }

    #[test]
    fn a_part_that_claims_more_than_there_is_has_no_meaning() {
        let extra = [NONCE, 200, 0, 0, 0, 0];
        assert!(is_open(&extra, &(2..6)));
        assert!(!is_open(&[PUBLIC_KEY; 33], &(1..5)));
    }
}
