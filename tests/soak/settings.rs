//! The daemon's settings: its timers so short that much happens in little time, its tables so small
//! that they fill.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::support::Config;

/// The settings file, and what is in it.
#[derive(Debug)]
pub(crate) struct SettingsFile {
    folder: PathBuf,
    pools: Vec<SocketAddr>,
}

/// Faults, each of which has a whole file refused.
const FAULTS: [&str; 6] = [
    "[node]\ndrain = 7\n",
    "[miners]\nidle_timeot = \"5s\"\n",
    "[node\n",
    "\u{0}\u{1}\u{2}",
    "[[pool]]\nurl = \"http://nowhere\"\nuser = \"x\"\n",
    "",
];

impl SettingsFile {
    /// Of a daemon whose data are in this folder, before these pools.
    pub(crate) fn new(folder: &Path, pools: Vec<SocketAddr>) -> Self {
        Self {
            folder: folder.to_owned(),
            pools,
        }
    }

    /// Writes those that the daemon starts with, and has at quiet points.
    pub(crate) fn write_usual(&self) {
        let order: Vec<usize> = (0..self.pools.len()).collect();
        self.write(&self.usual(&order));
    }

    /// Writes others that are taken while it runs.
    pub(crate) fn write_other(&self, pick: usize) {
        let other = match pick % 6 {
            0 => self
                .usual(&[0, 1, 2])
                .set("failover.failback_after", "\"300ms\""),
            1 => self.usual(&[1, 0, 2]),
            2 => self.usual(&[0, 2]),
            3 => self.usual(&[2, 0, 1]).set("miners.share_goal", "\"500ms\""),
            4 => self.usual(&[0, 1, 2]).set("node.log", "\"warn\""),
            _ => self.usual(&[2]),
        };
        self.write(&other);
    }

    /// Writes a file that has a fault.
    pub(crate) fn write_faulty(&self, pick: usize) {
        let fault = FAULTS[pick % FAULTS.len()];
        fs::write(self.path(), fault).expect("a settings file");
    }

    fn path(&self) -> PathBuf {
        self.folder.join("settings.toml")
    }

    fn write(&self, config: &Config) {
        fs::write(self.path(), config.toml(&self.folder)).expect("a settings file");
    }

    fn usual(&self, order: &[usize]) -> Config {
        let keys = "keepalive = \"1s\"\nmax_sessions = 8\n";
        let url = |pool: &usize| format!("stratum+tcp://{}", self.pools[*pool]);
        let pools = order.iter().map(url);
        pools.fold(base(), |config, url| config.pool_with(&url, keys))
    }
}

fn base() -> Config {
    Config::default()
        .set("node.log_format", "\"json\"")
        // Told by a request, so that it is known when they are read.
        .set("node.watch", "false")
        .set("miners.share_goal", "\"300ms\"")
        .set("miners.min_difficulty", 20)
        .set("miners.login_timeout", "\"2s\"")
        .set("miners.max_connections", 2_000)
        .set("miners.unsent_limit", "\"16KiB\"")
        .set("failover.connect_timeout", "\"1s\"")
        .set("failover.response_timeout", "\"3s\"")
        .set("failover.failback_after", "\"500ms\"")
        .set("failover.grace", "\"1500ms\"")
        .set("filters.max_rigs", 500)
        .set("filters.forget_after", "\"1m\"")
        // However slow the disk is: what is acknowledged is written.
        .set("store.ack_wait", "\"10s\"")
        .set("store.keep", "\"1d\"")
        .set("store.max_size", "\"64MiB\"")
        .set("learn.min_shares", 500)
        .set("learn.window", 5_000)
        .set("learn.look_every", "\"1s\"")
        .set("learn.shadow", "\"0s\"")
        .set("rigs.late_after", "\"1m\"")
        .set("rigs.silent_after", "\"2m\"")
        .set("monitor.shares_kept", 512)
        .set("monitor.rig_metrics", 50)
        .set("alerts.hold", "\"1s\"")
        .set("alerts.clear", "\"1s\"")
        .set("alerts.group_wait", "\"1s\"")
}
