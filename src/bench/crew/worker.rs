//! A process of the crew: some of the miners, on an event loop of their own.

use std::{
    io::{self, Read as _, Write as _},
    net::SocketAddr,
    os::{fd::AsFd as _, unix::net::UnixStream},
};

use anyhow::{Context as _, Result};
use clap::Args;
use mio::{Events, Interest, Poll, Token, unix::SourceFd};

use super::record;
use crate::bench::{clock::Clock, conn::Inbox, limits, miners::Miners, stream};

const ORDERS: Token = Token(usize::MAX - 1);
const BATCH: usize = 1024;
/// Bytes of an order: the name of a miner to connect.
pub(super) const ORDER: usize = 8;

/// Options of a process of the crew. Nobody types them.
#[derive(Debug, Clone, Args)]
pub struct Work {
    /// Where the proxy listens
    #[arg(long)]
    pub proxy: SocketAddr,
    /// Whether miners use TLS
    #[arg(long)]
    pub tls: bool,
}

/// Connects a miner for each order that comes, and tells what they see, until no order can come any
/// more.
///
/// # Errors
/// When the standard input is no socket, or the system gives no epoll.
pub(crate) fn run(work: &Work) -> Result<()> {
    use std::os::fd::AsRawFd as _;

    limits::raise()?;
    let clock = Clock::start();
    let orders = io::stdin().as_fd().try_clone_to_owned();
    let mut boss = UnixStream::from(orders.context("no standard input")?);
    boss.write_all(&clock.monotonic().to_le_bytes())
        .context("the standard input is no socket")?;
    let mut poll = Poll::new().context("no epoll")?;
    poll.registry()
        .register(&mut SourceFd(&boss.as_raw_fd()), ORDERS, Interest::READABLE)?;
    let tls = work.tls.then(stream::connector).transpose()?;
    let mut miners = Miners::of(work.proxy, rand::random(), tls);
    let mut events = Events::with_capacity(BATCH);
    let mut inbox = Inbox::new();
    let (mut seen, mut told) = (Vec::new(), Vec::new());
    loop {
        match poll.poll(&mut events, None) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error).context("waiting for events"),
        }
        for event in &events {
            if event.token() != ORDERS {
                miners.turn(event.token().0, event, &mut inbox, &clock, &mut seen);
                continue;
            }
            // An order is written whole, and there is one: that is why this was woken.
            let mut orders = [0; ORDER * 64];
            let read = boss.read(&mut orders).context("the orders")?;
            if read == 0 {
                return Ok(());
            }
            let rest = (ORDER - read % ORDER) % ORDER;
            if let Some(rest) = orders.get_mut(read..read + rest) {
                boss.read_exact(rest).context("the orders")?;
            }
            for order in orders.chunks_exact(ORDER).take(read.div_ceil(ORDER)) {
                let name = order.try_into().map_or(0, u64::from_le_bytes);
                miners
                    .connect(name, poll.registry(), Token)
                    .context("a miner cannot connect to the proxy")?;
            }
            poll.registry().reregister(
                &mut SourceFd(&boss.as_raw_fd()),
                ORDERS,
                Interest::READABLE,
            )?;
        }
        told.clear();
        for event in seen.drain(..) {
            let miner = super::miner_of(&event);
            let origin = miner.and_then(|miner| miners.origin(miner));
            record::write(&event, origin.unwrap_or_default(), &mut told);
        }
        boss.write_all(&told).context("nobody listens any more")?;
    }
}

/// The process as a test starts it: the test binary once more.
#[cfg(test)]
#[test]
#[ignore = "no test: the process that tests of the crew start"]
fn works_when_asked() {
    if let Ok(proxy) = std::env::var("CREW_PROXY") {
        let proxy = proxy.parse().unwrap();
        run(&Work { proxy, tls: false }).unwrap();
    }
}
