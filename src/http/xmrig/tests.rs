//! What panels and exporters for xmrig-proxy read of us.

use std::net::IpAddr;

use actix_web::{App, test};
use serde_json::{Value, json};
use zartrux_actors::miner_sessions::SeatReport;
use zartrux_actors::rigs::RigNames;
use zartrux_config::Settings;
use zartrux_models::share::RigKey;

use super::seats::Seated;
use super::workers::Table;
use super::*;
use crate::node::{NodeOptions, NodeView};

/// A daemon without lanes and without a store.
async fn get(path: &str) -> Value {
    let view = NodeView::new(&Settings::default(), NodeOptions::default(), Clock);
    let app = App::new().app_data(web::Data::new(view)).configure(routes);
    let app = test::init_service(app).await;
    let request = test::TestRequest::get().uri(path).to_request();
    test::call_and_read_body_json(&app, request).await
}

fn seat(id: u32, user: &str, rig_id: &str) -> Seated {
    let address: IpAddr = "::ffff:10.0.0.7".parse().unwrap();
    let report = SeatReport {
        id,
        address,
        has_job: id > 1,
        difficulty: (id > 1).then_some(25_000),
        rig: RigKey(id.into()),
        names: RigNames::of_login(user, rig_id, "XMRig/6.26.0"),
        algorithms: "rx/0".into(),
    };
    (0, report)
}

/// The type of each field, by its path.
fn types(value: &Value, path: &str, found: &mut Vec<String>) {
    let kind = match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                types(value, &format!("{path}.{name}"), found);
            }
            return;
        }
        Value::Array(values) => match values.first() {
            Some(first) if first.is_number() => format!("{} numbers", values.len()),
            Some(first) if first.is_string() => format!("{} texts", values.len()),
            Some(_) | None => "list".to_owned(),
        },
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "boolean".to_owned(),
        Value::Number(number) if number.is_f64() => "decimal".to_owned(),
        Value::Number(_) => "whole".to_owned(),
        Value::String(_) => "text".to_owned(),
    };
    found.push(format!("{} {kind}", path.trim_start_matches('.')));
}

/// Field names and types of xmrig-proxy's `src/api/v1/ApiRouter.cpp`, and of what its base adds.
#[actix_web::test]
async fn the_summary_has_the_fields_of_xmrig_proxy_with_their_types() {
    let summary = get("/1/summary").await;
    let mut found = Vec::new();
    types(&summary, "", &mut found);
    found.sort();
    assert_eq!(
        found,
        [
            "algo text",
            "donate_level whole",
            "donated decimal",
            "features 3 texts",
            "hashrate.total 6 numbers",
            "id text",
            "kind text",
            "miners.max whole",
            "miners.now whole",
            "mode text",
            "resources.hardware_concurrency whole",
            "resources.load_average 3 numbers",
            "resources.memory.free whole",
            "resources.memory.resident_set_memory whole",
            "resources.memory.total whole",
            "restricted boolean",
            "results.accepted whole",
            "results.avg_time whole",
            "results.best 10 numbers",
            "results.expired whole",
            "results.hashes_donate whole",
            "results.hashes_total whole",
            "results.invalid whole",
            "results.latency whole",
            "results.rejected whole",
            "ua text",
            "upstreams.active whole",
            "upstreams.error whole",
            "upstreams.ratio decimal",
            "upstreams.sleep whole",
            "upstreams.total whole",
            "uptime whole",
            "version text",
            "worker_id text",
            "workers whole",
        ]
    );
    assert_eq!(summary["kind"], "proxy");
    assert_eq!(summary["mode"], "nicehash");
}

#[actix_web::test]
async fn a_daemon_without_miners_has_empty_lists_in_the_right_form() {
    let workers = get("/1/workers").await;
    assert_eq!(workers["mode"], "rig_id");
    assert_eq!(workers["workers"], json!([]));
    assert_eq!(workers["hashrate"]["total"].as_array().unwrap().len(), 6);
    let miners = get("/1/miners").await;
    assert_eq!(
        miners["format"],
        json!([
            "id", "ip", "tx", "rx", "state", "diff", "user", "password", "rig_id", "agent"
        ])
    );
    assert_eq!(miners["miners"], json!([]));
}

#[::core::prelude::v1::test]
fn a_connection_is_a_row_without_password_and_wallet() {
    let wallet = format!("4{}Z", "a".repeat(93));
    let miners = Miners::of(&[seat(1, &wallet, ""), seat(2, "farm", "<b>\"\n")]);
    let miners = serde_json::to_value(&miners).unwrap();
    assert_eq!(
        miners["miners"],
        json!([
            [
                1,
                "10.0.0.7",
                0,
                0,
                1,
                0,
                "4aaa…aaaZ",
                null,
                null,
                "XMRig/6.26.0"
            ],
            [
                2,
                "10.0.0.7",
                0,
                0,
                2,
                25_000,
                "farm",
                null,
                "<b>\"\n",
                "XMRig/6.26.0"
            ],
        ])
    );
}

#[::core::prelude::v1::test]
fn rigs_of_one_name_are_one_row_since_panels_know_them_by_nothing_else() {
    let mut table = Table::default();
    for id in 1..=3 {
        table.note_seat(&seat(id, "farm", "twin"));
    }
    table.note_seat(&seat(4, "lone", ""));
    let rows = serde_json::to_value(table.rows()).unwrap();
    let zero = 0.0;
    assert_eq!(
        rows,
        json!([
            [
                "lone", "10.0.0.7", 1, 0, 0, 0, 0, 0, zero, zero, zero, zero, zero
            ],
            [
                "twin", "10.0.0.7", 3, 0, 0, 0, 0, 0, zero, zero, zero, zero, zero
            ],
        ])
    );
}

#[::core::prelude::v1::test]
fn however_many_names_there_are_the_table_is_bounded() {
    let mut table = Table::default();
    for (id, _) in (0..).zip(0..MOST + 100) {
        table.note_seat(&seat(id, "farm", &format!("rig {id}")));
    }
    assert_eq!(table.rows().len(), MOST);
}

/// What the exporter don4of4/xmrig-proxy-exporter does with an answer: reads fields by name, and
/// takes each number of a row behind the second for a metric of its own.
fn exported(summary: &Value, workers: &Value) -> Vec<(String, f64)> {
    const OF_WORKER: [&str; 13] = [
        "workername",
        "last_ip",
        "active_nodes",
        "accepted_shares",
        "rejected_shares",
        "invalid_shares",
        "hashes",
        "unk",
        "hashrate_1m",
        "hashrate_10m",
        "hashrate_1h",
        "hashrate_12h",
        "hashrate_24h",
    ];
    let mut metrics = Vec::new();
    assert!(summary["worker_id"].is_string() && summary["kind"].is_string());
    for pointer in [
        "/miners/now",
        "/uptime",
        "/resources/load_average/0",
        "/resources/memory/free",
        "/resources/memory/total",
        "/resources/memory/resident_set_memory",
        "/upstreams/active",
        "/upstreams/sleep",
        "/upstreams/error",
        "/upstreams/total",
        "/upstreams/ratio",
        "/results/accepted",
        "/results/rejected",
        "/results/invalid",
        "/results/expired",
        "/results/avg_time",
        "/results/latency",
        "/results/hashes_total",
        "/results/hashes_donate",
    ] {
        let value = summary.pointer(pointer).and_then(Value::as_f64);
        metrics.push((
            pointer.to_owned(),
            value.unwrap_or_else(|| panic!("{pointer}")),
        ));
    }
    for (index, value) in summary["hashrate"]["total"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
    {
        let label = ["1m", "10m", "1h", "12h", "24h", "all"][index];
        metrics.push((format!("hashrate_{label}"), value.as_f64().unwrap()));
    }
    for worker in workers["workers"].as_array().unwrap() {
        let name = worker[0].as_str().unwrap();
        for (label, value) in OF_WORKER.iter().zip(worker.as_array().unwrap()).skip(2) {
            metrics.push((format!("{name} {label}"), value.as_f64().unwrap()));
        }
    }
    metrics
}

#[actix_web::test]
async fn an_exporter_reads_every_number_that_it_looks_for() {
    let mut table = Table::default();
    table.note_seat(&seat(1, "farm", "rig-1"));
    let workers = json!({ "workers": table.rows() });
    let metrics = exported(&get("/1/summary").await, &workers);
    assert_eq!(metrics.len(), 19 + 6 + 11);
    assert!(metrics.contains(&("rig-1 active_nodes".to_owned(), 1.0)));
}
