//! The real program, its file and its signals.

use std::fs;
use std::path::Path;

use crate::before;
use crate::support::{Answer, Config, Daemon, FakePool, Manner, OnSubmit, Script, SimMiner, clock};

fn text(config: &Config, folder: &Path) -> String {
    // As the daemon was started.
    config
        .clone()
        .set("node.log_format", "\"json\"")
        .toml(folder)
}

#[test]
fn at_sighup_and_when_it_is_asked_over_http_it_takes_what_the_file_says() {
    let pool = FakePool::start();
    let config = before(&[&pool]).set("node.watch", "false");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    let daemon = Daemon::start_in(folder.path(), &config, Manner::default());
    daemon.wait_ready();
    let mut miner = SimMiner::joined(daemon.miners, "rig");
    assert!(daemon.json("/health")["last_reload"].is_null());

    let drain = |time: &str| config.clone().set("node.drain", time);
    fs::write(&file, text(&drain("\"3s\""), folder.path())).unwrap();
    daemon.signal("HUP");
    daemon.wait_message("settings: node.drain: \"2s\" → \"3s\"");
    clock::eventually("the reload to be shown", || {
        let last = &daemon.json("/health")["last_reload"];
        (last["applied"] == true && last["asked_by"] == "SIGHUP").then_some(())
    });

    // The log's filter too.
    let quiet = drain("\"4s\"").set("node.log", "\"error\"");
    fs::write(&file, text(&quiet, folder.path())).unwrap();
    let (status, answer) = daemon.post("/api/v1/reload", "");
    assert_eq!(
        (status, &answer["applied"]),
        (200, &true.into()),
        "{answer}"
    );
    let keys: Vec<_> = answer["changes"].as_array().unwrap().iter().collect();
    assert_eq!(keys.len(), 2, "{answer}");
    assert_eq!(keys[1]["key"], "node.drain");
    assert_eq!(keys[1]["old"], "\"3s\"");
    assert_eq!(keys[1]["new"], "\"4s\"");

    fs::write(&file, "[node]\nlanes = 0\ndrain = 7\n").unwrap();
    let (status, answer) = daemon.post("/api/v1/reload", "");
    assert_eq!(
        (status, &answer["applied"]),
        (422, &false.into()),
        "{answer}"
    );
    let faults = answer["faults"].as_array().unwrap();
    assert!(faults.len() >= 3, "with the pool that is missing: {answer}");
    assert_eq!(faults[0]["line"], 2);
    assert_eq!(faults[0]["key"], "node.lanes");

    fs::write(&file, text(&quiet.set("node.lanes", 2), folder.path())).unwrap();
    let (status, answer) = daemon.post("/api/v1/reload", "");
    assert_eq!(status, 422, "{answer}");
    assert_eq!(answer["changes"][0]["needs_restart"], true);
    let page = daemon.post_with("/api/v1/reload", "Origin: http://elsewhere\r\n", "");
    assert_eq!(page.0, 403, "not for pages of others");
    assert!(miner.keep_alive().is_ok());
}

#[test]
fn a_change_of_the_file_is_noticed_once_however_it_is_written() {
    let pool = FakePool::start();
    let config = before(&[&pool]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    let daemon = Daemon::start_in(folder.path(), &config, Manner::default());
    daemon.wait_ready();
    let drain = |time: &str| text(&config.clone().set("node.drain", time), folder.path());

    // In place.
    fs::write(&file, drain("\"3s\"")).unwrap();
    daemon.wait_message("settings: node.drain: \"2s\" → \"3s\"");
    // The same text again says nothing new, neither does another file of the folder.
    fs::write(&file, drain("\"3s\"")).unwrap();
    fs::write(folder.path().join("other.toml"), "nothing").unwrap();
    // Another file takes its name.
    let fresh = folder.path().join(".settings.toml.swp");
    fs::write(&fresh, drain("\"4s\"")).unwrap();
    fs::rename(&fresh, &file).unwrap();
    daemon.wait_message("settings: node.drain: \"3s\" → \"4s\"");
    fs::write(&file, "[node]\ndrain = 7\n").unwrap();
    daemon.wait_message("settings are refused");
    assert_eq!(daemon.times_logged("settings are read"), 2);
    assert_eq!(daemon.times_logged("settings are refused"), 1);

    // It may be told not to look.
    let off = config.clone().set("node.watch", "false");
    fs::write(&file, text(&off, folder.path())).unwrap();
    daemon.wait_message("settings: node.watch: true → false");
    fs::write(&file, drain("\"5s\"")).unwrap();
    daemon.wait_message("the settings file has changed; node.watch is off");
    daemon.leave();
}

#[test]
fn while_it_leaves_it_takes_nothing() {
    let pool = FakePool::with(Script::answering(OnSubmit::Always(Answer::Silent)));
    let config = before(&[&pool]).set("node.drain", "\"60s\"");
    let folder = tempfile::tempdir().unwrap();
    let mut daemon = Daemon::start_in(folder.path(), &config, Manner::default());
    daemon.wait_ready();
    let mut miner = SimMiner::joined(daemon.miners, "rig");
    miner.submit_good(1);
    let submit = pool.wait_submits(1).remove(0);
    daemon.signal("TERM");
    clock::eventually("it to leave", || {
        (daemon.json("/health/ready")["ready"] == false).then_some(())
    });
    let (status, answer) = daemon.post("/api/v1/reload", "");
    assert_eq!(status, 503, "{answer}");
    assert_eq!(
        answer["error"],
        "the process is leaving; nothing was changed"
    );
    pool.answer(&submit, Answer::Accept);
    assert_eq!(daemon.wait_end().code(), Some(0));
}
