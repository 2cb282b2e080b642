//! Shares of simulated farms as the ledger has them.

#![expect(
    clippy::cast_possible_truncation,
    reason = "times that are far below 2^32 seconds"
)]

use std::collections::HashMap;

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::filter::Scanner;
use crate::ledger::tests::usual;
use crate::ledger::{Arm, Outcome, ShareEntry};
use crate::share::{RefusalReason, RigKey};
use crate::simulation::{FarmShare, SimulatedShare};
use crate::work::Nonce;

/// Puts scans into arms at random, and numbers shares.
pub(super) struct AsLedger {
    rng: Xoshiro256PlusPlus,
    arms: HashMap<(RigKey, u32, u8), Arm>,
    seq: u64,
}

impl AsLedger {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            rng: Xoshiro256PlusPlus::seed_from_u64(seed),
            arms: HashMap::new(),
            seq: 0,
        }
    }

    pub(super) fn entry(&mut self, FarmShare { share, .. }: &FarmShare) -> ShareEntry {
        let SimulatedShare { seen, given_ms, .. } = share;
        let key = (seen.rig, seen.scan.job.0, seen.scan.slot.0);
        let arm = *self.arms.entry(key).or_insert_with(|| {
            if self.rng.r#gen() {
                Arm::Model
            } else {
                Arm::Control
            }
        });
        self.seq += 1;
        let mut entry = usual();
        (entry.seq, entry.rig, entry.arm) = (self.seq, seen.rig, arm);
        entry.job_key = Some(seen.scan.job.0);
        entry.unix_ms += seen.at_ms;
        entry.latencies.total_us = 0;
        entry.nonce = Some(Nonce::in_slot(seen.scan.slot, seen.counter));
        entry.asked = seen.asked;
        entry.found = seen.asked.get().saturating_mul(2);
        entry.age_s = (seen.at_ms.saturating_sub(*given_ms) / 1_000) as u32;
        entry.flags.late = seen.late;
        entry.flags.retargeted = seen.target.is_none();
        entry.flags.scan_known = seen.scanner == Scanner::XmrigBlocks;
        if !share.good {
            entry.outcome = Outcome::Refused(RefusalReason::InvalidResult);
        }
        entry
    }
}
