//! A pool session in TLS, carried on for a successor that speaks in plain to this process.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::pumps::Carried;
use crate::pool_session::Outbox;

/// Bytes that wait for the pool before the successor is read on: together with what the session left
/// they find room.
const WAITING_MAX: usize = 64 * 1024;
/// Bytes read at once, and all that ever wait for the successor.
const READ_SIZE: usize = 16 * 1024;

/// Both ways of one connection, until either end has closed.
pub(crate) struct Carrier<P, S> {
    pool: P,
    successor: S,
    to_pool: Outbox,
    to_successor: Vec<u8>,
    sent: usize,
    buffer: Box<[u8]>,
    /// The successor has closed: what waits for the pool goes out, and its connection is closed.
    is_left: bool,
    _carried: Carried,
}

impl<P, S> Carrier<P, S>
where
    P: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// Goes on with what the session had still to write, as far as a write has not begun with it: the
    /// first bytes to be written are the same as those of a write that was not ready.
    pub(crate) fn new(pool: P, to_pool: Outbox, successor: S, carried: Carried) -> Self {
        Self {
            pool,
            successor,
            to_pool,
            to_successor: Vec::new(),
            sent: 0,
            buffer: vec![0; READ_SIZE].into(),
            is_left: false,
            _carried: carried,
        }
    }

    fn read_successor(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        let mut moved = false;
        while !self.is_left && self.to_pool.waiting() < WAITING_MAX {
            let mut read = ReadBuf::new(&mut self.buffer);
            match Pin::new(&mut self.successor).poll_read(cx, &mut read) {
                Poll::Pending => break,
                // A successor that was killed is one that has left.
                Poll::Ready(Err(_)) => self.is_left = true,
                Poll::Ready(Ok(())) if read.filled().is_empty() => self.is_left = true,
                Poll::Ready(Ok(())) => {
                    let pushed = self.to_pool.push(read.filled());
                    pushed.map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
                }
            }
            moved = true;
        }
        Ok(moved)
    }

    fn write_pool(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        match self.to_pool.poll_write(&mut self.pool, cx) {
            Poll::Ready(wrote) => wrote.map(|writes| writes > 0),
            Poll::Pending => Ok(false),
        }
    }

    /// Whether anything moved; `UnexpectedEof` once the pool has closed and the successor has all.
    fn write_successor(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        let mut moved = false;
        loop {
            while self.sent < self.to_successor.len() {
                let bytes = &self.to_successor[self.sent..];
                match Pin::new(&mut self.successor).poll_write(cx, bytes) {
                    Poll::Pending => return Ok(moved),
                    Poll::Ready(wrote) => self.sent += wrote?,
                }
                moved = true;
            }
            self.to_successor.clear();
            self.sent = 0;
            let mut read = ReadBuf::new(&mut self.buffer);
            match Pin::new(&mut self.pool).poll_read(cx, &mut read) {
                Poll::Pending => return Ok(moved),
                Poll::Ready(Ok(())) if read.filled().is_empty() => {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Poll::Ready(Ok(())) => self.to_successor.extend_from_slice(read.filled()),
                Poll::Ready(Err(fault)) => return Err(fault),
            }
        }
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        // Each way frees room for itself only, but a write tells that there is room to read on.
        loop {
            let read = self.read_successor(cx)?;
            let wrote = self.write_pool(cx)?;
            if !read && !wrote {
                break;
            }
        }
        if !self.is_left {
            self.write_successor(cx)?;
        }
        Ok(())
    }
}

impl<P, S> Future for Carrier<P, S>
where
    P: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if let Err(end) = this.turn(cx) {
            tracing::debug!(%end, "a carried session has ended");
            return Poll::Ready(());
        }
        if !this.is_left || this.to_pool.waiting() > 0 {
            return Poll::Pending;
        }
        // In order, as far as it goes without the pool.
        let _ = ready!(Pin::new(&mut this.pool).poll_shutdown(cx));
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;
    use crate::handover::PumpsLeft;

    #[tokio::test]
    async fn what_was_begun_goes_first_and_both_ways_are_carried_until_the_successor_leaves() {
        let (mut pool, ours) = duplex(64);
        let (mut successor, theirs) = duplex(64);
        let left = PumpsLeft::default();
        let mut outbox = Outbox::default();
        outbox.push(b"begun\n").unwrap();
        let carrier = Carrier::new(ours, outbox, theirs, left.begin());
        let carried = tokio::spawn(carrier);
        assert_eq!(left.running(), 1);
        successor.write_all(b"then\n").await.unwrap();
        let mut heard = [0; 11];
        pool.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"begun\nthen\n");

        // More than any buffer on the way holds.
        let much = vec![7; 100_000];
        let sent = much.clone();
        let writer = tokio::spawn(async move {
            pool.write_all(&sent).await.unwrap();
            pool
        });
        let mut came = vec![0; much.len()];
        successor.read_exact(&mut came).await.unwrap();
        assert_eq!(came, much);
        let mut pool = writer.await.unwrap();

        successor.write_all(b"last\n").await.unwrap();
        drop(successor);
        let mut last = Vec::new();
        pool.read_to_end(&mut last).await.unwrap();
        assert_eq!(last, b"last\n");
        carried.await.unwrap();
        assert_eq!(left.running(), 0);
    }

    #[tokio::test]
    async fn a_pool_that_closes_ends_it_once_the_successor_has_all() {
        let (mut pool, ours) = duplex(64);
        let (mut successor, theirs) = duplex(64);
        let left = PumpsLeft::default();
        let carried = tokio::spawn(Carrier::new(ours, Outbox::default(), theirs, left.begin()));
        pool.write_all(b"bye\n").await.unwrap();
        drop(pool);
        let mut heard = Vec::new();
        successor.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"bye\n");
        carried.await.unwrap();
        assert!(left.wait(std::time::Duration::ZERO));
    }
}
