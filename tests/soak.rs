//! Weeks of a farm in little time: the real program as a child, with short timers, before pools that
//! fail in every way, with miners that come and go, faults forced into its actors, forks, reloads and
//! kills. All along it is checked that the invariants I1 to I7 hold.
//!
//! Here it runs for some seconds, so that it can't rot. `make soak` runs it for an hour:
//! docs/src/results/soak.md.
#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends where something is not as it must be, and prints what it did"
)]

mod support;

#[path = "soak/account.rs"]
mod account;
#[path = "soak/account_tests.rs"]
mod account_tests;
#[path = "soak/acts.rs"]
mod acts;
#[path = "soak/args.rs"]
mod args;
#[path = "soak/books.rs"]
mod books;
#[path = "soak/checks.rs"]
mod checks;
#[path = "soak/deck.rs"]
mod deck;
#[path = "soak/driver.rs"]
mod driver;
#[path = "soak/eventloop.rs"]
mod eventloop;
#[path = "soak/flat.rs"]
mod flat;
#[path = "soak/found.rs"]
mod found;
#[path = "soak/hostile.rs"]
mod hostile;
#[path = "soak/miner.rs"]
mod miner;
#[path = "soak/pool.rs"]
mod pool;
#[path = "soak/process.rs"]
mod process;
#[path = "soak/quiet.rs"]
mod quiet;
#[path = "soak/report.rs"]
mod report;
#[path = "soak/settings.rs"]
mod settings;
#[path = "soak/share.rs"]
mod share;
#[path = "soak/world.rs"]
mod world;

#[test]
fn days_of_a_farm_break_no_invariant() {
    let args = args::Args::from_environment();
    let report = acts::play(&args);
    println!("{}", report.table());
    if let Some(path) = &args.json {
        std::fs::write(path, report.json()).expect("a file for the report");
    }
    if let Some(first) = report.first_violation() {
        panic!("{first}\nrepeat it with: {}", args.command());
    }
}
