//! What is allowed but may not be meant.

use std::time::Duration;

use crate::section::{Anonymous, ProveMode};
use crate::settings::Settings;

/// Monero's mean time between blocks, and so between jobs of a pool.
const BLOCK_TIME: Duration = Duration::from_secs(120);

impl Settings {
    /// Settings that are allowed but may not be meant: one sentence each, without secrets.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut warn = |condition: bool, warning: String| {
            if condition {
                warnings.push(warning);
            }
        };

        if let Some(address) = self.monitor.listen {
            let reaches_out = self.monitor.reaches_out();
            let access = &self.monitor.access;
            warn(
                reaches_out && access.anonymous != Anonymous::Nothing,
                format!(
                    "monitor.listen: {address} can be reached from other machines, and whoever \
                     reaches it can read everything; \"127.0.0.1:{}\" keeps it to this one",
                    address.port()
                ),
            );
            warn(
                reaches_out && access.has_tokens() && self.monitor.tls_files.is_none(),
                "monitor.tls_certificate: is not set, so that tokens cross the network in the \
                 clear, unless something before the monitor speaks TLS"
                    .to_owned(),
            );
        }
        warn(
            self.miners.tls_files.is_some() && self.miners.tls_listen.is_empty(),
            "miners.tls_certificate: has no effect, because `tls_listen` is empty".to_owned(),
        );
        let balancers = &self.miners.access.proxy_protocol_from;
        warn(
            balancers.iter().any(|network| network.prefix_len() == 0),
            "miners.proxy_protocol_from: lets everybody say from which address they come; name \
             the balancers alone"
                .to_owned(),
        );
        for (index, pool) in self.pools.iter().enumerate() {
            warn(
                pool.user.as_str().starts_with("YOUR_"),
                format!("pool[{index}].user: is still the example's; write your own wallet"),
            );
            let twin = self.pools[..index]
                .iter()
                .position(|other| other.url == pool.url && other.user == pool.user);
            if let Some(twin) = twin {
                warn(
                    true,
                    format!("pool[{index}]: is the same upstream as pool[{twin}]"),
                );
            }
        }
        warn(
            self.failover.job_timeout < BLOCK_TIME,
            "failover.job_timeout: is below Monero's block time of 120 s, so that healthy pools \
             will often count as stale"
                .to_owned(),
        );
        warn(
            self.prove.mode == ProveMode::Off,
            "prove.mode: is \"off\", so that a rig's wrong hashes reach the pool and may get the \
             farm banned"
                .to_owned(),
        );
        warnings
    }
}
