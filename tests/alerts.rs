//! Alerts of the whole daemon, as an operator gets them.
#![cfg(test)]

#[path = "support/mod.rs"]
mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value;
use support::{Config, FakePool, PATIENCE, Proxy, clock};

/// A webhook's receiver: the bodies that it was sent.
fn receiver() -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/T0KEN", listener.local_addr().unwrap());
    let (send, bodies) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let lower = line.to_lowercase();
                if let Some(value) = lower.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let answer =
                b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(answer);
            if send.send(serde_json::from_slice(&body).unwrap()).is_err() {
                return;
            }
        }
    });
    (url, bodies)
}

/// The next of a kind; others that come before it are passed over.
fn next(bodies: &Receiver<Value>, kind: &str) -> Value {
    let end = clock::now() + PATIENCE;
    loop {
        let left = end.saturating_duration_since(clock::now());
        let body = bodies.recv_timeout(left).expect("a notification");
        if body["kind"] == kind {
            return body;
        }
    }
}

fn alerts(proxy: &Proxy) -> Value {
    serde_json::from_str(&proxy.page("/api/v1/alerts")).expect("JSON")
}

#[test]
fn a_pool_that_goes_away_is_told_to_the_webhook_and_so_is_its_return() {
    let pool = FakePool::start();
    let (url, bodies) = receiver();
    let config = Config::on(&pool)
        .set("alerts.hold", "\"0s\"")
        .set("alerts.clear", "\"0s\"")
        .set("alerts.disk_free", 0)
        .set("alerts.webhook", format!("\"{url}\""));
    let proxy = Proxy::launch(&config);
    proxy.wait_ready();
    // The start may have been told, and its end.
    let begun = clock::eventually("a quiet beginning", || {
        let shown = alerts(&proxy);
        let recent = shown["recent"].as_array().unwrap();
        let quiet = shown["open_total"] == 0 && recent.len().is_multiple_of(2);
        quiet.then_some(recent.len())
    });
    for _ in 0..begun {
        bodies.recv_timeout(PATIENCE).unwrap();
    }

    pool.go_down();
    let raised = next(&bodies, "no_upstream");
    assert_eq!(raised["state"], "raised");
    assert_eq!(
        (&raised["severity"], &raised["count"]),
        (&"critical".into(), &1.into())
    );
    let shown = clock::eventually("the page to show it", || {
        let shown = alerts(&proxy);
        (shown["open_total"] == 1).then_some(shown)
    });
    assert_eq!(shown["open"][0]["kind"], "no_upstream");
    assert!(!shown.to_string().contains("T0KEN"), "{shown}");
    assert_eq!(shown["deliveries"][0]["way"], "webhook");

    pool.come_back();
    let recovered = next(&bodies, "no_upstream");
    assert_eq!(recovered["state"], "recovered");
    assert_ne!(recovered["id"], raised["id"]);
    clock::eventually("nothing to be open", || {
        (alerts(&proxy)["open_total"] == 0).then_some(())
    });
    let view = proxy.node().view();
    let told = view.events().after(0, usize::MAX);
    assert!(
        told.iter().any(|event| event.kind == "no_upstream"),
        "{told:?}"
    );
}
