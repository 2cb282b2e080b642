//! The thread that hashes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::desk::{Desk, Found, Task};
use super::fault::FailingMemory;
use super::settings::MinerSettings;
use crate::demo::randomx::{Caches, Hasher};
use crate::demo::{blob, clock};

/// Shares waiting for the connection at most.
pub(super) const WAITING: usize = 64;

/// Slowest pace that can be asked for, hashes per second.
const SLOWEST: f64 = 0.01;

/// Hashes until the desk says stop.
pub(super) fn hash_until_stopped(
    settings: &MinerSettings,
    caches: Arc<Caches>,
    desk: &Desk,
    found: &mpsc::Sender<Found>,
) {
    let mut rig = Rig {
        hasher: Hasher::new(caches),
        memory: settings
            .broken
            .map(|rate| FailingMemory::new(rate, settings.random)),
        pace: settings
            .hashes_per_second
            .map(|rate| Duration::from_secs_f64(1.0 / rate.max(SLOWEST))),
        blob: Vec::new(),
        count: 0,
    };
    let mut done = None;
    while let Some(task) = desk.next_task(done) {
        done = Some(task.number);
        rig.work_on(&task, desk, found);
    }
}

struct Rig {
    hasher: Hasher,
    memory: Option<FailingMemory>,
    pace: Option<Duration>,
    /// What the count belongs to.
    blob: Vec<u8>,
    /// Hashes tried of this blob.
    count: u64,
}

impl Rig {
    /// Tries one nonce after another until the task is replaced or used up.
    fn work_on(&mut self, task: &Task, desk: &Desk, found: &mpsc::Sender<Found>) {
        // A job that differs in its target only goes on where the last one was.
        if self.blob != task.work.blob {
            self.blob.clone_from(&task.work.blob);
            self.count = 0;
        }
        let mut due = clock::now();
        while desk.is_wanted(task.number) {
            let Some(nonce) = task.work.nonce(self.count) else {
                return;
            };
            let Some(input) = blob::with_nonce(&task.work.blob, nonce) else {
                return;
            };
            let mut result = match self.hasher.hash(&task.work.seed, &input) {
                Ok(hash) => hash,
                Err(fault) => {
                    desk.count(|counts| counts.trouble = Some(fault.to_string()));
                    return;
                }
            };
            self.count += 1;
            let corrupt = self
                .memory
                .as_mut()
                .is_some_and(|memory| memory.strike(&mut result, task.work.target));
            desk.count(|counts| counts.hashes += 1);
            if task.work.target.is_met_by(&result) {
                let job_id = task.work.job_id.clone();
                let share = Found {
                    number: task.number,
                    job_id,
                    nonce,
                    result,
                    corrupt,
                };
                let full = found.try_send(share).is_err();
                desk.count(|counts| {
                    let outcomes = counts.of(corrupt);
                    outcomes.found += 1;
                    outcomes.lost += u64::from(full);
                });
            }
            if let Some(pace) = self.pace {
                // Lost time is not made up for, or a pause would be followed by a burst.
                due = (due + pace).max(clock::now());
                desk.rest_until(due);
            }
        }
    }
}
