//! Bytes on their way to a pool.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

/// Most bytes that wait to be written; 5,000 submits have less. The buffer holds at most as many
/// again that were written.
pub(crate) const OUTBOX_LIMIT: usize = 1024 * 1024;

/// Most bytes of one write. A TLS write that was not ready tells what it took only when all of its
/// bytes are out: if it always got everything that waits, one that is added to would never end.
const WRITE_SIZE: usize = 64 * 1024;

/// A buffer that served a burst is given back above this size.
const KEPT_CAPACITY: usize = 16 * 1024;

/// The pool does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

/// Lines that are still to be written to one connection, and where in its stream each one ends.
#[derive(Default)]
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    /// Bytes of the buffer that were written.
    head: usize,
    /// Bytes of the whole connection that were written.
    written: u64,
}

impl Outbox {
    /// Appends a line; returns where in the stream of the connection it ends.
    pub(crate) fn push(&mut self, line: &[u8]) -> Result<u64, Full> {
        if self.waiting() + line.len() > OUTBOX_LIMIT {
            return Err(Full);
        }
        self.forget_written();
        self.bytes.extend_from_slice(line);
        Ok(self.written + self.waiting() as u64)
    }

    /// Drops the written part once it is most of the buffer: a pool whose window is always nearly
    /// full never lets the buffer run empty. What is moved is less than what was written since the
    /// last time, so a byte costs no more than one move.
    fn forget_written(&mut self) {
        if self.head > KEPT_CAPACITY && self.head > self.waiting() {
            self.bytes.drain(..self.head);
            self.head = 0;
        }
    }

    /// What waits.
    pub(crate) fn unsent(&self) -> &[u8] {
        &self.bytes[self.head..]
    }

    /// Bytes that wait.
    pub(crate) const fn waiting(&self) -> usize {
        self.bytes.len() - self.head
    }

    /// Bytes of the connection that the system has taken: a line that ends at or before this was
    /// sent, and one that ends after it can't be understood by the pool.
    pub(crate) const fn written(&self) -> u64 {
        self.written
    }

    /// Writes what waits, as far as it goes without waiting; returns the number of writes.
    pub(crate) fn poll_write(
        &mut self,
        io: &mut (impl AsyncWrite + Unpin + ?Sized),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<u64>> {
        let mut writes = 0;
        while self.head < self.bytes.len() {
            // A TLS write that was not ready must be repeated with the same bytes and no fewer: so
            // what waits only gets longer until a write succeeds. It may be at another place by
            // then (the TLS library is set to take a buffer that moved).
            let end = self.bytes.len().min(self.head + WRITE_SIZE);
            let polled = Pin::new(&mut *io).poll_write(cx, &self.bytes[self.head..end]);
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
mod over_tls;

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

    #[test]
    fn a_pool_whose_window_is_always_nearly_full_does_not_make_the_buffer_grow() {
        let mut outbox = Outbox::default();
        let mut io = Narrow {
            taken: vec![],
            each: 200,
            left: 0,
        };
        let mut cx = Context::from_waker(Waker::noop());
        let (mut said, mut longest) = (Vec::new(), 0);
        for number in 0..20_000 {
            // Only one line is taken for each that comes: one always waits.
            let line = format!("{number:0199}\n");
            said.extend_from_slice(line.as_bytes());
            assert_eq!(outbox.push(line.as_bytes()), Ok(said.len() as u64));
            longest = longest.max(outbox.bytes.len());
            if number == 0 {
                continue;
            }
            io.left = 1;
            assert!(matches!(
                outbox.poll_write(&mut io, &mut cx),
                Poll::Ready(Ok(1))
            ));
            assert_eq!(outbox.waiting(), 200);
            assert_eq!(outbox.written(), io.taken.len() as u64);
        }
        assert!(longest <= KEPT_CAPACITY + 3 * 200, "{longest}");
        assert!(io.taken[..] == said[..said.len() - 200], "lines were lost");
    }
}
