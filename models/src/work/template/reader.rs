//! A cursor that never reads past the end nor believes a count.

use super::BadTemplate;

/// The bytes of a template and how far they are read.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Offset of the next byte.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Bytes that are left.
    pub(super) const fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub(super) fn take(
        &mut self,
        len: usize,
        field: &'static str,
    ) -> Result<&'a [u8], BadTemplate> {
        let end = self.at.checked_add(len).ok_or(BadTemplate::Cut(field))?;
        let taken = self
            .bytes
            .get(self.at..end)
            .ok_or(BadTemplate::Cut(field))?;
        self.at = end;
        Ok(taken)
    }

    pub(super) fn byte(&mut self, field: &'static str) -> Result<u8, BadTemplate> {
        self.take(1, field).map(|taken| taken[0])
    }

    pub(super) fn hash(&mut self, field: &'static str) -> Result<[u8; 32], BadTemplate> {
        let taken = self.take(32, field)?;
        taken.try_into().map_err(|_| BadTemplate::Cut(field))
    }

    /// Seven bits a byte, the lowest first; only the shortest form, as monerod reads it.
    pub(super) fn varint(&mut self, field: &'static str) -> Result<u64, BadTemplate> {
        let mut value = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte(field)?;
            let bits = u64::from(byte & 0x7f);
            let shifted = bits << shift;
            if shifted >> shift != bits || (byte == 0 && shift > 0) {
                return Err(BadTemplate::Varint(field));
            }
            value |= shifted;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(BadTemplate::Varint(field))
    }

    /// How many bytes or items follow; not yet whether they do.
    pub(super) fn count(&mut self, field: &'static str) -> Result<usize, BadTemplate> {
        usize::try_from(self.varint(field)?).map_err(|_| BadTemplate::Cut(field))
    }
}

/// Appends `value` in its shortest form.
pub(super) fn push_varint(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        // Only the low seven bits are kept.
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_that_is_too_long_too_large_or_cut_off_is_refused() {
        let largest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(Reader::new(&largest).varint("it"), Ok(u64::MAX));
        for bytes in [
            &[0x80, 0][..],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2],
            &[0xff; 11],
        ] {
            assert_eq!(
                Reader::new(bytes).varint("it"),
                Err(BadTemplate::Varint("it")),
                "{bytes:?}"
            );
        }
        for bytes in [&[][..], &[0x80], &[0xff; 9]] {
            assert_eq!(
                Reader::new(bytes).varint("it"),
                Err(BadTemplate::Cut("it")),
                "{bytes:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_written_number_reads_back(value: usize) {
            let mut bytes = Vec::new();
            push_varint(&mut bytes, value);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.count("it"), Ok(value));
            prop_assert_eq!(reader.left(), 0);
        }
    }
}
