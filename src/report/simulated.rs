//! Shares of a made-up farm, in the order of a ledger.

use rand::{Rng as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
use zartrux_models::judge::Rule;
use zartrux_models::ledger::{
    Arm, Flags, Latencies, Outcome, Proof, Ruled, ShareEntry, StageSaid, Told, UpstreamId,
};
use zartrux_models::share::{ProofOutcome, RefusalReason, RigKey, ShareId, TargetClass};
use zartrux_models::stratum::ErrorClass;
use zartrux_models::work::{Difficulty, Nonce, Slot};

/// When the first share came.
pub(super) const BEGIN_MS: u64 = 1_796_000_000_000;

/// So many shares, two a second, of so many rigs. A quarter of them is often late, and late shares
/// are mostly stale; a fifth sends some that are wrong.
pub(super) fn shares(count: u64, rigs: u64, seed: u64) -> Vec<ShareEntry> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..count)
        .map(|place| {
            let rig = random.gen_range(0..rigs);
            share(place, rig, &mut random)
        })
        .collect()
}

fn share(place: u64, rig: u64, random: &mut Xoshiro256PlusPlus) -> ShareEntry {
    let since_ms = place * 500 % 40_000;
    let late = random.gen_bool(0.02 + 0.2 * f64::from(u32::from(rig.is_multiple_of(4))));
    let outcome = match random.gen_range(0..100u32) {
        0 => Outcome::Unanswered,
        1 if rig % 5 == 1 => Outcome::Refused(RefusalReason::InvalidResult),
        2 => Outcome::Refused(RefusalReason::Malformed),
        3 if rig % 5 == 1 => Outcome::Rejected {
            class: ErrorClass::Rig,
            text: "Low difficulty share".into(),
        },
        _ if late && random.gen_bool(0.9) => Outcome::Rejected {
            class: ErrorClass::Stale,
            text: "Block expired".into(),
        },
        4..=60 => Outcome::Accepted,
        _ => Outcome::Credited,
    };
    let at_once = outcome == Outcome::Refused(RefusalReason::Malformed);
    let shown = if matches!(outcome, Outcome::Refused(_)) {
        ProofOutcome::Bad
    } else {
        ProofOutcome::Good
    };
    let proved = !at_once && (shown == ProofOutcome::Bad || random.gen_bool(0.3));
    let asked = 50_000 + 1_000 * rig;
    let arm = if random.r#gen() {
        Arm::Model
    } else {
        Arm::Control
    };
    ShareEntry {
        seq: place + 1,
        node: 0,
        run: 1,
        id: (!at_once).then(|| ShareId::new(0, place + 1)),
        unix_ms: BEGIN_MS + place * 500,
        rig: RigKey(rig + 1),
        upstream: Some(UpstreamId(0)),
        job_key: u32::try_from(place / 80).ok(),
        job: format!("job{}", place / 80).into(),
        height: None,
        nonce: (!at_once)
            .then(|| Nonce::in_slot(Slot(random.r#gen()), random.gen_range(0..1 << 24))),
        age_s: u32::try_from(since_ms / 1_000).unwrap(),
        asked: Difficulty::new(asked),
        found: asked * random.gen_range(1..40),
        rate: 2_000.0,
        class: TargetClass::Upstream,
        flags: Flags {
            late,
            scan_known: true,
            own_blob: false,
            ..Flags::default()
        },
        arm,
        evidence: [StageSaid::NoOpinion; 6],
        ruled: (!at_once).then_some(Ruled {
            rule: Rule::Sampled,
            told: Told::Wait,
            chance: 0.3,
        }),
        proof: proved.then_some(Proof {
            outcome: shown,
            waited_us: 10,
            took_us: 1_000,
        }),
        outcome,
        latencies: Latencies::default(),
        models: [None, None],
    }
}
