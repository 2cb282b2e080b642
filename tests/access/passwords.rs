//! One password for all, or one for each.

use std::fmt::Write as _;
use std::path::PathBuf;

use tempfile::TempDir;
use zartrux::demo::wire::{Fault, Login};
use zartrux_actors::doorkeeper::DoorSettings;

use crate::support::{Config, FakePool, Proxy, SimMiner};

/// Of the password `right`, and computed within microseconds.
const QUICK: &str =
    "$argon2id$v=19$m=8,t=1,p=1$c2FsdCBvZiB0aGUgdGVzdA$rJDcCyA+m4eB/rGiVTxOu6ogDyBhE+WoKzWpZllC72Y";
/// Of the password `right`, and computed within some milliseconds.
const SLOW: &str = "$argon2id$v=19$m=4096,t=1,p=1$c2FsdCBvZiB0aGUgdGVzdA$bEGzjRMlcl8TN2ROM0BaM3KUz/FSRFzY1+YZmUCBwjI";

fn login(user: &str, rig: Option<&str>, pass: &str) -> Login {
    Login {
        login: user.to_owned(),
        pass: pass.to_owned(),
        agent: "XMRig/6.26.0".to_owned(),
        rigid: rig.map(str::to_owned),
        algo: vec!["rx/0".to_owned()],
    }
}

fn try_login(proxy: &Proxy, as_whom: &Login) -> Result<SimMiner, Fault> {
    let mut miner = SimMiner::connect(proxy.miners());
    match miner.log_in_as(as_whom) {
        Ok(_) => Ok(miner),
        Err(fault) => {
            assert!(miner.expect_closed().is_empty(), "xmrig would stay, idle");
            Err(fault)
        }
    }
}

fn text(answer: Result<SimMiner, Fault>) -> String {
    answer.err().expect("a refusal").message
}

/// A file of these lines.
fn file(lines: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    std::fs::write(&path, lines).unwrap();
    (folder, path)
}

fn with_file(pool: &FakePool, path: &std::path::Path) -> Config {
    Config::on(pool).set("miners.credentials", format!("\"{}\"", path.display()))
}

#[test]
fn the_one_password_lets_in_and_no_other_does() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.password", "\"hunter2\""));
    let mut miner = try_login(&proxy, &login("rig", None, "hunter2")).unwrap();
    let id = miner.submit_good(1);
    assert!(miner.reply_to(id).is_ok());
    for wrong in ["", "hunter", "hunter22", "HUNTER2"] {
        let answer = try_login(&proxy, &login("rig", None, wrong));
        assert_eq!(text(answer), "Permission denied", "{wrong}");
    }
    let mut without = SimMiner::connect(proxy.miners());
    let id = without.request("login", &serde_json::json!({ "login": "rig" }));
    assert_eq!(
        without.reply_to(id).unwrap_err().message,
        "Permission denied"
    );
    assert!(without.expect_closed().is_empty());
    let counts = proxy.connections_when("the others gone", |counts| counts.open == 1);
    assert_eq!((counts.turned.password, counts.dropped), (5, 5));
    assert!(miner.keep_alive().is_ok());
    for path in ["/metrics", "/health/actors", "/"] {
        assert!(!proxy.page(path).contains("hunter2"), "{path}");
    }
}

#[test]
fn each_rig_has_its_own_password_by_user_or_by_user_and_rig_id() {
    let pool = FakePool::start();
    let (_folder, path) = file(&format!("# the farm\nfarm/rig-1:{QUICK}\n\nshed:{QUICK}\n"));
    let proxy = Proxy::launch(&with_file(&pool, &path));
    let mut inside = Vec::new();
    for (user, rig) in [
        ("farm", Some("rig-1")),
        ("shed", None),
        ("shed", Some("any")),
        // Known by now.
        ("farm", Some("rig-1")),
    ] {
        inside.push(try_login(&proxy, &login(user, rig, "right")).unwrap());
    }
    for (user, rig, pass) in [
        ("farm", Some("rig-1"), "wrong"),
        ("farm", Some("rig-2"), "right"),
        ("farm", None, "right"),
        ("stranger", None, "right"),
        ("", None, ""),
    ] {
        let answer = try_login(&proxy, &login(user, rig, pass));
        assert_eq!(text(answer), "Permission denied", "{user} {rig:?} {pass}");
    }
    assert_eq!(proxy.connections().turned.password, 5);
    for (low, miner) in (1..).zip(&mut inside) {
        let id = miner.submit_good(low);
        assert!(miner.reply_to(id).is_ok());
    }
}

#[test]
fn a_file_that_is_not_right_keeps_the_proxy_from_starting_and_names_the_lines() {
    let (_folder, path) = file(&format!("a:{QUICK}\nb\na:{QUICK}\n"));
    let text = format!(
        "[miners]\nlisten = [\"127.0.0.1:0\"]\ncredentials = \"{}\"\n[[pool]]\n\
         url = \"stratum+tcp://127.0.0.1:1\"\nuser = \"w\"\n",
        path.display()
    );
    let settings =
        zartrux_config::Settings::from_toml(&text, &zartrux_config::Overrides::default()).unwrap();
    let fault = zartrux::node::door_settings(&settings).unwrap_err();
    let told = format!("{fault:#}");
    assert!(told.contains("line 2: must be NAME:HASH"), "{told}");
    assert!(
        told.contains("line 3: the same name as in line 1"),
        "{told}"
    );
    assert!(!told.contains("argon2"), "{told}");
}

#[test]
fn who_is_in_stays_in_when_the_door_is_closed_and_stays_out_when_it_comes_again() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool));
    let mut inside = SimMiner::joined(proxy.miners(), "rig");
    let deny = vec!["127.0.0.0/8".parse().unwrap()];
    proxy.node().doorkeeper().replace(DoorSettings {
        deny,
        ..DoorSettings::default()
    });
    let mut outside = SimMiner::connect(proxy.miners());
    assert!(outside.expect_closed().is_empty());
    assert!(inside.keep_alive().is_ok());
    proxy.node().doorkeeper().replace(DoorSettings::default());
    assert!(SimMiner::joined(proxy.miners(), "rig").keep_alive().is_ok());
}

#[test]
fn lines_behind_a_login_wait_for_nothing_and_change_nothing() {
    let pool = FakePool::start();
    let (_folder, path) = file(&format!("rig:{SLOW}\n"));
    let proxy = Proxy::launch(&with_file(&pool, &path));
    let mut miner = SimMiner::connect(proxy.miners());
    let id = miner.request("login", &login("rig", None, "right"));
    let early = miner.request("keepalived", &serde_json::json!({}));
    // A second login while the first is looked at is none.
    let again = miner.request("login", &login("rig", None, "right"));
    assert!(miner.reply_to(id).is_ok());
    for request in [early, again] {
        assert_eq!(
            miner.reply_to(request).unwrap_err().message,
            "Invalid method"
        );
    }
    // Who leaves while its password is looked at leaves nothing behind.
    for _ in 0..20 {
        let mut gone = SimMiner::connect(proxy.miners());
        gone.request("login", &login("rig", None, "wrong"));
    }
    let counts = proxy.connections_when("those that left", |counts| counts.open == 1);
    assert_eq!(counts.logged_in, 1);
}

#[test]
fn two_thousand_logins_at_once_are_all_answered_and_those_inside_mine_on() {
    const CROWD: usize = 2_000;
    let pool = FakePool::start();
    let mut lines = String::new();
    writeln!(lines, "inside:{QUICK}\nrig:{SLOW}").unwrap();
    let (_folder, path) = file(&lines);
    let config = with_file(&pool, &path).set("miners.failed_logins_per_minute", "\"off\"");
    rlimit::increase_nofile_limit(3 * CROWD as u64).unwrap();
    let proxy = Proxy::launch(&config);
    let mut inside = try_login(&proxy, &login("inside", None, "right")).unwrap();
    let mut crowd: Vec<SimMiner> = (0..CROWD)
        .map(|_| SimMiner::connect(proxy.miners()))
        .collect();
    for (number, miner) in crowd.iter_mut().enumerate() {
        miner.request("login", &login("rig", None, &format!("guess {number}")));
    }
    for low in 1..=50 {
        let id = inside.submit_good(low);
        assert!(inside.reply_to(id).is_ok());
    }
    let (mut denied, mut busy, mut late) = (0, 0, 0);
    for miner in &mut crowd {
        match miner.reply_to(1).unwrap_err().message.as_str() {
            "Permission denied" => denied += 1,
            "Too many logins at once, try again later" => busy += 1,
            "Password not checked in time, try again later" => late += 1,
            other => panic!("{other}"),
        }
        assert!(miner.expect_closed().is_empty());
    }
    let counts = proxy.connections_when("one inside", |counts| counts.open == 1);
    let turned = counts.turned;
    assert_eq!(
        (turned.password, turned.busy, turned.unchecked),
        (denied, busy, late)
    );
    assert!(denied > 0, "{busy} were told to come again, {late} waited");
    // Whoever comes now has its turn.
    assert!(try_login(&proxy, &login("rig", None, "right")).is_ok());
    assert!(inside.keep_alive().is_ok());
}

#[test]
fn an_address_that_guesses_is_shut_out_for_a_while_right_or_wrong() {
    let pool = FakePool::start();
    let config = Config::on(&pool)
        .set("miners.password", "\"hunter2\"")
        .set("miners.failed_logins_per_minute", 3);
    let proxy = Proxy::launch(&config);
    let mut inside = try_login(&proxy, &login("rig", None, "hunter2")).unwrap();
    for guess in 0..3 {
        let answer = try_login(&proxy, &login("rig", None, &format!("guess {guess}")));
        assert_eq!(text(answer), "Permission denied");
    }
    for pass in ["hunter2", "another guess"] {
        assert_eq!(
            text(try_login(&proxy, &login("rig", None, pass))),
            "Too many failed logins from your address, try again later"
        );
    }
    assert_eq!(proxy.connections().turned.barred, 2);
    assert!(inside.keep_alive().is_ok());
}
