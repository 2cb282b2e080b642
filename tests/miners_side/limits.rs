//! What miners may not do, or not for long.

use std::time::Duration;

use serde_json::json;
use zartrux::demo::wire;

use crate::support::garbage::garbage;
use crate::support::sim_miner::Connect;
use crate::support::{
    Answer, Config, FakePool, Heard, OnSubmit, PATIENCE, Proxy, Script, SimMiner, clock,
    result_meeting,
};

/// Longest line before and after the login, bytes.
const BEFORE_LOGIN: usize = 8 * 1024;
const AFTER_LOGIN: usize = 16 * 1024;

/// A keepalive of exactly so many bytes, without the newline.
fn keepalive_of(length: usize) -> String {
    let empty = wire::request(5, "keepalived", &json!({ "id": "" }));
    wire::request(
        5,
        "keepalived",
        &json!({ "id": "x".repeat(length - empty.len()) }),
    )
}

/// A login of exactly so many bytes, without the newline.
fn login_of(length: usize) -> String {
    let empty = wire::request(1, "login", &json!({ "login": "rig", "pass": "" }));
    let pass = "x".repeat(length - empty.len());
    wire::request(1, "login", &json!({ "login": "rig", "pass": pass }))
}

#[test]
fn a_line_may_be_8_kib_long_before_the_login_and_no_longer() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let mut longest = SimMiner::connect(proxy.miners());
    longest.send(&login_of(BEFORE_LOGIN));
    assert!(matches!(longest.next_line(PATIENCE), Heard::Line(line) if line.contains("\"job\"")));
    let mut longer = SimMiner::connect(proxy.miners());
    longer.send(&login_of(BEFORE_LOGIN + 1));
    assert!(longer.expect_closed().is_empty());
    let mut endless = SimMiner::connect(proxy.miners());
    endless.send_raw(&vec![b'{'; BEFORE_LOGIN + 1]);
    assert!(
        endless.expect_closed().is_empty(),
        "without waiting for its end"
    );
    assert_eq!(proxy.connections().dropped, 2);
}

#[test]
fn a_line_may_be_16_kib_long_after_the_login_and_no_longer() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    miner.send(&keepalive_of(AFTER_LOGIN));
    assert!(matches!(miner.next_line(PATIENCE), Heard::Line(line) if line.contains("KEEPALIVED")));
    miner.send(&keepalive_of(AFTER_LOGIN + 1));
    assert!(miner.expect_closed().is_empty());
    let mut endless = SimMiner::joined(proxy.miners(), "rig");
    endless.send_raw(&vec![b'x'; AFTER_LOGIN + 1]);
    assert!(endless.expect_closed().is_empty());
    proxy.connections_when("both gone", |counts| {
        counts.dropped == 2 && counts.open == 0
    });
}

#[test]
fn json_may_nest_eight_deep_and_no_deeper() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let nested = |depth: usize| {
        format!(
            r#"{{"id":5,"method":"keepalived","params":{}{}}}"#,
            r#"{"a":"#.repeat(depth - 1),
            "1".to_owned() + &"}".repeat(depth - 1)
        )
    };
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    miner.send(&nested(8));
    assert!(matches!(miner.next_line(PATIENCE), Heard::Line(line) if line.contains("KEEPALIVED")));
    miner.send(&nested(9));
    assert!(miner.expect_closed().is_empty());
    let mut bracket = SimMiner::joined(proxy.miners(), "rig");
    let harmless = json!({ "id": "[".repeat(100) + &"{".repeat(100) });
    bracket.request("keepalived", &harmless);
    assert!(
        matches!(bracket.next_line(PATIENCE), Heard::Line(_)),
        "text is no nesting"
    );
}

#[test]
fn nothing_that_is_sent_in_place_of_a_login_does_harm() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.login_timeout", "\"1s\""));
    let mut honest = SimMiner::joined(proxy.miners(), "rig");
    for (name, bytes) in garbage() {
        for logged_in in [false, true] {
            let mut hostile = SimMiner::connect(proxy.miners());
            if logged_in {
                hostile.log_in("hostile").unwrap();
            }
            hostile.send_raw(&bytes);
            if !logged_in {
                // By the garbage itself, or since no login follows it.
                for line in hostile.expect_closed() {
                    assert!(line.contains("\"error\":{"), "{name}: {line}");
                }
            }
        }
    }
    let id = honest.submit_good(1);
    assert!(honest.reply_to(id).is_ok());
    proxy.connections_when("only the honest one", |counts| counts.open == 1);
    assert_eq!(pool.submits().len(), 1);
}

#[test]
fn who_says_nothing_is_closed_after_the_login_timeout() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.login_timeout", "\"1s\""));
    let mut silent = SimMiner::connect(proxy.miners());
    assert!(silent.expect_closed().is_empty());
    assert_eq!(proxy.connections().dropped, 1);
}

#[test]
fn a_login_may_come_byte_by_byte() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let mut slow = SimMiner::connect(proxy.miners());
    for byte in login_of(300).bytes().chain([b'\n']) {
        slow.send_raw(&[byte]);
    }
    assert!(matches!(slow.next_line(PATIENCE), Heard::Line(line) if line.contains("\"job\"")));
}

#[test]
fn a_login_that_trickles_past_its_time_is_cut_off() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.login_timeout", "\"1s\""));
    let mut slow = SimMiner::connect(proxy.miners());
    let end = clock::now() + PATIENCE;
    loop {
        slow.send_raw(b" ");
        match slow.next_line(Duration::from_millis(50)) {
            Heard::Closed => break,
            Heard::Quiet => assert!(clock::now() < end, "not closed"),
            Heard::Line(line) => panic!("{line}"),
        }
    }
    assert_eq!(proxy.connections().dropped, 1);
}

#[test]
fn a_miner_that_is_silent_for_too_long_is_taken_for_gone() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.idle_timeout", "\"3s\""));
    let mut silent = SimMiner::joined(proxy.miners(), "silent");
    let mut alive = SimMiner::joined(proxy.miners(), "alive");
    let end = clock::now() + PATIENCE;
    while silent.next_line(Duration::from_millis(200)) != Heard::Closed {
        assert!(alive.keep_alive().is_ok());
        assert!(clock::now() < end, "not closed");
    }
    assert!(alive.keep_alive().is_ok());
    proxy.connections_when("one left", |counts| counts.open == 1 && counts.dropped == 1);
}

/// The end comes together with the last line, and is told only once.
#[test]
fn who_sends_a_line_and_leaves_at_once_leaves_nothing_behind() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let mut miners: Vec<_> = (0..100)
        .map(|_| SimMiner::joined(proxy.miners(), "rig"))
        .collect();
    for miner in &mut miners {
        // An empty line: nothing is answered that would go nowhere and so tell of the end.
        miner.send_raw(b"\n");
        miner.finish_writing();
    }
    proxy.connections_when("nobody", |counts| counts.open == 0);
}

#[test]
fn a_miner_that_does_not_read_is_closed_and_the_others_go_on() {
    let pool = FakePool::start();
    let config = Config::on(&pool)
        .set("miners.unsent_limit", "\"4KiB\"")
        .set("miners.lines_per_second", "\"off\"");
    let proxy = Proxy::launch(&config);
    let how = Connect {
        receive_buffer: Some(4096),
        ..Connect::default()
    };
    let mut deaf = SimMiner::connect_as(proxy.miners(), &how).unwrap();
    deaf.log_in("deaf").unwrap();
    let mut other = SimMiner::joined(proxy.miners(), "other");
    let many = "{\"id\":5,\"method\":\"keepalived\"}\n".repeat(1000);
    let mut low = 0;
    while proxy.connections().open == 2 {
        assert!(low < 1000, "not closed");
        // Fails once the proxy has closed.
        let _ = deaf.try_send_raw(many.as_bytes());
        low += 1;
        let id = other.submit_good(low);
        assert!(other.reply_to(id).is_ok());
    }
    assert_eq!(proxy.connections().dropped, 1);
    let id = other.submit_good(low + 1);
    assert!(other.reply_to(id).is_ok());
}

#[test]
fn what_a_slow_reader_left_unread_comes_whole_once_it_reads() {
    let pool = FakePool::start();
    let config = Config::on(&pool)
        .set("miners.unsent_limit", "\"16MiB\"")
        .set("miners.lines_per_second", "\"off\"");
    let proxy = Proxy::launch(&config);
    let how = Connect {
        receive_buffer: Some(4096),
        ..Connect::default()
    };
    let mut slow = SimMiner::connect_as(proxy.miners(), &how).unwrap();
    slow.log_in("slow").unwrap();
    let requests: i64 = 100_000;
    let mut lines = String::new();
    for id in 10..10 + requests {
        lines.push_str(&format!("{{\"id\":{id},\"method\":\"keepalived\"}}\n"));
    }
    slow.send_raw(lines.as_bytes());
    for id in 10..10 + requests {
        assert!(slow.reply_to(id).is_ok());
    }
    assert_eq!(proxy.connections().dropped, 0);
}

#[test]
fn more_connections_than_allowed_are_turned_away() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.max_connections", 3));
    let mut miners: Vec<_> = (0..3)
        .map(|_| SimMiner::joined(proxy.miners(), "rig"))
        .collect();
    for turned_away in 1..=3 {
        let mut extra = SimMiner::connect(proxy.miners());
        assert!(extra.expect_closed().is_empty());
        assert_eq!(proxy.connections().turned_away, turned_away);
    }
    miners.pop();
    proxy.connections_when("a free place", |counts| counts.open == 2);
    miners.push(SimMiner::joined(proxy.miners(), "rig"));
    assert!(miners.iter_mut().all(|miner| miner.keep_alive().is_ok()));
}

#[test]
fn more_shares_under_way_than_allowed_are_answered_so() {
    let pool = FakePool::with(Script::answering(OnSubmit::Always(Answer::Silent)));
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.max_shares_in_flight", 4));
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    let ids: Vec<_> = (1..=6).map(|low| miner.submit_good(low)).collect();
    for id in &ids[4..] {
        let fault = miner.reply_to(*id).unwrap_err();
        assert_eq!(fault.message, "Too many shares in flight");
    }
    for submit in pool.wait_submits(4) {
        pool.answer(&submit, Answer::Accept);
    }
    for id in &ids[..4] {
        assert!(miner.reply_to(*id).is_ok());
    }
    // Not lost: the miner may send it again, and there is room now.
    let again = miner.submit_good(5);
    pool.answer(&pool.wait_submits(5)[4], Answer::Accept);
    assert!(miner.reply_to(again).is_ok());
    let shares = proxy.shares();
    assert_eq!((shares.overload, shares.accepted), (2, 5));
    assert!(shares.balances());
}

#[test]
fn one_miner_cannot_use_up_what_is_there_for_all() {
    let pool = FakePool::with(Script::answering(OnSubmit::Always(Answer::Silent)));
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.max_shares_in_flight", 64));
    let mut greedy = SimMiner::joined(proxy.miners(), "greedy");
    let mut modest = SimMiner::joined(proxy.miners(), "modest");
    let ids: Vec<_> = (1..=20).map(|low| greedy.submit_good(low)).collect();
    for id in &ids[16..] {
        let fault = greedy.reply_to(*id).unwrap_err();
        assert_eq!(fault.message, "Too many shares in flight");
    }
    let taken = modest.submit_good(1);
    for submit in pool.wait_submits(17) {
        pool.answer(&submit, Answer::Accept);
    }
    assert!(modest.reply_to(taken).is_ok());
}

/// All that wait for one verdict are settled by it.
#[test]
fn thousands_of_claims_on_one_nonce_do_not_break_the_lane() {
    let script = Script::answering(OnSubmit::Nth(1, Answer::Silent, Answer::Accept));
    let pool = FakePool::with(script);
    let config = Config::on(&pool)
        .set("miners.unsent_limit", "\"16MiB\"")
        .set("miners.lines_per_second", "\"off\"");
    let proxy = Proxy::launch(&config);
    let mut hostile = SimMiner::joined(proxy.miners(), "hostile");
    let mut honest = SimMiner::joined(proxy.miners(), "honest");
    let nonce = hostile.nonce(1);
    let claims: Vec<_> = (0..20_000)
        .map(|_| hostile.submit(&nonce, &result_meeting(hostile.target())))
        .collect();
    let first = pool.wait_submits(1)[0].clone();
    proxy.shares_when("all claims", |shares| shares.received == 20_000);
    let waiting = proxy.shares().pending;
    assert!(waiting <= 16, "{waiting} of one nonce wait");
    pool.answer(&first, Answer::Accept);
    assert!(hostile.reply_to(claims[0]).is_ok());
    for claim in &claims[1..] {
        assert!(hostile.reply_to(*claim).is_err());
    }
    let id = honest.submit_good(1);
    assert!(honest.reply_to(id).is_ok());
    assert_eq!(pool.submits().len(), 2);
    let shares = proxy.shares();
    assert_eq!(
        (shares.refused["duplicate"], shares.overload),
        (15, 20_000 - 16)
    );
    assert!(shares.balances());
}

/// Ends the flood however the test ends: its threads would wait for ever.
struct Ended<'a>(&'a [std::net::TcpStream]);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        for peer in self.0 {
            let _ = peer.shutdown(std::net::Shutdown::Both);
        }
    }
}

/// It may keep its own connection busy, and nothing else.
#[test]
fn a_flooding_peer_does_not_keep_the_lane_to_itself() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.lines_per_second", "\"off\""));
    let flood: Vec<_> = (0..4)
        .map(|_| std::net::TcpStream::connect(proxy.miners()).unwrap())
        .collect();
    let lines = "{\"id\":1,\"method\":\"submit\"}\n".repeat(4_000);
    std::thread::scope(|scope| {
        let _ended = Ended(&flood);
        for peer in &flood {
            let mut replies = peer.try_clone().unwrap();
            scope.spawn(move || std::io::copy(&mut replies, &mut std::io::sink()));
            let lines = &lines;
            scope.spawn(move || {
                let mut peer = peer;
                while std::io::Write::write_all(&mut peer, lines.as_bytes()).is_ok() {}
            });
        }
        proxy.shares_when("the flood", |shares| shares.received > 100_000);
        let mut honest = SimMiner::joined(proxy.miners(), "honest");
        for low in 1..=20 {
            let id = honest.submit_good(low);
            assert!(honest.reply_to(id).is_ok());
        }
    });
    assert!(proxy.shares().balances());
}
