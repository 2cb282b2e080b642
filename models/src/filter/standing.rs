//! What was won against a rig stands, whatever it sends next: it cannot shed suspicion.

use std::fmt::Debug;
use std::sync::Arc;

use super::simulated_xmrig::observation;
use super::toy::ToyModel;
use super::{
    Behaviour, Classifier, Cluster, Divergence, Entropy, Filter, ModelId, Observation,
    OutcomeFeatures, Pace, Pattern, Scanner,
};
use crate::work::{JobKey, Slot};

/// Suspicious to all: a result of zeros, from the end of the slot.
fn suspicious(job: u32) -> Observation {
    observation(job, Slot::NONCES - 1 - job, 1_000)
}

/// Ways in which the next share may come.
fn ways(share: Observation) -> Vec<(&'static str, Observation)> {
    let mut old = share;
    old.scan.job = JobKey(1);
    let mut fast = share;
    fast.asked = crate::work::Difficulty::ONE;
    vec![
        (
            "late",
            Observation {
                late: true,
                ..share
            },
        ),
        (
            "for several targets",
            Observation {
                target: None,
                ..share
            },
        ),
        (
            "of an unknown program",
            Observation {
                scanner: Scanner::Unknown,
                ..share
            },
        ),
        ("of an old job", old),
        ("asked for almost nothing", fast),
    ]
}

fn evidence_stands<F: Filter + Debug>(mut filter: F) {
    let mut rig = F::Rig::default();
    let mut won = f64::NEG_INFINITY;
    for job in 1..2_000 {
        let said = filter.look(&mut rig, &suspicious(job)).log_e();
        won = said.unwrap_or(f64::NEG_INFINITY);
    }
    assert!(won > 1e6f64.ln(), "{}: {won}", F::STAGE);
    for missed in [false, true] {
        for (way, share) in ways(suspicious(2_000)) {
            let mut rig = rig.clone();
            if missed {
                filter.missed(&mut rig);
            }
            let said = filter.look(&mut rig, &share).log_e();
            // A bet on that share may be lost, and no more.
            let stands = said.is_some_and(|log_e| log_e > won - 5.0);
            assert!(stands, "{}, {way}: {said:?} of {won}", F::STAGE);
        }
    }
}

#[test]
fn evidence_stands_however_the_next_share_comes() {
    let (id, ceiling) = (ModelId(1), 0.1);
    evidence_stands(Entropy);
    evidence_stands(Divergence);
    evidence_stands(Pattern::default());
    evidence_stands(Pace);
    evidence_stands(Cluster::with_model(Arc::new(ToyModel {
        id,
        ceiling,
        answer: |_: &Behaviour| 0.9,
    })));
    evidence_stands(Classifier::with_model(Arc::new(ToyModel {
        id,
        ceiling,
        answer: |_: &OutcomeFeatures| 0.9,
    })));
}
