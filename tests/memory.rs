//! Miners that come and go leave nothing behind: no connection, no descriptor, no memory.
//!
//! The proxy runs in a process of its own, so that nothing else is measured.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use support::{Config, Daemon, FakePool, Swarm, clock};

const MINERS: usize = 1_000;
/// The first two rounds are for caches and allocators to grow into.
const WARM_UP: usize = 2;
const ROUNDS: usize = 6;
/// What the process may grow by in the rounds after the warm-up, bytes: 2 KiB for each miner of
/// one round, or 512 bytes for each that ever came, pool sessions and all.
const ALLOWANCE: u64 = 2 << 20;

/// A thousand miners log in, each submits a share, gets a job and leaves.
fn round(pool: &FakePool, proxy: &Daemon, height: u64) {
    let mut swarm = Swarm::new(proxy.miners);
    let miners = swarm.join_all(MINERS);
    for miner in &miners {
        let request = swarm.submit_good(*miner, &swarm.job(*miner), 1);
        assert!(swarm.reply(*miner, request).is_ok());
    }
    pool.push_job(1_000, height);
    swarm.wait("the new job for everyone", |state| {
        let mut all = state.all().map(|(_, member)| member.job.as_ref());
        all.all(|job| job.unwrap().height == Some(height))
            .then_some(())
    });
    assert_eq!(proxy.connections("logged_in"), MINERS as u64);
    for miner in miners {
        swarm.leave(miner);
    }
    drop(swarm);
    clock::eventually("nobody", || (proxy.connections("open") == 0).then_some(()));
    assert_eq!(proxy.connections("logged_in"), 0);
    // The next job has the sessions that nobody needs any more closed.
    pool.push_job(1_000, height + 1);
}

#[test]
fn a_thousand_miners_that_come_and_go_leave_nothing_behind() {
    let pool = FakePool::start();
    // What the store's databases keep in memory is bounded by their caches, which take longer than
    // this to fill.
    let proxy = Daemon::start(&Config::on(&pool).set("store.enabled", "false"));
    proxy.wait_ready();
    let at_first = proxy.descriptors();
    let mut sizes = Vec::new();
    for number in 1..=ROUNDS {
        round(&pool, &proxy, 10 * number as u64);
        sizes.push(proxy.resident());
    }
    let (warm, end) = (sizes[WARM_UP - 1], sizes[ROUNDS - 1]);
    assert!(
        end.saturating_sub(warm) < ALLOWANCE,
        "grows: {sizes:?} bytes after each round"
    );
    let everybody = (MINERS * ROUNDS) as u64;
    assert_eq!(proxy.connections("accepted"), everybody);
    assert_eq!(proxy.connections("dropped"), 0);
    assert_eq!(
        proxy.json("/health")["counts"]["shares"]["accepted"],
        everybody
    );
    // The sessions that were opened for the crowd are closed, and nothing tells of them any more.
    clock::eventually("one pool session", || {
        (pool.live().len() == 1).then_some(())
    });
    clock::eventually("the descriptors to be given back", || {
        (proxy.descriptors() <= at_first).then_some(())
    });
    let health = proxy.json("/health");
    assert_eq!(health["pools"].as_array().unwrap().len(), 1);
    let actors = health["actors"].as_array().unwrap();
    let of_pools = actors
        .iter()
        .filter(|actor| actor["kind"] == "pool session");
    assert_eq!(of_pools.count(), 1);
}
