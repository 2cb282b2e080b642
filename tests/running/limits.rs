//! The limit of open files, as a shell sets it for the program.

use serde_json::Value;

use crate::launched::{How, Launched};
use crate::support::{Config, FakePool, SimMiner, http};

fn under(limit: u32) -> String {
    format!("ulimit -n {limit}")
}

#[test]
fn the_default_is_lowered_to_what_the_system_allows_and_that_is_told() {
    let pool = FakePool::start();
    let before = under(2048);
    let how = How {
        before: &before,
        ..How::default()
    };
    let program = Launched::run(&Config::on(&pool), &how);
    program.wait_ready();
    let warned = |line: &str| {
        line.contains("further miners are turned away")
            .then_some(())
    };
    program.wait("a warning", warned);
    let answer = http::get(program.monitor(), "/health");
    let health: Value = serde_json::from_str(&answer.body).unwrap();
    let room = &health["descriptors"];
    assert_eq!(room["descriptors"], 2048);
    assert_eq!(room["lowered_from"], 100_000);
    let allowed = room["max_connections"].as_u64().unwrap();
    assert!((1_000..2_048).contains(&allowed), "{room}");
    let _miner = SimMiner::joined(program.miners(), "rig");
}

#[test]
fn a_limit_of_which_only_the_soft_part_is_low_is_raised() {
    let pool = FakePool::start();
    let how = How {
        before: "ulimit -S -n 300",
        ..How::default()
    };
    let config = Config::on(&pool).set("miners.max_connections", 1000);
    let program = Launched::run(&config, &how);
    program.wait_ready();
    let answer = http::get(program.monitor(), "/health");
    let health: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(health["descriptors"]["max_connections"], 1000);
    assert_eq!(health["descriptors"]["lowered_from"], Value::Null);
}

#[test]
fn a_number_of_miners_that_was_chosen_and_does_not_fit_is_refused_at_the_start() {
    let pool = FakePool::start();
    let before = under(2048);
    let how = How {
        before: &before,
        ..How::default()
    };
    let config = Config::on(&pool).set("miners.max_connections", 50_000);
    let mut program = Launched::run(&config, &how);
    assert_eq!(program.wait_end().code(), Some(78));
    let log = program.log().join("\n");
    assert!(
        log.contains("miners.max_connections: 50000 miners need"),
        "{log}"
    );
    assert!(log.contains("LimitNOFILE="), "{log}");
    assert!(!log.contains("miners connect here"), "{log}");
}
