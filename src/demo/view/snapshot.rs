//! What is shown at one moment.

use std::net::SocketAddr;
use std::time::Duration;

use crate::demo::miner::{DemoMiner, MinerCounts};
use crate::demo::pool::PoolReport;

/// The demo at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Since the miners started.
    pub elapsed: Duration,
    /// One for each miner.
    pub miners: Vec<MinerView>,
    /// What the pool has counted.
    pub pool: PoolReport,
    /// Where the proxy listens.
    pub proxy: Option<SocketAddr>,
    /// Where the monitor page is.
    pub monitor: Option<SocketAddr>,
}

/// A miner at one moment.
#[derive(Debug, Clone, Default)]
pub struct MinerView {
    /// Name of the rig.
    pub rig: String,
    /// Whether its memory fails.
    pub broken: bool,
    /// Hashes per second since the last snapshot.
    pub rate: f64,
    /// What it has counted.
    pub counts: MinerCounts,
}

/// Measures hash rates from one snapshot to the next.
#[derive(Debug, Default)]
pub struct RateMeter {
    last: Duration,
    hashes: Vec<u64>,
}

impl RateMeter {
    /// Looks at all miners, `elapsed` after they started.
    pub fn look(&mut self, miners: &[DemoMiner], elapsed: Duration) -> Vec<MinerView> {
        let seconds = elapsed.saturating_sub(self.last).as_secs_f64();
        self.last = elapsed;
        self.hashes.resize(miners.len(), 0);
        miners
            .iter()
            .zip(&mut self.hashes)
            .map(|(miner, last)| {
                let counts = miner.counts();
                let rate = rate(counts.hashes.saturating_sub(*last), seconds);
                *last = counts.hashes;
                MinerView {
                    rig: miner.rig().to_owned(),
                    broken: miner.is_broken(),
                    rate,
                    counts,
                }
            })
            .collect()
    }
}

/// Hashes per second; 0 over no time.
fn rate(hashes: u64, seconds: f64) -> f64 {
    if seconds > 0.0 {
        hashes as f64 / seconds
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn a_rate_over_no_time_is_no_rate() {
        assert!(rate(10, 0.0).abs() < f64::EPSILON);
        assert!((rate(10, 4.0) - 2.5).abs() < f64::EPSILON);
    }
}
