//! Peers that are slow on purpose, and floods of what is allowed.

use std::time::Duration;

use crate::beside::Beside;
use crate::support::sim_miner::Connect;
use crate::support::{Config, FakePool, Heard, PATIENCE, Proxy, SimMiner, clock};

const KEEPALIVE: &[u8] = b"{\"id\":5,\"method\":\"keepalived\"}\n";

/// Sends this again and again until the other side closes.
fn trickle(peer: &mut SimMiner, bytes: &[u8], beside: &mut Beside) {
    let end = clock::now() + PATIENCE;
    loop {
        peer.send_raw(bytes);
        beside.mines("a trickle");
        match peer.next_line(Duration::from_millis(100)) {
            Heard::Closed => return,
            Heard::Quiet => assert!(clock::now() < end, "not closed"),
            Heard::Line(line) => panic!("{line}"),
        }
    }
}

#[test]
fn a_byte_now_and_then_is_no_sign_of_life() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.idle_timeout", "\"1s\""));
    let mut beside = Beside::of(proxy.miners());
    let mut slow = SimMiner::joined(proxy.miners(), "slow");
    trickle(&mut slow, b" ", &mut beside);
    let mut empty = SimMiner::joined(proxy.miners(), "empty");
    trickle(&mut empty, b"\n", &mut beside);
    assert_eq!(proxy.connections().dropped, 2);
}

#[test]
fn a_line_that_does_not_end_costs_the_connection_whatever_else_is_sent_before_it() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.stall_timeout", "\"1s\""));
    let mut beside = Beside::of(proxy.miners());
    let mut slow = SimMiner::joined(proxy.miners(), "slow");
    assert!(slow.keep_alive().is_ok());
    trickle(&mut slow, b"{", &mut beside);
    let counts = proxy.connections();
    assert_eq!((counts.dropped, counts.stalled, counts.open), (1, 1, 1));
}

#[test]
fn lines_that_end_in_their_time_may_always_be_cut_in_the_middle() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.stall_timeout", "\"1s\""));
    let mut cut = SimMiner::joined(proxy.miners(), "cut");
    let (head, tail) = KEEPALIVE.split_at(10);
    cut.send_raw(head);
    let end = clock::now() + Duration::from_secs(4);
    // There is always half a line; it is never the same.
    while clock::now() < end {
        cut.send_raw(&[tail, head].concat());
        assert!(matches!(cut.next_line(PATIENCE), Heard::Line(_)));
        std::thread::park_timeout(Duration::from_millis(50));
    }
    assert_eq!(proxy.connections().dropped, 0);
}

/// A miner with little room for what it is sent.
fn deaf(proxy: &Proxy) -> SimMiner {
    let how = Connect {
        receive_buffer: Some(4096),
        ..Connect::default()
    };
    let mut deaf = SimMiner::connect_as(proxy.miners(), &how).unwrap();
    deaf.log_in("deaf").unwrap();
    deaf
}

/// Lets it leave replies unread until some wait in the proxy, and no more.
fn fill(proxy: &Proxy, deaf: &mut SimMiner) {
    let before = proxy.connections().buffered;
    let many = KEEPALIVE.repeat(2_000);
    clock::eventually("bytes that wait", || {
        deaf.send_raw(&many);
        (proxy.connections().buffered > before).then_some(())
    });
}

#[test]
fn a_reader_of_a_byte_now_and_then_is_closed_in_its_time() {
    let pool = FakePool::start();
    let config = Config::on(&pool)
        .set("miners.unsent_limit", "\"16MiB\"")
        .set("miners.lines_per_second", "\"off\"")
        .set("miners.stall_timeout", "\"1s\"");
    let proxy = Proxy::launch(&config);
    let mut beside = Beside::of(proxy.miners());
    let mut deaf = deaf(&proxy);
    fill(&proxy, &mut deaf);
    clock::eventually("it closed", || {
        // A line now and then, far less than waits.
        deaf.next_line(Duration::from_millis(20));
        beside.mines("a slow reader");
        (proxy.connections().open == 1).then_some(())
    });
    let counts = proxy.connections_when("nothing kept", |counts| counts.buffered == 0);
    assert_eq!((counts.dropped, counts.stalled), (1, 1));
}

#[test]
fn what_all_leave_unfinished_together_has_a_limit_and_the_good_one_stays() {
    const LINE: u16 = 16_000;
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.buffer_limit", "\"1MiB\""));
    let mut beside = Beside::of(proxy.miners());
    let half = vec![b'{'; usize::from(LINE)];
    let mut crowd: Vec<SimMiner> = (0..200)
        .map(|number| {
            let mut miner = SimMiner::joined(proxy.miners(), &format!("crowd-{number}"));
            miner.send_raw(&half);
            beside.mines("a crowd of half lines");
            miner
        })
        .collect();
    let counts = proxy.connections_when("some closed", |counts| counts.crowded_out > 0);
    assert_eq!(counts.dropped, counts.crowded_out);
    let counts = proxy.connections_when("what fits is kept", |counts| {
        counts.buffered > 0 && counts.buffered <= 1 << 20
    });
    assert!(
        counts.open * u64::from(LINE) <= (1 << 20) + 2 * u64::from(LINE),
        "{counts:?}"
    );
    // Those that had waited for longest went first.
    crowd[0].read_to_end();
    drop(crowd);
    proxy.connections_when("nothing kept", |counts| {
        counts.open == 1 && counts.buffered == 0
    });
    beside.mines("after the crowd");
}

#[test]
fn a_flood_of_good_lines_is_read_at_its_pace_and_each_of_them_is_answered() {
    const LINES: i64 = 1_000;
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.lines_per_second", 300));
    let mut beside = Beside::of(proxy.miners());
    let mut flood = SimMiner::joined(proxy.miners(), "flood");
    let mut lines = String::new();
    for id in 10..10 + LINES {
        lines.push_str(&format!("{{\"id\":{id},\"method\":\"keepalived\"}}\n"));
    }
    flood.send_raw(lines.as_bytes());
    beside.mines("a flood");
    for id in 10..10 + LINES {
        assert!(flood.reply_to(id).is_ok());
    }
    beside.mines("a flood");
    let counts = proxy.connections();
    assert!(counts.pauses > 0, "{counts:?}");
    assert_eq!((counts.dropped, counts.open), (0, 2));
    // It may leave while it waits, too.
    flood.send_raw(lines.as_bytes());
    drop(flood);
    proxy.connections_when("the good one only", |counts| counts.open == 1);
}

#[test]
fn a_flood_of_refused_shares_costs_its_pace_and_nobody_elses_share() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("miners.lines_per_second", 200));
    let mut beside = Beside::of(proxy.miners());
    let mut flood = SimMiner::joined(proxy.miners(), "flood");
    let ids: Vec<i64> = (0..600)
        .map(|_| flood.submit_for("none", "00000000", "00"))
        .collect();
    for id in &ids[..300] {
        assert!(flood.reply_to(*id).is_err());
        beside.mines("a flood of refused shares");
    }
    for id in &ids[300..] {
        assert!(flood.reply_to(*id).is_err());
    }
    assert!(proxy.connections().pauses > 0);
    assert!(proxy.shares().balances());
}
