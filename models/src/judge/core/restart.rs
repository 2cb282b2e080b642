//! A core of the next run rules as this one would have.

use std::time::Duration;

use proptest::prelude::*;

use super::properties::any_case;
use super::*;
use crate::judge::fixtures::Bench;
use crate::share::ShareId;

/// A share, at a millisecond of the next minute, and perhaps what its proof shows. The budget's
/// gear is not written down, since it is learnt anew within seconds: so the prover's capacity is
/// not known here.
fn any_step() -> impl Strategy<Value = (Case, u64, Option<bool>)> {
    let unknown = |case| Case {
        capacity: 0.0,
        ..case
    };
    let proof = prop_oneof![
        Just(None),
        Just(Some(true)),
        Just(Some(true)),
        Just(Some(false))
    ];
    (
        any_case(&Bench::new()).prop_map(unknown),
        0u64..60_000,
        proof,
    )
}

fn step(core: &mut JudgeCore, bench: &Bench, of: &(Case, u64, Option<bool>)) -> Said {
    let (case, at, proof) = of;
    let now = bench.now + Duration::from_millis(*at);
    let case = Case { now, ..*case };
    let ruling = core.decide(&bench.policy, &case);
    let change = proof.map(|good| {
        let proof = ProofNoted {
            rig: case.rig,
            share: ShareId::new(0, *at),
            asked: case.asked,
            good,
            now,
        };
        core.note_proof(&bench.policy, &proof)
    });
    let mut reports: Vec<_> = core.rigs(now).collect();
    reports.sort_by_key(|(rig, _)| *rig);
    (ruling, change, reports)
}

type Said = (Ruling, Option<QuarantineChange>, Vec<(RigKey, RigReport)>);

proptest! {
    #[test]
    fn after_a_restart_the_same_shares_and_proofs_come_to_the_same_rulings(
        before in proptest::collection::vec(any_step(), 1..60),
        after in proptest::collection::vec(any_step(), 1..60),
    ) {
        let mut bench = Bench::new();
        let mut core = JudgeCore::default();
        for share in &before {
            step(&mut core, &bench, share);
        }
        bench.now += Duration::from_secs(60);
        bench.core = core;
        let mut next = bench.restarted(1_700_000_000_000);
        prop_assert_eq!(next.quarantined(), bench.core.quarantined());
        let mut core = std::mem::take(&mut bench.core);
        for share in &after {
            let expected = step(&mut core, &bench, share);
            prop_assert_eq!(step(&mut next, &bench, share), expected);
        }
    }
}
