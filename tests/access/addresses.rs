//! Networks that may come in, and what one address may do.

use std::net::IpAddr;

use crate::support::sim_miner::Connect;
use crate::support::{Config, FakePool, Proxy, SimMiner};

fn from(proxy: &Proxy, address: &str) -> SimMiner {
    let how = Connect {
        from: Some(address.parse::<IpAddr>().unwrap()),
        ..Connect::default()
    };
    SimMiner::connect_as(proxy.miners(), &how).unwrap()
}

fn is_turned_away(mut miner: SimMiner) -> bool {
    miner.expect_closed().is_empty()
}

#[test]
fn only_allowed_networks_come_in_and_denied_ones_do_not() {
    let pool = FakePool::start();
    let config = Config::on(&pool)
        .set("miners.allow", "[\"127.0.0.0/24\"]")
        .set("miners.deny", "[\"127.0.0.7\"]");
    let proxy = Proxy::launch(&config);
    assert!(from(&proxy, "127.0.0.2").log_in("rig").is_ok());
    assert!(is_turned_away(from(&proxy, "127.0.0.7")), "denied");
    assert!(is_turned_away(from(&proxy, "127.0.1.1")), "not allowed");
    let counts = proxy.connections();
    assert_eq!((counts.turned.denied, counts.accepted), (2, 1));
}

#[test]
fn an_address_has_its_connections_and_gets_them_back() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.connections_per_address", 2));
    let first = SimMiner::joined(proxy.miners(), "a");
    let _second = SimMiner::joined(proxy.miners(), "b");
    assert!(is_turned_away(SimMiner::connect(proxy.miners())));
    assert!(from(&proxy, "127.0.0.2").log_in("other").is_ok());
    drop(first);
    proxy.connections_when("a free place", |counts| counts.open == 1);
    SimMiner::joined(proxy.miners(), "c");
    assert_eq!(proxy.connections().turned.connections, 1);
}

#[test]
fn all_lanes_count_together() {
    let pool = FakePool::start();
    let config = Config::on(&pool)
        .set("node.lanes", 4)
        .set("miners.connections_per_address", 3);
    let proxy = Proxy::launch(&config);
    let mut inside = Vec::new();
    let mut outside = 0;
    for _ in 0..12 {
        let mut miner = SimMiner::connect(proxy.miners());
        miner.send(r#"{"id":1,"method":"login","params":{"login":"rig","pass":"x"}}"#);
        match miner.next_line(crate::support::PATIENCE) {
            crate::support::Heard::Line(_) => inside.push(miner),
            crate::support::Heard::Closed => outside += 1,
            crate::support::Heard::Quiet => panic!("neither in nor out"),
        }
    }
    assert_eq!((inside.len(), outside), (3, 9));
    assert_eq!(proxy.connections().turned.connections, 9);
}

#[test]
fn connects_and_logins_within_a_minute_are_limited() {
    let pool = FakePool::start();
    let config = Config::on(&pool)
        .set("miners.connects_per_minute", 4)
        .set("miners.logins_per_minute", 2);
    let proxy = Proxy::launch(&config);
    for _ in 0..2 {
        SimMiner::joined(proxy.miners(), "rig");
    }
    for _ in 0..2 {
        let mut miner = SimMiner::connect(proxy.miners());
        assert_eq!(
            miner.log_in("rig").unwrap_err().message,
            "Too many logins from your address, try again later"
        );
        assert!(is_turned_away(miner));
    }
    assert!(is_turned_away(SimMiner::connect(proxy.miners())));
    assert!(from(&proxy, "127.0.0.2").log_in("other").is_ok());
    let turned = proxy.connections().turned;
    assert_eq!((turned.logins, turned.connects), (2, 1));
}
