//! Requests of webhook and heartbeat.

use std::time::Duration;

use ureq::http::Response;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body};
use zartrux_config::HookUrl;

use super::NotDelivered;

/// For one request and its answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read, to be told.
const ANSWER_MAX: u64 = 200;

/// One that trusts the system's roots, follows no redirect (another host must not get the token)
/// and goes through no proxy.
pub(super) fn agent(patience: Duration) -> Agent {
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
        .new_agent()
}

/// What an answer, or that there was none, means.
pub(super) fn judged(
    url: &HookUrl,
    answer: Result<Response<Body>, ureq::Error>,
) -> Result<(), NotDelivered> {
    let mut answer = answer.map_err(|fault| {
        NotDelivered::ForNow(redacted(url, &format!("can't be reached: {fault}")))
    })?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let words = answer
        .body_mut()
        .with_config()
        .limit(ANSWER_MAX)
        .lossy_utf8(true)
        .read_to_string()
        .unwrap_or_default();
    let text = redacted(url, &format!("answered {status}: {words}"));
    if status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429) {
        Err(NotDelivered::ForNow(text))
    } else {
        Err(NotDelivered::ForGood(text))
    }
}

/// A text that may be shown: without the address, on one line, cut.
fn redacted(url: &HookUrl, text: &str) -> String {
    const LONGEST: usize = 200;
    let whole = url.expose();
    let shown = url.to_string();
    let path = whole
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
        .map_or("", |(_, path)| path);
    let mut text = text.replace(whole, &shown);
    // A short path is no secret, and may be a word of the answer.
    if path.len() >= 6 {
        text = text.replace(path, "…");
    }
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect()
}
