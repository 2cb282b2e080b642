//! Leaving in order.

use std::time::Duration;

use super::Node;

/// How often it is looked whether everything is settled.
const LOOK: Duration = Duration::from_millis(20);

impl Node {
    /// Takes no more connections and waits until no share is pending, as long as the settings
    /// allow. Returns what is still pending then.
    pub(super) fn settle_pending(&self) -> u64 {
        self.view.set_draining();
        for lane in &self.lanes {
            lane.stop_accepting();
        }
        let deadline = self.clock.now() + self.drain;
        loop {
            let pending = self.view.counts().shares.pending;
            if pending == 0 || self.clock.now() >= deadline {
                return pending;
            }
            std::thread::park_timeout(LOOK);
        }
    }
}
