//! Jobs whose slots have drawn bytes, on real sockets.

use std::collections::BTreeSet;
use std::sync::Arc;

use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use zartrux_actors::clock::Clock;
use zartrux_models::bridge::JobTag;
use zartrux_models::filter::ModelId;
use zartrux_models::ledger::JournalEvent;
use zartrux_models::plan::NonceOrder;
use zartrux_models::work::{JobKey, PoolKey};

use crate::audit::LANE;
use crate::lane::Lane;
use crate::replay::run;

const MINERS: usize = 40;

pub(crate) fn any_order(random: &mut StdRng) -> Arc<NonceOrder> {
    let mut bytes: Vec<u8> = (0..=u8::MAX).collect();
    bytes.shuffle(random);
    Arc::new(NonceOrder::new(ModelId(random.r#gen()), &bytes).unwrap())
}

/// The top nonce byte of each miner's current job.
fn bytes(lane: &Lane) -> Vec<String> {
    lane.miners
        .iter()
        .map(|miner| miner.slot().unwrap())
        .collect()
}

fn all_have(lane: &Lane, jobs: usize) -> bool {
    lane.miners.iter().all(|miner| miner.jobs() >= jobs)
}

/// The pool session whose miners they are.
async fn only_pool(lane: &mut Lane) -> PoolKey {
    let held = lane.check().await;
    let pools: BTreeSet<PoolKey> = held.iter().map(|(_, lease)| lease.pool).collect();
    assert_eq!(pools.len(), 1);
    *pools.first().unwrap()
}

/// The seeds of a pool session's jobs.
fn seeds(lane: &Lane, of: PoolKey) -> Vec<u64> {
    let audit = lane.audit.lock().unwrap();
    let seed = |event: &JournalEvent| {
        if let JournalEvent::SlotsOrdered { pool, seed, .. } = event
            && *pool == of
        {
            return Some(*seed);
        }
        None
    };
    audit
        .entries
        .iter()
        .filter_map(|entry| seed(&entry.event))
        .collect()
}

async fn everybody_submits(lane: &mut Lane) {
    for miner in &mut lane.miners {
        miner.submit(false, 0).await;
    }
    let is_answered = |lane: &Lane| {
        let mut miners = lane.miners.iter();
        miners.all(|miner| miner.taken() + miner.refused().len() == miner.submitted() as usize)
    };
    lane.until("answers", is_answered).await;
}

/// Every share was taken, and every miner's bytes are its own.
fn assert_all_taken(lane: &Lane) {
    for miner in &lane.miners {
        assert_eq!(miner.refused(), Vec::<String>::new());
        assert_eq!(miner.taken(), miner.submitted() as usize);
    }
    assert_eq!(lane.audit.lock().unwrap().wrong, Vec::<String>::new());
}

#[test]
fn a_blob_keeps_its_bytes_under_another_id_and_over_a_reconnection_and_the_next_has_others() {
    run(async {
        let mut random = StdRng::seed_from_u64(11);
        let mut lane = Lane::ordered_by(Some(any_order(&mut random)));
        lane.join(MINERS).await;
        lane.until("the first jobs", |lane| all_have(lane, 1)).await;
        let pool = only_pool(&mut lane).await;
        let first = bytes(&lane);
        let distinct: BTreeSet<&String> = first.iter().collect();
        assert_eq!(distinct.len(), MINERS, "each has its own");
        let in_order: Vec<String> = (1..=MINERS).map(|slot| format!("{slot:02x}")).collect();
        assert_ne!(first, in_order);
        everybody_submits(&mut lane).await;
        let in_arm = lane.audit.lock().unwrap().in_arm;
        assert_eq!(in_arm.iter().sum::<usize>(), MINERS);
        assert!(
            in_arm[..2].iter().all(|shares| *shares > MINERS / 5),
            "{in_arm:?}"
        );

        // Another order changes nothing while the blob is the same.
        lane.replace_order(Some(any_order(&mut random)));
        lane.job(pool, false);
        lane.until("the same blob", |lane| all_have(lane, 2)).await;
        assert_eq!(bytes(&lane), first);
        everybody_submits(&mut lane).await;

        // Nobody else is there to take the miners meanwhile.
        let pools: Vec<PoolKey> = lane.pools.keys().copied().collect();
        for other in pools.into_iter().filter(|other| *other != pool) {
            lane.lose(other);
        }
        lane.lose(pool);
        lane.connect_with(pool, false);
        lane.until("the same blob again", |lane| all_have(lane, 3))
            .await;
        // Which miner gets which lease is the planner's choice, and the leases are the same.
        let (again, before): (BTreeSet<_>, BTreeSet<_>) = (
            bytes(&lane).into_iter().collect(),
            first.iter().cloned().collect(),
        );
        assert_eq!(again, before);
        let told = seeds(&lane, pool);
        assert!(
            told.len() >= 3 && told.iter().all(|seed| *seed == told[0]),
            "{told:?}"
        );

        lane.job(pool, true);
        lane.until("another blob", |lane| all_have(lane, 4)).await;
        let next: BTreeSet<String> = bytes(&lane).into_iter().collect();
        assert_eq!(next.len(), MINERS);
        assert_ne!(next, before);
        everybody_submits(&mut lane).await;
        assert_all_taken(&lane);

        lane.replace_order(None);
        lane.job(pool, true);
        lane.until("a job without an order", |lane| all_have(lane, 5))
            .await;
        let mut without = bytes(&lane);
        without.sort_unstable();
        assert_eq!(without, in_order);
        let ended = |event: &JournalEvent| matches!(event, JournalEvent::SlotsUnordered { .. });
        assert_eq!(lane.audit.lock().unwrap().count(ended), 1);
        everybody_submits(&mut lane).await;
        assert_all_taken(&lane);
        lane.check().await;
    });
}

#[test]
fn no_share_is_lost_while_orders_are_swapped_under_load() {
    const ROUNDS: usize = 100;
    run(async {
        let mut random = StdRng::seed_from_u64(12);
        let mut lane = Lane::ordered_by(None);
        lane.join(MINERS).await;
        lane.until("the first jobs", |lane| all_have(lane, 1)).await;
        let pool = only_pool(&mut lane).await;
        for round in 0..ROUNDS {
            for miner in &mut lane.miners {
                miner.submit(false, 0).await;
            }
            let order = (round % 4 > 0).then(|| any_order(&mut random));
            lane.replace_order(order);
            lane.job(pool, round % 3 > 0);
            for miner in &mut lane.miners {
                miner.submit(false, 0).await;
            }
            let is_settled = |lane: &Lane| {
                let mut miners = lane.miners.iter();
                all_have(lane, round + 2)
                    && miners.all(|miner| {
                        miner.taken() + miner.refused().len() == miner.submitted() as usize
                    })
            };
            lane.until("all answers", is_settled).await;
        }
        assert_all_taken(&lane);
        let audit = lane.audit.lock().unwrap();
        assert_eq!(audit.held + audit.given_up, 2 * ROUNDS * MINERS);
        assert!(
            audit.in_arm[..2].iter().all(|shares| *shares > ROUNDS),
            "{:?}",
            audit.in_arm
        );
        let rankings = |event: &JournalEvent| matches!(event, JournalEvent::RankingInForce { .. });
        assert!(audit.count(rankings) > ROUNDS / 3);
    });
}

/// The newest job of a pool session that has drawn bytes.
fn newest(lane: &Lane, of: PoolKey) -> JobTag {
    let audit = lane.audit.lock().unwrap();
    let key = |event: &JournalEvent| {
        if let JournalEvent::SlotsOrdered { pool, job_key, .. }
        | JournalEvent::SlotsOrderedOutside { pool, job_key, .. } = event
            && *pool == of
        {
            return Some(JobKey(*job_key));
        }
        None
    };
    let mut newest = audit.entries.iter().rev();
    JobTag {
        lane: LANE,
        job: newest.find_map(|entry| key(&entry.event)).unwrap(),
    }
}

/// A plan of some bytes in any order comes, for the newest job.
fn plan_comes(lane: &Lane, pool: PoolKey, random: &mut StdRng, lasts_ms: u64) {
    let mut bytes: Vec<u8> = (1..=u8::MAX).collect();
    bytes.shuffle(random);
    bytes.truncate(random.gen_range(1..=255));
    let (now, job) = (Clock.unix_millis(), newest(lane, pool));
    let end = now + lasts_ms;
    let text = format!(
        r#"{{"schema":1,"name":"any","for_job":"{job}","order":{bytes:?},"expires_unix_ms":{end}}}"#
    );
    lane.outside.take(text.as_bytes(), now).unwrap();
}

const DAY_MS: u64 = 86_400_000;

#[test]
fn a_plan_from_outside_is_for_blobs_that_come_after_it_and_until_it_expires() {
    run(async {
        let mut random = StdRng::seed_from_u64(13);
        let mut lane = Lane::ordered_by(Some(any_order(&mut random)));
        lane.join(MINERS).await;
        lane.until("the first jobs", |lane| all_have(lane, 1)).await;
        let pool = only_pool(&mut lane).await;
        let first = bytes(&lane);

        plan_comes(&lane, pool, &mut random, DAY_MS);
        lane.job(pool, false);
        lane.until("the same blob", |lane| all_have(lane, 2)).await;
        assert_eq!(bytes(&lane), first);
        everybody_submits(&mut lane).await;
        assert_eq!(lane.audit.lock().unwrap().in_arm[2], 0);

        lane.job(pool, true);
        lane.until("another blob", |lane| all_have(lane, 3)).await;
        let drawn: BTreeSet<String> = bytes(&lane).into_iter().collect();
        assert_eq!(drawn.len(), MINERS);
        let before = lane.audit.lock().unwrap().in_arm;
        everybody_submits(&mut lane).await;
        let after = lane.audit.lock().unwrap().in_arm;
        let in_arm: [usize; 3] = std::array::from_fn(|arm| after[arm] - before[arm]);
        assert_eq!(in_arm.iter().sum::<usize>(), MINERS);
        assert!(in_arm.iter().all(|shares| *shares > 2), "{in_arm:?}");

        // Without a model's order.
        lane.replace_order(None);
        lane.job(pool, true);
        lane.until("two arms", |lane| all_have(lane, 4)).await;
        everybody_submits(&mut lane).await;
        let two = lane.audit.lock().unwrap().in_arm;
        assert_eq!(two[1], after[1]);
        assert!(two[2] > after[2] + MINERS / 5, "{two:?}");

        // It has expired: the blob that it was for keeps it, and the next has none.
        let kept = bytes(&lane);
        plan_comes(&lane, pool, &mut random, 1);
        while lane.outside.in_force(Clock.unix_millis()).is_some() {
            tokio::task::yield_now().await;
        }
        lane.job(pool, false);
        lane.until("the same blob", |lane| all_have(lane, 5)).await;
        assert_eq!(bytes(&lane), kept);
        everybody_submits(&mut lane).await;
        lane.job(pool, true);
        lane.until("no arm", |lane| all_have(lane, 6)).await;
        let had = lane.audit.lock().unwrap().in_arm;
        everybody_submits(&mut lane).await;
        assert_eq!(lane.audit.lock().unwrap().in_arm, had);
        // Every share's place and arm were found by the journal alone.
        assert_all_taken(&lane);
        let orders =
            |event: &JournalEvent| matches!(event, JournalEvent::OutsideOrderInForce { .. });
        assert_eq!(lane.audit.lock().unwrap().count(orders), 1);
        lane.check().await;
    });
}

#[test]
fn no_share_is_lost_while_plans_from_outside_are_swapped_under_load() {
    const ROUNDS: usize = 40;
    run(async {
        let mut random = StdRng::seed_from_u64(14);
        let mut lane = Lane::ordered_by(Some(any_order(&mut random)));
        lane.join(MINERS).await;
        lane.until("the first jobs", |lane| all_have(lane, 1)).await;
        let pool = only_pool(&mut lane).await;
        for round in 0..ROUNDS {
            for miner in &mut lane.miners {
                miner.submit(false, 0).await;
            }
            plan_comes(&lane, pool, &mut random, DAY_MS);
            let order = (round % 4 > 0).then(|| any_order(&mut random));
            lane.replace_order(order);
            lane.job(pool, round % 3 > 0);
            for miner in &mut lane.miners {
                miner.submit(false, 0).await;
            }
            let is_settled = |lane: &Lane| {
                let mut miners = lane.miners.iter();
                all_have(lane, round + 2)
                    && miners.all(|miner| {
                        miner.taken() + miner.refused().len() == miner.submitted() as usize
                    })
            };
            lane.until("all answers", is_settled).await;
        }
        assert_all_taken(&lane);
        let audit = lane.audit.lock().unwrap();
        assert_eq!(audit.held + audit.given_up, 2 * ROUNDS * MINERS);
        assert!(
            audit.in_arm.iter().all(|shares| *shares > ROUNDS),
            "{:?}",
            audit.in_arm
        );
    });
}
