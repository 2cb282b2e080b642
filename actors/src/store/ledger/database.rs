//! What all databases of the store have in common.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use zartrux_models::ledger::{Frame, Kind};

use crate::store::StoreFault;
use crate::supervision::cause_of;

/// Opens a database, whose lock a closed handle of this process may hold for a moment longer.
pub(in crate::store) fn open_database(
    folder: &Path,
    cache_bytes: u64,
) -> Result<sled::Db, StoreFault> {
    /// How often, and how long apart: a second in all.
    const TRIES: u32 = 20;
    const PAUSE: Duration = Duration::from_millis(50);
    let mut tried = 0;
    loop {
        let config = sled::Config::new()
            .path(folder)
            .cache_capacity(cache_bytes)
            // Only this thread of sled's has the disk write down what was written, so that it
            // survives the end of the machine.
            .flush_every_ms(Some(500));
        let fault = match catch_unwind(AssertUnwindSafe(|| config.open())) {
            Ok(Ok(db)) => return Ok(db),
            Ok(Err(why)) => StoreFault::of_sled(folder, why),
            Err(panic) => StoreFault::Panicked {
                folder: folder.to_owned(),
                why: cause_of(panic.as_ref()),
            },
        };
        tried += 1;
        if !fault.is_in_use() || tried >= TRIES {
            return Err(fault);
        }
        // Nobody unparks it: it comes back by itself.
        std::thread::park_timeout(PAUSE);
    }
}

/// The number that a key stands for.
pub(super) fn seq_of(key: &[u8]) -> u64 {
    key.try_into().map_or(0, u64::from_be_bytes)
}

/// A number under a name, framed.
pub(super) fn mark_of(name: &str, value: u64) -> Vec<u8> {
    Frame::wrap(Kind::Mark, 1, |out| {
        out.extend_from_slice(&value.to_le_bytes());
        out.extend_from_slice(name.as_bytes());
    })
}

/// The number under a name, if there is one that checks out.
pub(super) fn read_mark(marks: &sled::Tree, name: &str) -> Option<u64> {
    let value = marks.get(name).ok()??;
    let frame = Frame::read(&value).ok()?;
    let (number, named) = frame.body.split_first_chunk()?;
    (frame.kind == Kind::Mark && named == name.as_bytes()).then(|| u64::from_le_bytes(*number))
}
