//! A line of CSV, taken apart.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

use super::reason::Reason;
use super::{COLUMNS_MAX, LINE_MAX};

/// Takes lines apart, in the same memory each time.
pub(super) struct Cells {
    core: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Cells {
    pub(super) fn new() -> Self {
        Self {
            // Lines are split already: only the end that is put behind them counts as one.
            core: ReaderBuilder::new()
                .terminator(Terminator::Any(b'\n'))
                .build(),
            // One more for the end of the line.
            text: vec![0; LINE_MAX + 1],
            // And one more, so that too many are noticed.
            ends: vec![0; COLUMNS_MAX + 1],
        }
    }

    /// The cells of a line without its end, quotes taken off.
    pub(super) fn split(&mut self, line: &[u8]) -> Result<impl Iterator<Item = &[u8]>, Reason> {
        self.core.reset();
        let (mut length, mut count, mut is_whole) = (0, 0, false);
        // What is behind an open quote takes the end of the line for a part of a cell.
        for input in [line, b"\n"] {
            let (result, _, wrote, ended) = self.core.read_record(
                input,
                self.text.get_mut(length..).unwrap_or_default(),
                self.ends.get_mut(count..).unwrap_or_default(),
            );
            length += wrote;
            count += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record | ReadRecordResult::End => is_whole = true,
                ReadRecordResult::OutputFull => return Err(Reason::LineTooLong),
                ReadRecordResult::OutputEndsFull => {
                    return Err(Reason::Cells {
                        found: count,
                        expected: COLUMNS_MAX,
                    });
                }
            }
        }
        if !is_whole {
            return Err(Reason::OpenQuote);
        }
        let (text, ends) = (self.text.as_slice(), self.ends.as_slice());
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let cells = starts.zip(ends).take(count);
        Ok(cells.map(|(start, end)| text.get(start..*end).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(line: &[u8]) -> Result<Vec<Vec<u8>>, Reason> {
        let mut cells = Cells::new();
        Ok(cells.split(line)?.map(<[u8]>::to_vec).collect())
    }

    #[test]
    fn quotes_keep_commas_and_are_doubled_for_themselves() {
        let cells = split(br#"a,"b,""c""",,d"e,f "#).unwrap();
        let expected: [&[u8]; 5] = [b"a", br#"b,"c""#, b"", br#"d"e"#, b"f "];
        assert_eq!(cells, expected);
        assert_eq!(split(b",").unwrap(), [b"", b""]);
        assert_eq!(split(b"\r").unwrap(), [b"\r"]);
    }

    #[test]
    fn a_quote_that_stays_open_is_told_and_the_next_line_is_read_anew() {
        let mut cells = Cells::new();
        assert!(matches!(cells.split(b"a,\"b"), Err(Reason::OpenQuote)));
        assert_eq!(cells.split(b"c,d").unwrap().count(), 2);
    }

    #[test]
    fn as_many_cells_as_columns_are_read_and_no_more() {
        assert_eq!(split(&[b','; COLUMNS_MAX - 1]).unwrap().len(), COLUMNS_MAX);
        assert!(matches!(
            split(&[b','; COLUMNS_MAX + 1]),
            Err(Reason::Cells { .. })
        ));
        assert_eq!(split(&[b'x'; LINE_MAX]).unwrap().len(), 1);
    }

    proptest! {
        #[test]
        fn any_line_is_taken_apart_or_refused(
            line in prop_oneof![
                proptest::collection::vec(any::<u8>().prop_filter("a line", |byte| *byte != b'\n'), 1..80),
                "[,\"a\r]{1,20}".prop_map(String::into_bytes),
            ],
        ) {
            if let Ok(cells) = split(&line) {
                prop_assert!(!cells.is_empty());
            }
        }
    }
}
