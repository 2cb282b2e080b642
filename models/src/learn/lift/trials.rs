//! Scans of the ledger as trials: how many shares a known search found.
//!
//! # What is exact
//!
//! A scan's shares are a Poisson process in the work done on it. Where the search ended after its
//! last share nobody knows, and a scan without a share leaves no trace. But seen backward from the
//! last share nothing is unknown: *given that the last of k shares came after so much work w, the
//! other n = k − 1 are Poisson with mean w ÷ difficulty.*
//!
//! For: let the scan end at a time h. What lies before w and what lies after it are independent,
//! for a Poisson process has independent increments; "the last share is at w" speaks of w and what
//! lies after it alone; so given it, the count before w is still Poisson. As long as the end h
//! depends on nothing that lies before the last share it may be of any law, or be chosen. One share
//! is lost for each scan, and a scan with one share is a trial with none. A scan that is ended *by*
//! its shares, at the second say, is not of this kind: difficulties change at jobs only, and leases
//! are renewed by the clock, so that scans of the proxy are, but for a share that shows a slot to be
//! three quarters used up.
//!
//! # How work is told
//!
//! By the time from the job's being given to the last share, as its rig's speed, which is not known,
//! falls out where a rig is compared with itself. Not by the nonce: a thread of xmrig reserves 32,768
//! nonces at once and takes half a minute to a minute for them, so within one job the highest nonce
//! of several threads tells mostly which thread was lucky. Where one thread alone scans it is exact,
//! and [`Trial::tried`] has it.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::{Arm, Outcome, ShareEntry};
use crate::share::RigKey;

use super::super::OutcomeClass;

/// Bits of a nonce that its rig counts through.
pub const COUNTER_BITS: usize = 24;

/// A scan that is over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// In which arm of the experiment its lease was.
    pub arm: Arm,
    /// When its last share ended, milliseconds since 1970.
    pub at_ms: u64,
    /// The top byte of its nonces.
    pub slot: u8,
    /// Whose it was.
    pub rig: RigKey,
    /// Shares but the last.
    pub shares: u32,
    /// Seconds from the job's being given to the last share.
    pub seconds: f64,
    /// The difficulty asked for.
    pub asked: u64,
    /// Nonces below the highest that was a share's.
    pub tried: u32,
    /// Of the shares but the one with the highest nonce: how many have each bit of the counter set.
    pub with_bit: [u32; COUNTER_BITS],
}

impl Trial {
    /// The shares to be expected of a rig that makes one hash a second: 1 ÷ (H/s).
    #[must_use]
    pub fn exposure(&self) -> f64 {
        self.seconds / as_f64(self.asked.max(1))
    }

    /// The shares to be expected if all nonces below the highest were tried: right for one thread
    /// that counts upward, rough for several.
    #[must_use]
    pub fn expected_by_counter(&self) -> f64 {
        f64::from(self.tried) / as_f64(self.asked.max(1))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "difficulties and counts that are compared to a part in a million at most"
)]
pub(crate) const fn as_f64(count: u64) -> f64 {
    count as f64
}

/// Shares and scans of the ledger that made no trial.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TrialsSkipped {
    /// Shares of which it is not known how their nonces were come by, or that were not good work.
    pub shares: u64,
    /// Scans that gave way to others before they were over: closed early, and right all the same.
    pub early: u64,
    /// Scans whose shares disagree about their arm.
    pub arm_unclear: u64,
}

/// What makes two shares ones of the same scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    rig: RigKey,
    node: u16,
    run: u32,
    lane: u16,
    job_key: u32,
    slot: u8,
    asked: u64,
}

#[derive(Debug, Clone)]
struct Open {
    /// None once its shares disagree.
    arm: Option<Arm>,
    shares: u32,
    last_ms: u64,
    longest_s: u32,
    highest: u32,
    with_bit: [u32; COUNTER_BITS],
}

/// Makes trials of shares in the order of the ledger.
#[derive(Debug)]
pub struct Trials {
    open_max: usize,
    open: BTreeMap<Key, Open>,
    /// The same scans, by when their last share came.
    by_time: BTreeSet<(u64, Key)>,
    skipped: TrialsSkipped,
}

impl Trials {
    /// A scan is over when it has shown no share for so long, ms. Rigs are asked for a share in
    /// tens of seconds; one whose shares are farther apart makes trials with none, which tell
    /// nothing and mislead nobody.
    pub const QUIET_MS: u64 = 600_000;

    /// Keeps at most so many scans open, and at least one; one more, and the scan whose last share
    /// is longest ago is closed.
    #[must_use]
    pub fn new(open: usize) -> Self {
        Self {
            open_max: open.max(1),
            open: BTreeMap::new(),
            by_time: BTreeSet::new(),
            skipped: TrialsSkipped::default(),
        }
    }

    /// Takes the next share of the ledger; gives the trials that are over by it.
    pub fn next(&mut self, entry: &ShareEntry, mut give: impl FnMut(Trial)) {
        while let Some((last_ms, _)) = self.by_time.first()
            && last_ms.saturating_add(Self::QUIET_MS) < entry.unix_ms
        {
            self.close_first(&mut give);
        }
        let Some((key, counter)) = usable(entry) else {
            self.skipped.shares += 1;
            return;
        };
        if !self.open.contains_key(&key) && self.open.len() >= self.open_max {
            self.skipped.early += 1;
            self.close_first(&mut give);
        }
        let scan = self.open.entry(key).or_insert_with(|| Open::new(entry.arm));
        self.by_time.remove(&(scan.last_ms, key));
        scan.take(entry, counter);
        self.by_time.insert((scan.last_ms, key));
    }

    /// Closes all scans.
    pub fn finish(&mut self, mut give: impl FnMut(Trial)) {
        while !self.by_time.is_empty() {
            self.close_first(&mut give);
        }
    }

    /// Scans that are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// What made no trial so far.
    #[must_use]
    pub const fn skipped(&self) -> TrialsSkipped {
        self.skipped
    }

    fn close_first(&mut self, give: &mut impl FnMut(Trial)) {
        let Some((_, key)) = self.by_time.pop_first() else {
            return;
        };
        let Some(scan) = self.open.remove(&key) else {
            return;
        };
        match scan.trial(&key) {
            Some(trial) => give(trial),
            None => self.skipped.arm_unclear += 1,
        }
    }
}

impl Open {
    const fn new(arm: Arm) -> Self {
        Self {
            arm: Some(arm),
            shares: 0,
            last_ms: 0,
            longest_s: 0,
            highest: 0,
            with_bit: [0; COUNTER_BITS],
        }
    }

    fn take(&mut self, entry: &ShareEntry, counter: u32) {
        self.arm = self.arm.filter(|arm| *arm == entry.arm);
        self.shares = self.shares.saturating_add(1);
        self.last_ms = self.last_ms.max(entry.unix_ms);
        self.longest_s = self.longest_s.max(entry.age_s);
        self.highest = self.highest.max(counter);
        for (bit, count) in self.with_bit.iter_mut().enumerate() {
            *count = count.saturating_add(counter >> bit & 1);
        }
    }

    fn trial(&self, key: &Key) -> Option<Trial> {
        let mut with_bit = self.with_bit;
        for (bit, count) in with_bit.iter_mut().enumerate() {
            *count = count.saturating_sub(self.highest >> bit & 1);
        }
        Some(Trial {
            arm: self.arm?,
            at_ms: self.last_ms,
            slot: key.slot,
            rig: key.rig,
            shares: self.shares.saturating_sub(1),
            // Whole seconds are kept: on average half of one more had passed.
            seconds: f64::from(self.longest_s) + 0.5,
            asked: key.asked,
            tried: self.highest,
            with_bit,
        })
    }
}

/// The scan and the counter of a share that says something: good work, as far as is known, of a
/// program that counts upward, in a scan for one difficulty, and before the job was replaced (what
/// comes later comes for the time that a line takes only).
fn usable(entry: &ShareEntry) -> Option<(Key, u32)> {
    let flags = entry.flags;
    if !flags.scan_known || flags.imported || flags.retargeted || flags.late {
        return None;
    }
    let good = match OutcomeClass::of(&entry.outcome) {
        Some(OutcomeClass::Accepted | OutcomeClass::Stale) => true,
        Some(OutcomeClass::LowDifficulty | OutcomeClass::Duplicate | OutcomeClass::Invalid) => {
            false
        }
        // Nobody found fault with it.
        None => !matches!(entry.outcome, Outcome::Refused(_) | Outcome::Held),
    };
    let nonce = entry.nonce.filter(|_| good)?;
    let key = Key {
        rig: entry.rig,
        node: entry.node,
        run: entry.run,
        lane: entry.id?.lane(),
        job_key: entry.job_key?,
        slot: entry.slot()?.0,
        asked: entry.asked.get(),
    };
    Some((key, nonce.counter()))
}
