//! Lines of bounded length from a stream.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use super::wire::MAX_LINE;

/// Reads one line after another; keeps an unfinished one between calls.
#[derive(Debug)]
pub struct Lines<R> {
    stream: BufReader<R>,
    partial: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Lines of `stream`.
    pub fn new(stream: R) -> Self {
        Self {
            stream: BufReader::with_capacity(4096, stream),
            partial: Vec::new(),
        }
    }

    /// The next line without its end, or `None` when the peer has closed.
    ///
    /// Dropping the future loses nothing.
    ///
    /// # Errors
    /// The stream failed, the line is longer than [`MAX_LINE`] or is not UTF-8.
    pub async fn next(&mut self) -> io::Result<Option<String>> {
        loop {
            let chunk = self.stream.fill_buf().await?;
            if chunk.is_empty() {
                return Ok(None);
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let upto = end.unwrap_or(chunk.len());
            if self.partial.len() + upto > MAX_LINE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "line too long"));
            }
            self.partial.extend_from_slice(&chunk[..upto]);
            self.stream.consume(end.map_or(upto, |end| end + 1));
            if end.is_some() {
                let line = std::mem::take(&mut self.partial);
                return String::from_utf8(line)
                    .map(Some)
                    .map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(bytes: &[u8]) -> Vec<io::Result<Option<String>>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let mut lines = Lines::new(bytes);
        let mut seen = Vec::new();
        while seen.len() < 5 {
            let line = runtime.block_on(lines.next());
            let last = !matches!(line, Ok(Some(_)));
            seen.push(line);
            if last {
                break;
            }
        }
        seen
    }

    #[test]
    fn lines_end_where_they_should_and_an_unfinished_one_is_dropped() {
        let seen = lines_of(b"one\n\nthree\r\nfour");
        let texts: Vec<_> = seen.into_iter().map(Result::unwrap).collect();
        assert_eq!(
            texts,
            [
                Some("one".into()),
                Some(String::new()),
                Some("three\r".into()),
                None
            ]
        );
    }

    #[test]
    fn an_endless_line_and_bytes_that_are_no_text_are_errors() {
        let endless = vec![b'x'; MAX_LINE + 1];
        assert!(matches!(lines_of(&endless).as_slice(), [Err(_)]));
        assert!(matches!(lines_of(b"\xff\xfe\n").as_slice(), [Err(_)]));
        let mut longest = vec![b'x'; MAX_LINE];
        longest.push(b'\n');
        assert!(matches!(
            lines_of(&longest).as_slice(),
            [Ok(Some(_)), Ok(None)]
        ));
    }
}
