//! Shares that carry their own number, so that the pool's side knows each one again.
//!
//! The number is masked with the rest of the result: to the proxy the bytes look as random as
//! those of a real hash, and no two results are alike.

use std::io::Write as _;

/// A finalising mix of 64 bits (SplitMix64): every input bit changes half of the output.
const fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A result, hex, that meets `target` and carries `number`; `salt` makes runs differ.
pub(crate) fn result(number: u64, salt: u64, target: u64) -> [u8; 64] {
    let mask = mix(number ^ mix(salt));
    // Uniform below the target, as an honest miner's results are.
    let below = (u128::from(mix(mask ^ 2)) * u128::from(target)) >> 64;
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&(number ^ mix(mask)).to_le_bytes());
    bytes[8..16].copy_from_slice(&mask.to_le_bytes());
    bytes[16..24].copy_from_slice(&mix(mask ^ 1).to_le_bytes());
    bytes[24..].copy_from_slice(&u64::try_from(below).unwrap_or(0).to_le_bytes());
    let mut hex = [0; 64];
    // 32 bytes are exactly 64 digits.
    let _ = const_hex::encode_to_slice(bytes, &mut hex);
    hex
}

/// The number in a result made by [`result`]; any other result gives some number or none.
pub(crate) fn number(result: &str) -> Option<u64> {
    let mut bytes = [0; 32];
    const_hex::decode_to_slice(result, &mut bytes).ok()?;
    let word = |at: usize| {
        let eight = bytes.get(at..at + 8)?.try_into().ok()?;
        Some(u64::from_le_bytes(eight))
    };
    Some(word(0)? ^ mix(word(8)?))
}

/// A nonce: the count in the three lower bytes, the slot in the last. 8 hex digits as sent,
/// byte by byte.
pub(crate) const fn nonce(count: u32, slot: u8) -> u32 {
    let [_, high, middle, low] = count.to_be_bytes();
    u32::from_be_bytes([low, middle, high, slot])
}

/// Reads a nonce as sent.
pub(crate) fn parse_nonce(hex: &str) -> Option<u32> {
    (hex.len() == 8).then_some(())?;
    u32::from_str_radix(hex, 16).ok()
}

/// All that a submit line is made of.
pub(crate) struct Submit<'a> {
    /// The request's number.
    pub(crate) id: u64,
    /// The session that the login opened.
    pub(crate) session: &'a str,
    /// The job as the miner knows it.
    pub(crate) job_id: &'a str,
    /// As [`nonce`] makes it.
    pub(crate) nonce: u32,
    /// As [`result`] makes it.
    pub(crate) result: &'a [u8; 64],
}

impl Submit<'_> {
    /// Writes the line, as xmrig words it, in place of what `line` held.
    pub(crate) fn render(&self, line: &mut Vec<u8>) {
        line.clear();
        // Writing to a vector cannot fail.
        let _ = write!(
            line,
            "{{\"id\":{},\"jsonrpc\":\"2.0\",\"method\":\"submit\",\"params\":{{\"id\":\"{}\",\
             \"job_id\":\"{}\",\"nonce\":\"{:08x}\",\"result\":\"",
            self.id, self.session, self.job_id, self.nonce,
        );
        line.extend_from_slice(self.result);
        line.extend_from_slice(b"\",\"algo\":\"rx/0\"}}\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_result_gives_its_number_back_and_meets_the_target() {
        let target = u64::MAX / 100_000;
        let mut seen = HashSet::new();
        for n in 0..10_000 {
            let hex = result(n, 99, target);
            let text = std::str::from_utf8(&hex).unwrap();
            assert_eq!(number(text), Some(n));
            let last = u64::from_str_radix(&text[48..], 16).unwrap().swap_bytes();
            assert!(last < target);
            assert!(seen.insert(hex));
        }
    }

    #[test]
    fn results_lie_evenly_below_the_target() {
        let target = 1_u64 << 40;
        let lower = (0..10_000)
            .filter(|&n| {
                let hex = result(n, 5, target);
                let text = std::str::from_utf8(&hex).unwrap();
                u64::from_str_radix(&text[48..], 16).unwrap().swap_bytes() < target / 2
            })
            .count();
        assert!((4_800..5_200).contains(&lower), "{lower}");
    }

    #[test]
    fn a_made_up_result_is_no_number_of_ours() {
        assert_eq!(number("00"), None);
        assert_eq!(number(&"z".repeat(64)), None);
        assert!(number(&"a".repeat(64)).unwrap() > 1 << 40);
    }

    #[test]
    fn a_nonce_counts_in_its_three_lower_bytes_and_keeps_its_slot() {
        assert_eq!(format!("{:08x}", nonce(5, 0xb2)), "050000b2");
        assert_eq!(format!("{:08x}", nonce(0x01_02_03, 7)), "03020107");
        assert_eq!(parse_nonce("050000b2"), Some(nonce(5, 0xb2)));
        assert_eq!(parse_nonce("50000b2"), None);
    }

    #[test]
    fn a_submit_is_worded_as_xmrig_words_it() {
        let result = result(1, 2, 3);
        let mut line = b"left over".to_vec();
        Submit {
            id: 2,
            session: "e34841103589a186",
            job_id: "bcc6cb09e3a13772",
            nonce: nonce(5, 0xb2),
            result: &result,
        }
        .render(&mut line);
        let text = String::from_utf8(line).unwrap();
        let expected = format!(
            "{{\"id\":2,\"jsonrpc\":\"2.0\",\"method\":\"submit\",\"params\":{{\"id\":\"e34841103589a186\",\
             \"job_id\":\"bcc6cb09e3a13772\",\"nonce\":\"050000b2\",\"result\":\"{}\",\"algo\":\"rx/0\"}}}}\n",
            std::str::from_utf8(&result).unwrap()
        );
        assert_eq!(text, expected);
    }
}
