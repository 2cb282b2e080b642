//! What a restart remembers of rigs.

use serde_json::Value;

use crate::farm;
use crate::support::{Config, Daemon, FakePool, Manner, SimMiner, clock};

/// The registry's entry of a rig, once it is as wanted.
fn rig_when(daemon: &Daemon, user: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    clock::eventually(&format!("{user} in the registry"), || {
        let list = daemon.json("/api/v1/registry");
        let rigs = list["rigs"].as_array()?;
        let rig = rigs.iter().find(|rig| rig["user"] == user)?;
        wanted(rig).then(|| rig.clone())
    })
}

#[test]
fn a_rig_in_quarantine_is_in_quarantine_after_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let pool = FakePool::start();
    let config = Config::on(&pool)
        .set("prove.mode", "\"light\"")
        .set("prove.threads", 1)
        .set("prove.deadline_unknown", "\"60s\"");
    let daemon = Daemon::start_in(data.path(), &config, Manner::default());
    daemon.wait_ready();
    let mut liar = SimMiner::joined(daemon.miners, "liar");
    let mut other = SimMiner::joined(daemon.miners, "other");
    let request = liar.submit_good(1);
    assert!(liar.reply_to(request).is_err(), "its hash is another one");
    rig_when(&daemon, "liar", |rig| rig["presence"] == "quarantined");
    drop(other.keep_alive());
    daemon.kill();

    let daemon = Daemon::start_in(data.path(), &config, Manner::default());
    daemon.wait_ready();
    rig_when(&daemon, "liar", |rig| rig["presence"] == "quarantined");
    let mut liar = SimMiner::joined(daemon.miners, "liar");
    let request = liar.submit_good(1);
    assert!(liar.reply_to(request).is_err());
    let rigs = daemon.json("/api/v1/rigs?standing=quarantined");
    assert_eq!(rigs["rigs"][0]["user"], "liar", "{rigs}");
    assert!(pool.submits().is_empty());
}

#[test]
fn what_is_known_of_a_rig_and_how_fast_it_is_survives_a_stop_and_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let pool = farm::pool();
    let config = farm::config(&pool);
    let daemon = Daemon::start_in(data.path(), &config, Manner::default());
    daemon.wait_ready();
    let mut miner = SimMiner::joined(daemon.miners, "fast");
    let start = miner.target().difficulty();
    for low in 1..=200 {
        let request = miner.submit_good(low);
        assert!(miner.reply_to(request).is_ok());
    }
    let known = rig_when(&daemon, "fast", |rig| rig["shares"]["credited"] == 200);
    daemon.leave();
    for kill in [true, false] {
        let daemon = Daemon::start_in(data.path(), &config, Manner::default());
        daemon.wait_ready();
        let again = rig_when(&daemon, "fast", |_| true);
        for fact in [
            "first_seen_unix_ms",
            "last_share_unix_ms",
            "shares",
            "mined_seconds",
        ] {
            assert_eq!(again[fact], known[fact], "{fact}");
        }
        assert!(again["last_seen_unix_ms"].as_u64() >= known["last_seen_unix_ms"].as_u64());
        let miner = SimMiner::joined(daemon.miners, "fast");
        let difficulty = miner.target().difficulty();
        assert!(difficulty > 50 * start, "{difficulty}, not {start}");
        if kill {
            daemon.kill();
        } else {
            daemon.leave();
        }
    }
}
