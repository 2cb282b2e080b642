//! The upstream's connection is lost and made again while miners are there.

use std::collections::HashSet;

use crate::support::sim_miner::slot_of;
use crate::support::{Config, FakePool, Heard, PATIENCE, Proxy, SimMiner, Swarm};

fn next(miner: &mut SimMiner) -> String {
    match miner.next_line(PATIENCE) {
        Heard::Line(line) => line,
        other @ (Heard::Closed | Heard::Quiet) => panic!("{other:?} instead of a line"),
    }
}

/// xmrig answers the same job twice in a row with a reconnect.
#[test]
fn after_the_upstream_came_back_a_miner_gets_the_new_job_once() {
    let pool = FakePool::start();
    let proxy = Proxy::before(&pool);
    let mut miner = SimMiner::joined(proxy.miners(), "rig");
    for round in 2..5 {
        pool.close(round - 1);
        pool.wait_live(1);
        let job = next(&mut miner);
        assert!(job.contains("\"method\":\"job\""), "{job}");
        // Whatever else was sent would come before this answer.
        miner.send(r#"{"id":50,"jsonrpc":"2.0","method":"keepalived","params":{"id":"x"}}"#);
        let then = next(&mut miner);
        assert!(then.contains("KEEPALIVED"), "{then} after {job}");
        assert!(pool.connections().len() >= round);
    }
    assert_eq!(proxy.connections().dropped, 0);
}

#[test]
fn after_the_upstream_came_back_no_two_miners_share_a_slot() {
    let pool = FakePool::start();
    let proxy = Proxy::launch(&Config::on(&pool));
    let mut swarm = Swarm::watching(proxy.miners());
    let miners = swarm.join_all(30);
    // Gaps, so that slots given anew would be others than before.
    let stay: Vec<_> = miners
        .iter()
        .copied()
        .filter(|miner| miner % 3 != 0)
        .collect();
    for miner in miners.iter().filter(|miner| *miner % 3 == 0) {
        swarm.leave(*miner);
    }
    proxy.connections_when("those who stay", |counts| counts.open == stay.len() as u64);
    for round in 1..6 {
        let before: Vec<u64> = stay.iter().map(|m| swarm.with(|s| s.of(*m).jobs)).collect();
        pool.close(round);
        swarm.wait("a job for everyone", |state| {
            let all = stay.iter().zip(&before);
            all.clone()
                .all(|(miner, before)| state.of(*miner).jobs > *before)
                .then_some(())
        });
        for miner in &stay {
            let id = swarm.submit_good(*miner, &swarm.job(*miner), 1);
            assert!(swarm.reply(*miner, id).is_ok());
        }
        let slots: HashSet<u8> = stay.iter().map(|m| slot_of(&swarm.job(*m))).collect();
        assert_eq!(slots.len(), stay.len());
    }
    swarm.with(|state| assert_eq!(state.overlaps, Vec::<String>::new()));
    assert!(pool.duplicates().is_empty());
}
