//! What came of the last upgrade, to be shown.

use serde::Serialize;
use utoipa::ToSchema;
use zartrux_actors::events::Severity;

use crate::node::NodeView;

/// The last upgrade, as `/health` shows it: one that failed and left this process serving, or the one
/// that this process began with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LastUpgrade {
    /// When, milliseconds since 1970.
    pub unix_ms: u64,
    /// Whether another program took over.
    pub done: bool,
    /// What was taken over, or why nothing was, in words.
    pub text: String,
}

impl NodeView {
    /// Tells what came of an upgrade: in the log, as an event, and in `/health`.
    pub fn tell_upgrade(&self, done: bool, text: &str) {
        let unix_ms = self.clock().unix_millis();
        let (severity, kind) = if done {
            tracing::info!("upgrade: {text}");
            (Severity::Info, "upgraded")
        } else {
            for line in text.lines() {
                tracing::error!("upgrade: {line}");
            }
            (Severity::Warning, "upgrade_failed")
        };
        self.events().tell(unix_ms, severity, kind, None, text);
        self.set_last_upgrade(LastUpgrade {
            unix_ms,
            done,
            text: text.to_owned(),
        });
    }
}
