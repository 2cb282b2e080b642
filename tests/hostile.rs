//! Hostile peers of every kind, beside a good miner that mines on.
//!
//! Each table names what is sent and what must come of it. Cases that other tests have are not
//! repeated here: the 74 hand-made ones that xmrig-proxy was tried with are in `miners_side`
//! (`replies.rs`), garbage in any place of a pool's dialogue in `upstream` (`garbage.rs`), balancers
//! that cut and lie in the models' own tests, and ZeroMQ in `solo`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

#[path = "hostile/balancers.rs"]
mod balancers;
#[path = "hostile/beside.rs"]
mod beside;
#[path = "hostile/limits.rs"]
mod limits;
#[path = "hostile/memory.rs"]
mod memory;
#[path = "hostile/miners.rs"]
mod miners;
#[path = "hostile/monitor.rs"]
mod monitor;
#[path = "hostile/pool_cases.rs"]
mod pool_cases;
#[path = "hostile/pools.rs"]
mod pools;
#[path = "hostile/rounds.rs"]
mod rounds;
#[path = "upstream/scene.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of upstreams, which use all of it"
)]
mod scene;

/// The tables hold as many cases as are promised, each of a name of its own.
#[test]
fn there_are_at_least_a_hundred_cases_and_no_two_of_one_name() {
    let mut names: Vec<String> = miners::cases().iter().map(|case| case.name()).collect();
    names.extend(
        balancers::cases()
            .iter()
            .map(|case| format!("balancer: {}", case.0)),
    );
    names.extend(
        monitor::cases()
            .iter()
            .map(|case| format!("monitor: {}", case.name)),
    );
    names.extend(
        pool_cases::cases()
            .iter()
            .map(|case| format!("pool: {}", case.0)),
    );
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "two of one name");
    assert!(all >= 100, "{all}");
}
