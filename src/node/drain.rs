//! Leaving in order.

use std::time::{Duration, Instant};

use super::Node;

/// How often it is looked whether everything is settled.
const LOOK: Duration = Duration::from_millis(20);

impl Node {
    /// Takes no more connections and waits until no share is pending, as long as the settings
    /// allow: with miners going on for the first half, for what is on its way to us counts too;
    /// then without. Returns what is still pending then.
    pub(super) fn settle_pending(&self) -> u64 {
        self.view.set_draining();
        for lane in &self.lanes {
            lane.stop_accepting();
        }
        let drain = self.view.reloads().running().node.drain;
        let now = self.clock.now();
        self.wait_for_none_pending(now + drain / 2);
        for lane in &self.lanes {
            if !lane.stop_reading() {
                tracing::warn!(lane = lane.index, "a lane does not answer while leaving");
            }
        }
        self.wait_for_none_pending(now + drain)
    }

    fn wait_for_none_pending(&self, deadline: Instant) -> u64 {
        loop {
            let pending = self.view.counts().shares.pending;
            if pending == 0 || self.clock.now() >= deadline {
                return pending;
            }
            std::thread::park_timeout(LOOK);
        }
    }
}
