//! Exponential back-off.

use std::time::Duration;

/// Doubling delays between a floor and a ceiling.
#[derive(Debug, Clone)]
pub struct Backoff {
    floor: Duration,
    ceiling: Duration,
    next: Duration,
}

impl Backoff {
    /// Whoever worked for longer than this before a fault is not made to wait for earlier ones.
    pub const FORGIVEN_AFTER: Duration = Duration::from_secs(60);

    /// What a faulted core waits before its next generation.
    #[must_use]
    pub const fn of_cores() -> Self {
        Self::between(Duration::from_millis(10), Duration::from_secs(30))
    }

    /// Delays from `floor`, doubling up to `ceiling`; a ceiling below the floor is the floor.
    #[must_use]
    pub const fn between(floor: Duration, ceiling: Duration) -> Self {
        Self {
            floor,
            ceiling,
            next: floor,
        }
    }

    /// The delay to wait now; the following one is twice as long.
    pub fn next_delay(&mut self) -> Duration {
        let delay = self.next;
        self.next = (delay * 2).min(self.ceiling).max(self.floor);
        delay
    }

    /// The delay to wait now, after `worked` without a fault: from the floor again if that was
    /// long.
    pub fn next_delay_after(&mut self, worked: Duration) -> Duration {
        if worked > Self::FORGIVEN_AFTER {
            self.reset();
        }
        self.next_delay()
    }

    /// Starts from the floor again, after success.
    pub const fn reset(&mut self) {
        self.next = self.floor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_to_the_ceiling_and_start_again_after_success() {
        let mut backoff = Backoff::between(Duration::from_millis(10), Duration::from_millis(35));
        let delays: Vec<u128> = (0..4).map(|_| backoff.next_delay().as_millis()).collect();
        assert_eq!(delays, [10, 20, 35, 35]);
        backoff.reset();
        assert_eq!(backoff.next_delay().as_millis(), 10);
    }
    #[test]
    fn faults_of_long_ago_are_forgiven() {
        let mut backoff = Backoff::of_cores();
        let soon = Duration::from_secs(60);
        let delays: Vec<u128> = (0..3)
            .map(|_| backoff.next_delay_after(soon).as_millis())
            .collect();
        assert_eq!(delays, [10, 20, 40]);
        let late = soon + Duration::from_millis(1);
        assert_eq!(backoff.next_delay_after(late).as_millis(), 10);
        assert_eq!(backoff.next_delay_after(soon).as_millis(), 20);
    }
}
