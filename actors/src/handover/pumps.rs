//! Sessions in TLS that a lane which has left still carries for its successor.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How many sessions are still carried. The process must not end before there are none, or the
/// successor loses them; that ends them itself once it has sessions of its own.
#[derive(Debug, Clone, Default)]
pub struct PumpsLeft(Arc<(Mutex<usize>, Condvar)>);

impl PumpsLeft {
    /// Sessions that are still carried.
    #[must_use]
    pub fn running(&self) -> usize {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until none is carried any more; false when some still are after `at_most`.
    #[must_use]
    pub fn wait(&self, at_most: Duration) -> bool {
        let running = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.1.wait_timeout_while(running, at_most, |left| *left > 0);
        *waited.unwrap_or_else(PoisonError::into_inner).0 == 0
    }

    /// One more is carried, until what is returned is dropped.
    pub(crate) fn begin(&self) -> Carried {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Carried(self.clone())
    }
}

/// A session that is carried.
#[derive(Debug)]
pub(crate) struct Carried(PumpsLeft);

impl Drop for Carried {
    fn drop(&mut self) {
        let (left, none) = &*self.0.0;
        let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_sub(1);
        none.notify_all();
    }
}
