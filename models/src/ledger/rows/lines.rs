//! Lines of a stream, none kept beyond a limit.

use std::io::{self, BufRead};

use memchr::memchr;

use super::LINE_MAX;

/// Lines one after another, numbered from 1.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: R,
    line: Vec<u8>,
    number: u64,
}

/// A line without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) number: u64,
    /// At most [`LINE_MAX`] bytes.
    pub(super) bytes: &'a [u8],
    /// There was more of it.
    pub(super) is_cut: bool,
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(input: R) -> Self {
        Self {
            input,
            line: Vec::new(),
            number: 0,
        }
    }

    /// The next line that is not blank; none at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            let Some(is_cut) = self.fill()? else {
                return Ok(None);
            };
            self.number += 1;
            if self.number == 1 && self.line.starts_with(BYTE_ORDER_MARK) {
                self.line.drain(..BYTE_ORDER_MARK.len());
            }
            if self.line.last() == Some(&b'\r') && !is_cut {
                self.line.pop();
            }
            if !self.line.is_empty() {
                return Ok(Some(Line {
                    number: self.number,
                    bytes: &self.line,
                    is_cut,
                }));
            }
        }
    }

    /// Reads to the end of the line; whether it was cut, or none at the end of the stream.
    fn fill(&mut self) -> io::Result<Option<bool>> {
        self.line.clear();
        let mut is_cut = false;
        let mut is_there = false;
        loop {
            let read = match self.input.fill_buf() {
                Ok(read) => read,
                Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
                Err(why) => return Err(why),
            };
            if read.is_empty() {
                return Ok(is_there.then_some(is_cut));
            }
            is_there = true;
            let end = memchr(b'\n', read);
            let part = read.get(..end.unwrap_or(read.len())).unwrap_or_default();
            let room = LINE_MAX - self.line.len();
            is_cut |= part.len() > room;
            self.line
                .extend_from_slice(part.get(..room).unwrap_or(part));
            let used = part.len() + usize::from(end.is_some());
            self.input.consume(used);
            if end.is_some() {
                return Ok(Some(is_cut));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<(u64, Vec<u8>, bool)> {
        // A small buffer, so that lines come in pieces.
        let mut lines = Lines::new(io::BufReader::with_capacity(3, text));
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push((line.number, line.bytes.to_vec(), line.is_cut));
        }
        all
    }

    #[test]
    fn lines_end_in_either_manner_and_blank_ones_only_count() {
        let lines = all(b"\xef\xbb\xbfa\r\n\n\r\nb\nc");
        let expected = [(1, b"a"), (4, b"b"), (5, b"c")];
        assert_eq!(lines, expected.map(|(at, text)| (at, text.to_vec(), false)));
        assert_eq!(all(b""), []);
    }

    #[test]
    fn a_line_beyond_the_limit_is_cut_and_the_next_is_whole() {
        let mut text = vec![b'x'; LINE_MAX];
        text.push(b'\n');
        text.extend(vec![b'y'; LINE_MAX + 1]);
        text.extend(b"\nz");
        let lines = all(&text);
        assert_eq!(
            lines.iter().map(|line| line.2).collect::<Vec<_>>(),
            [false, true, false]
        );
        assert_eq!(lines[1].1.len(), LINE_MAX);
        assert_eq!(lines[2].1, b"z");
    }
}
