//! Pools that send what no pool should: the proxy survives, says what it was, and works on.

use serde_json::json;

use crate::scene::{
    assert_in_balance, before, expect_job_of, launch, made, send_good, serving, told, told_lost,
    told_when, two_pools,
};
use crate::support::garbage::garbage;
use crate::support::{OnConnect, OnLogin, Script, SimMiner, clock};

/// What comes of garbage on a connection that works.
enum Effect {
    /// Nothing: the pool is within its rights.
    Nothing,
    /// So many odd lines are counted, and work goes on.
    Odd(u64),
    /// The connection is left with these words.
    Left(&'static str),
    /// It has no end, so that the next line is spoiled; then the connection is left.
    SpoilsTheNext(&'static str),
}

fn effect(name: &str) -> Effect {
    match name {
        "no json" | "http" | "no utf-8" => Effect::Left("not JSON"),
        "zero bytes" | "half a line" => Effect::SpoilsTheNext("not JSON"),
        "deep nesting" | "deep nesting in params" => Effect::Left("nested deeper than"),
        "huge line" | "huge string" => Effect::Left("line longer than 65536 bytes"),
        "job without fields" => Effect::Left("job.job_id is missing"),
        "empty lines" | "unknown method" => Effect::Nothing,
        "json of no object" => Effect::Odd(4),
        "id of a wrong type"
        | "result of a wrong type"
        | "error of a wrong type"
        | "job with fields of wrong types"
        | "answer to nothing" => Effect::Odd(1),
        other => panic!("say what comes of {other:?}"),
    }
}

#[test]
fn garbage_on_a_working_connection_costs_at_most_that_connection() {
    let (pool, _) = two_pools();
    let proxy = launch(&before(&[&pool]), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let mut height = 1;
    let mut push_job = || {
        height += 1;
        pool.push_job(1_000, height);
    };
    for (name, bytes) in garbage() {
        let connection = pool.wait_live(1)[0];
        let (lost, odd) = {
            let told = &told(&proxy, &pool)[0];
            (told.lost("pool"), told.count("odd_lines"))
        };
        pool.send_raw(connection, &bytes);
        let left = match effect(name) {
            Effect::Nothing => false,
            Effect::Odd(lines) => {
                told_when(&proxy, &pool, name, |told| {
                    told.count("odd_lines") == odd + lines
                });
                false
            }
            Effect::Left(_) => true,
            Effect::SpoilsTheNext(_) => {
                push_job();
                true
            }
        };
        if left {
            pool.wait_closed(connection);
            told_when(&proxy, &pool, name, |told| told.lost("pool") == lost + 1);
        } else {
            push_job();
        }
        expect_job_of(&mut miner, &pool);
        send_good(&mut miner, 1);
        let still = pool.wait_live(1)[0] == connection;
        assert_eq!(still, !left, "{name}");
    }
    assert_in_balance(&proxy);
}

#[test]
fn a_pool_that_sends_nothing_but_garbage_is_left_with_the_reason() {
    let (primary, standby) = two_pools();
    let config = before(&[&primary, &standby]).set("failover.failback_after", "\"1h\"");
    let proxy = launch(&config, 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    primary.go_down();
    expect_job_of(&mut miner, &standby);
    for (name, bytes) in garbage() {
        let (Effect::Left(reason) | Effect::SpoilsTheNext(reason)) = effect(name) else {
            continue;
        };
        let mut spoiled = bytes;
        spoiled.extend_from_slice(b"{}\n");
        for script in [
            Script::greeting(OnLogin::AcceptThenSend(spoiled.clone())),
            Script::opening(OnConnect::Send(spoiled)),
        ] {
            // Whatever the script before came to, it is over when this one is first seen.
            primary.go_down();
            told_lost(&proxy, &primary, "can't connect");
            primary.set_script(script);
            primary.come_back();
            // Before the login is answered, a job is as odd as anything, and no reason to leave.
            if name != "job without fields" {
                told_lost(&proxy, &primary, reason);
            }
        }
    }
    assert_eq!(serving(&proxy), Some(1));
    send_good(&mut miner, 1);
    assert!(primary.submits().is_empty());
    assert_in_balance(&proxy);
}

#[test]
fn endless_oddities_end_the_connection() {
    let (primary, standby) = two_pools();
    let odd = b"{\"id\":987654,\"result\":{\"status\":\"OK\"}}\n".repeat(16);
    primary.set_script(Script::greeting(OnLogin::AcceptThenSend(odd)));
    let config = before(&[&primary, &standby]).set("failover.failback_after", "\"1h\"");
    let proxy = launch(&config, 1);
    told_lost(&proxy, &primary, "16 odd lines in a row, the last: ");
}

#[test]
fn answers_to_the_login_that_make_no_sense_are_named() {
    let cases = [
        (json!({ "status": "OK" }), "result.id: is missing"),
        (json!({ "id": "" }), "a session id of 0 bytes"),
        (
            json!({ "id": "x".repeat(300) }),
            "a session id of 300 bytes",
        ),
        (json!({ "id": 7 }), "unusable answer to the login: result: "),
        (
            json!({ "id": "s", "job": 7 }),
            "unusable answer to the login: result.job: ",
        ),
        (json!({ "id": "s", "job": {} }), "job.job_id is missing"),
        (json!(false), "login refused: refused without a reason"),
        (json!([]), "unusable answer to the login: "),
    ];
    let (primary, standby) = two_pools();
    primary.set_script(Script::opening(OnConnect::SendAndClose(Vec::new())));
    let proxy = launch(&before(&[&primary, &standby]), 1);
    told_lost(
        &proxy,
        &primary,
        "closed the connection before it answered the login",
    );
    for (result, reason) in cases {
        let reply =
            format!("{{\"id\":$ID,\"jsonrpc\":\"2.0\",\"error\":null,\"result\":{result}}}\n");
        primary.go_down();
        told_lost(&proxy, &primary, "can't connect");
        primary.set_script(Script::greeting(OnLogin::Send(reply.into_bytes())));
        primary.come_back();
        told_lost(&proxy, &primary, reason);
    }
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    assert!(made(&standby, &miner.job().blob));
    send_good(&mut miner, 1);
}

#[test]
fn a_pool_that_wants_us_elsewhere_is_not_obeyed() {
    let (pool, elsewhere) = two_pools();
    let proxy = launch(&before(&[&pool]), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let address = elsewhere.address();
    pool.order_reconnect(1, &address.ip().to_string(), address.port());
    pool.order_reconnect(1, "localhost", address.port());
    let list = format!(
        "{{\"method\":\"client.reconnect\",\"params\":[\"127.0.0.1\",{},5]}}",
        address.port()
    );
    pool.send_line(1, &list);
    told_when(&proxy, &pool, "three refusals", |told| {
        told.count("reconnects_refused") == 3
    });
    pool.push_job(1_000, 2);
    expect_job_of(&mut miner, &pool);
    send_good(&mut miner, 1);
    assert!(elsewhere.connections().is_empty());
    assert_eq!(pool.connections().len(), 1);
    // Miners would obey it: they never hear of it.
    clock::eventually("all settled", || {
        (proxy.shares().pending == 0).then_some(())
    });
    assert!(miner.keep_alive().is_ok());
}
