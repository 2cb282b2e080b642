//! What the program foretells.

use serde_json::Value;
use zartrux_models::ledger::ModelSlot;

use crate::made;
use crate::support::{Config, Daemon, FakePool, Manner};

#[test]
fn from_the_start_what_is_foretold_has_probabilities_reasons_and_metrics_and_never_a_winning_nonce()
{
    let data = tempfile::tempdir().unwrap();
    let folder = made::folder(data.path());
    let outcome = made::outcome(1);
    made::take_in(&folder, ModelSlot::Outcome, &outcome, 1);
    made::take_in(&folder, ModelSlot::Ranking, &made::ranking(1), 1);
    let pool = FakePool::start();
    let config = Config::on(&pool).set("learn.enabled", false);
    let daemon = Daemon::start_in(data.path(), &config, Manner::default());
    daemon.wait_ready();
    let ask = |text: &str| daemon.post("/api/v1/predict", text);

    let (status, said) = ask(r#"{"features":{"late":1}}"#);
    assert_eq!(status, 200, "{said}");
    assert_eq!(said["outcome"]["model"], outcome.id.to_string());
    let probabilities = said["outcome"]["probabilities"].as_object().unwrap();
    let sum: f64 = probabilities.values().filter_map(Value::as_f64).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{said}");
    assert!(said["outcome"]["explanation"].is_object(), "{said}");
    assert!(!said["outcome"]["metrics"].as_array().unwrap().is_empty());
    let order = said["nonce_order"]["highest_bytes"].as_array().unwrap();
    assert_eq!(order.len(), 256, "an order, and no single nonce");
    assert!(said.get("nonce").is_none(), "{said}");
    assert!(said["note"].as_str().unwrap().contains("nobody"), "{said}");
    let lift = &said["lift"];
    assert!(lift.is_null() || lift.is_object(), "{said}");
    assert_eq!(
        daemon.json("/api/v1/lift")["ranking"],
        said["nonce_order"]["ranking"]
    );

    for (text, status, word) in [
        (r#"{"features":{"luck":1}}"#, 400, "luck"),
        (r#"{"features":{"late":1e999}}"#, 400, "can't be read"),
        ("{}", 400, "name a `rig`"),
        ("nonsense", 400, "can't be read"),
        (r#"{"rig":"nobody"}"#, 404, "nobody"),
        (r#"{"rig":"ffffffffffffffff"}"#, 404, "no rig"),
        (r#"{"rig":""}"#, 404, "no rig"),
    ] {
        let (told, answer) = ask(text);
        assert_eq!(told, status, "{text}: {answer}");
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(word), "{text}: {answer}");
    }
    let long = format!(r#"{{"rig":"{}"}}"#, "a".repeat(17 << 10));
    assert_eq!(ask(&long).0, 413);
    for path in ["predict", "models/train", "models/reload"] {
        let path = format!("/api/v1/{path}");
        let head = "Origin: http://elsewhere.example\r\n";
        let (status, told) = daemon.post_with(&path, head, "{}");
        assert_eq!(status, 403, "{path}: {told}");
    }
}

#[test]
fn without_a_store_and_models_all_is_told_not_to_be_there() {
    let pool = FakePool::start();
    let config = Config::on(&pool).set("store.enabled", false);
    let daemon = Daemon::start(&config);
    daemon.wait_ready();
    for path in ["/api/v1/models", "/api/v1/lift"] {
        let told = daemon.json(path);
        assert!(told["error"].as_str().unwrap().contains("store.enabled"));
    }
    for path in ["predict", "models/train", "models/reload"] {
        let body = r#"{"features":{"late":1}}"#;
        let (status, told) = daemon.post(&format!("/api/v1/{path}"), body);
        assert_eq!(status, 404, "{path}: {told}");
    }
}
