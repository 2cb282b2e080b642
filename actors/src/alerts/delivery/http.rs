//! Requests of webhook and heartbeat.

use std::time::Duration;

use ureq::Body;
use ureq::http::Response;
use zartrux_config::HookUrl;

use super::NotDelivered;

/// For one request and its answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read, to be told.
const ANSWER_MAX: u64 = 200;

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
