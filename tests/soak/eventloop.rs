//! The event loop of pools and miners, on a thread of its own.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::world::World;

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

    /// Spawns a task that is a part of the soak: if it panics, that is what the soak has found.
    pub(crate) fn spawn_part(
        &self,
        world: &Arc<World>,
        what: &'static str,
        part: impl Future<Output = ()> + Send + 'static,
    ) {
        let task = self.handle.spawn(part);
        let world = Arc::clone(world);
        self.handle.spawn(async move {
            if task.await.is_err_and(|why| why.is_panic()) {
                world.violated("run", format!("the soak's own part failed: {what}"));
            }
        });
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
