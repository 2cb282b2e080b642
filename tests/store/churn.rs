//! Names without an end: whoever makes them up costs a bounded amount of memory.

use std::time::Duration;

use crate::books::{all_rigs, shares_above, state};
use crate::support::{Config, Daemon, FakePool, Manner, Swarm, clock};

const MAX_RIGS: usize = 500;
/// Names in a round.
const ROUND: usize = 100;
/// What the second half may take more than the first left, bytes.
const ALLOWANCE: u64 = 8 << 20;

#[test]
fn names_without_an_end_cost_bounded_memory_and_no_sum_is_lost() {
    let data = tempfile::tempdir().unwrap();
    let pool = FakePool::start();
    let config = Config::on(&pool)
        .set("filters.max_rigs", MAX_RIGS)
        .set("store.ack_wait", "\"10s\"");
    let daemon = Daemon::start_in(data.path(), &config, Manner::default());
    daemon.wait_ready();
    let mut swarm = Swarm::new(daemon.miners);
    let (begin, mut sizes, mut names, mut accepted) = (clock::now(), Vec::new(), 0, 0);
    while clock::now() - begin < Duration::from_secs(20) {
        let miners = swarm.join_all(ROUND);
        for miner in &miners {
            let request = swarm.submit_good(*miner, &swarm.job(*miner), 1);
            accepted += u64::from(swarm.reply(*miner, request).is_ok());
        }
        for miner in miners {
            swarm.leave(miner);
        }
        names += ROUND;
        pool.push_job(1_000, names as u64);
        sizes.push(daemon.resident());
    }
    let (half, end) = (sizes[sizes.len() / 2], sizes[sizes.len() - 1]);
    assert!(end.saturating_sub(half) < ALLOWANCE, "grows: {sizes:?}");
    assert!(names > 2 * MAX_RIGS, "only {names} names");
    let known = daemon.json("/api/v1/registry?limit=1")["known"].as_u64();
    assert!(known <= Some(MAX_RIGS as u64), "{known:?}");
    assert!(!daemon.has_logged("a rig that should be there is silent"));
    assert_eq!(daemon.json("/api/v1/store")["shares_lost"], 0);
    daemon.leave();
    let shares = shares_above(data.path(), 0).0.len() as u64;
    assert_eq!(shares, accepted);
    let rigs = all_rigs(&state(data.path()));
    let counted: u64 = rigs.iter().map(|rig| rig.lifetime.accepted).sum();
    assert_eq!(counted, accepted);
}
