//! Logins and miners while there is no job to give.

use crate::support::{Config, FakePool, OnLogin, Proxy, Script, SimMiner, clock};

#[test]
fn a_login_waits_for_the_first_job_and_is_then_answered_with_it() {
    let pool = FakePool::with(Script::greeting(OnLogin::AcceptWithoutJob));
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.login_hold", "\"60s\""));
    pool.wait_live(1);
    let mut miner = SimMiner::connect(proxy.miners());
    let login = serde_json::json!({ "login": "rig", "pass": "x" });
    let id = miner.request("login", &login);
    proxy.connections_when("the miner", |counts| counts.open == 1);
    assert_eq!(proxy.connections().logged_in, 0);
    pool.push_job(1_000, 42);
    let welcome = miner.reply_to(id).unwrap();
    assert_eq!(welcome["job"]["height"], 42);
    assert_eq!(proxy.connections().logged_in, 1);
}

#[test]
fn requests_of_a_miner_whose_login_waits_are_answered() {
    let pool = FakePool::with(Script::greeting(OnLogin::AcceptWithoutJob));
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.login_hold", "\"60s\""));
    let mut miner = SimMiner::connect(proxy.miners());
    let login = serde_json::json!({ "login": "rig", "pass": "x" });
    let waiting = miner.request("login", &login);
    let again = miner.request("login", &login);
    assert_eq!(miner.reply_to(again).unwrap_err().message, "Invalid method");
    let id = miner.submit_for("0000000101", "00000001", &"00".repeat(32));
    assert_eq!(miner.reply_to(id).unwrap_err().message, "Unauthenticated");
    pool.wait_live(1);
    pool.push_job(1_000, 1);
    assert!(miner.reply_to(waiting).is_ok(), "and the login is not lost");
}

#[test]
fn without_a_job_a_login_is_refused_after_a_while_and_the_connection_closed() {
    let pool = FakePool::start();
    pool.go_down();
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.login_hold", "\"1s\""));
    let mut miner = SimMiner::connect(proxy.miners());
    let login = serde_json::json!({ "login": "rig", "pass": "x" });
    let id = miner.request("login", &login);
    assert_eq!(
        miner.expect_closed(),
        [format!(
            r#"{{"id":{id},"jsonrpc":"2.0","error":{{"code":-1,"message":"No job from any upstream yet"}}}}"#
        )]
    );
    assert_eq!(proxy.connections().dropped, 0, "it did nothing wrong");
}

#[test]
fn chatter_does_not_keep_a_login_waiting_for_ever() {
    let pool = FakePool::start();
    pool.go_down();
    let config = Config::on(&pool)
        .set("miners.login_hold", "\"3s\"")
        .set("failover.grace", "\"1h\"");
    let proxy = Proxy::launch(&config);
    let mut miner = SimMiner::connect(proxy.miners());
    let login = serde_json::json!({ "login": "rig", "pass": "x" });
    miner.request("login", &login);
    clock::eventually("the end of the connection", || {
        let line = r#"{"id":9,"jsonrpc":"2.0","method":"keepalived","params":{}}"#;
        miner.send(line);
        (proxy.connections().accepted == 1 && proxy.connections().open == 0).then_some(())
    });
    let lines = miner.expect_closed();
    assert!(
        lines
            .iter()
            .any(|line| line.contains("No job from any upstream yet")),
        "{lines:?}"
    );
}

#[test]
fn miners_are_kept_for_the_grace_and_sent_away_after_it() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("failover.grace", "\"1s\""));
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    pool.go_down();
    assert_eq!(miner.expect_closed(), Vec::<String>::new());
    proxy.connections_when("nobody", |counts| counts.open == 0 && counts.logged_in == 0);
    assert_eq!(proxy.connections().dropped, 0, "it did nothing wrong");
    // Who knocks now is told at once, or soon.
    let mut newcomer = SimMiner::connect(proxy.miners());
    let login = serde_json::json!({ "login": "rig", "pass": "x" });
    newcomer.request("login", &login);
    let lines = newcomer.expect_closed();
    assert!(lines[0].contains("\"message\":\"No "), "{lines:?}");
    pool.come_back();
    proxy.wait_ready();
    let mut returned = SimMiner::joined(proxy.miners(), "rig");
    let id = returned.submit_good(1);
    assert!(returned.reply_to(id).is_ok());
}

#[test]
fn a_miner_that_leaves_while_its_login_waits_leaves_nothing_behind() {
    let pool = FakePool::with(Script::greeting(OnLogin::AcceptWithoutJob));
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.login_hold", "\"60s\""));
    pool.wait_live(1);
    let mut leaver = SimMiner::connect(proxy.miners());
    let mut stayer = SimMiner::connect(proxy.miners());
    let login = serde_json::json!({ "login": "rig", "pass": "x" });
    leaver.request("login", &login);
    let id = stayer.request("login", &login);
    proxy.connections_when("both", |counts| counts.open == 2);
    drop(leaver);
    proxy.connections_when("one", |counts| counts.open == 1);
    pool.push_job(1_000, 1);
    assert!(stayer.reply_to(id).is_ok());
    assert_eq!(proxy.connections().logged_in, 1);
}
