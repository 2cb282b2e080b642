//! The API as a program meets it: TLS, tokens, and what panels for xmrig-proxy read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode, SslVersion};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use support::certs::TestCert;
use support::{Config, FakePool, Proxy, SimMiner, clock, http};

fn json(proxy: &Proxy, path: &str) -> Value {
    serde_json::from_str(&proxy.page(path)).unwrap()
}

#[test]
fn panels_for_xmrig_proxy_see_a_miner_and_its_shares() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    proxy.wait_ready();
    let mut miner = SimMiner::joined(proxy.miners(), "rig-1");
    for low in 1..=3 {
        let request = miner.submit_good(low);
        assert!(miner.reply_to(request).is_ok());
    }
    proxy.shares_when("three shares", |shares| shares.accepted == 3);

    let summary = json(&proxy, "/1/summary");
    assert_eq!(summary["miners"]["now"], 1);
    assert_eq!(summary["miners"]["max"], 1);
    assert_eq!(summary["results"]["accepted"], 3);
    assert_eq!(summary["upstreams"]["active"], 1);
    assert_eq!(summary["upstreams"]["ratio"], 1.0);

    let miners = json(&proxy, "/1/miners");
    let row = &miners["miners"][0];
    assert_eq!(row[1], "127.0.0.1");
    assert_eq!((&row[4], &row[7]), (&2.into(), &Value::Null));
    assert_eq!(row[6], "rig-1");

    let worker = clock::eventually("the worker's shares in the registry", || {
        let workers = json(&proxy, "/1/workers");
        let worker = workers["workers"].get(0)?.clone();
        (worker[3] == 3).then_some(worker)
    });
    assert_eq!(worker[0], "rig-1");
    assert_eq!(worker[1], "127.0.0.1");
    assert_eq!(worker[2], 1);
    assert!(worker[7].as_u64().unwrap() > 1_600_000_000_000, "{worker}");
    assert_eq!(worker.as_array().unwrap().len(), 13);
}

#[test]
fn more_connections_than_a_lane_tells_of_at_once_are_all_told() {
    const MINERS: usize = 600;
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("node.lanes", 2));
    proxy.wait_ready();
    let miners: Vec<SimMiner> = (0..MINERS)
        .map(|number| SimMiner::joined(proxy.miners(), &format!("rig-{number}")))
        .collect();
    let told = json(&proxy, "/1/miners");
    let rows = told["miners"].as_array().unwrap();
    assert_eq!(rows.len(), miners.len());
    let ids: BTreeSet<u64> = rows.iter().map(|row| row[0].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), MINERS, "each has a number of its own");
    let names: BTreeSet<&str> = rows.iter().map(|row| row[6].as_str().unwrap()).collect();
    assert_eq!(names.len(), MINERS);
    let workers = json(&proxy, "/1/workers");
    assert_eq!(workers["workers"].as_array().unwrap().len(), MINERS);
}

#[test]
fn every_documented_question_without_a_name_is_answered_as_documented() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    proxy.wait_ready();
    let document = json(&proxy, "/api/v1/openapi.json");
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let responses = &item["get"]["responses"];
        let streams = responses["200"]["content"]
            .get("text/event-stream")
            .is_some();
        if path.contains('{') || item.get("get").is_none() || streams {
            continue;
        }
        let answer = http::get(proxy.node().monitor_address().unwrap(), path);
        let told = responses.get(answer.status.to_string());
        assert!(
            told.is_some(),
            "{path}: {} is not documented",
            answer.status
        );
        assert_ne!(answer.status, 500, "{path}");
        asked += 1;
    }
    assert!(asked > 15, "the document was read");
}

#[test]
fn what_there_is_not_is_told_in_the_same_form() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let monitor = proxy.node().monitor_address().unwrap();
    for (method, path, status) in [
        ("GET", "/nothing", 404),
        ("GET", "/docs/assets/nothing.js", 404),
        ("POST", "/health", 405),
        ("GET", "/api/v1/models/train", 405),
        ("GET", "/api/v1/rigs/%ff", 404),
        ("POST", "/drill/nobody/panic?count=x", 400),
        ("POST", "/drill/nobody/panic", 404),
    ] {
        let answer = match method {
            "GET" => http::get(monitor, path),
            _ => http::post(monitor, path),
        };
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        let told: Value = serde_json::from_str(&answer.body).unwrap();
        assert!(told["error"].is_string(), "{method} {path}: {told}");
    }
}

/// One request over TLS to a server that shows the certificate with this pin.
fn get_pinned(proxy: &Proxy, pin: [u8; 32], version: SslVersion, head: &str) -> Option<String> {
    let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
    connector.set_verify_callback(SslVerifyMode::PEER, move |_, context| {
        let shown = context.current_cert().map(|shown| shown.to_der().unwrap());
        shown.is_some_and(|der| Sha256::digest(&der).as_slice() == pin)
    });
    connector.set_min_proto_version(Some(version)).unwrap();
    connector.set_max_proto_version(Some(version)).unwrap();
    let stream = TcpStream::connect(proxy.node().monitor_address().unwrap()).unwrap();
    stream.set_read_timeout(Some(support::PATIENCE)).unwrap();
    let mut stream = connector.build().connect("localhost", stream).ok()?;
    let request =
        format!("GET /1/summary HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    // Some libraries take the end of a connection without farewell for a fault.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).ok()
}

#[test]
fn over_tls_a_client_that_pins_the_certificate_reads_with_its_token() {
    let folder = tempfile::tempdir().unwrap();
    let cert = TestCert::self_signed();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        format!("{:?}", path.display().to_string())
    };
    let digest = const_hex::encode(Sha256::digest("a token"));
    let pool = FakePool::start();
    let config = Config::on(&pool)
        .set("monitor.tls_certificate", file("cert.pem", &cert.pem))
        .set("monitor.tls_key", file("key.pem", &cert.key_pem))
        .set("monitor.read_tokens", format!("[\"{digest}\"]"));
    let proxy = Proxy::launch(&config);
    let get = |version, head: &str| get_pinned(&proxy, cert.sha256, version, head);

    let token = "Authorization: Bearer a token\r\n";
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let answer = get(version, token).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let answer = get(version, "").unwrap();
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    assert_eq!(get(SslVersion::TLS1_1, token), None, "too old");
    let other = get_pinned(&proxy, [0; 32], SslVersion::TLS1_3, token);
    assert_eq!(other, None, "another certificate was pinned");
}

#[test]
fn a_body_that_comes_byte_by_byte_is_not_waited_for() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let monitor = proxy.node().monitor_address().unwrap();
    let mut stream = TcpStream::connect(monitor).unwrap();
    let head = "POST /api/v1/predict HTTP/1.1\r\nHost: localhost\r\n\
                Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{";
    stream.write_all(head.as_bytes()).unwrap();
    stream
        .set_read_timeout(Some(std::time::Duration::from_secs(60)))
        .unwrap();
    let mut answer = Vec::new();
    // To its end: the connection is given back. It may end without farewell.
    let read = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer} {read:?}");
    let timed_out = read.is_err_and(|why| why.kind() == std::io::ErrorKind::WouldBlock);
    assert!(!timed_out, "it is still open");
}
