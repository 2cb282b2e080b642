//! A program outside.

use serde_json::{Value, json};
use zartrux_actors::bridge::Endpoints;
use zmq::{Context, CurveKeyPair, Socket, SocketType};

use crate::support::{Config, FakePool, Proxy, clock};

/// How long something that must come is waited for, ms.
const PATIENCE_MS: i32 = 30_000;

/// A proxy before this pool, with a bridge on ports that the system picks.
pub(crate) fn bridged(pool: &FakePool) -> Config {
    let config = Config::on(pool).set("bridge.enabled", true);
    ["publish", "predict", "plans"]
        .into_iter()
        .fold(config, |config, key| {
            config.set(&format!("bridge.{key}"), "\"tcp://127.0.0.1:0\"")
        })
}

pub(crate) fn endpoints(proxy: &Proxy) -> Endpoints {
    proxy
        .node()
        .view()
        .bridge()
        .expect("a bridge")
        .endpoints()
        .clone()
}

/// Who shows which key to which server; none: nobody shows any.
pub(crate) type Keys<'a> = Option<(&'a CurveKeyPair, &'a [u8])>;

pub(crate) fn socket(kind: SocketType, endpoint: Option<&String>, keys: Keys<'_>) -> Socket {
    let socket = Context::new().socket(kind).unwrap();
    socket.set_linger(0).unwrap();
    socket.set_rcvtimeo(PATIENCE_MS).unwrap();
    if let Some((own, server)) = keys {
        socket.set_curve_serverkey(server).unwrap();
        socket.set_curve_publickey(&own.public_key).unwrap();
        socket.set_curve_secretkey(&own.secret_key).unwrap();
    }
    if kind == SocketType::SUB {
        socket.set_subscribe(b"").unwrap();
    }
    socket.connect(endpoint.expect("an endpoint")).unwrap();
    socket
}

/// The next event.
pub(crate) fn event(subscriber: &Socket) -> Value {
    let frames = subscriber.recv_multipart(0).expect("an event");
    let [topic, json] = &frames[..] else {
        panic!("{} frames", frames.len());
    };
    let event: Value = serde_json::from_slice(json).unwrap();
    assert_eq!(event["kind"].as_str().unwrap().as_bytes(), topic);
    assert_eq!(event["schema"], 1);
    event
}

/// The next event of a kind for which that holds.
pub(crate) fn event_when(
    subscriber: &Socket,
    kind: &str,
    wanted: impl Fn(&Value) -> bool,
) -> Value {
    loop {
        let event = event(subscriber);
        if event["kind"] == kind && wanted(&event) {
            return event;
        }
    }
}

/// Has the pool send jobs until the subscriber hears of one: it joins late.
pub(crate) fn hears(pool: &FakePool, subscriber: &Socket) -> Value {
    let mut height = 1_000;
    subscriber.set_rcvtimeo(100).unwrap();
    clock::eventually("an event", || {
        height += 1;
        pool.push_job(1, height);
        subscriber.recv_multipart(0).ok()
    });
    subscriber.set_rcvtimeo(PATIENCE_MS).unwrap();
    height += 1;
    pool.push_job(1, height);
    event_when(subscriber, "job", |job| job["height"] == height)
}

/// Asks, and waits for the answer.
pub(crate) fn ask(asker: &Socket, text: &str) -> Value {
    asker.send(text, 0).unwrap();
    answer(asker)
}

pub(crate) fn answer(asker: &Socket) -> Value {
    serde_json::from_slice(&asker.recv_bytes(0).expect("an answer")).unwrap()
}

/// A plan for a job that ends in that many ms.
pub(crate) fn plan(proxy: &Proxy, job: &Value, order: &[u8], lasts_ms: u64) -> String {
    let expires = proxy.node().view().clock().unix_millis() + lasts_ms;
    let plan = json!({
        "schema": 1, "name": "mine", "for_job": job, "order": order, "expires_unix_ms": expires,
    });
    plan.to_string()
}
