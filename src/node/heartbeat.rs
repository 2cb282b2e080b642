//! A sign of life of the root thread, as each lane gives one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::NodeView;

/// How often the root thread shows that it is alive.
const BEAT: Duration = Duration::from_millis(500);

/// When a thread last showed that it is alive.
#[derive(Debug, Default)]
pub(super) struct Heartbeat {
    /// Milliseconds since launch.
    last: AtomicU64,
}

impl Heartbeat {
    /// A sign of life, at this time since launch.
    pub(super) fn beat(&self, uptime: Duration) {
        let millis = u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX);
        self.last.store(millis, Ordering::Relaxed);
    }

    /// How long ago the last one was, at this time since launch.
    pub(super) fn silent_for(&self, uptime: Duration) -> Duration {
        uptime.saturating_sub(Duration::from_millis(self.last.load(Ordering::Relaxed)))
    }
}

/// Has the thread that runs this system beat until it ends.
pub(super) fn beat(view: Arc<NodeView>) {
    actix::spawn(async move {
        loop {
            view.beat_root();
            tokio::time::sleep(BEAT).await;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_counts_from_the_last_sign_of_life() {
        let heart = Heartbeat::default();
        let at = Duration::from_secs;
        assert_eq!(heart.silent_for(at(3)), at(3), "launch counts as one");
        heart.beat(at(5));
        assert_eq!(heart.silent_for(at(7)), at(2));
        assert_eq!(heart.silent_for(at(4)), Duration::ZERO);
    }
}
