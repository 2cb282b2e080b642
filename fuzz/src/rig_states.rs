//! What filters and judge had written down of a rig, damaged, and what they make of it then.

use std::time::{Duration, Instant};

use zartrux_models::filter::{
    CascadeEvidence, Cause, Classifier, Cluster, Divergence, Entropy, Evidence, Filter,
    Observation, Pace, Pattern, ScanKey, Scanner, Stage, VerdictsHeard, read_state, write_state,
};
use zartrux_models::judge::{
    AtProver, BanRisk, Case, JudgeCore, JudgePolicy, ProofNoted, RigRemembered,
};
use zartrux_models::ledger::RigEntry;
use zartrux_models::share::{RigKey, ShareId, TargetClass};
use zartrux_models::work::{Difficulty, JobKey, ResultHash, Slot};

use crate::Reached;
use crate::words::assert_one_line;

const RIG: RigKey = RigKey(7);
const UNIX_MS: u64 = 1_800_000_000_000;

/// Bytes of a step in `data`.
const STEP: usize = 24;
/// Steps that are looked at.
const STEPS: usize = 64;

/// Takes up a rig's state and goes on from there.
///
/// The first byte of `data` says whose: 0 to 5 a filter's, in the order of the cascade, anything else
/// the judge's. The second is the state's length, 255 for a rig of which nothing is known; the state
/// follows; the rest are shares, of 24 bytes each.
///
/// # Panics
/// Evidence that is no number, a state that does not read back or for which the registry has no
/// room, a chance that is none, more rigs in quarantine than there are.
pub fn rig_states(data: &[u8]) -> Reached {
    played(data).map_or_else(Reached::new, |(reached, _)| Reached::from([reached]))
}

/// The state in which `data` leaves its rig; empty where it was refused.
pub(crate) fn state_after(data: &[u8]) -> Vec<u8> {
    played(data).map(|(_, state)| state).unwrap_or_default()
}

fn played(data: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    let [whose, length, rest @ ..] = data else {
        return None;
    };
    let length = match *length {
        u8::MAX => None,
        length => Some(usize::from(length).min(rest.len())),
    };
    let (state, steps) = rest.split_at(length.unwrap_or_default());
    let state = length.map(|_| state);
    let steps: Vec<Step> = steps
        .chunks_exact(STEP)
        .take(STEPS)
        .filter_map(Step::of)
        .collect();
    Some(match whose {
        0 => filter(Entropy, state, &steps),
        1 => filter(Divergence, state, &steps),
        2 => filter(Pattern::default(), state, &steps),
        3 => filter(Pace, state, &steps),
        4 => filter(Cluster::default(), state, &steps),
        5 => filter(Classifier::default(), state, &steps),
        _ => judge(state, &steps),
    })
}

/// A share, and what else happens with it.
struct Step {
    flags: u8,
    slot: u8,
    heard: [u8; 2],
    job: u32,
    counter: u32,
    value: [u8; 8],
    /// Powers of two: of the difficulty, and of the milliseconds that pass before.
    difficulty: u8,
    passes: u8,
    wild: [u8; 2],
}

impl Step {
    fn of(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; STEP] = bytes.first_chunk()?;
        let [f, s, h0, h1, j0, j1, j2, j3, c0, c1, c2, c3, rest @ ..] = *bytes;
        let [v0, v1, v2, v3, v4, v5, v6, v7, difficulty, passes, w0, w1] = rest;
        Some(Self {
            flags: f,
            slot: s,
            heard: [h0, h1],
            job: u32::from_le_bytes([j0, j1, j2, j3]),
            counter: u32::from_le_bytes([c0, c1, c2, c3]),
            value: [v0, v1, v2, v3, v4, v5, v6, v7],
            difficulty,
            passes,
            wild: [w0, w1],
        })
    }

    const fn has(&self, bit: u8) -> bool {
        self.flags & (1 << bit) != 0
    }

    /// Small ones are frequent, and the largest possible.
    fn asked(&self) -> Difficulty {
        Difficulty::new(match self.difficulty {
            u8::MAX => u64::MAX,
            power => 1 << (power % 64),
        })
    }

    fn passes_ms(&self) -> u64 {
        match self.passes {
            u8::MAX => u64::MAX / 4,
            power => (1u64 << (power % 48)) - 1,
        }
    }

    fn observation(&self, at_ms: u64) -> Observation {
        let mut result = [self.wild[0]; 32];
        result[24..].copy_from_slice(&self.value);
        let [good, bad] = self.heard;
        Observation {
            rig: RIG,
            scan: ScanKey {
                job: JobKey(self.job),
                slot: Slot(self.slot),
            },
            counter: self.counter,
            result: ResultHash::new(result),
            target: (!self.has(0)).then(|| self.asked().target()),
            asked: self.asked(),
            late: self.has(1),
            scanner: if self.has(2) {
                Scanner::XmrigBlocks
            } else {
                Scanner::Unknown
            },
            heard: VerdictsHeard {
                good,
                stale: bad >> 4,
                wrong: bad & 15,
            },
            at_ms,
        }
    }
}

fn filter<F: Filter>(mut core: F, state: Option<&[u8]>, steps: &[Step]) -> (&'static str, Vec<u8>) {
    let read = state.map(|bytes| read_state(&core, bytes));
    let (mut rig, reached) = match read {
        None => (F::Rig::default(), "a new rig"),
        Some(Ok(rig)) => (rig, F::STAGE.name()),
        Some(Err(fault)) => {
            assert_one_line(&fault.to_string());
            return ("bad state", Vec::new());
        }
    };
    let mut at_ms = 0_u64;
    for step in steps {
        at_ms = at_ms.saturating_add(step.passes_ms());
        if step.has(3) {
            core.missed(&mut rig);
        }
        if step.has(4) {
            core.resumed(&mut rig);
        }
        // From one run to the next the clock may go back.
        if step.has(5) {
            at_ms = 0;
        }
        let said = core.look(&mut rig, &step.observation(at_ms));
        let log_e = said.log_e();
        assert!(
            log_e.is_none_or(|log_e| log_e.is_finite()),
            "{rig:?} came to {log_e:?}"
        );
        let mut joined = CascadeEvidence::default();
        joined.set(F::STAGE, said);
        assert!(joined.joined_if_any().is_none_or(f64::is_finite));
    }
    let written = write_state::<F>(&rig);
    assert!(written.len() <= RigEntry::FILTER_MAX, "no room for {rig:?}");
    let again = read_state(&core, &written).expect("we wrote it");
    let resumed = write_state::<F>(&again);
    let once_more = read_state(&core, &resumed).expect("we wrote it");
    assert_eq!(write_state::<F>(&once_more), resumed, "{}", F::STAGE);
    (reached, written.into_vec())
}

fn judge(state: Option<&[u8]>, steps: &[Step]) -> (&'static str, Vec<u8>) {
    let policy = JudgePolicy {
        max_rigs: 8,
        ..JudgePolicy::default()
    };
    let mut now = start();
    let mut unix_ms = UNIX_MS;
    let mut core = JudgeCore::default();
    let mut reached = "a new rig";
    if let Some(bytes) = state {
        match RigRemembered::from_bytes(bytes) {
            Ok(kept) => {
                let _ = kept.bad_proof(RIG, now, unix_ms);
                assert!(core.restore(&policy, RIG, &kept, now, unix_ms));
                reached = "judge";
            }
            Err(fault) => {
                assert_one_line(&fault.to_string());
                return ("bad state", Vec::new());
            }
        }
    }
    for (number, step) in (1..).zip(steps) {
        // A year at most: an instant has an end.
        let passes = Duration::from_millis(step.passes_ms().min(1 << 35));
        now += passes;
        unix_ms = unix_ms.saturating_add(step.passes_ms());
        let rig = RigKey(u64::from(step.slot % 16));
        let rig = if step.has(0) { rig } else { RIG };
        let case = step.case(rig, now);
        let (ruling, _) = core.decide_and_tell(&policy, &case);
        assert!((0.0..=1.0).contains(&ruling.chance), "{ruling:?}");
        match step.flags >> 6 {
            0 => {}
            1 => core.note_unproved(rig),
            proof => {
                let proof = ProofNoted {
                    rig,
                    share: ShareId::new(0, number),
                    asked: case.asked,
                    good: proof == 2,
                    now,
                };
                core.note_proof(&policy, &proof);
            }
        }
        if step.has(5) {
            core.forget_idle(&policy, now);
        }
        check(&core, &policy, now, unix_ms);
    }
    let kept = core.remembered(RIG, now, unix_ms);
    (
        reached,
        kept.map(|kept| kept.to_bytes()).unwrap_or_default(),
    )
}

impl Step {
    fn case(&self, rig: RigKey, now: Instant) -> Case {
        let mut evidence = CascadeEvidence::default();
        let log_e = f64::from(i16::from_le_bytes(self.wild));
        evidence.set(
            Stage::Pace,
            Evidence::weighed(log_e, Cause::FewerSharesThanHashes),
        );
        let [draw, at_prover] = self.heard;
        Case {
            rig,
            class: match self.value[0] % 3 {
                0 => TargetClass::Local,
                1 => TargetClass::Upstream,
                _ => TargetClass::BlockCandidate,
            },
            asked: self.asked(),
            late: self.has(1),
            evidence,
            provable: !self.has(2),
            expected_wait: (!self.has(3)).then(|| Duration::from_millis(u64::from(self.counter))),
            capacity: f64::from(self.job),
            at_prover: AtProver {
                of_rig: u32::from(at_prover >> 2),
                in_quarantine: u32::from(at_prover),
            },
            ban_risk: if self.has(4) {
                BanRisk::Certain
            } else {
                BanRisk::Bearable
            },
            draw: f64::from(draw) / 256.0,
            waited: None,
            now,
        }
    }
}

/// What is told of rigs, and written down of them, whatever has happened.
fn check(core: &JudgeCore, policy: &JudgePolicy, now: Instant, unix_ms: u64) {
    assert!(core.known() <= policy.max_rigs);
    let counted = core.keys().filter(|rig| core.is_quarantined(*rig)).count();
    assert_eq!(counted, core.quarantined());
    for (rig, report) in core.rigs(now) {
        assert!(report.idle_seconds >= 0.0);
        assert_eq!(report.quarantine.is_some(), core.is_quarantined(rig));
        let kept = core.remembered(rig, now, unix_ms).expect("it is known");
        let bytes = kept.to_bytes();
        assert!(bytes.len() <= RigEntry::STANDING_MAX);
        let read = RigRemembered::from_bytes(&bytes).expect("we wrote it");
        assert_eq!(read.to_bytes(), bytes);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an Instant has no other origin; the target only adds to it"
)]
fn start() -> Instant {
    Instant::now()
}
