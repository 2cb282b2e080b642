//! Source addresses of the simulated miners: spread over 127.0.0.x, some 20,000 ports each.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
};

use mio::net::TcpStream;
use socket2::{Domain, Protocol, Socket, Type};

/// First source port: below the range the kernel hands out by itself.
const FIRST_PORT: u16 = 10_000;
/// Ports used on one address.
const PORTS: u32 = 20_000;
/// 127.0.0.2 … 127.0.0.254; the proxy and the pool are on 127.0.0.1.
const ADDRESSES: u32 = 253;
/// How many ports in use are skipped before giving up.
const TRIES: u32 = 1_000;

/// Hands out source addresses in turn, so that none is used again soon.
#[derive(Debug)]
pub(crate) struct Sources {
    next: u32,
}

impl Sources {
    /// Starts anywhere in the range: a run just before may have left sockets in TIME_WAIT.
    pub(crate) fn starting_at(seed: u32) -> Self {
        Self {
            next: seed % (PORTS * ADDRESSES),
        }
    }

    /// The next source address.
    fn take(&mut self) -> SocketAddrV4 {
        let n = self.next;
        self.next = (n + 1) % (PORTS * ADDRESSES);
        // The address changes first: a farm is seen as many machines, not one after the other.
        let host = u8::try_from(n % ADDRESSES).unwrap_or(0) + 2;
        let port = FIRST_PORT + u16::try_from(n / ADDRESSES).unwrap_or(0);
        SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, host), port)
    }

    /// A connection under way to `to`, without waiting for it.
    ///
    /// # Errors
    /// When no source port is free or the system refuses a socket.
    pub(crate) fn connect(&mut self, to: SocketAddr) -> io::Result<TcpStream> {
        for _ in 0..TRIES {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
            socket.set_nonblocking(true)?;
            socket.set_reuse_address(true)?;
            socket.set_tcp_nodelay(true)?;
            match socket.bind(&SocketAddr::V4(self.take()).into()) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => continue,
                Err(error) => return Err(error),
            }
            match socket.connect(&to.into()) {
                Ok(()) => {}
                Err(error) if under_way(&error) => {}
                // The whole pair of addresses is still in TIME_WAIT: the next one is not.
                Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => continue,
                Err(error) => return Err(error),
            }
            return Ok(TcpStream::from_std(socket.into()));
        }
        Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            "no free source port on 127.0.0.2 to 127.0.0.254",
        ))
    }
}

/// What a non-blocking connect says when all is well.
fn under_way(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
        || error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashSet, net::TcpListener};

    #[test]
    fn no_source_is_used_twice_in_a_hundred_thousand_and_all_are_loopback() {
        let mut sources = Sources::starting_at(u32::MAX);
        let mut seen = HashSet::new();
        for _ in 0..100_000 {
            let source = sources.take();
            assert!(source.ip().is_loopback());
            assert!((FIRST_PORT..FIRST_PORT + 20_000).contains(&source.port()));
            assert!(!matches!(source.ip().octets()[3], 0 | 1 | 255));
            assert!(seen.insert(source), "{source} came twice");
        }
    }

    #[test]
    fn neighbours_come_from_different_addresses() {
        let mut sources = Sources::starting_at(7);
        assert_ne!(sources.take().ip(), sources.take().ip());
    }

    #[test]
    fn a_listener_sees_the_chosen_address() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut sources = Sources::starting_at(rand::random());
        let stream = sources.connect(listener.local_addr().unwrap()).unwrap();
        let (_, peer) = listener.accept().unwrap();
        assert_eq!(stream.local_addr().unwrap(), peer);
        assert_ne!(peer.ip(), Ipv4Addr::LOCALHOST);
    }
}
