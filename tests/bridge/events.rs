//! What is told of real traffic.

use std::collections::BTreeMap;

use zartrux_actors::bridge::Bridge;
use zartrux_actors::supervision::ActorState;
use zartrux_models::bridge::JobTag;
use zmq::SocketType;

use crate::client::{bridged, endpoints, event, event_when, hears, socket};
use crate::support::{Answer, FakePool, OnSubmit, Proxy, Script, SimMiner, clock};

#[test]
fn a_subscriber_hears_of_the_job_the_share_and_the_pools_verdict() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&bridged(&pool));
    proxy.wait_ready();
    let subscriber = socket(SocketType::SUB, endpoints(&proxy).publish.as_ref(), None);
    let job = hears(&pool, &subscriber);
    assert!(
        job["job"].as_str().unwrap().parse::<JobTag>().is_ok(),
        "{job}"
    );
    let upstream = pool.url().replace("stratum+tcp://", "");
    assert_eq!(job["upstream"], upstream);
    assert!(job["blob"].as_str().unwrap().len() >= 152, "{job}");

    let wallet = format!("4{}Z", "a".repeat(93));
    let mut miner = SimMiner::joined(proxy.miners(), &wallet);
    let id = miner.submit_good(1);
    miner.reply_to(id).expect("an accepted share");
    let verdict = event_when(&subscriber, "verdict", |_| true);
    let share = event_when(&subscriber, "share", |_| true);
    assert_eq!(verdict["verdict"], "accepted");
    assert_eq!(share["outcome"], "accepted");
    assert_eq!(share["arm"], "none");
    for event in [&share, &verdict] {
        assert_eq!(event["upstream"], upstream, "{event}");
        assert_eq!(event["share"], share["share"]);
        assert!(event["job"].as_str().unwrap().parse::<JobTag>().is_ok());
    }
    let user = share["user"].as_str().unwrap();
    assert!(
        user.contains('…') && !share.to_string().contains(&wallet),
        "{share}"
    );
    let metrics = proxy.page("/metrics");
    assert!(metrics.contains("zartrux_bridge_events_total{kind=\"verdict\"} 1"));
}

#[test]
fn what_a_pool_says_of_a_share_is_told_escaped() {
    let pool = FakePool::with(Script::answering(OnSubmit::decide(|_| {
        Answer::refuse("Low \u{1b}[2Jdifficulty")
    })));
    let proxy = Proxy::launch(&bridged(&pool));
    proxy.wait_ready();
    let subscriber = socket(SocketType::SUB, endpoints(&proxy).publish.as_ref(), None);
    hears(&pool, &subscriber);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let id = miner.submit_good(1);
    miner.reply_to(id).expect_err("a refusal");
    let verdict = event_when(&subscriber, "verdict", |_| true);
    assert_eq!(verdict["verdict"], "rejected");
    let said = verdict["pool_said"].as_str().unwrap();
    assert!(
        said.starts_with("Low ") && !said.contains('\u{1b}'),
        "{said:?}"
    );
}

#[test]
fn events_of_a_kind_are_numbered_without_a_gap_also_past_a_panic() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&bridged(&pool));
    proxy.wait_ready();
    let subscriber = socket(SocketType::SUB, endpoints(&proxy).publish.as_ref(), None);
    hears(&pool, &subscriber);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let mut last = BTreeMap::new();
    for low in 1..=20 {
        if low == 10 {
            let health = proxy.node().view().health().get(Bridge::NAME).unwrap();
            health.drill.arm_panics(2);
        }
        let id = miner.submit_good(low);
        miner.reply_to(id).expect("an accepted share");
    }
    while last.get("share") != Some(&20) {
        let event = event(&subscriber);
        let (kind, seq) = (
            event["kind"].as_str().unwrap(),
            event["seq"].as_u64().unwrap(),
        );
        if let Some(before) = last.insert(kind.to_owned(), seq) {
            assert_eq!(seq, before + 1, "{event}");
        }
    }
    assert_eq!(last["verdict"], 20);
    let health = proxy.node().view().health().get(Bridge::NAME).unwrap();
    // A turn comes once a second at least.
    clock::eventually("both panics", || (health.faults() == 2).then_some(()));
    clock::eventually("a bridge that is well again", || {
        (health.state() == ActorState::Running).then_some(())
    });
}

#[test]
fn without_a_bridge_nothing_is_told_and_nothing_is_bound() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    proxy.wait_ready();
    assert!(proxy.node().view().bridge().is_none());
    assert!(!proxy.page("/metrics").contains("zartrux_bridge"));
}
