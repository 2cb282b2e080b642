//! Steps that fail again when they are tried again.

use crate::support::{Config, FakePool, Proxy, SimMiner, clock};

#[test]
fn a_session_that_fails_twice_on_a_line_costs_that_miner_its_connection_and_nobody_else() {
    crate::hush_forced_panics();
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let mut unlucky = SimMiner::joined(proxy.miners(), "unlucky");
    let mut other = SimMiner::joined(proxy.miners(), "other");
    proxy.drill_panics("lane0/miner_sessions", 2);
    unlucky.submit_good(1);
    assert!(unlucky.expect_closed().is_empty());
    let id = other.submit_good(1);
    assert!(other.reply_to(id).is_ok());
    let mut again = SimMiner::joined(proxy.miners(), "unlucky");
    let id = again.submit_good(1);
    assert!(again.reply_to(id).is_ok());
    let generation = |actor: &str| {
        proxy
            .node()
            .view()
            .health()
            .get(actor)
            .unwrap()
            .generation()
    };
    assert_eq!(generation("lane0/miner_sessions"), 3);
    for untouched in [
        "lane0/planner",
        "lane0/judge",
        "lane0/pool/0",
        "root/auditor",
    ] {
        assert_eq!(generation(untouched), 1, "{untouched}");
    }
    assert!(proxy.shares().balances());
}

#[test]
fn a_pool_session_that_fails_twice_connects_again_and_tells_what_became_of_its_shares() {
    crate::hush_forced_panics();
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    for round in 1..=4 {
        proxy.drill_panics("lane0/pool/0", 2);
        let id = miner.submit_good(1);
        // It may have been written, or not: but it is answered, and not with a good word.
        let refused = miner.reply_to(id).unwrap_err();
        assert!(
            ["Bad gateway", "Block expired"].contains(&refused.message.as_str()),
            "{}",
            refused.message
        );
        let job = miner.expect_job();
        assert_eq!(pool.connections().len(), round + 1);
        assert_eq!(job.height, Some(1));
        let id = miner.submit_good(2);
        assert!(miner.reply_to(id).is_ok(), "the next connection works");
    }
    let shares = proxy.shares();
    assert_eq!(shares.accepted, 4);
    assert!(shares.balances());
    assert_eq!(
        proxy.connections().accepted,
        1,
        "the miner noticed a new job"
    );
}

#[test]
fn while_the_planner_is_down_miners_mine_and_newcomers_wait() {
    crate::hush_forced_panics();
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.login_hold", "\"60s\""));
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    // Each fault doubles the time until the next generation: seven of them make 640 ms.
    for fault in 1..=7 {
        proxy.drill_panics("lane0/planner", 1);
        let newcomer = SimMiner::joined(proxy.miners(), "newcomer");
        clock::eventually("the fault", || {
            let health = proxy.node().view().health().get("lane0/planner")?;
            (health.faults() == fault).then_some(())
        });
        let id = miner.submit_good(u32::try_from(fault).unwrap());
        assert!(miner.reply_to(id).is_ok());
        let height = 10 + fault;
        pool.push_job(1_000, height);
        // The next planner may have moved it to another session first.
        while miner.expect_job().height != Some(height) {}
        drop(newcomer);
    }
    assert_eq!(pool.submits().len(), 7);
    assert!(proxy.shares().balances());
}
