//! Whom an upgrade is told, and who may ask for one.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use crate::farm::{Farm, PROGRAM};
use crate::support::{Config, FakePool, SimMiner};

#[test]
fn where_no_daemon_runs_the_command_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(PROGRAM)
        .args(["upgrade", "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(
        words.starts_with("no daemon runs with this data folder"),
        "{words}"
    );
}

#[test]
fn a_program_that_no_daemon_has_started_is_no_successor() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(PROGRAM)
        .args(["run", "--successor", "--data"])
        .arg(folder.path())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(70));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(
        words.contains("--successor is for `zartrux upgrade`"),
        "{words}"
    );
}

#[test]
fn the_service_manager_is_told_of_the_new_main_process_before_that_speaks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let pool = FakePool::start();
    let env = [
        ("NOTIFY_SOCKET", path.display().to_string()),
        ("WATCHDOG_USEC", "2000000".to_owned()),
    ];
    let mut farm = Farm::start_with(&Config::on(&pool), &env);
    let _miner = SimMiner::joined(farm.miners, "rig");
    let mut heard: Vec<String> = Vec::new();
    let mut wait = |what: &str| {
        let mut buffer = [0; 4096];
        loop {
            let length = socket.recv(&mut buffer).unwrap();
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let found = text.contains(what);
            heard.push(text);
            if found {
                return heard.clone();
            }
        }
    };
    wait("STATUS=serving 1 miner");
    farm.upgraded();
    let successor = farm.wait_successor();
    let told = wait("MAINPID=");
    assert_eq!(
        told.last().unwrap(),
        &format!("MAINPID={successor}\nREADY=1\n")
    );
    let ready = |told: &[String]| told.iter().filter(|it| *it == "READY=1\n").count();
    assert_eq!(ready(&told), 1, "only the first has spoken: {told:?}");
    // The successor goes on, with its own signs of life.
    let told = wait("STATUS=serving");
    assert_eq!(ready(&told), 2);
    wait("WATCHDOG=1");
    assert_eq!(farm.wait_first_end().code(), Some(0));
}

#[test]
fn the_control_socket_is_the_users_own_and_goes_with_the_daemon() {
    let pool = FakePool::start();
    let mut farm = Farm::start(&Config::on(&pool));
    let socket = farm.folder().join("control.sock");
    let mode = socket.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    farm.signal(farm.first(), "TERM");
    assert_eq!(farm.wait_first_end().code(), Some(0));
    assert!(!socket.exists());
}
