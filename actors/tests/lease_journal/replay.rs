//! A farm that comes and goes, and what the journal says of it.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use zartrux_actors::pool_session::PoolState;
use zartrux_models::ledger::{JournalEvent, LeaseEnd};
use zartrux_models::work::PoolKey;

use crate::lane::{Lane, WORTH};
use crate::plans::any_order;

/// Miners at once, at most: more than one pool session holds.
const CROWD: usize = 330;
const STEPS: usize = 150;

/// Far longer than anything here takes: a test that hangs fails instead.
pub(crate) fn run(test: impl Future<Output = ()>) {
    actix::System::new().block_on(async {
        tokio::time::timeout(Duration::from_secs(300), test)
            .await
            .expect("it hangs");
    });
}

fn one_pool(lane: &Lane, random: &mut StdRng) -> Option<PoolKey> {
    let pools: Vec<PoolKey> = lane.pools.keys().copied().collect();
    (!pools.is_empty()).then(|| pools[random.gen_range(0..pools.len())])
}

async fn mine(lane: &mut Lane, random: &mut StdRng, shares: usize) {
    for _ in 0..shares.min(lane.miners.len()) {
        let which = random.gen_range(0..lane.miners.len());
        let before = random.gen_range(0..4) == 0;
        lane.miners[which].submit(before, 0).await;
    }
}

async fn step(lane: &mut Lane, random: &mut StdRng) {
    match random.gen_range(0..100) {
        0..15 if lane.miners.len() < CROWD => {
            let count = random.gen_range(1..60).min(CROWD - lane.miners.len());
            lane.join(count).await;
        }
        0..25 => {
            let gone = random.gen_range(0..=lane.miners.len().min(40));
            lane.miners.drain(..gone);
        }
        25..50 => mine(lane, random, 30).await,
        50..75 => {
            if let Some(pool) = one_pool(lane, random) {
                lane.job(pool, random.gen_range(0..4) > 0);
            }
        }
        75..85 => {
            let held = lane.check().await;
            for _ in 0..10.min(held.len()) {
                let (seat, lease) = held[random.gen_range(0..held.len())];
                lane.nearly_used_up(seat, lease);
            }
        }
        85..90 => {
            if let Some(pool) = one_pool(lane, random) {
                lane.lose(pool);
            }
        }
        90..92 => {
            if let Some(pool) = one_pool(lane, random).filter(|pool| lane.pools[pool].is_up) {
                lane.state(pool, &PoolState::Unresponsive);
            }
        }
        92..94 => lane.planner_health.drill.arm_panics(1),
        _ => all_up(lane),
    }
}

fn all_up(lane: &mut Lane) {
    let pools: Vec<PoolKey> = lane.pools.keys().copied().collect();
    for pool in pools {
        lane.connect(pool);
        lane.state(pool, &PoolState::LoggedIn);
    }
}

fn with_job(lane: &Lane) -> usize {
    lane.miners.iter().filter(|miner| miner.has_job()).count()
}

/// Slots that are used up come back with other nonces only, and a planner that has failed knows of
/// no others.
async fn everybody_mines(lane: &mut Lane) {
    while with_job(lane) < lane.miners.len() || lane.check().await.len() < lane.miners.len() {
        all_up(lane);
        lane.while_happening(Duration::from_millis(20)).await;
        let pools: Vec<PoolKey> = lane.pools.keys().copied().collect();
        for pool in pools {
            lane.job(pool, true);
        }
        lane.while_happening(Duration::from_millis(100)).await;
    }
}

/// With `orders`, there is an order of nonces in force, and every now and then another or none.
fn play(seed: u64, orders: bool) {
    run(async {
        let mut random = StdRng::seed_from_u64(seed);
        let mut lane = Lane::ordered_by(orders.then(|| any_order(&mut random)));
        lane.join(280).await;
        let all_mine = |lane: &Lane| with_job(lane) == lane.miners.len();
        lane.until("everybody's first job", all_mine).await;
        for _ in 0..STEPS {
            if orders && random.gen_range(0..5) == 0 {
                let order = random.gen_bool(0.7).then(|| any_order(&mut random));
                lane.replace_order(order);
            }
            step(&mut lane, &mut random).await;
            lane.check().await;
        }
        everybody_mines(&mut lane).await;
        mine(&mut lane, &mut random, 100).await;
        let before = lane.audit.lock().unwrap().held;
        let some = |lane: &Lane| lane.audit.lock().unwrap().held > before + 50;
        lane.until("shares", some).await;
        lane.check().await;
        lane.miners.clear();
        let nobody = |lane: &Lane| lane.audit.lock().unwrap().replayed().is_empty();
        while !nobody(&lane) {
            lane.check().await;
            tokio::task::yield_now().await;
        }
        assert_eq!(lane.check().await, []);
        let audit = lane.audit.lock().unwrap();
        let lost = |event: &JournalEvent| matches!(event, JournalEvent::PoolConnectionLost { .. });
        let serves = |event: &JournalEvent| matches!(event, JournalEvent::UpstreamServes { .. });
        assert!(audit.ends(LeaseEnd::Left) > 100, "miners left");
        assert!(audit.ends(LeaseEnd::Moved) > 10, "miners moved");
        assert!(audit.count(lost) > 0, "connections were lost");
        assert!(audit.count(serves) > 0, "an upstream serves");
        assert!(audit.held > 100, "{} shares", audit.held);
        let some_in_each = audit.in_arm[..2].iter().all(|shares| *shares > 20);
        assert_eq!(some_in_each, orders, "{:?}", audit.in_arm);
    });
}

#[test]
fn a_replay_says_at_any_time_what_the_miner_sessions_hold_and_no_share_is_from_elsewhere() {
    for seed in 0..3 {
        play(seed, false);
    }
}

#[test]
fn so_it_is_while_orders_of_nonces_come_and_go() {
    for seed in 3..6 {
        play(seed, true);
    }
}

#[test]
fn a_lease_that_is_nearly_used_up_ends_as_renewed() {
    run(async {
        let mut lane = Lane::start();
        lane.join(2).await;
        let all_mine = |lane: &Lane| with_job(lane) == 2;
        lane.until("the first jobs", all_mine).await;
        let former = lane.miners[0].slot();
        // Its scan is nearly at its end, which it can be by what its shares are worth.
        let nearly = u32::try_from(WORTH * 7 / 2).unwrap();
        lane.miners[0].submit(false, nearly).await;
        lane.until("another slot", |lane| lane.miners[0].slot() != former)
            .await;
        lane.check().await;
        // Its last share in the former slot was found before.
        lane.miners[0].submit(true, 0).await;
        lane.until("the late share", |lane| {
            lane.audit.lock().unwrap().given_up == 1
        })
        .await;
        lane.check().await;
        let audit = lane.audit.lock().unwrap();
        assert_eq!(audit.ends(LeaseEnd::Renewed), 1);
        assert_eq!((audit.held, audit.given_up), (1, 1));
    });
}

#[test]
fn a_slot_whose_miner_got_a_job_while_the_planner_renewed_it_is_nobody_elses_in_that_job() {
    run(async {
        let mut lane = Lane::start();
        let all_mine = |lane: &Lane| with_job(lane) == lane.miners.len();
        lane.join(1).await;
        lane.until("the first job", all_mine).await;
        let former = lane.miners[0].slot();
        let (seat, lease) = lane.check().await[0];
        // The planner finds the renewal before the job, of which the miner has heard by then.
        lane.nearly_used_up(seat, lease);
        lane.job(lease.pool, true);
        lane.until("another slot", |lane| lane.miners[0].slot() != former)
            .await;
        lane.join(1).await;
        lane.until("the newcomer's job", all_mine).await;
        assert_ne!(lane.miners[1].slot(), former);
        lane.miners[0].submit(true, 0).await;
        let heard = |lane: &Lane| {
            let audit = lane.audit.lock().unwrap();
            audit.given_up == 1 || !audit.wrong.is_empty()
        };
        lane.until("its share in the slot that it left", heard)
            .await;
        lane.check().await;
        // With the next job the slot is somebody's again.
        lane.job(lease.pool, true);
        lane.join(1).await;
        lane.until("the next newcomer's job", all_mine).await;
        assert_eq!(lane.miners[2].slot(), former);
        lane.check().await;
    });
}

#[test]
fn a_miner_that_is_dropped_for_what_it_says_gives_its_lease_up_so() {
    run(async {
        let mut lane = Lane::start();
        lane.join(1).await;
        lane.until("its job", |lane| with_job(lane) == 1).await;
        lane.miners[0].babble().await;
        lane.until("its end", |lane| lane.miners[0].is_closed())
            .await;
        assert_eq!(lane.check().await, []);
        assert_eq!(lane.audit.lock().unwrap().ends(LeaseEnd::Dropped), 1);
    });
}
