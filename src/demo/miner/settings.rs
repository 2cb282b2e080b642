//! What a demo miner can be told.

use std::net::SocketAddr;

/// Settings of a [`DemoMiner`](super::DemoMiner).
#[derive(Clone)]
pub struct MinerSettings {
    /// Name of the rig: thread names, `rigid` in the login, and the report.
    pub rig: String,
    /// Whom to mine for.
    pub proxy: SocketAddr,
    /// Wallet or worker name.
    pub login: String,
    /// Password.
    pub pass: String,
    /// Most hashes per second; `None` for as many as the core gives.
    pub hashes_per_second: Option<f64>,
    /// Failing hardware: the portion of hashes that come out wrong, above 0 and at most 1.
    pub broken: Option<f64>,
    /// Seed of what is random here, which is which hash comes out wrong.
    pub random: u64,
}

impl MinerSettings {
    /// A sound miner at full speed.
    #[must_use]
    pub fn new(rig: &str, proxy: SocketAddr) -> Self {
        Self {
            rig: rig.to_owned(),
            proxy,
            login: rig.to_owned(),
            pass: "x".to_owned(),
            hashes_per_second: None,
            broken: None,
            random: 1,
        }
    }
}
