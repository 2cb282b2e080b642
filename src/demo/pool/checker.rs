//! The thread that recomputes shares, off the pool's event loop.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc;

use super::hub::Hub;
use super::session::Check;
use crate::demo::hex;
use crate::demo::randomx::{Caches, Hasher};

/// Shares waiting at most: several seconds of one core.
const WAITING: usize = 256;

/// The way to the checking thread, for shares and the ids of their requests; it ends, its queue emptied, when this is dropped.
pub(super) type Queue = mpsc::Sender<(Check, i64)>;

/// Shares on their way to the checking thread.
pub(super) type Waiting = mpsc::Receiver<(Check, i64)>;

pub(super) fn queue() -> (Queue, Waiting) {
    mpsc::channel(WAITING)
}

/// Starts the checking thread.
///
/// # Errors
/// The system refuses the thread.
pub(super) fn start(
    hub: Arc<Hub>,
    mut waiting: Waiting,
    caches: Arc<Caches>,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new()
        .name("demo-pool-check".into())
        .spawn(move || {
            let mut hasher = Hasher::new(caches);
            while let Some((check, id)) = waiting.blocking_recv() {
                let computed = hex::decode(check.seed_hash)
                    .and_then(|seed| hasher.hash(&seed, &check.input).ok());
                hub.settle(check, id, computed);
            }
        })
}
