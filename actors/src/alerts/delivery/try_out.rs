//! A test message by every way, at once and with one try each.

use zartrux_config::Settings;

use super::ways::{Way, carriers};
use super::{Heartbeat, NotDelivered};
use crate::alerts::Told;
use crate::clock::Clock;

/// What came of a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriedOut {
    /// `webhook`, `mail` or `heartbeat`.
    pub way: &'static str,
    /// Where to, without what is secret.
    pub target: String,
    /// Whether it arrived, or why not.
    pub came_of_it: Result<(), NotDelivered>,
}

/// Sends a test by each way of the settings, one after the other; none where there is no way.
/// Waits for all answers.
#[must_use]
pub fn try_out(settings: &Settings, clock: Clock) -> Vec<TriedOut> {
    let alerts = &settings.alerts;
    let mut ways: Vec<Way> = carriers(alerts, clock);
    if let Some(url) = &alerts.heartbeat {
        let heartbeat = Box::new(Heartbeat::new(url.clone()));
        ways.push(("heartbeat", url.to_string(), heartbeat));
    }
    let told = Told::test(settings.store.node, clock.unix_millis());
    let tried = ways.into_iter().map(|(way, target, mut carrier)| TriedOut {
        way,
        target,
        came_of_it: carrier.carry(&told),
    });
    tried.collect()
}
