//! Hex of a fixed length.

/// Reads exactly `2 * N` hex digits of either case.
pub(super) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    // The decoder would take a `0x` prefix, which is no hex digit here.
    let plain = text.len() == 2 * N && !text.starts_with("0x");
    (plain && const_hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn only_the_exact_number_of_digits_is_read() {
        assert_eq!(decode::<2>("0aFF"), Some([0x0a, 0xff]));
        for text in ["", "0a", "0aff0", "0aff00", "0xff", "0agg"] {
            assert_eq!(decode::<2>(text), None, "{text:?}");
        }
    }
}
