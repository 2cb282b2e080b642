//! Hashes tried, read from the nonces of a rig's shares.
//!
//! xmrig's threads reserve block after block of 32,768 nonces, upward from 0, so the highest nonce
//! of a scan says about how many hashes were tried. Not exactly: blocks up to that nonce may be
//! unfinished, and blocks beyond it begun. With T threads of like speed that is at most T blocks in
//! either direction at each of the two ends of a stretch. T is not known, but the shares of the
//! other open blocks come with lower nonces: how far they lie below the highest is what T is taken
//! from. The error therefore is too small until a few shares of a rig were seen.
//!
//! What it can't see: it believes the rig's own nonces. A rig that leaves nonces out, or that does
//! not count upward (a program other than xmrig, or several behind one more proxy), shows something
//! that is no number of hashes; see [`Scanner::of_agent`](crate::filter::Scanner::of_agent).

use serde::{Deserialize, Serialize};

use crate::filter::Scanner;

use super::{Outcome, ShareEntry};

/// Blocks that a rig may have open at once: more than threads of any machine.
const OPEN_MAX: u32 = 256;

/// No rig is faster: hashes per millisecond.
const FASTEST_PER_MS: u64 = 1_000;

/// What the odometer showed from one share to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stretch {
    /// Hashes tried.
    pub hashes: u64,
    /// In how much time, ms.
    pub ms: u64,
    /// By how many hashes that may be wrong; counted once for each scan.
    pub error: u64,
}

/// Where a rig's odometer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Odometer {
    /// The scan of the last share; none before the first.
    pub scan: Option<Scan>,
    /// The most blocks that a share lay below the highest nonce of its scan.
    pub below: u16,
}

/// One rig's way through one job's nonces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// The machine that it came in at.
    pub node: u16,
    /// The start of that machine's process.
    pub run: u32,
    /// The lane.
    pub lane: u16,
    /// The lane's number of the job.
    pub job_key: u32,
    /// The lease.
    pub slot: u8,
    /// The difficulty: xmrig starts from 0 when it changes.
    pub asked: u64,
    /// The highest nonce seen, without the slot.
    pub highest: u32,
    /// When the last share came in, ms since 1970.
    pub at_ms: u64,
    /// The error that was counted for it, hashes.
    pub error: u64,
}

impl Scan {
    /// None for a share that says nothing: its nonce is not known to be work of its rig, or its
    /// scan is not known to be one.
    fn of(entry: &ShareEntry) -> Option<Self> {
        let flags = entry.flags;
        if flags.retargeted || flags.imported || matches!(entry.outcome, Outcome::Refused(_)) {
            return None;
        }
        let ended_after = u64::from(entry.latencies.total_us) / 1_000;
        Some(Self {
            node: entry.node,
            run: entry.run,
            lane: entry.id?.lane(),
            job_key: entry.job_key?,
            slot: entry.slot().map_or(0, |slot| slot.0),
            asked: entry.asked.get(),
            highest: entry.odometer()?,
            at_ms: entry.unix_ms.saturating_sub(ended_after),
            error: 0,
        })
    }

    const fn is_same(&self, other: &Self) -> bool {
        self.node == other.node
            && self.run == other.run
            && self.lane == other.lane
            && self.job_key == other.job_key
            && self.slot == other.slot
            && self.asked == other.asked
    }
}

impl Odometer {
    /// Takes the next share of the rig, in the order of the ledger.
    pub fn read(&mut self, entry: &ShareEntry) -> Stretch {
        let Some(seen) = Scan::of(entry) else {
            return Stretch::default();
        };
        let Some(last) = self.scan.filter(|last| last.is_same(&seen)) else {
            // A late one is the end of the scan before; the present one goes on.
            if !entry.flags.late || self.scan.is_none() {
                self.scan = Some(seen);
            }
            return Stretch::default();
        };
        let ms = seen.at_ms.saturating_sub(last.at_ms);
        let open = u64::from(OPEN_MAX * Scanner::BLOCK);
        let hashes = u64::from(seen.highest.saturating_sub(last.highest));
        let back = last.highest.saturating_sub(seen.highest);
        if hashes > ms.saturating_mul(FASTEST_PER_MS).saturating_add(open) || u64::from(back) > open
        {
            // No machine does that: the scan began anew, or the nonces are made up.
            self.scan = Some(seen);
            return Stretch::default();
        }
        let below = back.div_ceil(Scanner::BLOCK);
        self.below = self.below.max(u16::try_from(below).unwrap_or(u16::MAX));
        let error = 2 * u64::from(Scanner::BLOCK) * (u64::from(self.below) + 1);
        self.scan = Some(Scan {
            highest: last.highest.max(seen.highest),
            at_ms: last.at_ms.max(seen.at_ms),
            error: last.error.max(error),
            ..last
        });
        Stretch {
            hashes,
            ms,
            error: error.saturating_sub(last.error),
        }
    }
}
