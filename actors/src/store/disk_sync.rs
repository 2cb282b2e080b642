//! Has the disk write down what the system has taken, on a thread of its own: nobody waits for it.
//!
//! What was committed survives the end of the process at once, and the end of the machine once the
//! disk has it: half a second later, or as long as the disk takes.

use std::fs::File;
use std::sync::mpsc::{SyncSender, sync_channel};

/// The thread, from the first file on; it ends with this.
#[derive(Debug, Default)]
pub(super) struct DiskSync {
    files: Option<SyncSender<File>>,
}

impl DiskSync {
    /// Has the disk write a file down. One that is asked for while the thread is at another is left
    /// out, and has to be asked for again: false.
    pub(super) fn write_down(&mut self, file: File) -> bool {
        if self.files.is_none() {
            let (sender, receiver) = sync_channel::<File>(1);
            let work = move || {
                for file in receiver {
                    if let Err(fault) = file.sync_data() {
                        tracing::warn!(%fault, "the disk did not write the ledger down");
                    }
                }
            };
            let thread = std::thread::Builder::new().name("store-sync".to_owned());
            match thread.spawn(work) {
                Ok(_) => self.files = Some(sender),
                Err(fault) => tracing::warn!(%fault, "no thread to have the disk write"),
            }
        }
        // Full: the thread is at it.
        let files = self.files.as_ref();
        files.is_some_and(|files| files.try_send(file).is_ok())
    }
}
