//! Programs outside: the bridge is closed and opened again, and subscribers come back by themselves.

use std::net::TcpListener;

use serde_json::Value;
use zmq::{Context, SocketType};

use crate::farm::Farm;
use crate::support::{Config, FakePool, SimMiner, clock};

/// The next share that is published while the miner submits one after the other.
fn published(subscriber: &zmq::Socket, miner: &mut SimMiner, low: &mut u32) -> Value {
    clock::eventually("a share on the bridge", || {
        *low += 1;
        let id = miner.submit_good(*low);
        assert!(miner.reply_to(id).is_ok());
        let frames = subscriber.recv_multipart(0).ok()?;
        serde_json::from_slice(&frames[1]).ok()
    })
}

#[test]
fn who_listens_to_the_bridge_hears_of_shares_after_an_upgrade_too() {
    let pool = FakePool::start();
    // One that is free: a subscriber must find the new process where the old one was.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("tcp://{}", free.local_addr().unwrap());
    drop(free);
    let config = Config::on(&pool)
        .set("bridge.enabled", true)
        .set("bridge.publish", format!("{endpoint:?}"));
    let mut farm = Farm::start(&config);
    let subscriber = Context::new().socket(SocketType::SUB).unwrap();
    subscriber.set_linger(0).unwrap();
    subscriber.set_rcvtimeo(100).unwrap();
    subscriber.set_subscribe(b"share").unwrap();
    subscriber.connect(&endpoint).unwrap();
    let mut miner = SimMiner::joined(farm.miners, "rig");
    let mut low = 0;
    let before = published(&subscriber, &mut miner, &mut low);
    farm.upgraded();
    assert_eq!(farm.wait_first_end().code(), Some(0));
    while subscriber.recv_multipart(0).is_ok() {}
    let after = published(&subscriber, &mut miner, &mut low);
    assert_eq!(after["outcome"], "accepted");
    assert_eq!(before["rig"], after["rig"]);
    assert!(before["nonce"] != after["nonce"], "{before} {after}");
}
