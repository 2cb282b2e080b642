//! A non-blocking connection of lines that owns no buffer while it is idle.

use std::io::{self, Read as _, Write as _};

use mio::{Interest, Registry, Token, net::TcpStream};
use native_tls::TlsConnector;

use super::stream::Stream;

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;
/// The longest line either side may send.
const LONGEST_LINE: usize = 64 * 1024;
/// The most that may wait unsent on one connection.
const MOST_UNSENT: usize = 4 * 1024 * 1024;

/// The buffer all connections read into, one at a time.
#[derive(Debug)]
pub(crate) struct Inbox {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Inbox {
    /// An empty inbox.
    pub(crate) fn new() -> Self {
        Self {
            bytes: vec![0; LONGEST_LINE + CHUNK].into_boxed_slice(),
            start: 0,
            end: 0,
        }
    }

    /// The next whole line, without its end.
    pub(crate) fn next_line(&mut self) -> Option<&[u8]> {
        let rest = self.bytes.get(self.start..self.end)?;
        let length = memchr::memchr(b'\n', rest)?;
        let line = self.start..self.start + length;
        self.start += length + 1;
        self.bytes.get(line)
    }
}

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// Bytes, and there may be more: read again.
    More,
    /// Bytes or none; wait for the next event.
    Drained,
    /// The end: the other side has closed.
    Closed,
}

/// Has `registry` watch `stream`, both ways and by edges.
fn watched(mut stream: TcpStream, registry: &Registry, token: Token) -> io::Result<TcpStream> {
    registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
    Ok(stream)
}

/// A connection, what it has read of an unfinished line and what it has not yet sent.
#[derive(Debug)]
pub(crate) struct Conn {
    stream: Stream,
    partial: Vec<u8>,
    unsent: Vec<u8>,
}

impl Conn {
    /// Takes a stream over and has `registry` watch it under `token`.
    ///
    /// # Errors
    /// When it cannot be watched.
    pub(crate) fn watch(stream: TcpStream, registry: &Registry, token: Token) -> io::Result<Self> {
        Ok(Self::of(Stream::Plain(watched(stream, registry, token)?)))
    }

    /// As [`Conn::watch`], with TLS over the stream, as its client.
    ///
    /// # Errors
    /// When it cannot be watched, or the handshake fails at once.
    pub(crate) fn secure(
        stream: TcpStream,
        registry: &Registry,
        token: Token,
        connector: &TlsConnector,
    ) -> io::Result<Self> {
        let stream = watched(stream, registry, token)?;
        Ok(Self::of(Stream::secure(stream, connector)?))
    }

    const fn of(stream: Stream) -> Self {
        Self {
            stream,
            partial: Vec::new(),
            unsent: Vec::new(),
        }
    }

    /// Sends `bytes`, now if the socket takes them, else as soon as it does.
    ///
    /// # Errors
    /// When the connection is broken or the other side has stopped reading.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sent = if self.unsent.is_empty() {
            self.write(bytes)?
        } else {
            0
        };
        let rest = bytes.get(sent..).unwrap_or_default();
        if self.unsent.len() + rest.len() > MOST_UNSENT {
            return Err(io::Error::other("the other side has stopped reading"));
        }
        self.unsent.extend_from_slice(rest);
        Ok(())
    }

    /// Sends what could not be sent before.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        let unsent = std::mem::take(&mut self.unsent);
        let sent = self.write(&unsent)?;
        // An idle connection keeps no buffer: what is left, if anything, is copied.
        self.unsent = unsent.get(sent..).unwrap_or_default().to_vec();
        Ok(())
    }

    /// Writes until the socket takes no more; the bytes taken.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut sent = 0;
        while let Some(rest) = bytes.get(sent..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => sent += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Not connected: the connection is still being made.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected
                    ) =>
                {
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(sent)
    }

    /// Reads once into `inbox`, behind what is left of an unfinished line. Take the lines out with
    /// [`Inbox::next_line`], then call [`Conn::keep`].
    ///
    /// `closing` says that the event told of the other side's end: then a short read is not taken
    /// for the last one.
    ///
    /// # Errors
    /// When the connection is broken or a line is longer than allowed.
    pub(crate) fn receive(&mut self, inbox: &mut Inbox, closing: bool) -> io::Result<Received> {
        let kept = self.partial.len();
        inbox.start = 0;
        inbox.end = kept;
        if let Some(front) = inbox.bytes.get_mut(..kept) {
            front.copy_from_slice(&self.partial);
        }
        self.partial = Vec::new();
        let room = inbox.bytes.get_mut(kept..).unwrap_or_default();
        let room_bytes = room.len();
        loop {
            match self.stream.read(room) {
                Ok(0) => return Ok(Received::Closed),
                Ok(n) => {
                    inbox.end = kept + n;
                    // A short read has emptied the socket: what comes later is a new event.
                    let emptied = n < room_bytes && !closing && self.stream.is_plain();
                    return Ok(if !emptied {
                        Received::More
                    } else {
                        Received::Drained
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::NotConnected
                    ) =>
                {
                    return Ok(Received::Drained);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Keeps what `inbox` still holds of an unfinished line.
    ///
    /// # Errors
    /// When that is longer than a line may be.
    pub(crate) fn keep(&mut self, inbox: &Inbox) -> io::Result<()> {
        let rest = inbox.bytes.get(inbox.start..inbox.end).unwrap_or_default();
        if rest.len() > LONGEST_LINE {
            return Err(io::Error::other("a line is longer than 64 KiB"));
        }
        if !rest.is_empty() {
            self.partial = rest.to_vec();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio::{Events, Poll};
    use std::{
        net::{TcpListener, TcpStream as StdStream},
        time::Duration,
    };

    struct Pair {
        poll: Poll,
        conn: Conn,
        peer: StdStream,
        inbox: Inbox,
    }

    fn pair() -> Pair {
        let poll = Poll::new().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = StdStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        stream.set_nonblocking(true).unwrap();
        let conn = Conn::watch(TcpStream::from_std(stream), poll.registry(), Token(0)).unwrap();
        Pair {
            poll,
            conn,
            peer,
            inbox: Inbox::new(),
        }
    }

    impl Pair {
        /// Lines until there are `wanted` of them or the other side has closed.
        fn lines(&mut self, wanted: usize) -> (Vec<String>, bool) {
            let mut events = Events::with_capacity(8);
            let mut lines = Vec::new();
            loop {
                self.poll
                    .poll(&mut events, Some(Duration::from_secs(10)))
                    .unwrap();
                assert!(!events.is_empty(), "nothing came: {lines:?}");
                loop {
                    let received = self.conn.receive(&mut self.inbox, true).unwrap();
                    while let Some(line) = self.inbox.next_line() {
                        lines.push(String::from_utf8(line.to_vec()).unwrap());
                    }
                    if received == Received::Closed {
                        return (lines, true);
                    }
                    self.conn.keep(&self.inbox).unwrap();
                    if received == Received::Drained {
                        break;
                    }
                }
                if lines.len() >= wanted {
                    return (lines, false);
                }
            }
        }
    }

    #[test]
    fn lines_come_whole_however_they_were_cut() {
        let mut pair = pair();
        pair.peer.write_all(b"one\ntw").unwrap();
        assert_eq!(pair.lines(1).0, ["one"]);
        assert_eq!(pair.conn.partial, b"tw");
        pair.peer.write_all(b"o\n\nthree\n").unwrap();
        assert_eq!(pair.lines(3).0, ["two", "", "three"]);
        assert_eq!(
            pair.conn.partial.capacity(),
            0,
            "an idle connection keeps no buffer"
        );
    }

    #[test]
    fn the_last_line_before_the_end_is_not_lost() {
        let mut pair = pair();
        pair.peer.write_all(b"bye\n").unwrap();
        drop(pair.peer.try_clone().unwrap());
        pair.peer.shutdown(std::net::Shutdown::Write).unwrap();
        let (mut lines, mut closed) = pair.lines(1);
        if !closed {
            let (more, end) = pair.lines(usize::MAX);
            lines.extend(more);
            closed = end;
        }
        assert_eq!(lines, ["bye"]);
        assert!(closed);
    }

    #[test]
    fn a_line_without_an_end_is_an_error_and_not_a_growing_buffer() {
        let mut pair = pair();
        let mut peer = pair.peer.try_clone().unwrap();
        let writer = std::thread::spawn(move || peer.write_all(&vec![b'x'; LONGEST_LINE + 2]));
        let mut events = Events::with_capacity(8);
        let error = 'found: loop {
            pair.poll
                .poll(&mut events, Some(Duration::from_secs(10)))
                .unwrap();
            assert!(!events.is_empty());
            loop {
                let received = pair.conn.receive(&mut pair.inbox, true).unwrap();
                assert!(pair.inbox.next_line().is_none());
                if let Err(error) = pair.conn.keep(&pair.inbox) {
                    break 'found error;
                }
                if received == Received::Drained {
                    break;
                }
            }
        };
        assert!(error.to_string().contains("longer"));
        writer.join().unwrap().unwrap();
    }

    #[test]
    fn what_the_socket_does_not_take_is_sent_later_and_all_of_it() {
        let mut pair = pair();
        let line = vec![b'y'; 1 << 20];
        for _ in 0..4 {
            pair.conn.send(&line).unwrap();
        }
        assert!(
            !pair.conn.unsent.is_empty(),
            "the socket took four MiB at once"
        );
        let mut peer = pair.peer.try_clone().unwrap();
        let reader = std::thread::spawn(move || {
            let mut got = vec![0; 4 << 20];
            peer.read_exact(&mut got).map(|()| got)
        });
        let mut events = Events::with_capacity(8);
        while !pair.conn.unsent.is_empty() {
            pair.poll
                .poll(&mut events, Some(Duration::from_secs(10)))
                .unwrap();
            assert!(!events.is_empty());
            pair.conn.flush().unwrap();
        }
        assert!(reader.join().unwrap().unwrap().iter().all(|&b| b == b'y'));
    }

    #[test]
    fn a_peer_that_does_not_read_is_an_error_and_not_a_growing_buffer() {
        let mut pair = pair();
        let line = vec![b'y'; 1 << 20];
        let refused = (0..64).find_map(|_| pair.conn.send(&line).err());
        assert!(refused.unwrap().to_string().contains("stopped reading"));
    }
}
