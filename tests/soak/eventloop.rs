//! The event loop of pools and miners, on a thread of its own.

use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A running loop; dropping it ends all that runs on it.
pub(crate) struct EventLoop {
    handle: Handle,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl EventLoop {
    pub(crate) fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("an event loop");
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let thread = thread::Builder::new().name("farm".into()).spawn(move || {
            // An error says that the owner is gone.
            let _ = runtime.block_on(ended);
        });
        Self {
            handle,
            end: Some(end),
            thread: Some(thread.expect("a thread")),
        }
    }

    /// Where tasks are spawned.
    pub(crate) const fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for EventLoop {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            // A task that panicked has shown itself by what did not happen.
            let _ = thread.join();
        }
    }
}
