//! Files of models that are damaged or of another kind.

use std::fs;

use serde::{Deserialize, Serialize};
use zartrux_models::filter::ModelId;
use zartrux_models::learn::artifact::{self, DataFacts, Digest, Learnt};
use zartrux_models::learn::outcome::LogisticOutcome;
use zartrux_models::ledger::{JournalEvent, ModelChange, ModelSlot};

use crate::books::{journal, shares_above};
use crate::farm;
use crate::made;
use crate::support::{Config, Daemon, FakePool, Manner, SimMiner, clock};

/// As an earlier version wrote it.
#[derive(Serialize, Deserialize)]
struct Older;

impl Learnt for Older {
    const SLOT: ModelSlot = ModelSlot::Outcome;
    const SCHEMA: u16 = 0;

    fn features() -> Digest {
        LogisticOutcome::features()
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn answers(&self) -> Vec<f64> {
        Vec::new()
    }
}

fn config(pool: &FakePool) -> Config {
    farm::config(pool).set("learn.enabled", false)
}

/// The model of outcomes that is in force; none where there is none.
fn in_force(daemon: &Daemon) -> Option<String> {
    let (status, told) = daemon.post("/api/v1/models/reload", "");
    assert_eq!(status, 200, "{told}");
    told["outcome"].as_str().map(str::to_owned)
}

#[test]
fn a_file_that_is_damaged_or_of_another_kind_is_refused_with_its_reason_and_the_model_serves_on() {
    let data = tempfile::tempdir().unwrap();
    let folder = made::folder(data.path());
    let good = made::outcome(1);
    made::take_in(&folder, ModelSlot::Outcome, &good, 1);
    let pool = farm::pool();
    let daemon = Daemon::start_in(data.path(), &config(&pool), Manner::default());
    daemon.wait_ready();
    let mut miner = SimMiner::joined(daemon.miners, "rig");

    let mut tampered = good.file.clone();
    let middle = tampered.len() / 2;
    tampered[middle] ^= 1;
    let truncated = good.file[..middle].to_vec();
    let older = artifact::write(&Older, DataFacts::default(), 1, None, Vec::new()).unwrap();
    let of_rigs = made::behaviour(1).file;
    let bad = [
        (tampered, "was changed or damaged"),
        (truncated, "is cut short"),
        (older, "has schema 0"),
        (of_rigs, "is a model of behaviour, not of outcome"),
        (b"nonsense".to_vec(), "is no model"),
        (Vec::new(), "is no model"),
        (made::outcome(2).file, "is model "),
    ];
    let file = folder.file_of(ModelSlot::Outcome, good.id);
    let mut number = 0;
    for (bytes, why) in &bad {
        fs::write(&file, bytes).unwrap();
        assert_eq!(in_force(&daemon), Some(good.id.to_string()), "{why}");
        let faults = daemon.json("/api/v1/models")["faults"].to_string();
        assert!(faults.contains(why), "not {why:?}: {faults}");
        assert!(daemon.has_logged(why), "{why}");
        number += 1;
        let request = miner.submit_good(number);
        assert!(miner.reply_to(request).is_ok());
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(in_force(&daemon), Some(good.id.to_string()));
    fs::write(&file, &good.file).unwrap();
    clock::eventually("no faults", || {
        let faults = daemon.json("/api/v1/models")["faults"].clone();
        (faults == serde_json::json!([])).then_some(())
    });
    daemon.leave();

    let (entries, _) = shares_above(data.path(), 0);
    assert_eq!(entries.len(), bad.len());
    for entry in entries {
        assert_eq!(entry.models, [None, Some(good.id)]);
    }
    let refused = journal(data.path())
        .iter()
        .filter(|entry| {
            matches!(
                entry.event,
                JournalEvent::ModelEvent {
                    change: ModelChange::Refused,
                    id: Some(id),
                    ..
                } if id == good.id
            )
        })
        .count();
    assert!(refused >= 5, "{refused}");
}

#[test]
fn at_the_start_with_a_bad_champion_the_one_before_serves_and_without_one_none() {
    let data = tempfile::tempdir().unwrap();
    let folder = made::folder(data.path());
    let models = [1, 2].map(made::outcome);
    for trained in &models {
        made::take_in(&folder, ModelSlot::Outcome, trained, 1);
    }
    let [before, champion]: [ModelId; 2] = [models[0].id, models[1].id];
    made::put_in_force(&folder, &[champion], 2);
    let pool = farm::pool();
    for (id, serves) in [(champion, Some(before)), (before, None)] {
        fs::write(folder.file_of(ModelSlot::Outcome, id), b"nonsense").unwrap();
        let daemon = Daemon::start_in(data.path(), &config(&pool), Manner::default());
        daemon.wait_ready();
        let mut miner = SimMiner::joined(daemon.miners, "rig");
        let request = miner.submit_good(1);
        assert!(miner.reply_to(request).is_ok());
        assert_eq!(in_force(&daemon), serves.map(|id| id.to_string()));
        daemon.leave();
        let (entries, _) = shares_above(data.path(), 0);
        assert_eq!(entries.last().unwrap().models, [None, serves]);
    }
}

#[test]
fn a_registry_that_is_none_is_told_and_the_program_starts_without_models() {
    let data = tempfile::tempdir().unwrap();
    let folder = made::folder(data.path());
    made::take_in(&folder, ModelSlot::Outcome, &made::outcome(1), 1);
    fs::write(folder.root().join("roster.json"), b"nonsense").unwrap();
    let pool = FakePool::start();
    let daemon = Daemon::start_in(data.path(), &config(&pool), Manner::default());
    daemon.wait_ready();
    let (status, told) = daemon.post("/api/v1/models/reload", "");
    assert_eq!(status, 503, "{told}");
    assert!(told["error"].as_str().unwrap().contains("roster.json"));
    let faults = daemon.json("/api/v1/models")["faults"].to_string();
    assert!(faults.contains("roster.json"), "{faults}");
}
