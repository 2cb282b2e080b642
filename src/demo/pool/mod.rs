//! The demo's pool: a stratum server that believes nothing and recomputes every share.

mod book;
#[cfg(test)]
mod book_tests;
mod chain;
mod checker;
mod hub;
mod server;
mod session;
mod settings;
mod tally;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use anyhow::Context;
use tokio::sync::oneshot;

pub use chain::FIRST_SEED_HASH;
pub use settings::{PoolSettings, SeedChange};
pub use tally::{BadShare, PoolReport, Refusal, Tally};

use super::randomx::Caches;
use hub::Hub;

/// A running pool; two threads of its own. Dropping it stops it.
#[derive(Debug)]
pub struct DemoPool {
    address: SocketAddr,
    hub: Arc<Hub>,
    stop: Option<oneshot::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl DemoPool {
    /// Starts a pool that takes its RandomX caches from `caches`.
    ///
    /// # Errors
    /// The address cannot be listened on, or the system refuses a thread.
    pub fn start(settings: PoolSettings, caches: Arc<Caches>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(settings.listen)
            .with_context(|| format!("the demo's pool cannot listen on {}", settings.listen))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;

        let (queue, waiting) = checker::queue();
        let hub = Arc::new(Hub::new(settings.clone(), queue));
        let checking = checker::start(Arc::clone(&hub), waiting, caches)?;

        let (stop, stopped) = oneshot::channel();
        let mut pool = Self {
            address,
            hub: Arc::clone(&hub),
            stop: Some(stop),
            threads: vec![checking],
        };
        let serving = thread::Builder::new()
            .name("demo-pool".into())
            .spawn(move || {
                runtime.block_on(async {
                    // Fails only outside a runtime or for a socket that is no listener.
                    if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                        server::serve(listener, hub, settings, stopped).await;
                    }
                });
            })?;
        pool.threads.push(serving);
        Ok(pool)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// All counts so far.
    #[must_use]
    pub fn report(&self) -> PoolReport {
        self.hub.report()
    }

    /// Goes on to the next job now.
    pub fn next_job(&self) {
        self.hub.next_job();
    }

    /// Closes everything, finishes the checks under way, and gives the final counts.
    #[must_use]
    pub fn stop(mut self) -> PoolReport {
        self.shut_down();
        self.hub.report()
    }

    fn shut_down(&mut self) {
        self.stop = None;
        self.hub.stop_checking();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for DemoPool {
    fn drop(&mut self) {
        self.shut_down();
    }
}
