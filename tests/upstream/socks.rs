//! Pools that are reached over a SOCKS5 proxy, as through Tor.

use std::sync::atomic::Ordering;

use crate::scene::{assert_in_balance, launch, pool_at, send_good, told_lost, told_when};
use crate::support::{Config, FakePool, SimMiner, Socks};

/// An onion service in name: no resolver knows it, and only the proxy leads there.
fn behind(socks: &Socks, pool: &FakePool) -> Config {
    Config::default()
        .set("miners.login_hold", "\"60s\"")
        .set("failover.grace", "\"60s\"")
        .pool_with(
            &format!("stratum+tcp://pool.onion:{}", pool.address().port()),
            &format!("proxy = \"socks5://{}\"", socks.address),
        )
}

#[test]
fn shares_reach_a_pool_that_only_the_proxy_can_find() {
    let (socks, pool) = (Socks::start(), pool_at(1));
    let proxy = launch(&behind(&socks, &pool), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let result = send_good(&mut miner, 1);
    assert_eq!(pool.submits()[0].parts().result, result);
    assert_eq!(socks.asked(), ["3/pool.onion"]);
    let told = told_when(&proxy, &pool, "a login", |told| {
        told.note.starts_with("logged in at pool.onion:")
    });
    assert_eq!(told.count("connections"), 1);
    assert_in_balance(&proxy);
}

#[test]
fn a_proxy_that_refuses_is_named_and_tried_again() {
    let (socks, pool) = (Socks::start(), pool_at(1));
    socks.refuses.store(true, Ordering::Relaxed);
    let proxy = crate::support::Proxy::launch(&behind(&socks, &pool));
    let reason = format!("the SOCKS proxy {}: it does not allow", socks.address);
    let told = told_lost(&proxy, &pool, &reason);
    assert!(told.lost("pool") > 0, "{told:?}");
    assert!(pool.connections().is_empty(), "nothing goes there straight");
    socks.refuses.store(false, Ordering::Relaxed);
    crate::scene::wait_serving(&proxy, Some(0));
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    send_good(&mut miner, 1);
    assert!(socks.asked().iter().all(|name| name == "3/pool.onion"));
}
