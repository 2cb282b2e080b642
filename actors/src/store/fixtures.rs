//! Entries for tests.

use zartrux_models::ledger::{
    Arm, Flags, JournalEntry, JournalEvent, Latencies, Outcome, ShareEntry, StageSaid, UpstreamId,
};
use zartrux_models::share::{RigKey, ShareId, TargetClass};
use zartrux_models::work::{Difficulty, Nonce};

/// A share that differs from others by its number alone.
pub(crate) fn share_entry(seq: u64) -> ShareEntry {
    let low = u32::try_from(seq & 0xffff_ffff).unwrap();
    ShareEntry {
        seq,
        node: 0,
        run: 1,
        id: Some(ShareId::new(0, seq)),
        unix_ms: 1_000_000 + seq * 10,
        rig: RigKey(seq % 17),
        upstream: Some(UpstreamId(0)),
        job_key: Some(low / 100),
        job: format!("job-{}", seq / 100).into(),
        height: Some(3_000_000 + seq / 1_000),
        nonce: Some(Nonce::new(low.to_le_bytes())),
        age_s: low % 120,
        asked: Difficulty::new(120_000),
        found: 120_000 + seq * 7_919 % 900_000,
        rate: 4_000.0,
        class: TargetClass::Local,
        flags: Flags::default(),
        arm: Arm::None,
        evidence: [StageSaid::NoOpinion; 6],
        ruled: None,
        proof: None,
        outcome: if seq.is_multiple_of(3) {
            Outcome::Accepted
        } else {
            Outcome::Credited
        },
        latencies: Latencies::default(),
        models: [None, None],
    }
}

pub(super) fn journal_entry(seq: u64) -> JournalEntry {
    JournalEntry {
        seq,
        node: 0,
        run: 1,
        unix_ms: 1_000_000 + seq,
        event: JournalEvent::RunEnded,
    }
}
