//! What is answered, and how much is asked at most.

use std::sync::{Arc, Mutex, mpsc};

use serde_json::{Value, json};
use zartrux_actors::bridge::{Bridge, BridgeArgs, BridgeSettings, Names, Predictor};
use zartrux_actors::clock::Clock;
use zartrux_actors::outside_plans::OutsidePlans;
use zartrux_actors::rigs::RigNames;
use zartrux_actors::supervision::{ActorHealth, Guard};
use zartrux_models::ledger::ModelSlot;
use zartrux_models::share::RigKey;
use zartrux_models::work::PoolKey;
use zmq::SocketType;

use crate::client::{answer, ask, bridged, endpoints, socket};
use crate::made;
use crate::support::{Daemon, FakePool, Manner, Proxy, clock};

#[test]
fn a_prediction_is_the_apis_own_and_so_are_its_refusals() {
    let data = tempfile::tempdir().unwrap();
    let folder = made::folder(data.path());
    made::take_in(&folder, ModelSlot::Outcome, &made::outcome(1), 1);
    made::take_in(&folder, ModelSlot::Ranking, &made::ranking(1), 1);
    let pool = FakePool::start();
    let path = data.path().join("predict");
    let config = bridged(&pool)
        .set("learn.enabled", false)
        .set("bridge.predict", format!("\"ipc://{}\"", path.display()));
    let daemon = Daemon::start_in(data.path(), &config, Manner::default());
    daemon.wait_ready();
    let endpoint = format!("ipc://{}", path.display());
    let asker = socket(SocketType::REQ, Some(&endpoint), None);
    // Both answer by what the trainer shows, which it does only once it has looked at the data.
    clock::eventually("a lift", || {
        let (_, of_api) = daemon.post("/api/v1/predict", r#"{"features":{"late":1}}"#);
        of_api["lift"].is_object().then_some(())
    });
    for text in [
        r#"{"features":{"late":1}}"#,
        r#"{"features":{"late":0,"ln_interval":0.123456789012345678}}"#,
        r#"{"features":{"luck":1}}"#,
        r#"{"features":{"late":1e999}}"#,
        r#"{"rig":"nobody"}"#,
        r#"{"rig":"a","difficulty":0}"#,
        "{}",
    ] {
        let said = ask(&asker, text);
        let (status, of_api) = daemon.post("/api/v1/predict", text);
        if status == 200 {
            assert_eq!(said["prediction"], of_api, "{text}");
            assert!(said["prediction"]["outcome"].is_object(), "{said}");
            continue;
        }
        assert_eq!(said["error"]["message"], of_api["error"], "{text}");
        let code = if status == 404 {
            "not_found"
        } else {
            "bad_request"
        };
        assert_eq!(said["error"]["code"], code, "{text}");
    }
    let said = ask(&asker, r#"{"schema":1,"id":"q7","features":{"luck":1}}"#);
    assert_eq!(
        (&said["id"], &said["error"]["field"]),
        (&json!("q7"), &json!("features"))
    );
}

#[test]
fn what_is_no_question_is_refused_and_the_next_one_answered() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&bridged(&pool));
    proxy.wait_ready();
    let endpoint = endpoints(&proxy).predict;
    let asker = socket(SocketType::DEALER, endpoint.as_ref(), None);
    let deep = format!(r#"{{"features":{}"#, "[".repeat(15_000));
    let long = format!(r#"{{"rig":"{}"}}"#, "a".repeat(20_000));
    for (text, code) in [
        ("", "bad_request"),
        ("nonsense", "bad_request"),
        ("[]", "bad_request"),
        ("{\"id\":{}}", "bad_request"),
        (&*deep, "bad_request"),
        (&*long, "too_large"),
    ] {
        assert_eq!(ask(&asker, text)["error"]["code"], code, "{text:.40}");
    }
    asker.send(&b"\xff\xfe\x00"[..], 0).unwrap();
    assert_eq!(answer(&asker)["error"]["code"], "bad_request");
    asker.send_multipart(vec!["a"; 50], 0).unwrap();
    let refused = asker.recv_multipart(0).unwrap();
    let said: Value = serde_json::from_slice(refused.last().unwrap()).unwrap();
    assert_eq!(said["error"]["message"], "too many frames");
    // Longer than any frame may be: its connection ends, and another one is made.
    asker.send(vec![b'{'; 1 << 20], 0).unwrap();
    let other = socket(SocketType::DEALER, endpoint.as_ref(), None);
    let said = ask(&other, r#"{"id":"still","features":{"late":1}}"#);
    assert_eq!(said["id"], "still");
    assert!(said["prediction"].is_object(), "{said}");
    let report = proxy.node().view().bridge().unwrap().report();
    assert_eq!((report.refused, report.answered), (8, 1));
}

struct Nobody;

impl Names for Nobody {
    fn upstream_at(&self, _: usize) -> Option<String> {
        None
    }
    fn upstream_of(&self, _: u16, _: PoolKey) -> Option<String> {
        None
    }
    fn rig(&self, _: u16, _: RigKey) -> Option<Arc<RigNames>> {
        None
    }
}

/// A bridge alone, with a queue of `queue` events.
pub(crate) fn alone(predictor: Predictor, queue: usize) -> Bridge {
    let anywhere = || Some("tcp://127.0.0.1:0".to_owned());
    let health = Arc::new(ActorHealth::new(Bridge::NAME, "bridge"));
    let args = BridgeArgs {
        settings: BridgeSettings {
            publish: anywhere(),
            predict: anywhere(),
            plans: anywhere(),
            secret_key: None,
            allow_keys: Vec::new(),
            send_queue: 1_000,
            node: 0,
        },
        queue,
        names: Box::new(Nobody),
        predictor,
        plans: OutsidePlans::default(),
        guard: Guard::new(health, Clock),
        clock: Clock,
    };
    Bridge::launch(args).unwrap()
}

#[test]
fn more_questions_than_may_wait_are_told_to_come_again_and_each_is_answered_once() {
    const ASKED: usize = 40;
    let (go, may_go) = mpsc::channel::<()>();
    let bridge = alone(
        Box::new(move |_| {
            may_go.recv().unwrap();
            Ok(json!({}))
        }),
        100,
    );
    let asker = socket(
        SocketType::DEALER,
        bridge.endpoints().predict.as_ref(),
        None,
    );
    for number in 0..ASKED {
        let text = format!(r#"{{"id":"{number}"}}"#);
        asker.send(&*text, 0).unwrap();
    }
    // One is under way, or just about to be, and 32 wait.
    let mut said: Vec<Value> = (0..ASKED - 33).map(|_| answer(&asker)).collect();
    assert!(
        said.iter().all(|said| said["error"]["code"] == "busy"),
        "{said:?}"
    );
    for _ in 0..33 {
        go.send(()).unwrap();
    }
    said.extend((0..33).map(|_| answer(&asker)));
    let busy = said.iter().filter(|said| said["error"].is_object()).count();
    assert!((7..=8).contains(&busy), "{busy}");
    let mut ids: Vec<_> = said.iter().map(|said| said["id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), ASKED);
}

#[test]
fn a_prediction_that_panics_is_one_fault_and_the_next_question_is_answered() {
    let first = Mutex::new(true);
    let bridge = alone(
        Box::new(move |_| {
            let panics = std::mem::replace(&mut *first.lock().unwrap(), false);
            assert!(!panics, "a broken model");
            Ok(json!({"fine": true}))
        }),
        100,
    );
    let asker = socket(SocketType::REQ, bridge.endpoints().predict.as_ref(), None);
    assert_eq!(ask(&asker, "{}")["error"]["code"], "internal");
    assert_eq!(ask(&asker, "{}")["prediction"]["fine"], true);
    bridge.close();
}
