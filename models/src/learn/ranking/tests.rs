//! Rankings of noise and nonsense, as files, and of real shares.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times that are positive and far below 2^32 seconds"
)]

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::learn::artifact::{self, Artifact, DataFacts, Learnt};
use crate::learn::lift::simulated::{Farm, honest};
use crate::learn::lift::{Trial, Trials};
use crate::ledger::tests::usual;
use crate::share::RigKey;
use crate::work::{Nonce, Target};

fn trials(seed: u64, scans: usize) -> Vec<Trial> {
    let mut farm = Farm::new(seed, 10);
    (0..scans).filter_map(|_| farm.scan(honest).trial).collect()
}

#[test]
fn of_noise_next_to_nothing_is_left() {
    let ranking = NonceRanking::fit(&trials(1, 40_000)).unwrap();
    for byte in 0..=u8::MAX {
        assert!(ranking.score(byte).abs() < 0.05, "{byte}");
    }
    let excluded = ranking.effects().iter().filter(|bit| {
        let (low, high) = bit.interval();
        low > 1.0 || high < 1.0
    });
    assert_eq!(excluded.count(), 0);
}

#[test]
fn effects_are_missed_by_their_intervals_no_more_often_than_stated() {
    let wrong = (0..200).filter(|seed| {
        let ranking = NonceRanking::fit(&trials(100 + seed, 1_000)).unwrap();
        ranking.effects().iter().any(|bit| {
            let (low, high) = bit.interval();
            low > 1.0 || high < 1.0
        })
    });
    let wrong = wrong.count();
    println!("rankings of noise with an effect: {wrong} of 200");
    // 10 expected; 18 are exceeded with a probability of 1 %.
    assert!(wrong <= 18, "{wrong}");
}

#[test]
fn without_shares_or_with_bytes_that_were_not_mixed_there_is_no_ranking() {
    assert_eq!(NonceRanking::fit(&[]), Err(CannotRank::NoShares));
    let mut same = trials(2, 100);
    for trial in &mut same {
        trial.slot &= !8;
    }
    assert_eq!(NonceRanking::fit(&same), Err(CannotRank::OneSided(3)));
}

#[test]
fn a_ranking_is_read_back_from_its_file_and_the_same_trials_make_the_same_bytes() {
    let file = |seed| {
        let ranking = NonceRanking::fit(&trials(seed, 3_000)).unwrap();
        artifact::write(&ranking, DataFacts::default(), 1, None, ranking.metrics()).unwrap()
    };
    assert_eq!(file(3), file(3));
    let read: Artifact<NonceRanking> = artifact::read(&file(3)).unwrap();
    assert_eq!(read.model, NonceRanking::fit(&trials(3, 3_000)).unwrap());
    assert!(read.header.metric("slot_bit_5").unwrap().interval.is_some());
}

#[test]
fn numbers_that_are_no_effects_are_refused() {
    let whole = serde_json::to_value(NonceRanking::fit(&trials(4, 3_000)).unwrap()).unwrap();
    for (path, value) in [
        ("/measured/0/ln_ratio", 100.0),
        ("/measured/3/error", 0.0),
        ("/measured/7/error", -1.0),
        ("/effects/2", 5.0),
    ] {
        let mut bad = whole.clone();
        *bad.pointer_mut(path).unwrap() = value.into();
        let bad: NonceRanking = serde_json::from_value(bad).unwrap();
        assert!(bad.check().is_err(), "{path}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn an_order_has_every_byte_once_and_the_best_first(
        shares in proptest::collection::vec((any::<u8>(), 0u32..50, 0.5f64..1e4), 0..300),
    ) {
        let blank = trials(5, 50)[0];
        let mut trials = vec![blank; shares.len()];
        for (trial, (slot, shares, seconds)) in trials.iter_mut().zip(shares) {
            (trial.slot, trial.shares, trial.seconds) = (slot, shares, seconds);
        }
        if let Ok(ranking) = NonceRanking::fit(&trials) {
            let order = ranking.order();
            let mut sorted = order;
            sorted.sort_unstable();
            prop_assert!(sorted.iter().copied().eq(0..=u8::MAX));
            let scores = order.map(|byte| ranking.score(byte));
            prop_assert!(scores.windows(2).all(|pair| pair[0] >= pair[1]));
            prop_assert!(scores.iter().all(|score| score.is_finite()));
        }
    }
}

#[test]
fn no_bit_of_honest_nonces_is_set_more_often_than_the_search_explains() {
    let wrong = (0..40).filter(|seed| {
        bit_ratios(&trials(500 + seed, 2_000)).iter().any(|bit| {
            bit.ratio()
                .is_some_and(|(_, low, high)| low > 1.0 || high < 1.0)
        })
    });
    let wrong = wrong.count();
    println!("farms of one thread a rig with a bit out of bounds: {wrong} of 40");
    // 2 expected; 6 are exceeded with a probability of 0.3 %.
    assert!(wrong <= 6, "{wrong}");
}

#[derive(Debug, Deserialize)]
struct Line {
    run: String,
    t: f64,
    t_since_job: f64,
    job_id: String,
    target: String,
    nonce: String,
}

/// What an xmrig found of `RandomX`: a look, and not the proof of anything.
#[test]
fn the_lower_bits_of_real_nonces_are_as_chance_has_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/shares-rx0.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let mut jobs: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut scans = Trials::new(1_000);
    let mut trials = Vec::new();
    let mut into_blocks = Vec::new();
    for line in text.lines() {
        let line: Line = serde_json::from_str(line).unwrap();
        let next = u32::try_from(jobs.len()).unwrap();
        let run = u64::from(line.run.bytes().map(u32::from).sum::<u32>());
        let job = *jobs.entry((line.run, line.job_id)).or_insert(next);
        let mut entry = usual();
        (entry.rig, entry.job_key) = (RigKey(run), Some(job));
        entry.nonce = Some(Nonce::from_hex(&line.nonce).unwrap());
        into_blocks.push(entry.odometer().unwrap() % 32_768);
        entry.asked = Target::from_hex(&line.target).unwrap().difficulty();
        entry.unix_ms += (line.t * 1e3) as u64;
        entry.age_s = line.t_since_job as u32;
        entry.flags.scan_known = true;
        scans.next(&entry, |trial| trials.push(trial));
    }
    scans.finish(|trial| trials.push(trial));
    let shares: u32 = trials.iter().map(|trial| trial.shares).sum();
    println!("{shares} shares but the last of {} scans", trials.len());
    into_blocks.sort_unstable();
    let median = into_blocks[into_blocks.len() / 2];
    println!("half of them within the first {median} nonces of a thread's block");
    for (place, bit) in bit_ratios(&trials).iter().enumerate() {
        println!(
            "bit {place}: {} observed, {:.1} expected, {:?}",
            bit.observed,
            bit.expected,
            bit.ratio()
        );
        // Above, it tells that threads do not get far in their blocks: a bit must have gone on and
        // off several times.
        if 4 * (2u64 << place) <= u64::from(median)
            && let Some((_, low, high)) = bit.ratio()
        {
            assert!(low <= 1.0 && high >= 1.0, "bit {place}: {bit:?}");
        }
    }
}
