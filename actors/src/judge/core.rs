//! The judge's decisions. Facts in, decision out.

use std::collections::HashMap;
use std::time::Duration;

use zartrux_models::plan::SeatKey;
use zartrux_models::share::TargetClass;

/// What the judge goes by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgePolicy {
    /// How long a share of a known miner may wait for its proof.
    pub deadline: Duration,
    /// The same for a miner of which nothing is known, or something bad.
    pub deadline_unknown: Duration,
    /// Probability that a share which only meets the miner's own target is proved.
    pub sample: f64,
}

/// What is known of a share before the decision.
#[derive(Debug, Clone, Copy)]
pub struct ShareFacts {
    /// Whose it is.
    pub seat: SeatKey,
    /// By the targets it claims to meet.
    pub class: TargetClass,
    /// How long a proof would take to come; `None` while its seed is not ready.
    pub expected_wait: Option<Duration>,
    /// The one random draw of this share, uniform on [0, 1).
    pub draw: f64,
}

/// What happens to a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It must prove itself first; when no proof comes in this time, it is passed on.
    ProveFirst {
        /// From now.
        wait_at_most: Duration,
    },
    /// To the pool, or credited here.
    PassOn,
}

/// What proofs said of a connection.
#[derive(Debug, Clone, Copy, Default)]
struct Record {
    /// Good proofs since the last bad one.
    good_in_a_row: u32,
    /// Bad proofs.
    bad: u32,
}

/// The judge's memory: what proofs said, by connection, for the most recent ones.
#[derive(Debug, Default)]
pub struct JudgeCore {
    records: HashMap<SeatKey, Record>,
}

impl JudgeCore {
    /// Good proofs in a row that make a miner known.
    pub const KNOWN_AFTER: u32 = 10;
    /// Good proofs in a row after which a bad one is forgiven.
    pub const FORGIVEN_AFTER: u32 = 100;
    /// Connections remembered; when full, all that are merely good are forgotten.
    pub const MAX_RECORDS: usize = 100_000;

    /// Decides on a share: block candidates and upstream shares prove first while the prover can
    /// answer in time; local shares by the draw, or always after a bad proof.
    #[must_use]
    pub fn decide(&self, policy: &JudgePolicy, facts: &ShareFacts) -> Decision {
        let record = self.records.get(&facts.seat).copied().unwrap_or_default();
        let doubtful = record.bad > 0 && record.good_in_a_row < Self::FORGIVEN_AFTER;
        let known = record.good_in_a_row >= Self::KNOWN_AFTER && !doubtful;
        let wait_at_most = if known && facts.class != TargetClass::BlockCandidate {
            policy.deadline
        } else {
            policy.deadline_unknown
        };
        let drawn = match facts.class {
            TargetClass::BlockCandidate | TargetClass::Upstream => true,
            TargetClass::Local => doubtful || facts.draw < policy.sample,
        };
        let in_time = match facts.expected_wait {
            Some(wait) => wait <= wait_at_most,
            // Its seed is still being prepared, which takes a second or so: whoever has proved
            // nothing yet can wait that long.
            None => !known,
        };
        if drawn && in_time {
            Decision::ProveFirst { wait_at_most }
        } else {
            Decision::PassOn
        }
    }

    /// A proof came.
    pub fn note_proof(&mut self, seat: SeatKey, good: bool) {
        if !self.records.contains_key(&seat) && self.records.len() >= Self::MAX_RECORDS {
            self.records.retain(|_, record| record.bad > 0);
            if self.records.len() >= Self::MAX_RECORDS {
                return;
            }
        }
        let record = self.records.entry(seat).or_default();
        if good {
            record.good_in_a_row = record.good_in_a_row.saturating_add(1);
        } else {
            record.bad = record.bad.saturating_add(1);
            record.good_in_a_row = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: JudgePolicy = JudgePolicy {
        deadline: Duration::from_millis(250),
        deadline_unknown: Duration::from_secs(3),
        sample: 0.05,
    };
    const SEAT: SeatKey = SeatKey {
        index: 1,
        generation: 1,
    };

    fn facts(class: TargetClass, wait_ms: Option<u64>, draw: f64) -> ShareFacts {
        ShareFacts {
            seat: SEAT,
            class,
            expected_wait: wait_ms.map(Duration::from_millis),
            draw,
        }
    }

    fn proves(core: &JudgeCore, class: TargetClass, wait_ms: Option<u64>, draw: f64) -> bool {
        core.decide(&POLICY, &facts(class, wait_ms, draw)) != Decision::PassOn
    }

    #[test]
    fn what_meets_the_pools_target_proves_first_while_there_is_time() {
        let mut core = JudgeCore::default();
        assert!(proves(&core, TargetClass::Upstream, Some(2_000), 0.9));
        assert!(!proves(&core, TargetClass::Upstream, Some(3_001), 0.9));
        assert!(
            proves(&core, TargetClass::Upstream, None, 0.9),
            "the seed is being prepared"
        );
        for _ in 0..JudgeCore::KNOWN_AFTER {
            core.note_proof(SEAT, true);
        }
        assert!(
            !proves(&core, TargetClass::Upstream, Some(251), 0.9),
            "known: it need not wait"
        );
        assert!(!proves(&core, TargetClass::Upstream, None, 0.9));
        assert!(
            proves(&core, TargetClass::BlockCandidate, Some(2_000), 0.9),
            "a block claim must"
        );
    }

    #[test]
    fn local_shares_prove_by_the_draw_and_always_after_a_bad_proof() {
        let mut core = JudgeCore::default();
        assert!(proves(&core, TargetClass::Local, Some(1), 0.049));
        assert!(!proves(&core, TargetClass::Local, Some(1), 0.05));
        core.note_proof(SEAT, false);
        assert!(proves(&core, TargetClass::Local, Some(1), 0.99));
        for _ in 0..JudgeCore::FORGIVEN_AFTER {
            core.note_proof(SEAT, true);
        }
        assert!(!proves(&core, TargetClass::Local, Some(1), 0.99));
    }

    #[test]
    fn the_memory_is_bounded_and_keeps_the_bad() {
        let mut core = JudgeCore::default();
        core.note_proof(SEAT, false);
        for index in 0..=u32::try_from(JudgeCore::MAX_RECORDS).unwrap() {
            core.note_proof(
                SeatKey {
                    index,
                    generation: 2,
                },
                true,
            );
        }
        assert!(core.records.len() <= JudgeCore::MAX_RECORDS);
        assert!(core.records.contains_key(&SEAT));
    }
}
