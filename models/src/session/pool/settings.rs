//! What a pool session is told before it starts.

use std::fmt;
use std::time::Duration;

use crate::stratum::{Dialect, LoginRequest};
use crate::work::Algorithm;

/// How a session logs in, and its rules.
#[derive(Clone)]
pub struct PoolSettings {
    /// Whom the pool pays.
    pub user: Box<str>,
    /// Password.
    pub pass: Box<str>,
    /// Our name and version.
    pub agent: Box<str>,
    /// Name under which the pool shows us.
    pub rig_id: Option<Box<str>>,
    /// What the farm can hash; pools that switch algorithms want to know. Empty: not said.
    pub algorithms: Vec<Algorithm>,
    /// Silence of ours after which a keepalive is sent. `None`: never.
    pub keepalive: Option<Duration>,
    /// How long the answer to the login may take.
    pub response_timeout: Duration,
    /// Hosts to which `client.reconnect` is followed; anywhere else it is refused.
    pub reconnect_hosts: Vec<Box<str>>,
    /// What the pool is asked to hand out; it hears of that by `agent`.
    pub dialect: Dialect,
}

impl PoolSettings {
    pub(super) fn login_request(&self) -> LoginRequest<'_> {
        LoginRequest {
            user: &self.user,
            pass: &self.pass,
            agent: &self.agent,
            rig_id: self.rig_id.as_deref(),
            algorithms: &self.algorithms,
        }
    }

    pub(super) fn allows_reconnect_to(&self, host: &str) -> bool {
        self.reconnect_hosts
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(host))
    }
}

/// Without the wallet and the password.
impl fmt::Debug for PoolSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolSettings")
            .field("agent", &self.agent)
            .field("rig_id", &self.rig_id)
            .field("algorithms", &self.algorithms)
            .field("keepalive", &self.keepalive)
            .field("response_timeout", &self.response_timeout)
            .field("reconnect_hosts", &self.reconnect_hosts)
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}
