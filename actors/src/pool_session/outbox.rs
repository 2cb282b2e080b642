//! Bytes on their way to a pool.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

/// Most bytes that wait to be written; 5,000 submits have less.
pub(super) const OUTBOX_LIMIT: usize = 1024 * 1024;

/// A buffer that served a burst is given back above this size.
const KEPT_CAPACITY: usize = 16 * 1024;

/// The pool does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// Lines that are still to be written to one connection, and where in its stream each one ends.
#[derive(Default)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    /// Bytes of the buffer that were written.
    head: usize,
    /// Bytes of the whole connection that were written.
    written: u64,
}

impl Outbox {
    /// Appends a line; returns where in the stream of the connection it ends.
    pub(super) fn push(&mut self, line: &[u8]) -> Result<u64, Full> {
        if self.waiting() + line.len() > OUTBOX_LIMIT {
            return Err(Full);
        }
        self.bytes.extend_from_slice(line);
        Ok(self.written + self.waiting() as u64)
    }

    /// Bytes that wait.
    pub(super) const fn waiting(&self) -> usize {
        self.bytes.len() - self.head
    }

    /// Bytes of the connection that the system has taken: a line that ends at or before this was
    /// sent, and one that ends after it can't be understood by the pool.
    pub(super) const fn written(&self) -> u64 {
        self.written
    }

    /// Writes what waits, as far as it goes without waiting; returns the number of writes.
    pub(super) fn poll_write(
        &mut self,
        io: &mut (impl AsyncWrite + Unpin + ?Sized),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<u64>> {
        let mut writes = 0;
        while self.head < self.bytes.len() {
            // A TLS write that was not ready must be repeated with the same bytes and no fewer: so
            // the head stays where it is until a write succeeds.
            let polled = Pin::new(&mut *io).poll_write(cx, &self.bytes[self.head..]);
            let Poll::Ready(wrote) = polled else {
                return if writes > 0 {
                    Poll::Ready(Ok(writes))
                } else {
                    Poll::Pending
                };
            };
            let count = wrote?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            writes += 1;
            self.head += count;
            self.written += count as u64;
        }
        if writes > 0 {
            self.bytes.clear();
            self.bytes.shrink_to(KEPT_CAPACITY);
            self.head = 0;
            // Neither TCP nor native TLS buffers on its side: there is nothing to come back for.
            if let Poll::Ready(flushed) = Pin::new(io).poll_flush(cx) {
                flushed?;
            }
        }
        Poll::Ready(Ok(writes))
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// Takes so many bytes with each write, then is not ready.
    struct Narrow {
        taken: Vec<u8>,
        each: usize,
        left: usize,
    }

    impl AsyncWrite for Narrow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            if self.left == 0 {
                return Poll::Pending;
            }
            self.left -= 1;
            let count = bytes.len().min(self.each);
            self.taken.extend_from_slice(&bytes[..count]);
            Poll::Ready(Ok(count))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn many_lines_go_out_in_one_write_and_each_knows_when_it_is_out() {
        let mut outbox = Outbox::default();
        let ends: Vec<u64> = (0..3).map(|_| outbox.push(b"line\n").unwrap()).collect();
        assert_eq!(ends, [5, 10, 15]);
        let mut io = Narrow {
            taken: vec![],
            each: 100,
            left: 9,
        };
        let mut cx = Context::from_waker(Waker::noop());
        assert!(matches!(
            outbox.poll_write(&mut io, &mut cx),
            Poll::Ready(Ok(1))
        ));
        assert_eq!((outbox.written(), outbox.waiting()), (15, 0));
        assert_eq!(outbox.push(b"more\n"), Ok(20));
    }

    #[test]
    fn a_line_that_went_out_by_half_is_not_out() {
        let mut outbox = Outbox::default();
        let first = outbox.push(b"first\n").unwrap();
        let second = outbox.push(b"second\n").unwrap();
        let mut io = Narrow {
            taken: vec![],
            each: 4,
            left: 2,
        };
        let mut cx = Context::from_waker(Waker::noop());
        assert!(matches!(
            outbox.poll_write(&mut io, &mut cx),
            Poll::Ready(Ok(2))
        ));
        assert!(first <= outbox.written() && outbox.written() < second);
        assert!(outbox.poll_write(&mut io, &mut cx).is_pending());
        // Further lines only lengthen what an unready write saw.
        outbox.push(b"third\n").unwrap();
        io.left = 9;
        assert!(matches!(
            outbox.poll_write(&mut io, &mut cx),
            Poll::Ready(Ok(_))
        ));
        assert_eq!(io.taken, b"first\nsecond\nthird\n");
    }

    #[test]
    fn a_pool_that_does_not_read_fills_the_outbox_and_no_more() {
        let mut outbox = Outbox::default();
        let line = [b'x'; 1000];
        let taken = (0..).take_while(|_| outbox.push(&line).is_ok()).count();
        assert_eq!(taken, OUTBOX_LIMIT / 1000);
        assert_eq!(outbox.push(&line), Err(Full));
    }
}
