//! What the journal is told of rigs.

use zartrux_models::filter::{Cause, Stage};
use zartrux_models::ledger::JournalEvent;
use zartrux_models::share::{RigKey, ShareId};
use zartrux_models::work::Difficulty;

use crate::bench::{Bench, HONEST, LIAR, STRANGER, patient};

#[test]
fn the_way_into_quarantine_and_out_of_it_is_noted_once_each() {
    let mut bench = Bench::start(patient(), true);
    bench.convict(LIAR);
    let (rig, share) = (LIAR, ShareId::new(0, 1));
    assert_eq!(bench.noted(), [JournalEvent::Quarantined { rig, share }]);
    bench.convict(LIAR);
    assert_eq!(bench.noted(), [], "it is there already");
    let truth = bench.truth();
    let (rig, share) = (RigKey(99), ShareId::new(0, 3));
    assert_eq!(bench.noted(), [JournalEvent::Quarantined { rig, share }]);
    for _ in 0..100 {
        assert_eq!(bench.noted(), []);
        bench.forwarded(rig, Difficulty::ONE, truth);
    }
    assert_eq!(bench.noted(), [JournalEvent::Released { rig }]);
}

#[test]
fn suspicion_is_noted_when_it_begins_and_when_half_of_the_evidence_is_gone() {
    let mut bench = Bench::start(patient(), false);
    for log_e in [1.0, 20.0, 14.0, 20.0] {
        bench.send_weighed(STRANGER, log_e);
    }
    bench.send_weighed(HONEST, 2.0);
    let noted = bench.noted();
    let [
        JournalEvent::Suspected {
            rig: STRANGER,
            stage: Stage::Pace,
            cause: Cause::FewerSharesThanHashes,
            log_e,
        },
    ] = noted[..]
    else {
        panic!("{noted:?}");
    };
    // The average of six.
    assert!((f64::from(log_e) - (20.0 - 6f64.ln())).abs() < 1e-3);
    bench.send_weighed(STRANGER, 3.0);
    let rig = STRANGER;
    assert_eq!(bench.noted(), [JournalEvent::Cleared { rig }]);
}
