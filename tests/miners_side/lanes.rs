//! Several lanes behind one address.

use std::collections::HashSet;

use crate::support::{Config, FakePool, Proxy, Swarm};

#[test]
fn lanes_share_an_address_and_nothing_else() {
    let pool = FakePool::start();
    let config = Config::on(&pool)
        .set("node.lanes", 3)
        .set("miners.tls_listen", "[\"127.0.0.1:0\"]");
    let proxy = Proxy::launch(&config);
    pool.wait_live(3);
    let mut swarm = Swarm::watching(proxy.miners());
    let miners = swarm.join_all(120);
    for round in 1..4 {
        for miner in &miners {
            let request = swarm.submit_good(*miner, &swarm.job(*miner), round);
            assert!(swarm.reply(*miner, request).is_ok());
        }
    }
    let sessions: HashSet<_> = pool.submits().iter().map(|submit| submit.conn).collect();
    assert!(
        sessions.len() > 1,
        "the system spreads connections over lanes"
    );
    assert!(pool.duplicates().is_empty());
    swarm.with(|state| assert_eq!(state.overlaps, Vec::<String>::new()));
    let lanes = proxy.node().view().lanes();
    let accepted: u64 = lanes.iter().map(|lane| lane.counts().shares.accepted).sum();
    assert_eq!((lanes.len(), accepted), (3, 360));
    assert!(lanes.iter().all(|lane| lane.counts().shares.balances()));
    assert_eq!(proxy.stop(), 0);
}
