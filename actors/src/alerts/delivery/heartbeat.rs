//! A sign of life for a service that calls the operator when it stops.

use ureq::Agent;
use zartrux_config::HookUrl;

use super::http::{PATIENCE, judged};
use super::{Carrier, NotDelivered};
use crate::alerts::Told;
use crate::http_agent::http_agent;

/// Fetches one address.
#[derive(Debug)]
pub struct Heartbeat {
    agent: Agent,
    url: HookUrl,
}

impl Heartbeat {
    /// One that fetches this address.
    #[must_use]
    pub fn new(url: HookUrl) -> Self {
        Self {
            agent: http_agent(PATIENCE),
            url,
        }
    }
}

impl Carrier for Heartbeat {
    /// What is told does not matter, only that it is.
    fn carry(&mut self, _: &Told) -> Result<(), NotDelivered> {
        judged(&self.url, self.agent.get(self.url.expose()).call())
    }
}
