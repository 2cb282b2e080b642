//! How a prover is to work.

use std::num::NonZero;
use std::thread;
use std::time::Duration;

use serde::Serialize;
use zartrux_models::proof::{Pages, SelfTestError};

use crate::supervision::HealthRegistry;

/// How hashes are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// From the 256 MiB cache of a seed; 25 to 30 ms a hash.
    Light,
    /// From the 2080 MiB dataset of the seed in use, once that is computed; 2 to 6 ms a hash.
    /// Light until then, and for any other seed.
    Fast,
}

impl Mode {
    /// As the settings have it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Fast => "fast",
        }
    }
}

/// Settings of a prover.
#[derive(Debug, Clone)]
pub struct ProverOptions {
    /// How hashes are computed.
    pub mode: Mode,
    /// Threads that compute; [`auto_threads`] for what suits the machine.
    pub threads: NonZero<usize>,
    /// Requests that may wait. The last eighth is kept for requests above
    /// [`Local`](super::Priority::Local), and of that the half for block candidates.
    pub queue: NonZero<usize>,
    /// Which pages to ask for.
    pub pages: Pages,
    /// Datasets that may exist at once in fast mode; 2 has the next seed's computed before it
    /// is needed. More than 2 are taken for 2.
    pub datasets: NonZero<usize>,
    /// How long a cache is kept at least before another seed may take its place: bounds the
    /// work that changing seeds, honest or hostile, can cause.
    pub dwell: Duration,
    /// How long a dataset's seed must not have been asked for before another seed may take its
    /// place.
    pub settle: Duration,
    /// Where the threads report.
    pub health: HealthRegistry,
}

impl ProverOptions {
    /// Usual settings: large pages where there are any, one dataset, a cache kept for 30 s and
    /// a dataset until its seed was unused for 10 s.
    #[must_use]
    pub fn new(mode: Mode, threads: NonZero<usize>, queue: NonZero<usize>) -> Self {
        Self {
            mode,
            threads,
            queue,
            pages: Pages::PreferLarge,
            datasets: NonZero::<usize>::MIN,
            dwell: Duration::from_secs(30),
            settle: Duration::from_secs(10),
            health: HealthRegistry::default(),
        }
    }
}

/// Threads for this machine: one per processor but one, which is left to everything else.
#[must_use]
pub fn auto_threads() -> NonZero<usize> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    NonZero::new(processors - 1).unwrap_or(NonZero::<usize>::MIN)
}

/// Why a prover could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// RandomX does not compute what it should: it must judge nobody.
    #[error(transparent)]
    SelfTest(#[from] SelfTestError),
    /// The system gave no thread.
    #[error("no thread for the prover: {0}")]
    Thread(#[from] std::io::Error),
}
