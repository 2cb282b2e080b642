//! What the filters knew of a share before its verdict, computed again from the ledger.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::filter::{
    Observation, OutcomeFeatures, OutcomePast, ScanKey, Scanner, Verdict, VerdictsHeard,
};
use crate::ledger::{Outcome, ShareEntry};
use crate::share::{RefusalReason, RigKey};
use crate::stratum::ErrorClass;
use crate::work::{JobKey, Nonce, ResultHash, Slot};

/// The features of a stored share, in the order of [`OutcomeFeatures::FEATURES`]; none where the
/// share was refused before a filter saw it, or where what is stored does not tell.
pub type KnownFeatures = [Option<f64>; OutcomeFeatures::LEN];

/// Shows shares to the rigs' pasts once more, in the order of the ledger.
///
/// A share's features come from itself and from what stood before it, never from what follows;
/// verdicts are among it from the time on that they were known. They are what the filters saw, but for two things. Shares are stored
/// as they end, so that one that waited for its proof comes after others that it preceded. Where a
/// result lies below its target is known from its difficulty alone, to one part in it, and is that
/// of the true hash where this was put in place.
#[derive(Debug)]
pub struct Replay {
    rigs: HashMap<Line, Rig>,
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

#[derive(Debug, Default)]
struct Rig {
    past: OutcomePast,
    /// Verdicts on its shares that no share of it has come after, with their times, ms.
    unheard: VecDeque<(u64, Verdict)>,
    turn: u64,
    /// Which scan its last share was of, where that is known.
    scan: Option<u64>,
    /// Numbers its scans, as far as they differ from the one before.
    scans: u32,
}

impl Replay {
    /// Rigs that are remembered unless another number is asked for: some tens of megabytes.
    pub const RIGS: usize = 100_000;

    /// Remembers at most `most` rigs, at least one; the one seen longest ago gives way and begins
    /// anew when it comes again.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            rigs: HashMap::new(),
            turns: BTreeMap::new(),
            turn: 0,
            most: most.max(1),
        }
    }

    /// The features of the next share, which then belongs to its rig's past.
    pub fn next(&mut self, entry: &ShareEntry) -> KnownFeatures {
        if !was_seen(entry) {
            return [None; OutcomeFeatures::LEN];
        }
        let rig = self.rig(Line::of(entry));
        let scan = entry.nonce.and_then(|nonce| scan_mark(entry, nonce));
        let first = rig.scans == 0;
        let followed = scan.is_some() && (first || rig.scan.is_some());
        if first || scan.is_none() || scan != rig.scan {
            rig.scans = rig.scans.wrapping_add(1).max(1);
        }
        rig.scan = scan;
        let mut seen = observed(entry, JobKey(rig.scans));
        seen.heard = rig.hear_until(seen.at_ms);
        if let Some(verdict) = verdict_of(&entry.outcome) {
            rig.will_hear(entry.unix_ms, verdict);
        }
        let features = rig.past.next(&seen).values();
        let mut known = [None; OutcomeFeatures::LEN];
        for ((place, value), feature) in known
            .iter_mut()
            .zip(features)
            .zip(OutcomeFeatures::FEATURES)
        {
            let is_known = match feature.name {
                "height" | "target_unclear" => entry.found > 0,
                "progress" => entry.nonce.is_some(),
                "backward" => followed,
                _ => true,
            };
            *place = is_known.then_some(value);
        }
        known
    }

    fn rig(&mut self, key: Line) -> &mut Rig {
        self.turn += 1;
        let turn = self.turn;
        if let Some(known) = self.rigs.get(&key) {
            self.turns.remove(&known.turn);
        } else if self.rigs.len() >= self.most
            && let Some((_, longest_ago)) = self.turns.pop_first()
        {
            self.rigs.remove(&longest_ago);
        }
        self.turns.insert(turn, key);
        let rig = self.rigs.entry(key).or_default();
        rig.turn = turn;
        rig
    }
}

impl Rig {
    /// Most verdicts that wait; a rig that sends nothing while they come in hears of the last.
    const UNHEARD: usize = 256;

    fn will_hear(&mut self, unix_ms: u64, verdict: Verdict) {
        if self.unheard.len() >= Self::UNHEARD {
            self.unheard.pop_front();
        }
        self.unheard.push_back((unix_ms, verdict));
    }

    /// Verdicts that were known before that time.
    fn hear_until(&mut self, unix_ms: u64) -> VerdictsHeard {
        let mut heard = VerdictsHeard::default();
        self.unheard.retain(|(known, verdict)| {
            let is_known = *known < unix_ms;
            if is_known {
                heard.hear(*verdict);
            }
            !is_known
        });
        heard
    }
}

impl Default for Replay {
    fn default() -> Self {
        Self::new(Self::RIGS)
    }
}

/// What is to be learnt from how a share ended; none where that says nothing of its rig.
#[must_use]
pub fn verdict_of(outcome: &Outcome) -> Option<Verdict> {
    match outcome {
        Outcome::Accepted | Outcome::Credited => Some(Verdict::Good),
        Outcome::Rejected {
            class: ErrorClass::Stale,
            ..
        } => Some(Verdict::Stale),
        Outcome::Rejected {
            class: ErrorClass::Rig,
            ..
        }
        | Outcome::Refused(RefusalReason::InvalidResult | RefusalReason::Duplicate) => {
            Some(Verdict::Wrong)
        }
        Outcome::Rejected { .. }
        | Outcome::Refused(_)
        | Outcome::Unanswered
        | Outcome::Held
        | Outcome::Undeliverable => None,
    }
}

/// Whether a share came as far as the filters: only what is admitted gets a number, and what comes
/// from elsewhere without one counts unless admission had refused it.
fn was_seen(entry: &ShareEntry) -> bool {
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
fn scan_mark(entry: &ShareEntry, nonce: Nonce) -> Option<u64> {
    let mut hash = DefaultHasher::new();
    nonce.slot().hash(&mut hash);
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
