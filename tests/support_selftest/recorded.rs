//! The oracle says of every recorded share what is known of it.

use std::collections::HashMap;

use zartrux::demo::target::{Target64, value_of};

use crate::support::fixtures::{self, InvalidShare};
use crate::support::{Judgement, Oracle, result_meeting, result_missing};

#[test]
fn the_target_arithmetic_agrees_with_every_recorded_share() {
    let shares = fixtures::shares();
    assert_eq!(shares.len(), 323);
    for share in shares {
        let target = Target64::from_wire(&share.target).unwrap();
        assert_eq!(target.difficulty(), share.difficulty, "{}", share.target);
        let result = const_hex::decode_to_array(&share.result).unwrap();
        assert!(target.is_met_by(&result));
        assert_eq!(u64::MAX / value_of(&result), share.result_difficulty);
    }
}

#[test]
fn the_oracle_confirms_recorded_shares_of_every_run_and_seed() {
    let mut oracle = Oracle::new();
    let mut judged = HashMap::new();
    let mut shares = fixtures::shares();
    // One seed after the other: a change costs a cache.
    shares.sort_by(|a, b| a.seed_hash.cmp(&b.seed_hash));
    for share in shares {
        let so_far = judged
            .entry((share.run, share.seed_hash.clone()))
            .or_insert(0);
        if *so_far < 4 {
            *so_far += 1;
            let (blob, target) = (&share.blob, &share.target);
            let judgement =
                oracle.judge(&share.seed_hash, blob, target, &share.nonce, &share.result);
            assert_eq!(
                judgement,
                Judgement::Good,
                "{} {}",
                share.job_id,
                share.nonce
            );
        }
    }
    assert!(judged.len() >= 5, "{judged:?}");
}

#[test]
fn the_oracle_finds_the_fault_of_every_bad_share() {
    let mut oracle = Oracle::new();
    let mut shares = fixtures::invalid_shares();
    assert_eq!(shares.len(), 72);
    shares.sort_by(|a, b| a.seed_hash.cmp(&b.seed_hash));
    for share in shares {
        let InvalidShare {
            seed_hash,
            blob,
            target,
            nonce,
            result,
            ..
        } = &share;
        let judgement = oracle.judge(seed_hash, blob, target, nonce, result);
        let found = match judgement {
            Judgement::Good => "good",
            Judgement::BadHash(hash) => {
                assert_eq!(
                    Some(const_hex::encode(hash)),
                    share.randomx,
                    "{}",
                    share.kind
                );
                "bad_hash"
            }
            Judgement::LowDifficulty => "low_difficulty",
            Judgement::Malformed => "malformed",
        };
        assert_eq!(found, share.expect, "{share:?}");
    }
}

#[test]
fn recorded_dialogues_can_be_read_whole() {
    assert!(fixtures::dialogue_with_pool().len() > 100);
    assert!(
        fixtures::dialogue_through_proxy()
            .iter()
            .all(|moment| moment.hop.is_some())
    );
    let replies = fixtures::replies();
    assert!(replies.iter().any(|case| case.closed_by_proxy));
    assert!(replies.iter().all(|case| !case.case.is_empty()));
}

#[test]
fn made_up_results_are_on_the_side_of_the_target_that_was_asked_for() {
    for difficulty in [1, 2, 30, 1_000_000, u64::MAX / 3] {
        let target = Target64::of_difficulty(difficulty);
        for _ in 0..100 {
            assert!(target.is_met_by(&result_meeting(target)));
            if target.get() < u64::MAX {
                assert!(!target.is_met_by(&result_missing(target)));
            }
        }
    }
    let target = Target64::of_difficulty(30);
    assert_ne!(result_meeting(target), result_meeting(target));
}
