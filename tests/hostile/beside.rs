//! The good miner beside, and what a case came to.

use std::net::SocketAddr;

use crate::support::SimMiner;

/// A good miner that nothing may disturb.
pub(crate) struct Beside {
    miner: SimMiner,
    shares: u32,
}

impl Beside {
    pub(crate) fn of(miners: SocketAddr) -> Self {
        Self {
            miner: SimMiner::joined(miners, "good"),
            shares: 0,
        }
    }

    /// It mines: a share of it is taken, over the connection that it has had all along.
    pub(crate) fn mines(&mut self, case: &str) {
        self.shares += 1;
        let id = self.miner.submit_good(self.shares);
        let verdict = self.miner.reply_to(id);
        assert!(verdict.is_ok(), "{case}: the good miner got {verdict:?}");
    }
}

/// What did not come as it must, of all cases together.
#[derive(Default)]
pub(crate) struct Faults(Vec<String>);

impl Faults {
    pub(crate) fn check(&mut self, case: &str, right: bool, came: impl std::fmt::Debug) {
        if !right {
            self.0.push(format!("{case}: {came:?}"));
        }
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(
                self.0.is_empty(),
                "not as it must be:\n{}",
                self.0.join("\n")
            );
        }
    }
}
