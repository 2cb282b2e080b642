//! What is stored of rigs, as the API tells it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use serde_json::Value;
use support::{Answer, Config, FakePool, OnSubmit, Proxy, Script, SimMiner, clock, http};

fn json(proxy: &Proxy, path: &str) -> Value {
    serde_json::from_str(&proxy.page(path)).unwrap()
}

fn refused(proxy: &Proxy, path: &str) -> (u16, String) {
    let monitor = proxy.node().monitor_address().unwrap();
    let answer = http::get(monitor, path);
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    (answer.status, body["error"].as_str().unwrap().to_owned())
}

/// The registry's one rig, once it has so many shares that the pool took.
fn rig_with(proxy: &Proxy, accepted: u64) -> Value {
    clock::eventually("the registry to know the rig's shares", || {
        let list = json(proxy, "/api/v1/registry");
        let rig = list["rigs"].get(0)?.clone();
        (rig["shares"]["accepted"] == accepted).then_some(rig)
    })
}

#[test]
fn a_rig_is_known_with_its_names_its_shares_and_how_fast_it_is() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    proxy.wait_ready();
    let mut miner = SimMiner::joined(proxy.miners(), "rig-1");
    for low in 1..=3 {
        let request = miner.submit_good(low);
        assert!(miner.reply_to(request).is_ok());
    }
    let listed = rig_with(&proxy, 3);
    assert_eq!(listed["user"], "rig-1");
    assert_eq!(listed["presence"], "online");
    assert_eq!(listed["expected"], false, "it has not mined for an hour");
    let key = listed["rig"].as_str().unwrap();
    let rig = json(&proxy, &format!("/api/v1/registry/{key}"));
    assert_eq!(rig["shares"], listed["shares"]);
    let rate = &rig["hash_rates"][0];
    assert_eq!(
        (&rate["source"], &rate["shares"]),
        (&"shares".into(), &3.into())
    );
    let [low, per_second, high] =
        ["low", "hashes_per_second", "high"].map(|name| rate[name].as_f64().unwrap());
    assert!(low < per_second && per_second < high, "{rate}");

    for of in ["", &format!("&rig={key}")] {
        let sums = json(&proxy, &format!("/api/v1/history?level=minute{of}"));
        let cells = sums["cells"].as_array().unwrap();
        let accepted: u64 = cells
            .iter()
            .map(|cell| cell["accepted"].as_u64().unwrap())
            .sum();
        assert_eq!(accepted, 3);
    }
    let store = json(&proxy, "/api/v1/store");
    assert_eq!(
        (&store["enabled"], &store["failing"]),
        (&true.into(), &Value::Null)
    );
    assert_eq!(store["shares_recorded"], 3);
    assert_eq!(store["damage"], Value::Array(Vec::new()));
}

#[test]
fn what_the_pool_refused_and_what_was_refused_at_the_door_is_counted_apart() {
    let refuses = Answer::refuse("Low difficulty share");
    let pool = FakePool::with(Script::answering(OnSubmit::Always(refuses)));
    let proxy = Proxy::before(&pool);
    proxy.wait_ready();
    let mut miner = SimMiner::joined(proxy.miners(), "rig-1");
    let request = miner.submit_good(1);
    assert!(miner.reply_to(request).is_err());
    // More than are listed one by one.
    for low in 2..=31 {
        let request = miner.submit_poor(low);
        assert!(miner.reply_to(request).is_err());
    }
    let shares = clock::eventually("all to be counted", || {
        let list = json(&proxy, "/api/v1/registry");
        let shares = list["rigs"].get(0)?["shares"].clone();
        let count = |name: &str| shares[name].as_u64();
        (count("refused")? + count("refused_unlisted")? == 30 && count("rejected")? == 1)
            .then_some(shares)
    });
    assert!(shares["refused"].as_u64().unwrap() >= 10, "{shares}");
}

#[test]
fn a_list_goes_on_where_it_ended() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    proxy.wait_ready();
    let names = ["a", "b", "c", "d", "e"];
    let mut miners = names.map(|name| SimMiner::joined(proxy.miners(), name));
    for miner in &mut miners {
        let request = miner.submit_good(1);
        assert!(miner.reply_to(request).is_ok());
    }
    clock::eventually("five rigs", || {
        (json(&proxy, "/api/v1/registry")["known"] == 5).then_some(())
    });
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let part = json(&proxy, &format!("/api/v1/registry?limit=2&after={after}"));
        for rig in part["rigs"].as_array().unwrap() {
            found.push(rig["user"].as_str().unwrap().to_owned());
        }
        let Some(next) = part["next"].as_str() else {
            break;
        };
        next.clone_into(&mut after);
    }
    found.sort_unstable();
    assert_eq!(found, names);
    let none = json(&proxy, "/api/v1/registry?presence=silent");
    assert_eq!(none["rigs"], Value::Array(Vec::new()));
}

#[test]
fn what_is_wrong_with_a_question_is_told() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    for (path, status, says) in [
        (
            "/api/v1/registry?presence=asleep",
            400,
            "presence: must be one of",
        ),
        (
            "/api/v1/registry?after=x",
            400,
            "after: must be a rig's key",
        ),
        ("/api/v1/registry/xyz", 400, "rig: must be a rig's key"),
        (
            "/api/v1/registry/0000000000000001",
            404,
            "rig: 0000000000000001 is not known",
        ),
        ("/api/v1/history?level=year", 400, "level: must be one of"),
        (
            "/api/v1/history?from=yesterday",
            400,
            "from: must be milliseconds",
        ),
        (
            "/api/v1/history?from=5&to=4",
            400,
            "from, to: must be at most",
        ),
        (
            "/api/v1/history?level=minute&from=0&to=999999999999",
            400,
            "from, to:",
        ),
    ] {
        let (code, error) = refused(&proxy, path);
        assert_eq!(code, status, "{path}: {error}");
        assert!(error.starts_with(says), "{path}: {error}");
    }
}

#[test]
fn where_nothing_is_stored_shares_flow_and_the_api_says_so() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("store.enabled", "false"));
    proxy.wait_ready();
    let mut miner = SimMiner::joined(proxy.miners(), "rig-1");
    let request = miner.submit_good(1);
    assert!(miner.reply_to(request).is_ok());
    assert_eq!(json(&proxy, "/api/v1/store")["enabled"], false);
    let (code, error) = refused(&proxy, "/api/v1/registry");
    assert_eq!(code, 404);
    assert!(error.contains("store.enabled = false"), "{error}");
}
