//! Pools in TLS: the process that leaves carries their bytes until the successor has its own sessions.

use std::time::Duration;

use crate::lane::{Root, assert_balances, door, is_served, packed, succeed, tls, wait_for_miners};
use crate::support::{FakePool, PATIENCE, Script, SimMiner, TestCert, clock, result_meeting};

#[test]
fn shares_for_the_job_before_go_over_the_same_session_until_the_successor_has_its_own() {
    let cert = TestCert::self_signed();
    let pool = FakePool::with_tls(Script::default(), &cert);
    let root = Root::start();
    let lane = root.launch(vec![tls(&pool, &cert)], None).unwrap();
    let mut miners: Vec<SimMiner> = ["a", "b"]
        .map(|name| SimMiner::joined(door(&lane), name))
        .into();
    let before: Vec<_> = miners.iter().map(|miner| miner.job().clone()).collect();
    for miner in &mut miners {
        let sent = miner.submit_good(1);
        assert!(miner.reply_to(sent).is_ok());
    }
    assert_balances(&lane);

    let (next, carried) = succeed(&root, lane, vec![tls(&pool, &cert)]);
    assert_eq!(carried.running(), 1);
    wait_for_miners(&next, 2);
    for (miner, before) in miners.iter_mut().zip(&before) {
        let nonce = |low| crate::support::sim_miner::nonce_in_slot(before, low);
        let result = const_hex::encode(result_meeting(miner.target()));
        let twice = miner.submit_for(&before.job_id, &nonce(1), &result);
        assert_eq!(
            miner.reply_to(twice).unwrap_err().message,
            "Duplicate share"
        );
        let late = miner.submit_for(&before.job_id, &nonce(2), &result);
        assert!(
            miner.reply_to(late).is_ok(),
            "over the session that is carried"
        );
    }
    let submits = pool.wait_submits(4);
    assert!(submits.iter().all(|submit| submit.conn == 1));

    // It has a session of its own by and by, and everyone goes there.
    pool.wait_connections(2);
    for miner in &mut miners {
        miner.expect_job();
        let sent = miner.submit_good(7);
        assert!(miner.reply_to(sent).is_ok());
    }
    let submits = pool.wait_submits(6);
    assert!(submits[4..].iter().all(|submit| submit.conn == 2));
    assert!(carried.wait(PATIENCE), "the session that was carried ends");
    pool.wait_closed(1);
    assert_eq!(pool.live(), [2]);
    pool.push_job(1_000, 9);
    for miner in &mut miners {
        assert_eq!(miner.expect_job().height, Some(9));
    }
    assert!(pool.duplicates().is_empty() && pool.oddities().is_empty());
    assert_balances(&next);
    next.close();
}

#[test]
fn a_session_that_nobody_takes_up_ends_with_the_parcel() {
    let cert = TestCert::self_signed();
    let pool = FakePool::with_tls(Script::default(), &cert);
    let root = Root::start();
    let lane = root.launch(vec![tls(&pool, &cert)], None).unwrap();
    is_served(&lane);
    let parcel = packed(&lane);
    let carried = lane.leave();
    assert_eq!(carried.running(), 1);
    assert!(
        !carried.wait(Duration::from_millis(50)),
        "whoever has the parcel may still come"
    );
    drop(parcel);
    assert!(carried.wait(PATIENCE));
    pool.wait_closed(1);
}

#[test]
fn a_carried_session_that_the_pool_closes_is_lost_as_any_and_another_takes_its_place() {
    let cert = TestCert::self_signed();
    let pool = FakePool::with_tls(Script::default(), &cert);
    let root = Root::start();
    let lane = root.launch(vec![tls(&pool, &cert)], None).unwrap();
    let mut miner = SimMiner::joined(door(&lane), "rig");
    let parcel = packed(&lane);
    pool.close(1);
    let next = root.launch(vec![tls(&pool, &cert)], Some(parcel)).unwrap();
    let carried = lane.leave();
    miner.expect_job();
    let sent = miner.submit_good(1);
    assert!(miner.reply_to(sent).is_ok());
    assert!(carried.wait(PATIENCE));
    clock::eventually("one session", || (pool.live().len() == 1).then_some(()));
    next.close();
}
