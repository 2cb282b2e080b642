//! Who does not read costs the others nothing.

use serde_json::{Value, json};
use zartrux_models::bridge::EventKind;
use zartrux_models::ledger::{AlertKind, JournalEvent};
use zmq::SocketType;

use crate::client::{bridged, endpoints, hears, socket};
use crate::questions::alone;
use crate::support::{FakePool, Proxy, SimMiner, clock};

const EVENTS: u64 = 200_000;

/// What a thousand events for one subscriber may take, with what sockets and allocators hold, bytes.
const ALLOWANCE: u64 = 24 << 20;

/// Memory of this process, bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kib = line.split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() * 1024
}

#[test]
fn a_subscriber_that_never_reads_takes_bounded_memory_and_what_is_dropped_is_counted() {
    let bridge = alone(Box::new(|_| Ok(json!({}))), 1_000);
    let stuck = socket(SocketType::SUB, bridge.endpoints().publish.as_ref(), None);
    let event = JournalEvent::AlertRaised {
        kind: AlertKind::RigSilent,
        subject: "x".repeat(200).into(),
    };
    let alert = EventKind::Alert.index();
    let mut pushed = 0;
    let mut push = || {
        bridge.tap().journal(&event);
        pushed += 1;
        pushed
    };
    // All that was told was published or dropped, and counted as that.
    let settled = |pushed: u64| {
        clock::eventually("what waits in the queue", || {
            let report = bridge.report();
            let both = (report.published[alert], report.dropped[alert]);
            assert!(both.0 + both.1 <= pushed);
            (both.0 + both.1 == pushed).then_some(both)
        })
    };
    // The subscriber is there once it has heard something.
    clock::eventually("a first event", || {
        push();
        stuck.poll(zmq::POLLIN, 50).ok().filter(|ready| *ready > 0)
    });
    let mut warm = 0;
    for number in 1..=EVENTS {
        let pushed = push();
        // The thread is given its turn now and then, so that most are published.
        if number % 500 == 0 {
            settled(pushed);
        }
        if number == EVENTS / 10 {
            warm = resident();
        }
    }
    let grown = resident().saturating_sub(warm);
    let published = bridge.report().published[alert];
    assert!(published >= EVENTS, "{published}");
    assert!(grown < ALLOWANCE, "{grown} bytes for {published} events");
    // Without a pause they come faster than they leave, and the queue is full.
    let dropped = clock::eventually("a full queue", || {
        (0..10_000).for_each(|_| {
            push();
        });
        Some(bridge.report().dropped[alert]).filter(|dropped| *dropped > 0)
    });
    let (_, after) = settled(push());
    assert!(after >= dropped);
    // Who comes now sees by the numbers that some were lost.
    let late = socket(SocketType::SUB, bridge.endpoints().publish.as_ref(), None);
    late.set_rcvtimeo(100).unwrap();
    let seq = clock::eventually("an event for a new subscriber", || {
        settled(push());
        let frames = late.recv_multipart(0).ok()?;
        let event: Value = serde_json::from_slice(&frames[1]).unwrap();
        event["seq"].as_u64()
    });
    let report = bridge.report();
    let (published, dropped) = (report.published[alert], report.dropped[alert]);
    assert!(
        seq > published && seq <= published + dropped,
        "{seq}: {report:?}"
    );
}

#[test]
fn shares_flow_past_subscribers_that_are_stuck_or_dead() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&bridged(&pool).set("bridge.send_queue", 16));
    proxy.wait_ready();
    let at = endpoints(&proxy);
    let stuck = socket(SocketType::SUB, at.publish.as_ref(), None);
    let dead = socket(SocketType::SUB, at.publish.as_ref(), None);
    hears(&pool, &dead);
    drop(dead);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    for low in 1..=500 {
        let id = miner.submit_good(low);
        miner.reply_to(id).expect("an accepted share");
    }
    let share = EventKind::Share.index();
    let bridge = proxy.node().view().bridge().unwrap();
    clock::eventually("all shares", || {
        let report = bridge.report();
        (report.published[share] + report.dropped[share] == 500).then_some(())
    });
    // It is late, and hears what there is room for.
    stuck.set_rcvtimeo(100).unwrap();
    let mut low = 500;
    clock::eventually("an event of a share", || {
        low += 1;
        let id = miner.submit_good(low);
        miner.reply_to(id).expect("an accepted share");
        let frames = stuck.recv_multipart(0).ok()?;
        (frames[0] == b"verdict").then_some(())
    });
}
