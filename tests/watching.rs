//! What somebody who watches is shown, against what has happened.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use serde_json::{Value, json};
use support::{Answer, Config, FakePool, OnSubmit, Proxy, Script, SimMiner, clock};

fn get(proxy: &Proxy, path: &str) -> Value {
    serde_json::from_str(&proxy.page(path)).unwrap()
}

/// The overview, once it says so.
fn overview_when(proxy: &Proxy, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    clock::eventually(what, || {
        Some(get(proxy, "/api/v1/overview")).filter(|overview| is(overview))
    })
}

#[test]
fn a_farm_that_earns_is_shown_with_its_shares_its_upstream_and_its_rig() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    proxy.wait_ready();
    let mut miner = SimMiner::joined(proxy.miners(), "rig-1");
    for low in 1..=3 {
        let request = miner.submit_good(low);
        assert!(miner.reply_to(request).is_ok());
    }
    let overview = overview_when(&proxy, "the rig's shares to be counted", |overview| {
        overview["earning"]["answered_1h"] == 3
    });
    let (earning, shares) = (&overview["earning"], &overview["shares"]);
    assert_eq!(earning["accepted_ratio_1h"], 1.0);
    assert_eq!(earning["miners"], 1);
    assert_eq!(earning["miners_at_work"], 1);
    assert!(earning["since_accepted_ms"].is_u64(), "{earning}");
    assert!(earning["reply_micros"][1].is_u64(), "{earning}");
    let rate = &earning["hash_rates"][0];
    assert_eq!((&rate["over"], &rate["shares"]), (&json!("10m"), &json!(3)));
    let health = get(&proxy, "/health");
    for (shown, counted) in [
        ("received", "received"),
        ("accepted", "accepted"),
        ("late", "stale"),
    ] {
        assert_eq!(
            shares[shown], health["counts"]["shares"][counted],
            "{shown}"
        );
    }
    assert_eq!(shares["accepted"], 3);

    let upstream = &overview["upstreams"][0];
    assert_eq!(upstream["name"], health["pools"][0]["upstream"]);
    assert_eq!(upstream["serves"], upstream["lanes"]);
    assert_eq!(upstream["accepted"], 3);
    assert_eq!(upstream["difficulty"], health["pools"][0]["difficulty"]);
    assert!(upstream["job_age_ms"].is_u64() && upstream["submit_micros"].is_u64());
    assert_eq!(upstream["sessions"][0]["name"], health["pools"][0]["name"]);
    assert_eq!(upstream["sessions"][0]["forwarded"], 3);

    assert_eq!(overview["rigs"]["known"], 1);
    assert_eq!(overview["rigs"]["presence"]["online"], 1);
    assert_eq!(overview["attention"], json!([]));
    assert_eq!(overview["filters"][0]["state"], "running");
    assert_eq!(overview["filters"][0]["looked_at"], 3);
    assert_eq!(overview["store"]["recorded"], 3);
    assert!(overview["store"]["disk_free_bytes"].is_u64());
    assert_eq!(overview["models"]["phase"], "idle");
    assert_eq!(
        (&overview["ready"], &overview["prover"]),
        (&json!(true), &Value::Null)
    );
}

#[test]
fn the_table_and_the_series_say_what_the_registry_knows() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    proxy.wait_ready();
    let mut miner = SimMiner::joined(proxy.miners(), "rig-1");
    for low in 1..=3 {
        let request = miner.submit_good(low);
        assert!(miner.reply_to(request).is_ok());
    }
    let row = clock::eventually("the table to know the rig's hash rate", || {
        let table = get(&proxy, "/api/v1/rigs/table?search=RIG-1");
        let row = table["rows"].get(0)?.clone();
        (row["accepted"] == 3 && row["hash_rate"].is_object()).then_some(row)
    });
    let key = row["rig"].as_str().unwrap();
    let known = get(&proxy, &format!("/api/v1/registry/{key}"));
    for (shown, known) in [
        ("user", &known["user"]),
        ("agent", &known["agent"]),
        ("presence", &known["presence"]),
        ("last_share_unix_ms", &known["last_share_unix_ms"]),
        ("difficulty", &known["difficulty"]),
        ("rejected", &known["shares"]["rejected"]),
        ("refused", &known["shares"]["refused"]),
    ] {
        assert_eq!(&row[shown], known, "{shown}");
    }
    assert_eq!(
        (&row["state"], &row["standing"]),
        (&json!("online"), &json!("new"))
    );
    for of in ["", &format!("&rig={key}")] {
        for span in ["1h", "1d", "1w"] {
            let series = get(&proxy, &format!("/api/v1/series?span={span}{of}"));
            let points = series["points"].as_array().unwrap();
            let accepted: u64 = points
                .iter()
                .map(|point| point["accepted"].as_u64().unwrap())
                .sum();
            assert_eq!(accepted, 3, "{span}{of}");
        }
    }
}

#[test]
fn what_happens_is_told_also_where_nothing_is_stored() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("store.enabled", false));
    proxy.wait_ready();
    let of = clock::eventually("the pool's login and its service to be told", || {
        let events = get(&proxy, "/api/v1/events");
        let list = events["events"].as_array()?.clone();
        let find = |kind: &str| list.iter().find(|event| event["kind"] == kind).cloned();
        Some([
            find("run_began")?,
            find("upstream_logged_in")?,
            find("upstream_serves")?,
        ])
    });
    let name = get(&proxy, "/health")["pools"][0]["upstream"].clone();
    assert_eq!((&of[1]["subject"], &of[2]["subject"]), (&name, &name));
    let words = of[2]["text"].as_str().unwrap();
    assert_eq!(words, format!("{} serves lane 0", name.as_str().unwrap()));
    let overview = get(&proxy, "/api/v1/overview");
    assert_eq!(overview["store"], Value::Null);
    assert!(overview["events_seq"].as_u64().unwrap() >= 3);
}

#[test]
fn what_the_pool_refuses_is_shown_by_its_class() {
    let refuses = Answer::refuse("Low difficulty share");
    let pool = FakePool::with(Script::answering(OnSubmit::Always(refuses)));
    let proxy = Proxy::before(&pool);
    proxy.wait_ready();
    let mut miner = SimMiner::joined(proxy.miners(), "rig-1");
    let request = miner.submit_good(1);
    assert!(miner.reply_to(request).is_err());
    let overview = overview_when(&proxy, "the refusal to be counted", |overview| {
        overview["earning"]["answered_1h"] == 1
    });
    assert_eq!(overview["earning"]["accepted_ratio_1h"], 0.0);
    assert_eq!(overview["earning"]["since_accepted_ms"], Value::Null);
    let health = get(&proxy, "/health");
    assert_eq!(
        overview["shares"]["rejected"],
        health["counts"]["shares"]["rejected"]
    );
    assert_eq!(
        overview["upstreams"][0]["rejected"],
        health["pools"][0]["rejected"]
    );
}
