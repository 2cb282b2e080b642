//! The memory ceiling.

use crate::beside::Beside;
use crate::support::{Config, FakePool, Proxy, SimMiner, clock, http};

const MIB: u64 = 1 << 20;

fn full_when(proxy: &Proxy, full: bool) {
    clock::eventually("a look at the memory", || {
        (proxy.node().view().memory().is_full() == full).then_some(())
    });
}

#[test]
fn above_the_ceiling_newcomers_are_turned_away_and_miners_mine_on() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool).set("node.memory_ceiling", "\"1024GiB\""));
    let monitor = proxy.node().monitor_address().unwrap();
    let mut beside = Beside::of(proxy.miners());
    let mut early = SimMiner::connect(proxy.miners());
    proxy.connections_when("both", |counts| counts.open == 2);
    assert_eq!(http::get(monitor, "/health/ready").status, 200);

    proxy.node().view().memory().feign(Some(2_000_000 * MIB));
    full_when(&proxy, true);
    beside.mines("above the ceiling");
    let fault = early.log_in("late").unwrap_err();
    assert_eq!(
        fault.message,
        "No memory left for further miners, try again later"
    );
    assert!(early.expect_closed().is_empty());
    let mut newcomer = SimMiner::connect(proxy.miners());
    assert!(newcomer.expect_closed().is_empty());
    assert_eq!(proxy.connections().turned.memory, 2);
    let ready = http::get(monitor, "/health/ready");
    assert_eq!(ready.status, 503);
    assert!(
        ready.body.contains("memory at its ceiling"),
        "{}",
        ready.body
    );
    assert!(proxy.page("/metrics").contains("\nzartrux_memory_full 1\n"));
    let told = |text: &str| {
        let events = proxy.node().view().events().after(0, 100);
        let mut told = events.iter().filter(|event| event.kind == "memory_ceiling");
        told.any(|event| event.text.contains(text))
    };
    assert!(told("no further miners are let in"));

    // Just below is not enough, nine tenths are.
    proxy.node().view().memory().feign(Some(1_000_000 * MIB));
    clock::eventually("a look at it", || {
        (proxy.node().view().memory().resident() == 1_000_000 * MIB).then_some(())
    });
    beside.mines("just below the ceiling");
    assert!(proxy.node().view().memory().is_full());
    proxy.node().view().memory().feign(Some(900_000 * MIB));
    full_when(&proxy, false);
    assert!(told("miners are let in"));
    let mut back = SimMiner::joined(proxy.miners(), "late");
    assert!(back.keep_alive().is_ok());
    beside.mines("below the ceiling again");
    assert_eq!(http::get(monitor, "/health/ready").status, 200);
}

/// This process is larger than the smallest ceiling there is, so it is so for real.
#[test]
fn the_ceiling_is_held_against_what_the_process_really_has_and_changes_while_it_runs() {
    let pool = FakePool::start();
    let config = Config::on(&pool);
    let proxy = Proxy::launch(&config);
    let mut beside = Beside::of(proxy.miners());
    proxy
        .reload(&config.clone().set("node.memory_ceiling", "\"16MiB\""))
        .unwrap();
    full_when(&proxy, true);
    assert!(proxy.node().view().memory().resident() > 16 * MIB);
    let mut newcomer = SimMiner::connect(proxy.miners());
    assert!(newcomer.expect_closed().is_empty());
    beside.mines("above the ceiling");
    proxy.reload(&config).unwrap();
    full_when(&proxy, false);
    SimMiner::joined(proxy.miners(), "late");
    beside.mines("without a ceiling");
}
