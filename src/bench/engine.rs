//! The event loop: one thread, one epoll, the pool and all miners.

use std::{io, net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result};
use mio::{Events, Poll, Token};

use super::{
    clock::{Clock, Nanos},
    conn::Inbox,
    crew::Crew,
    miners::Miners,
    pacer::Pacer,
    pool::Pool,
    seen::Seen,
    stream,
    work::Origin,
};

const LISTENER: Token = Token(usize::MAX - 1);
const PACER: Token = Token(usize::MAX - 2);
/// The first process of the crew; the others come before it.
const CREW: usize = usize::MAX - 3;
/// The last one that there may be.
const CREW_END: usize = CREW - 1_000;
/// Events taken from the kernel at once.
const BATCH: usize = 1024;

const fn pool_token(key: usize) -> Token {
    Token(key * 2)
}

const fn miner_token(key: usize) -> Token {
    Token(key * 2 + 1)
}

/// Pool and miners on one event loop.
pub(crate) struct Engine {
    poll: Poll,
    events: Events,
    clock: Clock,
    pool: Pool,
    miners: Miners,
    /// Plays the miners, if there is one.
    crew: Option<Crew>,
    inbox: Inbox,
    pacer: Option<Pacer>,
}

impl Engine {
    /// A pool that listens, and no miner yet; miners will connect to `proxy`, by
    /// TLS if `tls`. This process plays them, unless a crew is hired.
    ///
    /// # Errors
    /// When the system gives no epoll or no port.
    pub(crate) fn new(proxy: SocketAddr, tls: bool) -> Result<Self> {
        let poll = Poll::new().context("no epoll")?;
        let pool = Pool::open(poll.registry(), LISTENER).context("the pool has no port")?;
        let tls = tls.then(stream::connector).transpose()?;
        Ok(Self {
            poll,
            events: Events::with_capacity(BATCH),
            clock: Clock::start(),
            pool,
            miners: Miners::of(proxy, rand::random(), tls),
            crew: None,
            inbox: Inbox::new(),
            pacer: None,
        })
    }

    /// Has so many processes play the miners from now on, rather than this one.
    ///
    /// # Errors
    /// When one does not start.
    pub(crate) fn hire(&mut self, number: u16, proxy: SocketAddr, tls: bool) -> Result<()> {
        let registry = self.poll.registry();
        let token = |place| Token(CREW - place);
        self.crew = Some(Crew::start(number.into(), (proxy, tls), registry, token)?);
        Ok(())
    }

    /// The processes that play the miners, if it is not this one.
    pub(crate) fn crew(&self) -> Vec<u32> {
        self.crew.as_ref().map_or_else(Vec::new, Crew::processes)
    }

    /// The time.
    pub(crate) fn now(&self) -> Nanos {
        self.clock.now()
    }

    /// The pool, to be looked at.
    pub(crate) const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Connects a miner; it logs in as `worker-NAME`. Its key: the smallest one that is free.
    ///
    /// # Errors
    /// When no connection can be begun.
    pub(crate) fn connect(&mut self, name: u64) -> Result<usize> {
        if let Some(crew) = &mut self.crew {
            return crew.connect(name);
        }
        self.miners
            .connect(name, self.poll.registry(), miner_token)
            .context("a miner cannot connect to the proxy")
    }

    /// A miner leaves.
    pub(crate) fn leave(&mut self, miner: usize) {
        self.miners.leave(miner);
    }

    /// Where a miner's job comes from; `None` if it is not there.
    pub(crate) fn origin(&self, miner: usize) -> Option<Origin> {
        match &self.crew {
            Some(crew) => crew.origin(miner),
            None => self.miners.origin(miner),
        }
    }

    /// A miner submits share `number`. Its nonce, and the moment just before the write.
    ///
    /// # Errors
    /// When the miner cannot.
    pub(crate) fn submit(&mut self, miner: usize, number: u64) -> Result<(u32, Nanos)> {
        self.miners
            .submit(miner, number, &self.clock)
            .with_context(|| format!("miner {miner} cannot submit"))
    }

    /// The pool sends a new job on all upstream connections. The round's number, and the moment
    /// just before the first write.
    pub(crate) fn new_job(&mut self) -> (u32, Nanos) {
        self.pool.new_job(&self.clock)
    }

    /// Has [`Engine::turn`] return at every `interval`, more exactly than its time-out does;
    /// `None` ends it.
    ///
    /// # Errors
    /// When the system gives no timer.
    pub(crate) fn pace(&mut self, interval: Option<Duration>) -> Result<()> {
        self.pacer = None;
        if let Some(interval) = interval {
            let pacer = Pacer::start(interval, self.poll.registry(), PACER);
            self.pacer = Some(pacer.context("no timer for the pace")?);
        }
        Ok(())
    }

    /// Waits for events, at most until `wake`, and adds what they tell to `seen`.
    ///
    /// # Errors
    /// When the kernel refuses to wait or the pool can take no more connections.
    pub(crate) fn turn(&mut self, wake: Nanos, seen: &mut Vec<Seen>) -> Result<()> {
        let wait = Duration::from_nanos(wake.since(self.clock.now()));
        match self.poll.poll(&mut self.events, Some(wait)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            Err(error) => return Err(error).context("waiting for events"),
        }
        for event in &self.events {
            let (inbox, clock) = (&mut self.inbox, &self.clock);
            match event.token() {
                LISTENER => self.pool.accept(self.poll.registry(), pool_token)?,
                PACER => {
                    if let Some(pacer) = &self.pacer {
                        pacer.take().context("the timer for the pace")?;
                    }
                }
                Token(token) if token <= CREW && token > CREW_END => {
                    if let Some(crew) = &mut self.crew {
                        crew.turn(CREW - token, clock, seen)?;
                    }
                }
                Token(token) if token % 2 == 0 => {
                    self.pool.turn(token / 2, event, inbox, clock, seen);
                }
                Token(token) => self.miners.turn(token / 2, event, inbox, clock, seen),
            }
        }
        Ok(())
    }
}
