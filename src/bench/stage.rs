//! A proxy that runs, with a pool behind it: where a workload plays.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use anyhow::{Context as _, Error, Result, anyhow, bail};
use rand::Rng as _;
use tempfile::TempDir;

use super::{
    child::Proxy,
    clock::Nanos,
    engine::Engine,
    procfs::{self, CpuReading},
    seen::Seen,
    subject::{Setup, Subject, Terms},
};

/// How long a proxy may take until it listens.
const START: Duration = Duration::from_secs(60);
/// How long a proxy that listens may take to log in to the pool, if it does so without miners.
const FIRST_LOGIN: Duration = Duration::from_secs(2);
/// Rest before the first measurement.
const REST: Duration = Duration::from_millis(500);
/// How often the proxy is asked whether it still runs.
const HEARTBEAT: Duration = Duration::from_millis(200);

/// How long a proxy whose connections break may take to be dead.
const LAST_BREATH: Duration = Duration::from_millis(500);
/// How long what is under way at the end of a workload is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Processor time at one moment, of both sides.
#[derive(Debug)]
pub(crate) struct Cpu {
    proxy: CpuReading,
    /// This process, then those of the crew.
    generators: Vec<(u32, CpuReading)>,
    at: Nanos,
}

/// Processor time used between two moments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuUsed {
    /// By the proxy, ns.
    pub(crate) proxy: u64,
    /// By the generator: pool and miners, all its processes, ns.
    pub(crate) generator: u64,
    /// By the busiest of its processes, ns.
    pub(crate) busiest: u64,
    /// Time that has passed, ns.
    pub(crate) wall: u64,
}

/// A proxy and its surroundings.
pub(crate) struct Stage {
    /// Pool and miners.
    pub(crate) engine: Engine,
    /// The proxy.
    pub(crate) proxy: Proxy,
    /// How long what is under way at the end of a workload is waited for.
    pub(crate) patience: Duration,
    next_check: Nanos,
    /// Goes away after the proxy: fields are dropped in order.
    _folder: TempDir,
}

impl Stage {
    /// Starts `subject` and waits until it listens.
    ///
    /// # Errors
    /// When it does not start, with what it wrote.
    pub(crate) fn raise(subject: &Subject, terms: Terms) -> Result<Self> {
        let folder = tempfile::tempdir().context("no temporary folder")?;
        let listen = free_address()?;
        let mut engine = Engine::new(listen, terms.tls)?;
        if terms.generators > 1 {
            engine.hire(terms.generators, listen, terms.tls)?;
        }
        let command = subject.prepare(&Setup {
            listen,
            pool: engine.pool().address(),
            folder: folder.path(),
            terms,
        })?;
        let proxy = Proxy::start(&command, folder.path())?;
        let mut stage = Self {
            engine,
            proxy,
            patience: PATIENCE,
            next_check: Nanos::default(),
            _folder: folder,
        };
        stage.await_listener(listen)?;
        let limit = stage.engine.now().after(FIRST_LOGIN);
        while stage.engine.pool().logged_in() == 0 && stage.engine.now() < limit {
            stage.rest(Duration::from_millis(20))?;
        }
        stage.rest(REST)?;
        Ok(stage)
    }

    fn await_listener(&mut self, listen: SocketAddr) -> Result<()> {
        let limit = self.engine.now().after(START);
        while TcpStream::connect_timeout(&listen, HEARTBEAT).is_err() {
            if self.engine.now() > limit {
                let error = anyhow!("the proxy does not listen on {listen} after {START:?}");
                return Err(self.proxy.blame(&error));
            }
            self.rest(Duration::from_millis(20))?;
            self.proxy.check()?;
        }
        Ok(())
    }

    /// Waits for events until `wake` at most. A miner that is off ends the run.
    ///
    /// # Errors
    /// When the proxy has ended, or a miner was refused or disconnected.
    pub(crate) fn turn(&mut self, wake: Nanos, seen: &mut Vec<Seen>) -> Result<()> {
        let first = seen.len();
        self.engine.turn(wake, seen)?;
        for event in seen.iter().skip(first) {
            if let Seen::Lost { miner, why } = event {
                let error = anyhow!("miner {miner} is off: {why}");
                return Err(self.autopsy(&error));
            }
        }
        let now = self.engine.now();
        if now >= self.next_check {
            self.next_check = now.after(HEARTBEAT);
            self.proxy.check()?;
        }
        Ok(())
    }

    /// Connects a miner, as [`Engine::connect`].
    ///
    /// # Errors
    /// When it cannot, with what the proxy wrote.
    pub(crate) fn connect(&mut self, name: u64) -> Result<usize> {
        self.engine
            .connect(name)
            .map_err(|error| self.autopsy(&error))
    }

    /// What `error` really was: the proxy's end, if it ends now, or else the error with what the
    /// proxy wrote. A process that dies closes its connections a moment before it is dead.
    fn autopsy(&mut self, error: &Error) -> Error {
        let limit = self.engine.now().after(LAST_BREATH);
        let mut unseen = Vec::new();
        while self.engine.now() < limit {
            if let Err(end) = self.proxy.check() {
                return end;
            }
            let wake = self.engine.now().after(Duration::from_millis(20));
            if self.engine.turn(wake, &mut unseen).is_err() {
                break;
            }
            unseen.clear();
        }
        self.proxy.blame(error)
    }

    /// Lets `span` pass, taking what comes and counting none of it.
    ///
    /// # Errors
    /// As [`Stage::turn`]; or when a share arrives that nobody waits for any more.
    pub(crate) fn rest(&mut self, span: Duration) -> Result<()> {
        let end = self.engine.now().after(span);
        let mut seen = Vec::new();
        while self.engine.now() < end {
            self.turn(end, &mut seen)?;
            for event in seen.drain(..) {
                match event {
                    Seen::AtPool { number, .. } => {
                        bail!("share {number} reached the pool when no share was under way")
                    }
                    Seen::Astray { why } => bail!("{why}"),
                    Seen::LoggedIn { .. }
                    | Seen::Job { .. }
                    | Seen::Answered { .. }
                    | Seen::Lost { .. } => {}
                }
            }
        }
        Ok(())
    }

    /// Processor time so far.
    ///
    /// # Errors
    /// When the proxy is gone.
    pub(crate) fn cpu(&self) -> Result<Cpu> {
        Ok(Cpu {
            proxy: self.proxy.cpu()?,
            generators: std::iter::once(std::process::id())
                .chain(self.engine.crew())
                .map(|process| Ok((process, procfs::cpu(process)?)))
                .collect::<Result<_>>()?,
            at: self.engine.now(),
        })
    }

    /// Processor time used since `earlier`.
    ///
    /// # Errors
    /// When the proxy is gone.
    pub(crate) fn cpu_since(&self, earlier: &Cpu) -> Result<CpuUsed> {
        let now = self.cpu()?;
        let each = |(process, reading): &(u32, CpuReading)| {
            let before = earlier.generators.iter().find(|(it, _)| it == process);
            before.map_or(0, |(_, before)| reading.since(before))
        };
        Ok(CpuUsed {
            proxy: now.proxy.since(&earlier.proxy),
            generator: now.generators.iter().map(each).sum(),
            busiest: now.generators.iter().map(each).max().unwrap_or(0),
            wall: now.at.since(earlier.at),
        })
    }
}

/// An address that is free now, below the ports the kernel gives out by itself: no connection
/// takes it before the proxy does.
fn free_address() -> Result<SocketAddr> {
    let mut random = rand::thread_rng();
    (0..1_000)
        .map(|_| SocketAddr::from((Ipv4Addr::LOCALHOST, random.gen_range(20_000..32_000))))
        .find(|address| TcpListener::bind(address).is_ok())
        .context("no free port between 20000 and 32000")
}
