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
        self.stop_reading();
        self.wait_for_none_pending(now + drain)
    }

    /// The same, but miners stop being read at once: what they send waits for whoever goes on.
    pub(super) fn settle_at_once(&self) -> u64 {
        self.view.set_draining();
        for lane in &self.lanes {
            lane.stop_accepting();
        }
        self.stop_reading();
        let drain = self.view.reloads().running().node.drain;
        self.wait_for_none_pending(self.clock.now() + drain)
    }

    fn stop_reading(&self) {
        for lane in &self.lanes {
            if !lane.stop_reading() {
                tracing::warn!(lane = lane.index, "a lane does not answer while leaving");
            }
        }
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
