//! Lines out of a byte stream, with limits.

use std::ops::ControlFlow;

/// Longest line before login, without its newline.
pub const LINE_LIMIT_BEFORE_LOGIN: usize = 8 * 1024;
/// Longest line after login, without its newline.
pub const LINE_LIMIT: usize = 16 * 1024;
/// Deepest nesting of a line; a real one needs three (`params.algo-perf` and arrays).
pub const DEPTH_LIMIT: usize = 8;

/// A line grew past the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line longer than {0} bytes")]
pub struct LineTooLong(pub usize);

/// Cuts a stream into lines; between lines it owns no memory.
#[derive(Debug, Clone, Default)]
pub struct LineAssembler {
    unfinished: Vec<u8>,
}

impl LineAssembler {
    /// At the start of a stream.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            unfinished: Vec::new(),
        }
    }

    /// Takes the next bytes and hands each complete line to `on_line`, without its newline, a
    /// carriage return before it, or empty lines. `on_line` may end the stream.
    ///
    /// # Errors
    /// A line, finished or not, is longer than `limit` bytes. Lines before it were handed out.
    pub fn feed(
        &mut self,
        mut bytes: &[u8],
        limit: usize,
        mut on_line: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, LineTooLong> {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            if self.unfinished.len() + line.len() > limit {
                self.unfinished = Vec::new();
                return Err(LineTooLong(limit));
            }
            let flow = if self.unfinished.is_empty() {
                hand_out(line, &mut on_line)
            } else {
                let mut whole = std::mem::take(&mut self.unfinished);
                whole.extend_from_slice(line);
                hand_out(&whole, &mut on_line)
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
        if self.unfinished.len() + bytes.len() > limit {
            self.unfinished = Vec::new();
            return Err(LineTooLong(limit));
        }
        self.unfinished.extend_from_slice(bytes);
        Ok(ControlFlow::Continue(()))
    }

    /// In the middle of a line that began with these bytes.
    #[must_use]
    pub const fn resumed(unfinished: Vec<u8>) -> Self {
        Self { unfinished }
    }

    /// The line that is not finished yet.
    #[must_use]
    pub fn begun(&self) -> &[u8] {
        &self.unfinished
    }

    /// Bytes of a line that is not finished yet.
    #[must_use]
    pub const fn unfinished(&self) -> usize {
        self.unfinished.len()
    }
}

fn hand_out(line: &[u8], on_line: &mut impl FnMut(&[u8]) -> ControlFlow<()>) -> ControlFlow<()> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return ControlFlow::Continue(());
    }
    on_line(line)
}

/// Whether brackets nest deeper than `limit`; brackets inside strings do not count.
#[must_use]
pub fn nests_deeper_than(line: &[u8], limit: usize) -> bool {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for &byte in line {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines_of(chunks: &[&[u8]], limit: usize) -> (Vec<Vec<u8>>, bool, usize) {
        let mut assembler = LineAssembler::default();
        let mut lines = Vec::new();
        for chunk in chunks {
            let fed = assembler.feed(chunk, limit, |line| {
                lines.push(line.to_vec());
                ControlFlow::Continue(())
            });
            if fed.is_err() {
                return (lines, true, assembler.unfinished());
            }
        }
        (lines, false, assembler.unfinished())
    }

    #[test]
    fn a_line_in_pieces_is_put_together() {
        let (lines, too_long, left) = lines_of(&[b"{\"a", b"\":1}\r\n\n{}", b"\n{"], 64);
        assert_eq!(lines, [b"{\"a\":1}".to_vec(), b"{}".to_vec()]);
        assert_eq!((too_long, left), (false, 1));
    }

    #[test]
    fn a_long_line_is_refused_before_it_is_kept() {
        let (lines, too_long, left) = lines_of(&[b"ok\n0123456789"], 9);
        assert_eq!((lines.len(), too_long, left), (1, true, 0));
        let (_, too_long, _) = lines_of(&[b"01234", b"56789\n"], 9);
        assert!(too_long);
    }

    #[test]
    fn brackets_in_strings_do_not_nest() {
        assert!(!nests_deeper_than(br#"{"a":"[[[[[[[[[[\"[[["}"#, 2));
        assert!(nests_deeper_than(b"[[[", 2));
        assert!(!nests_deeper_than(b"[[][]]", 2));
    }

    proptest! {
        #[test]
        fn however_the_stream_is_cut_the_lines_are_the_same(
            text in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'x'), Just(b'\r')], 0..200),
            cut in 0usize..200,
        ) {
            let cut = cut.min(text.len());
            let whole = lines_of(&[&text], 300);
            let halves = lines_of(&[&text[..cut], &text[cut..]], 300);
            prop_assert_eq!(whole, halves);
        }
    }
}
