//! A proxy under test: the whole daemon, launched in this process on ports that the system picks.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::net::SocketAddr;
use std::path::Path;

use tempfile::TempDir;
use zartrux::node::{Node, NodeOptions, ReloadRefused, ReloadReport};
use zartrux_actors::counters::{ConnectionCounts, ShareCounts};
use zartrux_config::{Overrides, Settings};

use super::{FakePool, clock, http};

/// The text of a settings file, put together key by key.
#[derive(Debug, Clone)]
pub struct Config {
    sections: BTreeMap<String, BTreeMap<String, String>>,
    pools: Vec<String>,
}

impl Default for Config {
    /// Nothing proved, every miner on the pool's difficulty, and quick to come back to a pool.
    fn default() -> Self {
        let empty = Self {
            sections: BTreeMap::new(),
            pools: Vec::new(),
        };
        empty
            .set("node.drain", "\"2s\"")
            .set("miners.listen", "[\"127.0.0.1:0\"]")
            .set("miners.share_goal", "\"off\"")
            .set("miners.min_difficulty", 1)
            .set("failover.retry", "\"50ms\"")
            .set("failover.retry_max", "\"200ms\"")
            .set("prove.mode", "\"off\"")
            .set("monitor.listen", "\"127.0.0.1:0\"")
    }
}

impl Config {
    /// The default with this pool as its one upstream.
    pub fn on(pool: &FakePool) -> Self {
        Self::default().pool(&pool.url())
    }

    /// Sets a key such as `miners.login_timeout` to a value as TOML writes it.
    pub fn set(mut self, path: &str, value: impl Display) -> Self {
        let (section, key) = path.split_once('.').expect("a section and a key");
        self.sections
            .entry(section.to_owned())
            .or_default()
            .insert(key.to_owned(), value.to_string());
        self
    }

    /// Adds an upstream.
    pub fn pool(self, url: &str) -> Self {
        self.pool_with(url, "")
    }

    /// Adds an upstream with these further keys, as TOML writes them.
    pub fn pool_with(mut self, url: &str, keys: &str) -> Self {
        self.pools
            .push(format!("url = \"{url}\"\nuser = \"wallet\"\n{keys}\n"));
        self
    }

    /// Adds an upstream that pays this user.
    pub fn pool_as(mut self, url: &str, user: &str, keys: &str) -> Self {
        self.pools
            .push(format!("url = \"{url}\"\nuser = \"{user}\"\n{keys}\n"));
        self
    }

    /// The file's text, with `data` for the data folder.
    pub fn toml(&self, data: &Path) -> String {
        let with_data = self
            .clone()
            .set("node.data", format!("\"{}\"", data.display()));
        let mut text = String::new();
        for (section, keys) in &with_data.sections {
            writeln!(text, "[{section}]").expect("a String takes text");
            for (key, value) in keys {
                writeln!(text, "{key} = {value}").expect("a String takes text");
            }
        }
        for pool in &self.pools {
            write!(text, "[[pool]]\n{pool}").expect("a String takes text");
        }
        text
    }
}

/// A running proxy; stopped when dropped.
pub struct Proxy {
    node: Option<Node>,
    data: TempDir,
}

impl Proxy {
    /// Launches it before this pool, as [`Config::default`] says.
    pub fn before(pool: &FakePool) -> Self {
        Self::launch(&Config::on(pool))
    }

    /// Launches it with these settings.
    pub fn launch(config: &Config) -> Self {
        let data = tempfile::tempdir().expect("a temporary folder");
        let text = config.toml(data.path());
        let settings = Settings::from_toml(&text, &Overrides::default())
            .unwrap_or_else(|faults| panic!("{faults}\n{text}"));
        let options = NodeOptions {
            drill: true,
            watchdog: false,
        };
        Self {
            node: Some(Node::launch(&settings, options).expect("a node that starts")),
            data,
        }
    }

    /// What these settings are with its data folder.
    pub fn settings(&self, config: &Config) -> Settings {
        let text = config.toml(self.data());
        Settings::from_toml(&text, &Overrides::default())
            .unwrap_or_else(|faults| panic!("{faults}\n{text}"))
    }

    /// Gives it other settings while it runs.
    pub fn reload(&self, config: &Config) -> Result<ReloadReport, ReloadRefused> {
        self.node().reload(&self.settings(config))
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The node.
    pub fn node(&self) -> &Node {
        self.node.as_ref().expect("a node until it is stopped")
    }

    /// Where miners connect without TLS.
    pub fn miners(&self) -> SocketAddr {
        self.node().plain_addresses()[0]
    }

    /// Where miners connect with TLS.
    pub fn tls_miners(&self) -> SocketAddr {
        self.node().tls_addresses()[0]
    }

    /// The pin of its certificate.
    pub fn pin(&self) -> [u8; 32] {
        let fingerprint = self.node().fingerprint().expect("a TLS listener");
        let mut pin = [0; 32];
        const_hex::decode_to_slice(fingerprint, &mut pin).expect("64 hex digits");
        pin
    }

    /// What became of its shares.
    pub fn shares(&self) -> ShareCounts {
        self.node().view().counts().shares
    }

    /// Its miners' connections.
    pub fn connections(&self) -> ConnectionCounts {
        self.node().view().counts().connections
    }

    /// Waits until its shares are as wanted; the counts then.
    pub fn shares_when(&self, what: &str, wanted: impl Fn(&ShareCounts) -> bool) -> ShareCounts {
        clock::eventually(what, || Some(self.shares()).filter(&wanted))
    }

    /// Waits until its connections are as wanted; the counts then.
    pub fn connections_when(
        &self,
        what: &str,
        wanted: impl Fn(&ConnectionCounts) -> bool,
    ) -> ConnectionCounts {
        clock::eventually(what, || Some(self.connections()).filter(&wanted))
    }

    /// Waits until an upstream serves.
    pub fn wait_ready(&self) {
        clock::eventually("an upstream that serves", || {
            self.node().view().readiness().ready.then_some(())
        });
    }

    /// Fetches a page of the monitor, which must answer 200.
    pub fn page(&self, path: &str) -> String {
        let answer = http::get(self.monitor(), path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// Forces the next steps of an actor to panic, as an operator would in a rehearsal.
    pub fn drill_panics(&self, actor: &str, count: u32) {
        let path = format!("/drill/{actor}/panic?count={count}");
        let answer = http::post(self.monitor(), &path);
        assert_eq!(answer.status, 200, "{actor}: {}", answer.body);
    }

    /// Makes the next step of an actor take this much longer.
    pub fn drill_stall(&self, actor: &str, millis: u64) {
        let answer = http::post(self.monitor(), &format!("/drill/{actor}/stall?ms={millis}"));
        assert_eq!(answer.status, 200, "{actor}: {}", answer.body);
    }

    /// Stops it in order; shares that were still pending.
    pub fn stop(mut self) -> u64 {
        self.node.take().expect("a node until it is stopped").stop()
    }

    fn monitor(&self) -> SocketAddr {
        self.node().monitor_address().expect("a monitor")
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(node) = self.node.take() {
            node.stop();
        }
    }
}
