//! Two nodes: one with miners, and one that proves.

use crate::support::{Config, FakePool, Proxy, SimMiner, clock};

/// What miners are called on the first node; hostile.
pub(crate) const HOSTILE: &str = "\"} 1\nbad 0 \\ <b>";

pub(crate) struct Farm {
    pub(crate) mining: Proxy,
    pub(crate) proving: Proxy,
    _miners: Vec<SimMiner>,
    _pool: FakePool,
}

impl Farm {
    /// Both are ready, and the registry knows the shares of both miners of the first.
    pub(crate) fn start() -> Self {
        let pool = FakePool::start();
        let config = Config::on(&pool);
        let mining = Proxy::launch(&config.clone().set("monitor.rig_metrics", 1));
        let proving = Proxy::launch(&config.set("prove.mode", "\"light\""));
        let mut miners = Vec::new();
        for name in [HOSTILE, "north"] {
            let mut miner = SimMiner::joined(mining.miners(), name);
            for low in 1..=3 {
                let request = miner.submit_good(low);
                assert!(miner.reply_to(request).is_ok());
            }
            miners.push(miner);
        }
        mining.wait_ready();
        proving.wait_ready();
        clock::eventually("the registry to know both rigs' shares", || {
            let list = mining.page("/api/v1/registry");
            (list.matches("\"accepted\":3").count() == 2).then_some(())
        });
        Self {
            mining,
            proving,
            _miners: miners,
            _pool: pool,
        }
    }
}
