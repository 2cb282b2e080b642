//! What goes over: miners and their shares, pools, listeners, the store.

use std::net::TcpStream;
use std::time::Duration;

use crate::farm::{Farm, Load};
use crate::support::{Answer, Config, FakePool, OnSubmit, Script, SimMiner, clock};

/// Waits until so many more shares have come.
fn more_shares(pool: &FakePool, count: usize) {
    pool.wait_submits(pool.submits().len() + count);
}

/// Every share that a miner was told of as taken is at the pool, once, and no other.
fn each_once(pool: &FakePool, taken: usize) {
    assert!(pool.duplicates().is_empty(), "{:?}", pool.duplicates());
    assert_eq!(pool.submits().len(), taken);
}

fn carried_under_load(config: &Config, pool: &FakePool, upgrade: impl Fn(&mut Farm)) {
    let mut farm = Farm::start(config);
    let load = Load::begin(farm.miners, 8);
    more_shares(pool, 100);
    upgrade(&mut farm);
    assert_eq!(farm.wait_first_end().code(), Some(0), "{:#?}", farm.log());
    more_shares(pool, 100);
    let (mut miners, taken) = load.end();
    each_once(pool, taken);
    // On the same connections a new job reaches all.
    pool.push_job(1_000, 99);
    for miner in &mut miners {
        miner.expect_job();
    }
    assert_eq!(farm.json("/health")["last_upgrade"]["done"], true);
    assert_eq!(farm.json("/health")["invariant_violations"], 0);
}

#[test]
fn by_command_miners_keep_their_connections_and_each_share_is_taken_once() {
    let pool = FakePool::start();
    carried_under_load(&Config::on(&pool), &pool, |farm| {
        let text = farm.upgraded();
        assert!(text.contains(" serves as process "), "{text}");
    });
}

#[test]
fn by_signal_the_same() {
    let pool = FakePool::start();
    carried_under_load(&Config::on(&pool), &pool, |farm| {
        farm.signal(farm.first(), "USR2");
        farm.wait_line(" serves as process ");
    });
}

#[test]
fn with_two_lanes_the_same() {
    let pool = FakePool::start();
    let config = Config::on(&pool).set("node.lanes", 2);
    carried_under_load(&config, &pool, |farm| {
        farm.upgraded();
    });
}

#[test]
fn two_upgrades_in_a_row_are_as_good_as_one() {
    let pool = FakePool::start();
    carried_under_load(&Config::on(&pool), &pool, |farm| {
        farm.upgraded();
        more_shares(&pool, 50);
        farm.upgraded();
    });
}

#[test]
fn a_share_under_way_is_settled_first_and_its_miner_gets_the_verdict() {
    let pool = FakePool::with(Script::answering(OnSubmit::Always(Answer::Silent)));
    let mut farm = Farm::start(&Config::on(&pool).set("node.drain", "\"60s\""));
    let mut miner = SimMiner::joined(farm.miners, "rig");
    let under_way = miner.submit_good(1);
    let submits = pool.wait_submits(1);
    farm.signal(farm.first(), "USR2");
    farm.wait_successor();
    // Not read before the hand-over, and not lost by it.
    let late = miner.submit_good(2);
    // Who comes meanwhile waits.
    let newcomer = TcpStream::connect(farm.miners);
    assert!(newcomer.is_ok());
    assert!(!farm.first_has_ended());
    pool.answer(&submits[0], Answer::Accept);
    assert!(miner.reply_to(under_way).is_ok());
    pool.answer(&pool.wait_submits(2)[1], Answer::Accept);
    assert!(miner.reply_to(late).is_ok());
    assert_eq!(farm.wait_first_end().code(), Some(0));
    assert_eq!(pool.submits().len(), 2);
}

#[test]
fn the_stores_numbers_go_on() {
    let pool = FakePool::start();
    let mut farm = Farm::start(&Config::on(&pool));
    let mut miner = SimMiner::joined(farm.miners, "rig");
    for low in 1..=5 {
        let id = miner.submit_good(low);
        assert!(miner.reply_to(id).is_ok());
    }
    farm.upgraded();
    farm.wait_first_end();
    for low in 6..=7 {
        let id = miner.submit_good(low);
        assert!(miner.reply_to(id).is_ok());
    }
    let stored = clock::eventually("seven shares in the ledger", || {
        let output = std::process::Command::new(crate::farm::PROGRAM)
            .args(["data", "export", "--format", "jsonl", "--data"])
            .arg(farm.folder())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (text.lines().count() >= 7).then_some(text)
    });
    assert_eq!(stored.lines().count(), 7, "{stored}");
}

#[test]
fn addresses_that_are_new_are_opened_and_those_that_are_gone_are_closed() {
    let pool = FakePool::start();
    let config = Config::on(&pool).set("miners.listen", "[\"127.0.0.1:0\", \"127.0.0.2:0\"]");
    let mut farm = Farm::start(&config);
    let second = farm.wait("the second address", |line| {
        let (_, rest) = line.split_once("127.0.0.2:")?;
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        format!("127.0.0.2:{digits}")
            .parse::<std::net::SocketAddr>()
            .ok()
    });
    let config = Config::on(&pool).set("miners.listen", "[\"127.0.0.1:0\", \"127.0.0.3:0\"]");
    farm.write_settings(&config.toml(farm.folder()));
    farm.upgraded();
    farm.wait_first_end();
    farm.wait_line("127.0.0.3:");
    assert!(TcpStream::connect(farm.miners).is_ok(), "it stays open");
    let refused = TcpStream::connect_timeout(&second, Duration::from_secs(5));
    assert!(refused.is_err(), "nobody listens there any more");
}
