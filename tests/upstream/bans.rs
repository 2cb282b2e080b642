//! Pools that shut us out, and words that would make miners hang up.

use crate::scene::{
    assert_harmless, assert_in_balance, before, expect_job_of, launch, made, refusal, send,
    send_good, told, told_lost, two_pools,
};
use crate::support::{Answer, OnLogin, OnSubmit, Script, SimMiner};

/// A ban is sat out for this long at least, seconds.
const SHORTEST_BAN: f64 = 60.0;

#[test]
fn a_ban_at_the_login_is_sat_out_while_the_next_upstream_serves() {
    let (primary, standby) = two_pools();
    let banned = "IP Address currently banned";
    primary.set_script(Script::greeting(OnLogin::RefuseAndClose(banned.to_owned())));
    let proxy = launch(&before(&[&primary, &standby]), 1);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    assert!(made(&standby, &miner.job().blob));
    send_good(&mut miner, 1);
    let told = told_lost(
        &proxy,
        &primary,
        "login refused: IP Address currently banned",
    );
    assert_eq!((told.lost("ban"), told.count("attempts")), (1, 1));
    assert!(told.next_attempt_in() >= SHORTEST_BAN, "{}", told.note);
    assert_eq!(primary.connections().len(), 1);
}

#[test]
fn a_ban_in_answer_to_a_share_is_sat_out_and_costs_the_miner_one_share() {
    let (primary, standby) = two_pools();
    let banned = "IP Address currently banned";
    primary.set_script(Script::answering(OnSubmit::Nth(
        2,
        Answer::RefuseAndClose(banned.to_owned()),
        Answer::Accept,
    )));
    let proxy = launch(&before(&[&primary, &standby]), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    send_good(&mut miner, 1);
    let sent = send(&mut miner, 2);
    let text = refusal(&mut miner, sent.id);
    assert!(text.contains(banned), "the reason is passed on: {text}");
    expect_job_of(&mut miner, &standby);
    send_good(&mut miner, 1);
    let told = told_lost(&proxy, &primary, banned);
    assert_eq!((told.lost("ban"), told.count("attempts")), (1, 1));
    assert!(told.next_attempt_in() >= SHORTEST_BAN, "{}", told.note);
    let shares = proxy.shares();
    assert_eq!((shares.accepted, shares.rejected["ban"]), (2, 1));
    assert_in_balance(&proxy);
}

#[test]
fn a_ban_that_answers_nothing_is_a_ban() {
    let (primary, standby) = two_pools();
    let proxy = launch(&before(&[&primary, &standby]), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let words = "Temporary (one hour max) mining ban since you connected too many workers. Please use proxy";
    primary.send_line(
        1,
        &format!(
            "{{\"id\":null,\"jsonrpc\":\"2.0\",\"error\":{{\"code\":-1,\"message\":\"{words}\"}}}}"
        ),
    );
    expect_job_of(&mut miner, &standby);
    let told = told_lost(&proxy, &primary, words);
    assert_eq!(told.lost("ban"), 1);
    assert!(told.next_attempt_in() >= SHORTEST_BAN, "{}", told.note);
}

#[test]
fn whatever_a_pool_says_of_a_share_no_miner_hangs_up() {
    let texts = [
        "Unauthenticated",
        "unauthenticated: who are you?",
        "your IP is banned",
        "YOUR IP IS BANNED for 600 seconds",
        "IP Address currently banned",
        "Invalid job id",
        "invalid job ID 77",
        "Low difficulty share",
        "\u{1f980}\\\"}}\n{\"",
        "",
    ];
    for text in texts {
        let (primary, standby) = two_pools();
        primary.set_script(Script::answering(OnSubmit::Always(Answer::refuse(text))));
        let proxy = launch(&before(&[&primary, &standby]), 0);
        let mut miner = SimMiner::joined(proxy.miners(), "rig");
        let sent = send(&mut miner, 1);
        let told = miner.reply_to(sent.id).unwrap_err().message;
        assert_harmless(&told);
        assert!(miner.keep_alive().is_ok(), "{text}");
        assert_eq!(proxy.shares().rejected.values().sum::<u64>(), 1, "{text}");
        assert_eq!(primary.submits().len(), 1, "sent once");
        assert_eq!(standby.submits().len(), 0);
        assert_in_balance(&proxy);
    }
}

#[test]
fn a_pool_that_has_forgotten_the_session_is_logged_in_anew() {
    let (pool, _) = two_pools();
    pool.queue_scripts([Script::answering(OnSubmit::Always(Answer::refuse(
        "Unauthenticated",
    )))]);
    let proxy = launch(&before(&[&pool]), 0);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let sent = send(&mut miner, 1);
    refusal(&mut miner, sent.id);
    expect_job_of(&mut miner, &pool);
    send_good(&mut miner, 1);
    assert_eq!(pool.connections().len(), 2);
    assert_eq!(told(&proxy, &pool)[0].lost("ours"), 1);
}

#[test]
fn who_is_told_to_slow_down_waits_as_long_as_it_may() {
    let (primary, standby) = two_pools();
    let words = "Rate limit exceeded for login requests";
    primary.set_script(Script::greeting(OnLogin::RefuseAndClose(words.to_owned())));
    let config = before(&[&primary, &standby])
        .set("failover.retry", "\"50ms\"")
        .set("failover.retry_max", "\"40s\"");
    let proxy = launch(&config, 1);
    let told = told_lost(&proxy, &primary, words);
    assert_eq!((told.lost("throttle"), told.count("attempts")), (1, 1));
    assert!(told.next_attempt_in() >= 40.0, "{}", told.note);
}
