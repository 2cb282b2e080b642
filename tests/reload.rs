//! Other settings while it runs: taken whole or not at all, and no miner is dropped.
#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

#[path = "reload/file.rs"]
mod file;
#[path = "reload/pools.rs"]
mod pools;
#[path = "reload/refused.rs"]
mod refused;
mod support;

use support::{Config, FakePool, Proxy, Swarm};

/// Two pools whose jobs are told apart by their heights: below a million, and above.
fn two_pools() -> (FakePool, FakePool) {
    let (low, high) = (FakePool::start(), FakePool::start());
    low.push_job(1_000, 1);
    high.push_job(1_000, 1_000_000);
    (low, high)
}

/// Without waits that are for the weather of the internet.
fn before(pools: &[&FakePool]) -> Config {
    pools
        .iter()
        .fold(Config::default(), |config, pool| config.pool(&pool.url()))
        .set("failover.failback_after", "\"0s\"")
}

/// Waits until all miners have a job of the second pool, or all one of the first.
fn wait_all_on(swarm: &Swarm, second: bool) {
    swarm.wait("jobs of the other pool for all", |state| {
        let there = state.all().all(|(_, member)| {
            let height = member.job.as_ref().and_then(|job| job.height);
            height.is_some_and(|height| (height >= 1_000_000) == second)
        });
        there.then_some(())
    });
}

/// Nobody was disconnected, every reply came once, and no two were given the same work (I3).
fn assert_undisturbed(swarm: &Swarm) {
    swarm.with(|state| {
        assert_eq!(state.overlaps, Vec::<String>::new());
        assert_eq!(state.oddities, Vec::<String>::new());
        for (miner, member) in state.all() {
            assert!(!member.closed, "miner {miner} was disconnected");
            for (id, replies) in &member.replies {
                assert_eq!(replies.len(), 1, "miner {miner}, request {id}");
            }
        }
    });
}

/// I2, and that every miner is still on its first connection.
fn assert_in_balance(proxy: &Proxy, miners: u64) {
    let shares = proxy.shares_when("all shares to be settled", |shares| shares.pending == 0);
    assert!(shares.balances(), "{shares:?}");
    let connections = proxy.connections();
    assert_eq!((connections.accepted, connections.open), (miners, miners));
    assert_eq!(proxy.node().view().violations(), 0);
}
