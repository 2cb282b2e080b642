//! A disk that is full, and a store whose core fails: shares go on.

use std::fs;

use serde_json::Value;
use zartrux::node::StoreFolders;

use crate::books::{Seen, check_journal};
use crate::farm::{self, Farm};
use crate::kills::check_store;
use crate::support::{Daemon, Manner, clock};

/// Fits the store's empty databases, and some thousand shares.
const ROOM_KIB: u32 = 768;

#[test]
fn with_a_full_disk_shares_go_on_and_what_was_written_is_there_when_there_is_room() {
    let data = tempfile::tempdir().unwrap();
    let pool = farm::pool();
    let config = farm::config(&pool).set("store.ack_wait", "\"20ms\"");
    let mut counter = 0;
    let manner = Manner {
        file_limit: Some(ROOM_KIB),
        ..Manner::default()
    };
    let daemon = Daemon::start_in(data.path(), &config, manner);
    let mut farm = Farm::new(daemon.miners, &pool, &mut counter, 8, 1);
    let failing = |daemon: &Daemon| daemon.json("/api/v1/store")["failing"]["why"].is_string();
    clock::eventually("a full disk", || {
        let answered = farm.answered();
        farm.mine_answered(answered + 200);
        failing(&daemon).then_some(())
    });
    let health = daemon.json("/health/actors/store");
    let note = health["note"].as_str().unwrap_or_default();
    assert!(note.contains("File too large"), "{health}");
    assert_eq!(health["state"], "degraded");
    // As long as it lasts, and through tries to write again.
    let answered = farm.answered();
    farm.mine_answered(answered + 1_000);
    farm.settle();
    let store = daemon.json("/api/v1/store");
    assert_eq!(store["shares_lost"], 0, "they wait");
    assert!(
        store["acknowledged_unrecorded"].as_u64().unwrap() >= 100,
        "{store}"
    );
    let shares = &daemon.json("/health")["counts"]["shares"];
    assert_eq!(
        (&shares["pending"], &shares["overload"]),
        (&0.into(), &0.into())
    );
    let accepted = shares["accepted"].as_u64().unwrap() + shares["credited"].as_u64().unwrap();
    // Some were not read: their miners had left.
    assert!(accepted >= farm.told().good.len() as u64);
    let recorded = store["shares_recorded"].as_u64().unwrap();
    assert!(!daemon.has_logged("panicked") && !daemon.has_logged("\"panic\""));
    daemon.leave();
    drop(farm.when_closed());

    let daemon = Daemon::start_in(data.path(), &config, Manner::default());
    let store = daemon.json("/api/v1/store");
    assert_eq!(store["failing"], Value::Null);
    let mut farm = Farm::new(daemon.miners, &pool, &mut counter, 8, 2);
    farm.mine_answered(300);
    farm.settle();
    daemon.leave();
    let told = farm.when_closed();
    let mut seen = Seen::default();
    seen.look(data.path(), &farm::jobs_of(&pool));
    seen.check_acknowledged(&told.good);
    assert!(seen.shares() >= recorded + told.good.len() as u64);
    seen.check_state(data.path());
}

#[test]
fn a_daemon_that_can_open_neither_ledger_nor_registry_serves_miners_all_the_same() {
    let data = tempfile::tempdir().unwrap();
    // Where the registry's folder should be is something else.
    let state = StoreFolders::below(data.path()).state;
    fs::create_dir_all(state.parent().unwrap()).unwrap();
    fs::write(&state, "no folder").unwrap();
    let pool = farm::pool();
    let config = farm::config(&pool).set("store.ack_wait", "\"20ms\"");
    let mut counter = 0;
    // And the ledger has no room.
    let manner = Manner {
        file_limit: Some(1),
        ..Manner::default()
    };
    let daemon = Daemon::start_in(data.path(), &config, manner);
    let mut farm = Farm::new(daemon.miners, &pool, &mut counter, 4, 4);
    farm.mine_answered(200);
    farm.settle();
    for actor in ["store", "registry"] {
        let health = daemon.json(&format!("/health/actors/{actor}"));
        assert_ne!(health["state"], "running", "{health}");
    }
    assert!(daemon.json("/api/v1/store")["failing"]["why"].is_string());
    assert!(!daemon.has_logged("panicked") && !daemon.has_logged("\"panic\""));
    daemon.leave();
    let told = farm.when_closed();
    assert!(told.good.len() > 10, "shares were accepted");

    // When all is well again the next run stores.
    fs::remove_file(&state).unwrap();
    let daemon = Daemon::start_in(data.path(), &config, Manner::default());
    let mut farm = Farm::new(daemon.miners, &pool, &mut counter, 4, 5);
    farm.mine_answered(100);
    farm.settle();
    assert_eq!(daemon.json("/api/v1/store")["failing"], Value::Null);
    daemon.leave();
    drop(farm.when_closed());
}

#[test]
fn faults_of_the_stores_core_lose_and_double_no_acknowledged_share() {
    const FAULTS: usize = 12;
    let data = tempfile::tempdir().unwrap();
    let pool = farm::pool();
    let config = farm::config(&pool);
    let mut counter = 0;
    let manner = Manner {
        drill: true,
        ..Manner::default()
    };
    let daemon = Daemon::start_in(data.path(), &config, manner);
    let generations = || {
        let actors = daemon.json("/health/actors");
        let actors = actors.as_array().unwrap().iter();
        let of = |actor: &Value| (actor["name"].to_string(), actor["generation"].as_u64());
        let others = actors.filter(|actor| actor["name"] != "store");
        others
            .map(of)
            .filter(|(name, _)| !name.contains("pool"))
            .collect::<Vec<_>>()
    };
    let generation = || {
        daemon.json("/health/actors/store")["generation"]
            .as_u64()
            .unwrap()
    };
    let mut farm = Farm::new(daemon.miners, &pool, &mut counter, 8, 3);
    farm.mine_answered(50);
    let (before, first) = (generations(), generation());
    for fault in 1..=FAULTS as u64 {
        daemon.drill_panics("store", 1);
        clock::eventually("the fault, and the store back at work", || {
            farm.mine();
            let back = daemon.json("/api/v1/store")["failing"] == Value::Null;
            (back && generation() == first + fault).then_some(())
        });
    }
    assert_eq!(generations(), before, "no other actor was touched");
    // It leaves while the store waits for its next try.
    let last = generation() + 1;
    daemon.drill_panics("store", 1);
    clock::eventually("the last fault", || {
        farm.mine();
        (generation() == last).then_some(())
    });
    let answered = farm.answered();
    farm.mine_answered(answered + 50);
    daemon.leave();
    let told = farm.when_closed();
    let mut seen = Seen::default();
    seen.look(data.path(), &farm::jobs_of(&pool));
    seen.check_acknowledged(&told.good);
    seen.check_state(data.path());
    assert_eq!(check_journal(data.path()), 1);
    let daemon = Daemon::start_in(data.path(), &config, Manner::default());
    check_store(&daemon);
}
