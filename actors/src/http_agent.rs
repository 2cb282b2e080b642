//! What asks other machines over HTTP, from threads that may wait.

use std::time::Duration;

use ureq::Agent;
use ureq::config::Config;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::resolver::Resolver;
use ureq::unversioned::transport::Connector;

/// One that trusts the system's roots, follows no redirect (another host must not get what is meant
/// for this one) and goes through no proxy. Any status is an answer.
pub(crate) fn http_agent(patience: Duration) -> Agent {
    config(patience).new_agent()
}

/// The same over connections that another opens.
pub(crate) fn http_agent_over(
    patience: Duration,
    connector: impl Connector,
    resolver: impl Resolver,
) -> Agent {
    Agent::with_parts(config(patience), connector, resolver)
}

fn config(patience: Duration) -> Config {
    let tls = TlsConfig::builder()
        .provider(TlsProvider::NativeTls)
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(patience))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .max_response_header_size(16 << 10)
        .proxy(None)
        .user_agent(concat!("zartrux/", env!("CARGO_PKG_VERSION")))
        .build()
}
