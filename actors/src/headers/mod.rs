//! Headers of the network's blocks, from a monerod: read once a minute on a thread of its own, so
//! that nobody waits for it. What was read, and what follows for the difficulty, is in shared
//! memory; a node that does not answer, or answers nonsense, leaves the last of it standing.

mod held;
mod polling;
mod rpc;
#[cfg(test)]
mod tests;
mod view;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

pub use view::{HeadersReport, HeadersView};

use self::polling::Polling;
use self::rpc::NodeRpc;
use self::view::Shared;
use crate::clock::Clock;
use crate::supervision::HealthRegistry;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(60);

/// Who waits for a look that was asked for.
type Asked = SyncSender<()>;

/// The thread that reads headers.
#[derive(Debug)]
pub struct HeaderSource;

impl HeaderSource {
    /// Its name among the actors.
    pub const NAME: &'static str = "root/headers";

    /// Starts reading from `url`, such as `http://127.0.0.1:18081`. It ends when the view is
    /// dropped.
    ///
    /// # Errors
    /// The thread can't be started.
    pub fn launch(
        url: &str,
        health: &HealthRegistry,
        clock: Clock,
    ) -> std::io::Result<Arc<HeadersView>> {
        let shared = Arc::new(Shared::default());
        let (ask, asked) = sync_channel(1);
        let mut polling = Polling::new(
            NodeRpc::new(url),
            Arc::clone(&shared),
            health.register(Self::NAME, "headers"),
            clock,
        );
        std::thread::Builder::new()
            .name("headers".to_owned())
            .spawn(move || Self::run(&mut polling, &asked, clock))?;
        Ok(Arc::new(HeadersView::new(shared, ask)))
    }

    fn run(polling: &mut Polling, asked: &Receiver<Asked>, clock: Clock) {
        let mut waiting: Option<Asked> = None;
        loop {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| polling.look())) {
                let cause = panic.downcast_ref::<&str>().copied();
                polling.begin_anew(cause.unwrap_or("a panic"), clock.unix_millis());
            }
            if let Some(waiting) = waiting.take() {
                // It may have lost patience.
                let _ = waiting.try_send(());
            }
            match asked.recv_timeout(EVERY) {
                Ok(asked) => waiting = Some(asked),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}
