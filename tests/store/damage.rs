//! Bytes that change between two runs: the daemon starts, says where, and has the rest.

use std::fs;
use std::path::{Path, PathBuf};

use zartrux::node::StoreFolders;

use crate::books::{all_rigs, shares_above, state};
use crate::farm::{self, Farm};
use crate::support::{Config, Daemon, FakePool, Manner};

/// A data folder with shares in it, and how many. In order or not: what was not packed into the
/// database is in the commit log.
fn with_shares(data: &Path, pool: &FakePool, config: &Config, in_order: bool) -> usize {
    let mut counter = 0;
    let daemon = Daemon::start_in(data, config, Manner::default());
    let mut farm = Farm::new(daemon.miners, pool, &mut counter, 4, 1);
    farm.mine_answered(1_000);
    farm.settle();
    if in_order {
        daemon.leave();
    } else {
        daemon.kill();
    }
    shares_above(data, 0).0.len()
}

/// The folder of the one volume.
fn volume(data: &Path) -> PathBuf {
    let shares = StoreFolders::below(data).shares;
    let entry = fs::read_dir(shares).unwrap().next().unwrap();
    entry.unwrap().path()
}

fn flip(file: &Path, at: impl Fn(usize) -> Vec<usize>) {
    let mut bytes = fs::read(file).unwrap();
    for place in at(bytes.len()) {
        bytes[place] ^= 1;
    }
    fs::write(file, bytes).unwrap();
}

/// Starts it, has it take some more shares, and stops it; what it says is damaged.
fn run_once_more(data: &Path, pool: &FakePool, config: &Config) -> Vec<String> {
    let mut counter = 1_000_000;
    let daemon = Daemon::start_in(data, config, Manner::default());
    let mut farm = Farm::new(daemon.miners, pool, &mut counter, 4, 2);
    farm.mine_answered(100);
    farm.settle();
    let damage = daemon.json("/api/v1/store")["damage"].clone();
    let damage: Vec<String> = serde_json::from_value(damage).unwrap();
    assert_eq!(
        daemon.has_logged("can't be read") || daemon.has_logged("damaged"),
        !damage.is_empty(),
        "what is shown is logged"
    );
    daemon.leave();
    damage
}

#[test]
fn a_byte_that_changes_in_the_commit_log_costs_one_commit_and_is_told() {
    let data = tempfile::tempdir().unwrap();
    let pool = farm::pool();
    let config = farm::config(&pool);
    let before = with_shares(data.path(), &pool, &config, false);
    let log = volume(data.path()).join("commits");
    flip(&log, |length| vec![length - 200]);
    let damage = run_once_more(data.path(), &pool, &config);
    assert!(damage[0].contains("commits, byte"), "{damage:?}");
    let (after, _) = shares_above(data.path(), 0);
    // A commit holds a few dozens, and the last share's number is not given again.
    assert!(after.len() + 64 > before, "{} of {before}", after.len());
}

#[test]
fn bytes_that_change_in_a_volumes_database_are_told_and_the_commit_log_has_the_shares() {
    let data = tempfile::tempdir().unwrap();
    let pool = farm::pool();
    let config = farm::config(&pool);
    let before = with_shares(data.path(), &pool, &config, true);
    let database = volume(data.path()).join("db");
    flip(&database, |length| (0..length).step_by(997).collect());
    run_once_more(data.path(), &pool, &config);
    let (after, damage) = shares_above(data.path(), 0);
    assert!(after.len() >= before, "{} of {before}", after.len());
    assert_eq!(damage, Vec::<String>::new());
}

#[test]
fn a_damaged_registry_is_put_aside_told_and_made_anew_from_the_ledger() {
    let data = tempfile::tempdir().unwrap();
    let pool = farm::pool();
    let config = farm::config(&pool);
    with_shares(data.path(), &pool, &config, true);
    let database = StoreFolders::below(data.path()).state.join("db");
    flip(&database, |length| (0..length).step_by(97).collect());
    let damage = run_once_more(data.path(), &pool, &config);
    assert!(
        damage.iter().any(|told| told.contains("state")),
        "{damage:?}"
    );
    let (shares, _) = shares_above(data.path(), 0);
    let rigs = all_rigs(&state(data.path()));
    let counted: u64 = rigs.iter().map(|rig| rig.lifetime.shares()).sum();
    assert_eq!(counted, shares.len() as u64);
}
