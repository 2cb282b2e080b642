use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, test};
use serde_json::{Value, json};
use zartrux_actors::clock::Clock;
use zartrux_actors::supervision::{ActorHealth, ActorState, Guard};
use zartrux_config::{Pool, Settings, User};
use zartrux_models::judge::{JudgePolicy, ProofNoted};
use zartrux_models::share::ShareId;
use zartrux_models::work::Difficulty;

use super::*;
use crate::http::api::routes;
use crate::http::api::tests::{BAD, GOOD, HOSTILE, view, view_of};

/// Status and body of a request to a node with a watch.
async fn get(view: &Arc<NodeView>, path: &str) -> (u16, Value) {
    let watch = web::Data::new(Watch::new(Arc::clone(view)));
    let app = App::new()
        .app_data(web::Data::from(Arc::clone(view)))
        .app_data(watch)
        .configure(routes);
    let app = test::init_service(app).await;
    let request = test::TestRequest::get().uri(path).to_request();
    let response = test::call_service(&app, request).await;
    let status = response.status().as_u16();
    let body = test::read_body(response).await;
    (status, serde_json::from_slice(&body).unwrap())
}

fn settings() -> Settings {
    let wallet = format!("4{}Z", "a".repeat(93));
    let pools = [
        ("stratum+ssl://a.example:443", wallet.as_str()),
        ("stratum+tcp://b.example:3333", "farm"),
    ];
    let pools = pools.map(|(url, user)| {
        let user: User = user.parse().unwrap();
        Pool::new(url.parse().unwrap(), user)
    });
    Settings {
        pools: pools.to_vec(),
        ..Settings::default()
    }
}

#[actix_web::test]
async fn what_was_not_measured_is_none() {
    let view = Arc::new(view_of(&settings()));
    let (status, overview) = get(&view, "/api/v1/overview").await;
    assert_eq!(status, 200);
    for none in [
        "/earning/accepted_ratio_1h",
        "/earning/since_accepted_ms",
        "/earning/reply_micros",
        "/rigs/known",
        "/rigs/presence",
        "/prover",
        "/models",
        "/difficulty",
        "/store",
        "/alerts",
        "/upstreams/0/job_age_ms",
        "/upstreams/0/height",
        "/upstreams/0/difficulty",
        "/upstreams/0/submit_micros",
        "/upstreams/0/slots_used",
        "/filters/0/strongest_log_e",
        "/filters/0/strongest_cause",
        "/filters/5/model",
    ] {
        assert_eq!(overview.pointer(none), Some(&Value::Null), "{none}");
    }
    assert_eq!(overview["earning"]["hash_rates"], json!([]));
    assert_eq!(overview["earning"]["answered_1h"], 0);
}

#[actix_web::test]
async fn upstreams_are_those_of_the_settings_and_wallets_are_masked() {
    let view = Arc::new(view_of(&settings()));
    let (_, overview) = get(&view, "/api/v1/overview").await;
    let upstreams = &overview["upstreams"];
    let first = &upstreams[0];
    assert_eq!(
        (&first["name"], &first["tls"]),
        (&json!("a.example:443"), &json!(true))
    );
    assert_eq!(first["user"], "4aaa…aaaZ");
    assert_eq!(first["route"], "main");
    assert_eq!(upstreams[1]["name"], "b.example:3333");
    assert_eq!(upstreams[1]["user"], "farm");
    assert_eq!((&first["serves"], &first["lanes"]), (&json!(0), &json!(2)));
    assert!(!overview.to_string().contains("aaaaaaaa"));
    assert_eq!(overview["ready"], false);
    assert_eq!(
        overview["not_ready_because"],
        serde_json::to_value(view.readiness().reasons).unwrap()
    );
}

#[actix_web::test]
async fn rigs_are_counted_once_and_the_one_in_quarantine_needs_somebody() {
    let view = Arc::new(view());
    let (_, overview) = get(&view, "/api/v1/overview").await;
    // One of the three mines in two lanes; two more have names alone.
    let standing = json!({"quarantined": 1, "suspect": 0, "new": 1, "trusted": 0});
    assert_eq!(overview["rigs"]["standing"], standing);
    assert_eq!(overview["attention_total"], 1);
    let attention = &overview["attention"][0];
    assert_eq!(attention["rig"], BAD.to_string());
    assert_eq!(attention["rig_id"], "north/shelf 3");
    assert_eq!(attention["state"], "quarantined");
    let reason = attention["reason"].as_str().unwrap();
    assert!(reason.starts_with("share 7 was proved bad"), "{reason}");
    assert!(attention["since_unix_ms"].as_u64().unwrap() > 1_700_000_000_000);
}

#[actix_web::test]
async fn the_table_works_where_nothing_is_stored() {
    let view = Arc::new(view());
    let (status, table) = get(&view, "/api/v1/rigs/table?sort=state").await;
    assert_eq!(status, 200);
    assert_eq!((&table["total"], &table["matched"]), (&json!(4), &json!(4)));
    let rows = table["rows"].as_array().unwrap();
    let states: Vec<_> = rows
        .iter()
        .map(|row| row["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["quarantined", "online", "unknown", "unknown"]);
    let good = &rows[1];
    assert_eq!(good["rig"], GOOD.to_string());
    assert_eq!(
        (&good["rig_id"], &good["user"]),
        (&json!(HOSTILE), &json!("4aaa…aaaZ"))
    );
    for none in ["hash_rate", "difficulty", "accepted", "rejected", "refused"] {
        assert_eq!(good[none], Value::Null, "{none}");
    }
}

#[actix_web::test]
async fn actors_and_filters_are_as_their_health_says() {
    let view = Arc::new(view());
    let pace = view.health().register("lane0/pace", "pace");
    let other = view.health().register("lane1/pace", "pace");
    other.set_state(ActorState::Bypassed);
    pace.faulted("boom", 1_700_000_000_000);
    pace.enqueued();
    pace.step_begins();
    let (_, overview) = get(&view, "/api/v1/overview").await;
    let filters = overview["filters"].as_array().unwrap();
    let stages: Vec<_> = filters
        .iter()
        .map(|filter| filter["stage"].clone())
        .collect();
    let order = [
        "entropy",
        "divergence",
        "pattern",
        "pace",
        "cluster",
        "classifier",
    ];
    assert_eq!(stages, order);
    let shown = &filters[3];
    assert_eq!(
        (&shown["state"], &shown["faults"], &shown["looked_at"]),
        (&json!("bypassed"), &json!(1), &json!(1))
    );
    assert_eq!(filters[0]["state"], "stopped", "no lane has it");
    assert_eq!(
        (&filters[4]["needs_model"], &shown["needs_model"]),
        (&json!(true), &json!(false))
    );
    let actor = &overview["actors"][0];
    assert_eq!(actor["name"], "lane0/pace");
    assert_eq!(
        (&actor["generation"], &actor["queue_depth"], &actor["steps"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert_eq!(actor["last_fault"], "boom");
    assert_eq!(actor["last_fault_unix_ms"], 1_700_000_000_000_u64);
}

#[actix_web::test]
async fn events_are_told_from_a_number_on() {
    let view = Arc::new(view());
    for at in 1..=120 {
        view.events()
            .tell(at, Severity::Warning, "test", Some("b.example"), "words");
    }
    let (_, all) = get(&view, "/api/v1/events").await;
    assert_eq!(all["last_seq"], 120);
    assert_eq!(all["events"].as_array().unwrap().len(), 100);
    let (_, some) = get(&view, "/api/v1/events?after=118&limit=5").await;
    let event = json!({
        "seq": 119, "unix_ms": 119, "severity": "warning", "kind": "test",
        "subject": "b.example", "text": "words",
    });
    assert_eq!(some["events"][0], event);
    assert_eq!(some["events"].as_array().unwrap().len(), 2);
    for (path, start) in [
        ("/api/v1/events?after=x", "after: must be"),
        ("/api/v1/events?limit=0", "limit: must be"),
        ("/api/v1/events?since=1", "\"since\": is no parameter"),
        ("/api/v1/overview?x=1", "\"x\": is no parameter"),
        ("/api/v1/stream?x=1", "\"x\": is no parameter"),
    ] {
        let (status, body) = get(&view, path).await;
        let error = body["error"].as_str().unwrap();
        assert!(status == 400 && error.starts_with(start), "{path}: {error}");
    }
}

#[actix_web::test]
async fn a_judge_whose_step_does_not_end_leaves_out_what_it_knows_and_no_more() {
    let view = Arc::new(view());
    let health = Arc::new(ActorHealth::new("test", "test"));
    let guard = Guard::new(Arc::clone(&health), Clock);
    health.drill.arm_stall(Duration::from_secs(600));
    let lane = Arc::clone(&view.lanes()[0]);
    // Left to the end of the process.
    std::thread::spawn(move || {
        let proof = ProofNoted {
            rig: GOOD,
            share: ShareId::new(0, 8),
            asked: Difficulty::new(1_000),
            good: true,
            now: Clock.now(),
        };
        lane.rigs()
            .note_proof(&guard, &JudgePolicy::default(), &proof);
    });
    let began = Clock.now();
    while view.rigs_by_standing().is_ok() {
        assert!(Clock.now().duration_since(began) < Duration::from_secs(20));
    }
    let (status, overview) = get(&view, "/api/v1/overview").await;
    assert_eq!(status, 200);
    assert_eq!(overview["rigs"]["standing"], Value::Null);
    assert_eq!(overview["filters"][0]["strongest_log_e"], Value::Null);
    assert_eq!(overview["upstreams"], json!([]));
    let (status, table) = get(&view, "/api/v1/rigs/table").await;
    assert_eq!((status, &table["rows"][0]["standing"]), (200, &Value::Null));
}
