//! The real program: how it leaves, and what its exit code says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Output;

use support::daemon::run_to_end;
use support::{Answer, Config, Daemon, FakePool, OnSubmit, Script, SimMiner, clock};
use tempfile::TempDir;

fn silent_pool() -> FakePool {
    FakePool::with(Script::answering(OnSubmit::Always(Answer::Silent)))
}

fn refuses(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_err()
}

#[test]
fn told_to_stop_it_takes_no_more_miners_and_settles_what_is_pending() {
    for signal in ["TERM", "INT"] {
        let pool = silent_pool();
        let mut daemon = Daemon::start(&Config::on(&pool).set("node.drain", "\"60s\""));
        daemon.wait_ready();
        let mut miner = SimMiner::joined(daemon.miners, "rig");
        let mut idle = SimMiner::joined(daemon.miners, "idle");
        let requests: Vec<_> = (1..=3).map(|low| miner.submit_good(low)).collect();
        let submits = pool.wait_submits(3);

        daemon.signal(signal);
        clock::eventually("new connections to be refused", || {
            refuses(daemon.miners).then_some(())
        });
        let readiness = daemon.json("/health/ready");
        assert_eq!(readiness["ready"], false);
        assert_eq!(readiness["reasons"][0], "leaving: no new miners are taken");
        assert!(!daemon.has_ended(), "three shares are pending");
        // Who is connected goes on while it lasts.
        assert!(idle.keep_alive().is_ok());
        let late = idle.submit_good(1);
        pool.answer(&pool.wait_submits(4)[3], Answer::Accept);
        assert!(idle.reply_to(late).is_ok());

        let verdicts = [
            Answer::Accept,
            Answer::refuse("Low difficulty share"),
            Answer::Accept,
        ];
        for (submit, verdict) in submits.iter().zip(verdicts) {
            assert!(!daemon.has_ended());
            pool.answer(submit, verdict);
        }
        assert!(miner.reply_to(requests[0]).is_ok());
        assert!(miner.reply_to(requests[1]).is_err());
        assert!(miner.reply_to(requests[2]).is_ok());
        assert_eq!(daemon.wait_end().code(), Some(0), "SIG{signal}");
        assert!(miner.expect_closed().is_empty());
        assert!(
            idle.expect_closed().is_empty(),
            "so that its failover works"
        );
        pool.wait_closed(1);
    }
}

#[test]
fn it_waits_for_a_pool_that_does_not_answer_as_long_as_it_may_and_no_longer() {
    let pool = silent_pool();
    let mut daemon = Daemon::start(&Config::on(&pool).set("node.drain", "\"1s\""));
    daemon.wait_ready();
    let mut miner = SimMiner::joined(daemon.miners, "rig");
    miner.submit_good(1);
    pool.wait_submits(1);
    daemon.signal("TERM");
    daemon.wait_message("left with shares that were not settled in time");
    assert_eq!(daemon.wait_end().code(), Some(0));
}

#[test]
fn told_twice_it_leaves_at_once() {
    let pool = silent_pool();
    let mut daemon = Daemon::start(&Config::on(&pool).set("node.drain", "\"10m\""));
    daemon.wait_ready();
    let mut miner = SimMiner::joined(daemon.miners, "rig");
    miner.submit_good(1);
    pool.wait_submits(1);
    daemon.signal("TERM");
    daemon.wait_message("stopping");
    clock::eventually("the end", || {
        if !daemon.has_ended() {
            daemon.signal("TERM");
        }
        daemon.has_ended().then_some(())
    });
    assert_eq!(daemon.wait_end().code(), Some(1), "not all was done");
}

#[test]
fn with_nothing_pending_it_leaves_at_once() {
    let pool = FakePool::start();
    let mut daemon = Daemon::start(&Config::on(&pool).set("node.drain", "\"10m\""));
    daemon.wait_ready();
    let mut miner = SimMiner::joined(daemon.miners, "rig");
    daemon.signal("TERM");
    assert_eq!(daemon.wait_end().code(), Some(0));
    assert!(miner.expect_closed().is_empty());
}

/// A folder with a settings file.
fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_wrong_configuration_is_told_whole_with_keys_and_lines_and_code_78() {
    let text = "[miners]\n\
                listen = [\"127.0.0.1:0\"]\n\
                idle_timeot = \"5s\"\n\
                login_hold = \"soon\"\n\
                \n\
                [[pool]]\n\
                url = \"stratum+tcp://127.0.0.1:1\"\n";
    let (folder, path) = file(text);
    for command in ["run", "check"] {
        let args = [command, "--config", path.to_str().unwrap()];
        let output = run_to_end(folder.path(), &args);
        assert_eq!(output.status.code(), Some(78), "{command}");
        let told = errors(&output);
        for (line, key) in [
            (3, "miners.idle_timeot"),
            (4, "miners.login_hold"),
            (6, "pool[0].user"),
        ] {
            let place = format!("{}:{line}: {key}: ", path.display());
            assert!(told.contains(&place), "{place}: {told}");
        }
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_missing_file_and_a_missing_pool_are_faults_of_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    for args in [
        &["run", "--config", "nowhere.toml"][..],
        &["run"],
        &["check"],
        &["run", "--pool", "no url", "--user", "w"],
        &[
            "check",
            "--prove",
            "quickly",
            "--pool",
            "stratum+tcp://127.0.0.1:1",
            "--user",
            "w",
        ],
    ] {
        let output = run_to_end(folder.path(), args);
        assert_eq!(output.status.code(), Some(78), "{args:?}");
        assert!(!errors(&output).is_empty());
    }
}

#[test]
fn a_good_configuration_is_checked_without_being_run() {
    let (folder, path) = file(
        "[miners]\nlisten = [\"127.0.0.1:0\"]\n\
         [[pool]]\nurl = \"stratum+tcp://127.0.0.1:1\"\nuser = \"wallet\"\npass = \"hush-hush\"\n",
    );
    let output = run_to_end(
        folder.path(),
        &["check", "--config", path.to_str().unwrap()],
    );
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("The configuration is good."), "{told}");
    assert!(
        !told.contains("hush-hush"),
        "passwords are for nobody's eyes"
    );
}

#[test]
fn a_wrong_command_line_is_code_64_and_asking_for_help_is_none() {
    let folder = tempfile::tempdir().unwrap();
    for args in [
        &["run", "--lanes", "many"][..],
        &["run", "--no-such-flag"],
        &["swim"],
        &[],
    ] {
        let output = run_to_end(folder.path(), args);
        assert_eq!(output.status.code(), Some(64), "{args:?}");
        assert!(!output.stderr.is_empty());
    }
    for args in [&["--help"][..], &["--version"], &["run", "--help"]] {
        let output = run_to_end(folder.path(), args);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(!output.stdout.is_empty());
    }
}

#[test]
fn an_upstream_that_is_required_and_does_not_serve_is_code_69() {
    let pool = FakePool::start();
    pool.go_down();
    let config = Config::on(&pool)
        .set("failover.connect_timeout", "\"500ms\"")
        .set("failover.response_timeout", "\"500ms\"");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    fs::write(&path, config.toml(folder.path())).unwrap();
    let args = [
        "run",
        "--require-upstream",
        "--config",
        path.to_str().unwrap(),
    ];
    let output = run_to_end(folder.path(), &args);
    assert_eq!(output.status.code(), Some(69), "{}", errors(&output));
    assert!(errors(&output).contains("no upstream served in time"));
}

#[test]
fn an_address_that_is_taken_is_named() {
    let pool = FakePool::start();
    let taken = pool.address();
    let config = Config::on(&pool).set("miners.listen", format!("[\"{taken}\"]"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    fs::write(&path, config.toml(folder.path())).unwrap();
    let args = ["run", "--config", path.to_str().unwrap()];
    let output = run_to_end(folder.path(), &args);
    assert_eq!(output.status.code(), Some(70), "{}", errors(&output));
    assert!(
        errors(&output).contains(&taken.to_string()),
        "{}",
        errors(&output)
    );
}
