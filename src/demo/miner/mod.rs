//! The demo's miner: real RandomX in light mode, the habits of xmrig, and, if asked for, the
//! faults of a rig with failing memory.

mod counts;
mod desk;
mod dialogue;
#[cfg(test)]
mod dialogue_tests;
mod fault;
mod hashing;
mod link;
mod settings;
mod work;

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

pub use counts::{MinerCounts, Outcomes};
pub use settings::MinerSettings;

use super::randomx::Caches;
use desk::Desk;
use link::{Link, Phase};

/// A running miner; two threads of its own. Dropping it stops it.
#[derive(Debug)]
pub struct DemoMiner {
    rig: String,
    broken: bool,
    desk: Arc<Desk>,
    phase: watch::Sender<Phase>,
    threads: Vec<JoinHandle<()>>,
}

impl DemoMiner {
    /// Starts a miner that takes its RandomX caches from `caches`. It connects by itself, and
    /// again whenever the connection is lost.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn start(settings: MinerSettings, caches: Arc<Caches>) -> anyhow::Result<Self> {
        let (finder, found) = mpsc::channel(hashing::WAITING);
        let (phase, phase_seen) = watch::channel(Phase::Run);
        let desk = Arc::new(Desk::default());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let mut miner = Self {
            rig: settings.rig.clone(),
            broken: settings.broken.is_some(),
            desk: Arc::clone(&desk),
            phase,
            threads: Vec::new(),
        };
        let link = Link {
            settings: settings.clone(),
            desk: Arc::clone(&desk),
            found,
            phase: phase_seen,
        };
        let hashing = thread::Builder::new()
            .name(format!("{}-hash", settings.rig))
            .spawn(move || hashing::hash_until_stopped(&settings, caches, &desk, &finder))?;
        miner.threads.push(hashing);
        let linking = thread::Builder::new()
            .name(format!("{}-link", miner.rig))
            .spawn(move || runtime.block_on(link.run()))?;
        miner.threads.push(linking);
        Ok(miner)
    }

    /// Name of the rig.
    #[must_use]
    pub fn rig(&self) -> &str {
        &self.rig
    }

    /// Whether some of its hashes are made wrong.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        self.broken
    }

    /// All counts so far.
    #[must_use]
    pub fn counts(&self) -> MinerCounts {
        self.desk.counts()
    }

    /// Tells it to hash no more and to leave once its last shares are answered, or after
    /// `grace` at the latest. Does not wait.
    pub fn finish(&self, grace: Duration) {
        self.desk.stop();
        let _ = self.phase.send(Phase::Finish(Instant::now() + grace));
    }

    /// [`DemoMiner::finish`], waits for the end, and gives the final counts.
    #[must_use]
    pub fn stop(mut self, grace: Duration) -> MinerCounts {
        self.shut_down(grace);
        self.desk.counts()
    }

    fn shut_down(&mut self, grace: Duration) {
        if self.threads.is_empty() {
            return;
        }
        self.finish(grace);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for DemoMiner {
    fn drop(&mut self) {
        self.shut_down(Duration::ZERO);
    }
}
