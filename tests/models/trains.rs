//! The trainer of the real program.

use std::path::Path;

use serde_json::{Value, json};
use zartrux::node::StoreFolders;
use zartrux_actors::clock::Clock;
use zartrux_actors::store::ledger::{Ledger, Retention};
use zartrux_models::ledger::{
    Arm, Flags, Latencies, ModelSlot, Outcome, ShareEntry, StageSaid, UpstreamId,
};
use zartrux_models::share::{RigKey, ShareId, TargetClass};
use zartrux_models::stratum::ErrorClass;
use zartrux_models::work::{Difficulty, Nonce};

use crate::made;
use crate::support::{Config, Daemon, FakePool, Manner, clock};

const SHARES: u64 = 3_000;

/// A share of one of 20 rigs, of which every fifth has half of its shares refused.
fn share(seq: u64, unix_ms: u64) -> ShareEntry {
    let rig = seq % 20;
    let is_bad = rig % 5 == 3 && (seq / 20).is_multiple_of(2);
    ShareEntry {
        seq,
        node: 0,
        run: 1,
        id: Some(ShareId::new(0, seq)),
        unix_ms,
        rig: RigKey(rig),
        upstream: Some(UpstreamId(0)),
        job_key: Some(u32::try_from(seq / 500).unwrap()),
        job: format!("job-{}", seq / 500).into(),
        height: Some(3_000_000),
        nonce: Some(Nonce::new(u32::try_from(seq * 997).unwrap().to_le_bytes())),
        age_s: u32::try_from(seq % 500).unwrap() / 10,
        asked: Difficulty::new(120_000),
        found: 120_000 + seq * 7_919 % 900_000,
        rate: 4_000.0,
        class: TargetClass::Upstream,
        flags: Flags::default(),
        arm: Arm::None,
        evidence: [StageSaid::NoOpinion; 6],
        ruled: None,
        proof: None,
        outcome: if is_bad {
            Outcome::Rejected {
                class: ErrorClass::Rig,
                text: "Low difficulty share".into(),
            }
        } else {
            Outcome::Accepted
        },
        latencies: Latencies::default(),
        models: [None, None],
    }
}

/// A data folder with the shares of the last hour.
fn with_shares(data: &Path) {
    let now_ms = Clock.unix_millis();
    let from = now_ms - SHARES * 1_000;
    let shares: Vec<_> = (1..=SHARES)
        .map(|seq| share(seq, from + seq * 1_000))
        .collect();
    let all = Retention {
        days: None,
        bytes: u64::MAX,
    };
    let root = StoreFolders::below(data).shares;
    let mut ledger = Ledger::open(&root, now_ms, all).unwrap().0;
    for some in shares.chunks(500) {
        ledger.commit(now_ms, some, &[]).unwrap();
    }
    ledger.close().unwrap();
}

fn config(pool: &FakePool) -> Config {
    Config::on(pool)
        .set("learn.min_shares", 1_000)
        .set("learn.window", 2_000)
}

/// Asks for a training, and says what is shown once it is over.
fn next_training(daemon: &Daemon) -> Value {
    let began = |shown: &Value| shown["last_training"]["began_ms"].clone();
    let before = began(&daemon.json("/api/v1/models"));
    assert_eq!(daemon.post("/api/v1/models/train", "").0, 202);
    clock::eventually("another training", || {
        let shown = daemon.json("/api/v1/models");
        (began(&shown) != before && shown["phase"] == "idle").then_some(shown)
    })
}

/// What is shown once a training for this is over.
fn trained_for(daemon: &Daemon, why: &str) -> Value {
    clock::eventually(why, || {
        let shown = daemon.json("/api/v1/models");
        let told = shown["last_training"]["why"].as_str()?;
        (told.starts_with(why) && shown["phase"] == "idle").then_some(shown)
    })
}

fn states(shown: &Value) -> Vec<(String, String, bool)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    shown["models"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| {
            let in_force = model["in_force"].as_bool().unwrap();
            (text(&model["id"]), text(&model["state"]), in_force)
        })
        .collect()
}

#[test]
fn without_a_model_one_is_trained_at_the_start_and_a_training_that_fails_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    with_shares(data.path());
    let pool = FakePool::start();
    let drill = Manner {
        drill: true,
        ..Manner::default()
    };
    let daemon = Daemon::start_in(data.path(), &config(&pool), drill);
    let shown = trained_for(&daemon, "there is no model yet");
    assert_eq!(shown["window"], 2_000, "bounded: {shown}");
    assert!(shown["next_training_unix_ms"].as_u64().is_some());
    let models = states(&shown);
    assert_eq!(models.len(), 1, "{shown}");
    assert_eq!(models[0].1, "champion");
    assert!(models[0].2, "in force");
    assert!(!shown["models"][0]["metrics"].as_array().unwrap().is_empty());

    // The panic may hit a reading of what the first training wrote instead.
    let (before, failed) = (0..20)
        .map(|_| {
            let before = states(&daemon.json("/api/v1/models"));
            daemon.drill_panics("trainer", 1);
            (before, next_training(&daemon))
        })
        .find(|(_, shown)| shown["last_training"]["results"] == json!([]))
        .expect("a training that fails");
    let faults = failed["faults"].to_string();
    assert!(faults.contains("core failed"), "{faults}");
    assert_eq!(states(&failed), before);

    // The next one works, and is asked for once.
    daemon.drill_stall("trainer", 3_000);
    assert_eq!(daemon.post("/api/v1/models/train", "").0, 202);
    let (status, told) = daemon.post("/api/v1/models/train", "");
    assert_eq!(status, 409, "{told}");
    let again = clock::eventually("a training that works", || {
        let shown = daemon.json("/api/v1/models");
        let results = shown["last_training"]["results"].as_array()?;
        (!results.is_empty() && shown["phase"] == "idle").then_some(shown)
    });
    let champion = states(&again)
        .into_iter()
        .find(|model| model.1 == "champion");
    assert_eq!(champion.as_ref(), Some(&models[0]), "{again}");
    daemon.leave();

    let daemon = Daemon::start_in(data.path(), &config(&pool), Manner::default());
    daemon.wait_ready();
    let (_, told) = daemon.post("/api/v1/models/reload", "");
    assert_eq!(told["outcome"], models[0].0.as_str(), "{told}");
}

#[test]
fn a_trained_model_takes_the_place_of_a_champion_that_can_not_be_read() {
    let data = tempfile::tempdir().unwrap();
    with_shares(data.path());
    let folder = made::folder(data.path());
    let bad = made::outcome(1);
    made::take_in(&folder, ModelSlot::Outcome, &bad, 1);
    std::fs::write(folder.file_of(ModelSlot::Outcome, bad.id), b"x").unwrap();
    let pool = FakePool::start();
    let daemon = Daemon::start_in(data.path(), &config(&pool), Manner::default());
    let shown = trained_for(&daemon, "there is no model yet");
    let models = states(&shown);
    let id = bad.id.to_string();
    let retired = models.iter().find(|model| model.0 == id).unwrap();
    assert_eq!((&*retired.1, retired.2), ("retired", false), "{shown}");
    let champion = models.iter().find(|model| model.1 == "champion").unwrap();
    assert!(champion.0 != id && champion.2, "{shown}");
    assert_eq!(shown["faults"], json!([]));
}

#[test]
fn a_change_of_the_registry_is_taken_up_by_itself_and_sighup_has_models_read() {
    let data = tempfile::tempdir().unwrap();
    let folder = made::folder(data.path());
    let models = [1, 2].map(made::outcome);
    for trained in &models {
        made::take_in(&folder, ModelSlot::Outcome, trained, 1);
    }
    let pool = FakePool::start();
    let config = config(&pool).set("learn.enabled", false);
    let daemon = Daemon::start_in(data.path(), &config, Manner::default());
    daemon.wait_ready();
    made::put_in_force(&folder, &[models[1].id], 2);
    clock::eventually("the other model in force", || {
        let shown = states(&daemon.json("/api/v1/models"));
        let other = models[1].id.to_string();
        shown
            .iter()
            .any(|model| model.0 == other && model.2)
            .then_some(())
    });
    daemon.signal("HUP");
    daemon.wait_message("models are read");
    let (status, told) = daemon.post("/api/v1/models/train", "");
    assert_eq!(status, 409, "{told}");
    assert!(told["error"].as_str().unwrap().contains("learn.enabled"));
}
