//! The log: one object a line where programs read it, priorities where the journal does, and never a
//! secret.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use serde_json::Value;
use zartrux::demo::wire::Login;

use crate::launched::{How, Launched};
use crate::support::{Config, FakePool, SimMiner, clock, http};

/// The keys that every line has.
fn assert_shape(line: &str) {
    let entry: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    let level = entry["level"].as_str().unwrap();
    assert!(
        ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].contains(&level),
        "{line}"
    );
    assert!(
        entry["timestamp"].as_str().unwrap().starts_with("20"),
        "{line}"
    );
    assert!(entry["target"].is_string(), "{line}");
    assert!(entry["fields"].is_object(), "{line}");
}

#[test]
fn as_json_each_line_is_an_object_with_the_same_keys_to_the_last_words() {
    let pool = FakePool::start();
    let config = Config::on(&pool)
        .set("node.log_format", "\"json\"")
        .set("node.log", "\"trace\"");
    let how = How {
        flags: vec!["--drill"],
        ..How::default()
    };
    let mut program = Launched::run(&config, &how);
    program.wait_ready();
    let monitor = program.monitor();
    // A panic that is caught, and a lane that never answers again.
    assert_eq!(http::post(monitor, "/drill/lane0/judge/panic").status, 200);
    assert_eq!(
        http::post(monitor, "/drill/lane0/planner/stall?ms=60000").status,
        200
    );
    assert_eq!(program.wait_end().code(), Some(70));
    let log = program.log();
    assert!(log.len() > 10);
    for line in &log {
        assert_shape(line);
    }
    let last: Value = serde_json::from_str(log.last().unwrap()).unwrap();
    let message = last["fields"]["message"].as_str().unwrap();
    assert!(message.contains("lane 0 has not answered"), "{message}");
    assert!(last["fields"]["details"].as_array().unwrap().len() > 3);
}

#[test]
fn at_the_highest_level_no_secret_reaches_the_log() {
    let wallet = format!("4{}", "Wallet7secret".repeat(8).get(..94).unwrap());
    let (of_pool, of_rig) = ("hunter2-of-the-pool", "hunter3-of-a-rig");
    let pool = FakePool::start();
    for format in ["text", "json"] {
        let config = Config::on(&pool)
            .set("node.log", "\"trace\"")
            .set("node.log_format", format!("\"{format}\""));
        let how = How {
            flags: vec!["--user", &wallet, "--pass", of_pool],
            ..How::default()
        };
        let mut program = Launched::run(&config, &how);
        program.wait_ready();
        let mut miner = SimMiner::connect(program.miners());
        let login = Login {
            login: wallet.clone(),
            pass: of_rig.to_owned(),
            agent: "XMRig/6.26.0".to_owned(),
            rigid: None,
            algo: vec!["rx/0".to_owned()],
        };
        miner.log_in_as(&login).unwrap();
        let share = miner.submit_good(1);
        assert!(miner.reply_to(share).is_ok());
        program.signal("TERM");
        assert_eq!(program.wait_end().code(), Some(0));
        let log = program.log().join("\n");
        assert!(log.contains("TRACE"), "the highest level was on");
        for secret in [wallet.as_str(), of_pool, of_rig] {
            assert!(!log.contains(secret), "{format}: {secret} in\n{log}");
        }
    }
}

#[test]
fn lines_for_the_journal_begin_with_their_priority_and_others_do_not() {
    let pool = FakePool::start();
    // A file stands for the journal's socket: what counts is that it is the standard error.
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let file = fs::File::create(&log).unwrap();
    let meta = file.metadata().unwrap();
    let same = format!("{}:{}", meta.dev(), meta.ino());
    let before = format!("exec 2> '{}'", log.display());
    for (stream, is_journal) in [(same, true), ("1:1".to_owned(), false)] {
        fs::write(&log, "").unwrap();
        let how = How {
            env: vec![("JOURNAL_STREAM", stream)],
            before: &before,
            ..How::default()
        };
        let mut program = Launched::run(&Config::on(&pool), &how);
        clock::eventually("the start", || {
            let text = fs::read_to_string(&log).unwrap();
            text.contains("monitor at").then_some(())
        });
        program.signal("TERM");
        assert_eq!(program.wait_end().code(), Some(0));
        let text = fs::read_to_string(&log).unwrap();
        for line in text.lines() {
            let is_marked = ["<3>", "<4>", "<6>", "<7>"]
                .iter()
                .any(|it| line.starts_with(it));
            assert_eq!(is_marked, is_journal, "{line}");
        }
        // That nothing is proved is warned of.
        assert_eq!(text.contains("<4>"), is_journal, "{text}");
    }
}

#[test]
fn a_rig_with_a_hostile_name_writes_no_line_of_its_own() {
    let pool = FakePool::start();
    let config = Config::on(&pool).set("node.log", "\"trace\"");
    let mut program = Launched::run(&config, &How::default());
    program.wait_ready();
    let name = "rig\n2026-01-01T00:00:00Z ERROR forged\u{1b}[31m";
    let _miner = SimMiner::joined(program.miners(), name);
    program.signal("TERM");
    assert_eq!(program.wait_end().code(), Some(0));
    let log = program.log();
    assert!(
        log.iter().all(|line| !line.starts_with("2026-01-01")),
        "{log:?}"
    );
    assert!(
        log.iter().all(|line| !line.contains("\u{1b}[31m")),
        "{log:?}"
    );
}
