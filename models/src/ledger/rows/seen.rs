//! Stored shares as the filters saw them, and the rigs that sent them.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::filter::{Observation, ScanKey, Scanner, VerdictsHeard};
use crate::ledger::{Outcome, ShareEntry};
use crate::share::{RefusalReason, RigKey};
use crate::work::{JobKey, ResultHash, Slot};

/// What is remembered of rigs; the one seen longest ago gives way and begins anew when it comes
/// again.
#[derive(Debug)]
pub(crate) struct RigsSeen<R> {
    rigs: HashMap<Line, (u64, R)>,
    /// Rigs by their last turn, the one seen longest ago first.
    turns: BTreeMap<u64, Line>,
    turn: u64,
    most: usize,
}

/// Shares that one machine saw of a rig. What is read from a file stands behind what came here in
/// the meantime, and is a past of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Line {
    rig: RigKey,
    node: u16,
    imported: bool,
}

impl Line {
    const fn of(entry: &ShareEntry) -> Self {
        Self {
            rig: entry.rig,
            node: entry.node,
            imported: entry.flags.imported,
        }
    }
}

impl<R: Default> RigsSeen<R> {
    /// Remembers at most `most` rigs, at least one.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            rigs: HashMap::new(),
            turns: BTreeMap::new(),
            turn: 0,
            most: most.max(1),
        }
    }

    /// What is remembered of the rig whose share this is.
    pub(crate) fn of(&mut self, entry: &ShareEntry) -> &mut R {
        let line = Line::of(entry);
        self.turn += 1;
        let turn = self.turn;
        if let Some((last, _)) = self.rigs.get(&line) {
            self.turns.remove(last);
        } else if self.rigs.len() >= self.most
            && let Some((_, longest_ago)) = self.turns.pop_first()
        {
            self.rigs.remove(&longest_ago);
        }
        self.turns.insert(turn, line);
        let (last, rig) = self.rigs.entry(line).or_default();
        *last = turn;
        rig
    }
}

/// Numbers a rig's scans, as far as they differ from the one before.
#[derive(Debug, Default)]
pub(crate) struct ScanNumbers {
    /// Which scan its last share was of, where that is known.
    scan: Option<u64>,
    scans: u32,
}

impl ScanNumbers {
    /// The rig's next share as the filters saw it, without verdicts; and whether it is known if it
    /// goes on with the scan of the share before.
    pub(crate) fn observed(&mut self, entry: &ShareEntry) -> (Observation, bool) {
        let scan = entry.nonce.and_then(|_| scan_mark(entry));
        let first = self.scans == 0;
        let followed = scan.is_some() && (first || self.scan.is_some());
        if first || scan.is_none() || scan != self.scan {
            self.scans = self.scans.wrapping_add(1).max(1);
        }
        self.scan = scan;
        (observed(entry, JobKey(self.scans)), followed)
    }
}

/// Whether a share came as far as the filters: only what is admitted gets a number, and what comes
/// from elsewhere without one counts unless admission had refused it.
pub(crate) fn was_seen(entry: &ShareEntry) -> bool {
    match &entry.outcome {
        Outcome::Refused(RefusalReason::InvalidResult)
        | Outcome::Accepted
        | Outcome::Rejected { .. }
        | Outcome::Unanswered
        | Outcome::Credited
        | Outcome::Held
        | Outcome::Undeliverable => true,
        Outcome::Refused(_) => entry.id.is_some(),
    }
}

/// Tells a rig's scan from the one before it.
fn scan_mark(entry: &ShareEntry) -> Option<u64> {
    let mut hash = DefaultHasher::new();
    entry.slot().hash(&mut hash);
    match entry.job_key {
        Some(job) => (entry.node, entry.run, entry.id.map(|id| id.lane()), job).hash(&mut hash),
        None if entry.job.is_empty() => return None,
        None => (entry.upstream, &entry.job).hash(&mut hash),
    }
    Some(hash.finish())
}

fn observed(entry: &ShareEntry, job: JobKey) -> Observation {
    Observation {
        rig: entry.rig,
        scan: ScanKey {
            job,
            // Part of the mark that the job's number stands for.
            slot: Slot(0),
        },
        counter: entry.odometer().unwrap_or(0),
        result: result_of(entry),
        target: (!entry.flags.retargeted).then(|| entry.asked.target()),
        asked: entry.asked,
        late: entry.flags.late,
        scanner: if entry.flags.scan_known {
            Scanner::XmrigBlocks
        } else {
            Scanner::Unknown
        },
        heard: VerdictsHeard::default(),
        // When it came, not when it ended.
        at_ms: entry
            .unix_ms
            .saturating_sub(u64::from(entry.latencies.total_us) / 1000),
    }
}

/// A result of the difficulty that is stored, in the middle of those that have it; below the
/// target if the difficulty is at least the one asked for.
fn result_of(entry: &ShareEntry) -> ResultHash {
    let found = entry.found.max(1);
    let highest = u64::MAX / found;
    let lowest = u64::MAX / found.saturating_add(1);
    let middle = lowest + (highest - lowest) / 2;
    let value = if entry.found >= entry.asked.get() {
        middle.min(entry.asked.target().threshold() - 1)
    } else {
        highest
    };
    let mut bytes = [0; 32];
    bytes[24..].copy_from_slice(&value.to_le_bytes());
    ResultHash::new(bytes)
}
