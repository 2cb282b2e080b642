//! Faults on purpose: the chaos test and an operator's rehearsal.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// Armed faults of one actor; nothing is armed unless the daemon runs with `--drill`.
#[derive(Debug, Default)]
pub struct Drill {
    panics: AtomicU32,
    stall_millis: AtomicU64,
}

impl Drill {
    /// The next `count` steps panic after they have done their work, the worst moment.
    pub fn arm_panics(&self, count: u32) {
        self.panics.store(count, Ordering::Relaxed);
    }

    /// The next step takes this much longer.
    pub fn arm_stall(&self, stall: Duration) {
        let millis = u64::try_from(stall.as_millis()).unwrap_or(u64::MAX);
        self.stall_millis.store(millis, Ordering::Relaxed);
    }

    /// Fires what is armed; called inside the guarded part of a step.
    #[expect(
        clippy::panic,
        clippy::disallowed_methods,
        reason = "a drill is a real panic or a real stall"
    )]
    pub(crate) fn fire(&self) {
        if self.stall_millis.load(Ordering::Relaxed) > 0 {
            let millis = self.stall_millis.swap(0, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(millis));
        }
        if self.panics.load(Ordering::Relaxed) > 0
            && self
                .panics
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(1)
                })
                .is_ok()
        {
            panic!("drill: forced panic");
        }
    }
}
