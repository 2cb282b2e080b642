//! `[failover]`: when to leave an upstream, and when to come back.

use std::time::Duration;

use super::{any_time, some_time};
use crate::reader::{Section, accept};

/// `[failover]`: when to leave an upstream, and when to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failover {
    /// How long a connection may take to open, TLS included.
    pub connect_timeout: Duration,
    /// How long an upstream may take to answer a login or a share.
    pub response_timeout: Duration,
    /// How long an upstream without a new job counts as fresh.
    pub job_timeout: Duration,
    /// Wait before the first attempt to reconnect; it doubles with each further one.
    pub retry: Duration,
    /// Longest wait between two attempts; not below `retry`.
    pub retry_max: Duration,
    /// How long a preferred upstream must be healthy before the farm returns to it.
    pub failback_after: Duration,
    /// Whether the next upstream is logged in before it is needed.
    pub standby: bool,
    /// How long miners are kept while no upstream serves, before they are told and
    /// disconnected so that their own failover works.
    pub grace: Duration,
    /// How long the addresses of an upstream's name are good before they are asked for again.
    pub dns_ttl: Duration,
}

impl Default for Failover {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(20),
            response_timeout: Duration::from_secs(20),
            job_timeout: Duration::from_secs(1800),
            retry: Duration::from_secs(5),
            retry_max: Duration::from_secs(60),
            failback_after: Duration::from_secs(60),
            standby: true,
            grace: Duration::from_secs(10),
            dns_ttl: Duration::from_secs(30),
        }
    }
}

impl Failover {
    pub(crate) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let mut wait = |key, default, range| section.value(key, default, accept::duration(range));
        Self {
            connect_timeout: wait("connect_timeout", default.connect_timeout, some_time()),
            response_timeout: wait("response_timeout", default.response_timeout, some_time()),
            job_timeout: wait("job_timeout", default.job_timeout, some_time()),
            retry: wait("retry", default.retry, some_time()),
            retry_max: wait("retry_max", default.retry_max, some_time()),
            failback_after: wait("failback_after", default.failback_after, any_time()),
            grace: wait("grace", default.grace, any_time()),
            dns_ttl: wait("dns_ttl", default.dns_ttl, any_time()),
            standby: section.value("standby", default.standby, accept::boolean),
        }
    }
}
