//! When to connect again.

use std::time::Duration;

use rand::Rng;
use zartrux_models::stratum::ErrorClass;

use super::PoolTimeouts;
use crate::supervision::Backoff;

/// Why a connection ended, as far as the next attempt is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The pool or the way to it.
    Peer(ErrorClass),
    /// Our own core failed.
    Fault,
}

/// The delays before the next attempts.
#[derive(Debug, Clone)]
pub(super) struct Retry {
    ordinary: Backoff,
    ban: Backoff,
    fault: Backoff,
    longest: Duration,
}

impl Retry {
    pub(super) fn new(timeouts: &PoolTimeouts) -> Self {
        let ban = timeouts.ban.max(PoolTimeouts::SHORTEST_BAN);
        Self {
            ordinary: Backoff::between(timeouts.retry, timeouts.retry_max),
            ban: Backoff::between(ban, ban * 10),
            fault: Backoff::of_cores(),
            longest: timeouts.retry_max.max(timeouts.retry),
        }
    }

    /// Other delays from the next ordinary attempt on. What was said of bans and faults stays.
    pub(super) fn go_by(&mut self, timeouts: &PoolTimeouts) {
        let new = Self::new(timeouts);
        self.ordinary = new.ordinary;
        self.longest = new.longest;
    }

    /// The delay before the next attempt. A connection that took a share, or was logged in for as
    /// long as the longest wait, makes up for the failures before it; a pool that takes logins and
    /// throws us out again is not knocked at ever faster.
    pub(super) fn delay(&mut self, cause: Cause, served: bool, lasted: Duration) -> Duration {
        if served || lasted >= self.longest {
            self.ordinary.reset();
            self.ban.reset();
            self.fault.reset();
        }
        match cause {
            Cause::Fault => self.fault.next_delay(),
            Cause::Peer(ErrorClass::Ban) => self.ban.next_delay(),
            // Whoever is told to slow down does not come back at once.
            Cause::Peer(ErrorClass::Throttle) => self.longest,
            Cause::Peer(
                ErrorClass::Stale
                | ErrorClass::Ours
                | ErrorClass::Rig
                | ErrorClass::Pool
                | ErrorClass::Unknown,
            ) => self.ordinary.next_delay(),
        }
    }
}

/// Up to a quarter longer, so that the sessions of a farm do not all come back in the same moment.
pub(super) fn spread(delay: Duration) -> Duration {
    delay.mul_f64(rand::thread_rng().gen_range(1.0..1.25))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry() -> Retry {
        Retry::new(&PoolTimeouts {
            connect: Duration::from_secs(20),
            response: Duration::from_secs(20),
            retry: Duration::from_secs(5),
            retry_max: Duration::from_secs(15),
            ban: Duration::from_secs(1),
        })
    }

    const AT_ONCE: Duration = Duration::ZERO;

    #[test]
    fn ordinary_failures_are_retried_ever_later_until_a_connection_was_good() {
        let mut retry = retry();
        let mut seconds = |served, lasted| {
            let lost = Cause::Peer(ErrorClass::Pool);
            retry
                .delay(lost, served, Duration::from_secs(lasted))
                .as_secs()
        };
        let delays: Vec<u64> = (0..4).map(|_| seconds(false, 14)).collect();
        assert_eq!(delays, [5, 10, 15, 15]);
        assert_eq!(seconds(true, 0), 5);
        assert_eq!(seconds(false, 0), 10);
        assert_eq!(seconds(false, 15), 5);
    }

    #[test]
    fn a_ban_is_sat_out_for_a_minute_at_least_whatever_is_configured() {
        let mut retry = retry();
        let ban = Cause::Peer(ErrorClass::Ban);
        let delays: Vec<u64> = (0..6)
            .map(|_| retry.delay(ban, false, AT_ONCE).as_secs())
            .collect();
        assert_eq!(delays, [60, 120, 240, 480, 600, 600]);
    }

    #[test]
    fn other_delays_do_not_shorten_a_ban() {
        let mut retry = retry();
        let (ban, lost) = (ErrorClass::Ban, ErrorClass::Pool);
        let _ = retry.delay(Cause::Peer(ban), false, AT_ONCE);
        retry.go_by(&PoolTimeouts {
            connect: AT_ONCE,
            response: AT_ONCE,
            retry: Duration::from_secs(1),
            retry_max: Duration::from_secs(2),
            ban: AT_ONCE,
        });
        let mut seconds = |class| retry.delay(Cause::Peer(class), false, AT_ONCE).as_secs();
        assert_eq!([lost, lost, lost].map(&mut seconds), [1, 2, 2]);
        assert_eq!(seconds(ban), 120);
    }

    #[test]
    fn a_throttled_session_waits_as_long_as_it_may_and_a_fault_of_ours_hardly() {
        let mut retry = retry();
        let throttled = Cause::Peer(ErrorClass::Throttle);
        assert_eq!(retry.delay(throttled, false, AT_ONCE).as_secs(), 15);
        assert_eq!(retry.delay(Cause::Fault, false, AT_ONCE).as_millis(), 10);
        assert_eq!(retry.delay(Cause::Fault, false, AT_ONCE).as_millis(), 20);
    }

    #[test]
    fn a_spread_delay_is_never_shorter_and_at_most_a_quarter_longer() {
        let delay = Duration::from_secs(4);
        for _ in 0..100 {
            assert!((delay..Duration::from_secs(5)).contains(&spread(delay)));
        }
    }
}
