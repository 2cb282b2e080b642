//! What whoever watches hears of a session.

use super::{PoolSession, PoolState};
use crate::events::Severity;

impl PoolSession {
    /// Tells of a login, and of the first attempt that fails after it: further ones are many, and
    /// say nothing new.
    pub(super) fn tell_watchers(&mut self, state: &PoolState) {
        let health = self.guard.health();
        let (severity, kind, text) = match state {
            PoolState::LoggedIn => {
                self.told_lost = false;
                let text = format!("{} is logged in at {}", health.name(), self.place);
                (Severity::Info, "upstream_logged_in", text)
            }
            PoolState::Lost { reason, .. } if !self.told_lost => {
                self.told_lost = true;
                let text = format!(
                    "{} has no connection to {}: {reason}",
                    health.name(),
                    self.place
                );
                (Severity::Warning, "upstream_lost", text)
            }
            PoolState::Connecting | PoolState::Unresponsive | PoolState::Lost { .. } => return,
        };
        let now_ms = self.clock.unix_millis();
        health.tell(now_ms, severity, kind, &self.place, &text);
    }
}
