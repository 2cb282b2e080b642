//! Shares that look like a farm's: made up, from a seed, at any rate.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use zartrux_models::filter::Cause;
use zartrux_models::judge::Rule;
use zartrux_models::ledger::{
    Arm, Evidence, Flags, Latencies, Outcome, Proof, Ruled, ShareEntry, StageSaid, Told, UpstreamId,
};
use zartrux_models::share::{ProofOutcome, RigKey, ShareId, TargetClass};
use zartrux_models::stratum::ErrorClass;
use zartrux_models::work::{Difficulty, Nonce, Slot};

/// Rigs of one pool session, which share a job.
const SESSION: usize = 256;
/// How long a job lasts, ms.
const JOB_MS: u64 = 40_000;

/// A farm whose rigs send shares in no order.
pub(in crate::bench) struct Farm {
    random: StdRng,
    rigs: Vec<Rig>,
    sent: u64,
}

struct Rig {
    key: RigKey,
    slot: Slot,
    rate: f32,
    asked: u64,
}

impl Farm {
    /// A farm of so many rigs, of 1 to 13 kH/s.
    pub(in crate::bench) fn new(rigs: u32, seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let mut slot = 0u8;
        let rigs = (0..rigs)
            .map(|_| {
                slot = slot.wrapping_add(1);
                let rate = 1_000.0 * random.gen_range(0.0f32..2.56).exp();
                Rig {
                    key: RigKey(random.gen_range(0..u64::MAX)),
                    slot: Slot(slot),
                    rate,
                    asked: random.gen_range(30_000..400_000),
                }
            })
            .collect();
        Self {
            random,
            rigs,
            sent: 0,
        }
    }

    /// All rigs' keys.
    pub(in crate::bench) fn keys(&self) -> impl Iterator<Item = RigKey> {
        self.rigs.iter().map(|rig| rig.key)
    }

    /// The next share, ended at a time, without a place in the ledger.
    pub(in crate::bench) fn share(&mut self, unix_ms: u64) -> ShareEntry {
        let place = self.random.gen_range(0..self.rigs.len());
        self.share_of(place, unix_ms)
    }

    /// Likewise of the rig in a place, of which there must be so many.
    pub(in crate::bench) fn share_of(&mut self, place: usize, unix_ms: u64) -> ShareEntry {
        self.sent += 1;
        let random = &mut self.random;
        let rig = &self.rigs[place];
        let (session, since) = (place / SESSION, unix_ms % JOB_MS);
        let epoch = unix_ms / JOB_MS;
        let job_key = u32::try_from(epoch & 0xff_ffff).unwrap_or(0) * 64
            + u32::try_from(session & 63).unwrap_or(0);
        let luck: f64 = random.gen_range(1e-9..1.0);
        let meets_pool = luck < 1.0 / 16.0;
        let outcome = match random.gen_range(0..1_000u32) {
            0..=2 if meets_pool => Outcome::Rejected {
                class: ErrorClass::Stale,
                text: "Block expired".into(),
            },
            _ if meets_pool => Outcome::Accepted,
            _ => Outcome::Credited,
        };
        let scanned = f64::from(rig.rate) * since_seconds(since);
        let proof = random.gen_bool(0.05).then(|| Proof {
            outcome: ProofOutcome::Good,
            waited_us: random.gen_range(50..20_000),
            took_us: random.gen_range(4_000..30_000),
        });
        ShareEntry {
            seq: 0,
            node: 0,
            run: 1,
            id: Some(ShareId::new(0, self.sent)),
            unix_ms,
            rig: rig.key,
            upstream: Some(UpstreamId(0)),
            job_key: Some(job_key),
            job: job_name(epoch, session).into(),
            height: Some(3_400_000 + unix_ms / 120_000 % 1_000_000),
            nonce: Some(Nonce::in_slot(rig.slot, whole(scanned) & 0x00ff_ffff)),
            age_s: whole(since_seconds(since)),
            asked: Difficulty::new(rig.asked),
            found: u64::from(whole((difficulty(rig.asked) / luck).min(4e9))),
            rate: rig.rate * random.gen_range(0.8..1.2),
            class: if meets_pool {
                TargetClass::Upstream
            } else {
                TargetClass::Local
            },
            flags: Flags {
                late: random.gen_bool(0.01),
                ..Flags::default()
            },
            arm: if random.gen_bool(0.5) {
                Arm::Model
            } else {
                Arm::Control
            },
            evidence: evidence(random),
            ruled: Some(Ruled {
                rule: if proof.is_some() {
                    Rule::Sampled
                } else {
                    Rule::NotSampled
                },
                told: if proof.is_some() {
                    Told::Wait
                } else {
                    Told::PassOn
                },
                chance: random.gen_range(0.01..0.2),
            }),
            proof,
            outcome,
            latencies: Latencies {
                stages_ns: std::array::from_fn(|_| random.gen_range(300..6_000)),
                judge_ns: random.gen_range(300..4_000),
                total_us: if meets_pool {
                    random.gen_range(15_000..120_000)
                } else {
                    random.gen_range(30..900)
                },
            },
            models: [None, None],
        }
    }
}

/// Four filters have an opinion; the two that need a model have none yet.
fn evidence(random: &mut StdRng) -> Evidence {
    let causes = [
        Cause::BiasedBytes,
        Cause::HighSharesMissing,
        Cause::BackwardNonces,
        Cause::FewerSharesThanHashes,
    ];
    let mut evidence = [StageSaid::NoOpinion; 6];
    for (said, cause) in evidence.iter_mut().zip(causes) {
        *said = StageSaid::Weighed {
            log_e: random.gen_range(-6.0..2.0),
            cause,
        };
    }
    evidence
}

/// As pools name jobs: a text that says nothing.
fn job_name(epoch: u64, session: usize) -> String {
    let session = u64::try_from(session).unwrap_or_default();
    let mixed = (epoch * 4_096 + session).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{mixed:016x}{:08x}", mixed.wrapping_mul(31) >> 32)
}

fn since_seconds(ms: u64) -> f64 {
    f64::from(u32::try_from(ms).unwrap_or(u32::MAX)) / 1e3
}

fn difficulty(asked: u64) -> f64 {
    f64::from(u32::try_from(asked).unwrap_or(u32::MAX))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "made-up figures; a cast to an integer stops at its ends"
)]
const fn whole(value: f64) -> u32 {
    value as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use zartrux_models::ledger::{read_shares, write_block};

    #[test]
    fn the_same_seed_sends_the_same_shares_and_they_read_back() {
        let some = |seed| -> Vec<ShareEntry> {
            let mut farm = Farm::new(100, seed);
            (0..200).map(|at| farm.share(1_000_000 + at * 50)).collect()
        };
        let shares = some(1);
        assert_eq!(shares, some(1));
        assert_ne!(shares, some(2));
        assert_eq!(read_shares(&write_block(&shares)).unwrap(), shares);
    }

    #[test]
    fn sessions_have_jobs_of_their_own_which_change() {
        let names = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(epoch, at)| job_name(epoch, at));
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
    }
}
