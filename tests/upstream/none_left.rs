//! No upstream is left.

use crate::scene::{
    assert_in_balance, before, launch, pool_at, ready, refusal, send, send_good, told_lost,
    two_pools, wait_serving,
};
use crate::support::{SimMiner, Swarm, clock};

#[test]
fn with_no_upstream_left_miners_are_sent_to_their_own_next_pool_and_served_again_later() {
    let (primary, standby) = two_pools();
    let config = before(&[&primary, &standby])
        .set("failover.grace", "\"2s\"")
        .set("miners.login_hold", "\"2s\"");
    let proxy = launch(&config, 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    standby.wait_live(1);
    assert_eq!(ready(&proxy).0, 200);

    primary.go_down();
    standby.go_down();
    let jobs = miner.expect_closed();
    // It may have been given the standby's job before that went as well.
    assert!(
        jobs.iter().all(|line| line.contains("\"method\":\"job\"")),
        "{jobs:?}"
    );
    let (status, body) = ready(&proxy);
    assert_eq!(status, 503);
    assert!(body.contains("no upstream has a fresh job"), "{body}");
    for pool in [&primary, &standby] {
        told_lost(&proxy, pool, "can't connect to");
    }

    // Who comes now is told once its login was held for a while in vain.
    let mut newcomer = SimMiner::connect(proxy.miners());
    let fault = newcomer.log_in("rig").err().unwrap();
    assert_eq!(fault.message, "No job from any upstream yet");
    assert!(newcomer.expect_closed().is_empty());
    proxy.connections_when("nobody", |counts| counts.open == 0);
    assert_eq!(proxy.connections().dropped, 0, "it was not their fault");

    standby.come_back();
    wait_serving(&proxy, Some(1));
    assert_eq!(ready(&proxy).0, 200);
    let mut again = SimMiner::joined(proxy.miners(), "rig");
    send_good(&mut again, 1);
    assert_in_balance(&proxy);
}

#[test]
fn a_short_break_of_the_only_upstream_costs_no_connection() {
    let pool = pool_at(1);
    let proxy = launch(&before(&[&pool]), 0);
    let mut swarm = Swarm::watching(proxy.miners());
    let miners = swarm.join_all(40);
    for round in 1..4 {
        pool.go_down();
        wait_serving(&proxy, None);
        pool.come_back();
        swarm.wait("the next job for all", |state| {
            state
                .all()
                .all(|(_, member)| member.jobs > round)
                .then_some(())
        });
        for miner in &miners {
            let id = swarm.submit_good(*miner, &swarm.job(*miner), 1);
            assert!(swarm.reply(*miner, id).is_ok());
        }
    }
    swarm.with(|state| {
        assert_eq!(state.overlaps, Vec::<String>::new());
        // The login's, and one after each break.
        assert!(
            state
                .all()
                .all(|(_, member)| member.jobs == 4 && !member.closed)
        );
    });
    assert!(pool.duplicates().is_empty());
    assert_in_balance(&proxy);
}

#[test]
fn shares_found_while_no_upstream_is_there_are_expired_and_the_miner_stays() {
    let pool = pool_at(1);
    let proxy = launch(&before(&[&pool]), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    pool.go_down();
    wait_serving(&proxy, None);
    clock::eventually("the dead job to be forgotten", || {
        let id = miner.submit_good(1);
        (refusal(&mut miner, id) == "Block expired").then_some(())
    });
    for low in 2..5 {
        let sent = send(&mut miner, low);
        assert_eq!(refusal(&mut miner, sent.id), "Block expired");
    }
    pool.come_back();
    miner.expect_job();
    send_good(&mut miner, 1);
    assert_eq!(pool.submits().len(), 1);
    assert_in_balance(&proxy);
}
