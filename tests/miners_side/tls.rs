//! The listener for miners that speak TLS.

use crate::support::sim_miner::Connect;
use crate::support::{Config, FakePool, Proxy, SimMiner, TestCert, clock};

fn with_tls(pool: &FakePool) -> Config {
    Config::on(pool)
        .set("miners.tls_listen", "[\"127.0.0.1:0\"]")
        .set("miners.login_timeout", "\"1s\"")
}

#[test]
fn miners_that_pin_the_generated_certificate_are_served() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&with_tls(&pool));
    let mut over_tls = SimMiner::connect_tls(proxy.tls_miners(), proxy.pin());
    over_tls.log_in("tls").unwrap();
    let mut plain = SimMiner::joined(proxy.miners(), "plain");
    for low in 1..50 {
        for miner in [&mut over_tls, &mut plain] {
            let id = miner.submit_good(low);
            assert!(miner.reply_to(id).is_ok());
        }
        pool.push_job(1_000, u64::from(low));
        over_tls.expect_job();
        plain.expect_job();
    }
    assert!(over_tls.keep_alive().is_ok());
    assert_eq!(proxy.shares().accepted, 98);
    drop(over_tls);
    proxy.connections_when("the plain one", |counts| counts.open == 1);
}

#[test]
fn many_lines_at_once_come_through_tls() {
    let pool = FakePool::start();
    let config = with_tls(&pool)
        .set("miners.unsent_limit", "\"16MiB\"")
        .set("miners.lines_per_second", "\"off\"");
    let proxy = Proxy::launch(&config);
    let mut miner = SimMiner::connect_tls(proxy.tls_miners(), proxy.pin());
    miner.log_in("tls").unwrap();
    let mut lines = String::new();
    for id in 10..20_010 {
        lines.push_str(&format!("{{\"id\":{id},\"method\":\"keepalived\"}}\n"));
    }
    // More than one TLS record, and more than one turn of reading.
    miner.send_raw(lines.as_bytes());
    for id in 10..20_010 {
        assert!(miner.reply_to(id).is_ok());
    }
}

#[test]
fn another_certificate_is_not_taken_for_ours() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&with_tls(&pool));
    let how = Connect {
        pin: Some(TestCert::self_signed().sha256),
        ..Connect::default()
    };
    assert!(SimMiner::connect_as(proxy.tls_miners(), &how).is_err());
    proxy.connections_when("nobody", |counts| counts.accepted == 1 && counts.open == 0);
}

#[test]
fn plain_text_on_the_tls_port_is_dropped() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&with_tls(&pool));
    let mut plain = SimMiner::connect(proxy.tls_miners());
    plain.request("login", &serde_json::json!({ "login": "rig", "pass": "x" }));
    // What comes before the end is a TLS alert, and no login's reply.
    let bytes = plain.read_to_end();
    assert!(
        !bytes.contains(&b'{'),
        "{}",
        String::from_utf8_lossy(&bytes)
    );
    let mut silent = SimMiner::connect(proxy.tls_miners());
    assert!(silent.read_to_end().is_empty(), "no handshake in time");
    proxy.connections_when("nobody", |counts| counts.open == 0);
}

#[test]
fn tls_on_the_plain_port_is_dropped() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&with_tls(&pool));
    let how = Connect {
        pin: Some(proxy.pin()),
        ..Connect::default()
    };
    let fault = SimMiner::connect_as(proxy.miners(), &how).err().unwrap();
    assert!(fault.to_string().contains("handshake"), "{fault}");
    clock::eventually("nobody", || (proxy.connections().open == 0).then_some(()));
    assert_eq!(proxy.connections().accepted, 1);
}
