//! What a pool session is built from.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use zartrux_models::session::PoolSettings;
use zartrux_models::stratum::{Dialect, POOL_LINE_LIMIT, TEMPLATE_LINE_LIMIT};
use zartrux_models::work::{Algorithm, PoolKey};

use super::{JobReplaced, PoolStateChanged, PoolStats};
use crate::clock::Clock;
use crate::dial::{Names, Tls, Way};
use crate::messaging::Post;
use crate::share_ticket::ShareSettled;
use crate::supervision::ActorHealth;

/// One upstream, and how to log in there.
#[derive(Clone)]
pub struct PoolEndpoint {
    /// A name or an address without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// How the way there is taken.
    pub way: Way,
    /// Whom the pool pays.
    pub user: String,
    /// Password; never logged.
    pub pass: String,
    /// Name under which the pool shows us.
    pub rig_id: Option<String>,
    /// Our name and version.
    pub agent: String,
    /// What the farm can hash; empty: the pool is not told.
    pub algorithms: Vec<Algorithm>,
    /// Silence of ours after which a keepalive is sent. `None`: never.
    pub keepalive: Option<Duration>,
    /// Hosts to which a `client.reconnect` of the pool is followed.
    pub allow_reconnect_to: Vec<String>,
    /// What the pool is asked to hand out; it hears of that by `agent`.
    pub dialect: Dialect,
}

impl PoolEndpoint {
    pub(super) fn settings(&self, response_timeout: Duration) -> PoolSettings {
        PoolSettings {
            user: self.user.as_str().into(),
            pass: self.pass.as_str().into(),
            agent: self.agent.as_str().into(),
            rig_id: self.rig_id.as_deref().map(Into::into),
            algorithms: self.algorithms.clone(),
            keepalive: self.keepalive,
            response_timeout,
            reconnect_hosts: self
                .allow_reconnect_to
                .iter()
                .map(|host| host.as_str().into())
                .collect(),
            dialect: self.dialect,
        }
    }

    /// Longest line that the pool may send.
    pub(super) const fn line_limit(&self) -> usize {
        match self.dialect {
            Dialect::Stratum => POOL_LINE_LIMIT,
            Dialect::Template(_) => TEMPLATE_LINE_LIMIT,
        }
    }
}

/// Without the wallet and the password.
impl fmt::Debug for PoolEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolEndpoint")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("rig_id", &self.rig_id)
            .field("agent", &self.agent)
            .finish_non_exhaustive()
    }
}

/// How long a pool session waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolTimeouts {
    /// For a connection: name, TCP and TLS together.
    pub connect: Duration,
    /// For the answer to a login or a submit. After twice this without an answer to any submit
    /// the pool is left.
    pub response: Duration,
    /// Before the first attempt to reconnect; doubles with each further one.
    pub retry: Duration,
    /// Longest wait between two attempts.
    pub retry_max: Duration,
    /// Before the first attempt after a ban, at least [`PoolTimeouts::SHORTEST_BAN`]; doubles up to
    /// ten times as long. Each knock at a closed door may prolong the ban.
    pub ban: Duration,
}

impl PoolTimeouts {
    /// Shortest wait after a ban.
    pub const SHORTEST_BAN: Duration = Duration::from_secs(60);
}

/// Whom a pool session tells what.
#[derive(Debug, Clone)]
pub struct PoolPosts {
    /// New jobs: the miner sessions and the planner.
    pub job: [Post<JobReplaced>; 2],
    /// Changes of the connection: the miner sessions and the planner.
    pub state: [Post<PoolStateChanged>; 2],
    /// Ends of shares.
    pub settled: Post<ShareSettled>,
}

/// Everything a pool session is built from.
#[derive(Debug)]
pub struct PoolSessionArgs {
    /// Its number within the lane.
    pub key: PoolKey,
    /// Where it connects.
    pub endpoint: PoolEndpoint,
    /// How long it waits.
    pub timeouts: PoolTimeouts,
    /// Whom it tells.
    pub posts: PoolPosts,
    /// Where it shows how it is.
    pub health: Arc<ActorHealth>,
    /// Where it counts.
    pub stats: Arc<PoolStats>,
    /// Addresses of names.
    pub names: Names,
    /// The time.
    pub clock: Clock,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_wallet_nor_password_shows_in_debug_output() {
        let endpoint = PoolEndpoint {
            host: "pool.example".to_owned(),
            port: 3333,
            tls: Tls::None,
            way: Way::default(),
            user: "44GBHzv6".to_owned(),
            pass: "hunter2".to_owned(),
            rig_id: None,
            agent: "zartrux/test".to_owned(),
            algorithms: vec![],
            keepalive: None,
            allow_reconnect_to: vec![],
            dialect: Dialect::Stratum,
        };
        let shown = format!("{endpoint:?} {:?}", endpoint.settings(Duration::ZERO));
        assert!(shown.contains("pool.example"), "{shown}");
        assert!(
            !shown.contains("44GBHzv6") && !shown.contains("hunter2"),
            "{shown}"
        );
    }
}
