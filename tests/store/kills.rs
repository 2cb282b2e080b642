//! `kill -9` at any moment (I5): what was acknowledged is there, once, and the books agree.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use crate::books::{Seen, check_journal};
use crate::farm::{self, Farm};
use crate::support::{Daemon, Manner, clock};

/// Lives of the daemon that end by a kill.
fn kills() -> u64 {
    let wanted = std::env::var("ZARTRUX_KILLS").ok();
    wanted.and_then(|kills| kills.parse().ok()).unwrap_or(50)
}

/// The store writes, has lost nothing, and let nobody know OK too early.
pub(crate) fn check_store(daemon: &Daemon) {
    let store = daemon.json("/api/v1/store");
    assert_eq!(store["failing"], Value::Null);
    assert_eq!(store["damage"], Value::Array(Vec::new()), "{store}");
    for count in [
        "acknowledged_unrecorded",
        "shares_lost",
        "failures",
        "journal_lost",
    ] {
        assert_eq!(store[count], 0, "{count}: {store}");
    }
}

#[test]
fn i5_whatever_was_acknowledged_is_there_once_after_any_number_of_kills() {
    let data = tempfile::tempdir().unwrap();
    let pool = farm::pool();
    let config = farm::config(&pool);
    let mut random = StdRng::seed_from_u64(9);
    let (mut counter, mut seen, mut acknowledged) = (0, Seen::default(), 0);
    for life in 1..=kills() {
        let daemon = Daemon::start_in(data.path(), &config, Manner::default());
        let mut farm = Farm::new(daemon.miners, &pool, &mut counter, 8, life);
        check_store(&daemon);
        let moment = Duration::from_millis(random.gen_range(0..250));
        farm.mine_until(clock::now() + moment);
        check_store(&daemon);
        farm.mine();
        daemon.kill();
        let told = farm.when_closed();
        seen.look(data.path(), &farm::jobs_of(&pool));
        seen.check_acknowledged(&told.good);
        acknowledged += told.good.len();
    }
    let daemon = Daemon::start_in(data.path(), &config, Manner::default());
    check_store(&daemon);
    daemon.leave();
    seen.look(data.path(), &farm::jobs_of(&pool));
    println!(
        "{} shares, {acknowledged} of them acknowledged",
        seen.shares()
    );
    assert!(acknowledged as u64 > 20 * kills());
    seen.check_state(data.path());
    assert_eq!(check_journal(data.path()) as u64, kills() + 1);
}
