//! A steady beat for an open loop: the event loop's own time-out knows only milliseconds.

use std::{io, os::fd::OwnedFd, time::Duration};

use mio::{Interest, Registry, Token, unix::SourceFd};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

/// A timer that the event loop watches; it beats until it is dropped.
#[derive(Debug)]
pub(crate) struct Pacer {
    /// Closing it takes it out of the event loop.
    timer: OwnedFd,
}

impl Pacer {
    /// Beats every `interval` from now on.
    ///
    /// # Errors
    /// When the system gives no timer.
    pub(crate) fn start(interval: Duration, registry: &Registry, token: Token) -> io::Result<Self> {
        use std::os::fd::AsRawFd as _;

        let timer = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        registry.register(&mut SourceFd(&timer.as_raw_fd()), token, Interest::READABLE)?;
        let beat = Timespec {
            tv_sec: i64::try_from(interval.as_secs()).unwrap_or(i64::MAX),
            // An all-zero time would stop the timer.
            tv_nsec: i64::from(interval.subsec_nanos()).max(i64::from(interval.is_zero())),
        };
        timerfd_settime(
            &timer,
            TimerfdTimerFlags::empty(),
            &Itimerspec {
                it_interval: beat,
                it_value: beat,
            },
        )?;
        Ok(Self { timer })
    }

    /// Takes a beat: the timer goes on only when it has been read.
    ///
    /// # Errors
    /// When the timer cannot be read.
    pub(crate) fn take(&self) -> io::Result<()> {
        match rustix::io::read(&self.timer, &mut [0; 8]) {
            Ok(_) | Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio::{Events, Poll};

    #[test]
    fn the_event_loop_wakes_at_every_beat_that_is_taken() {
        let mut poll = Poll::new().unwrap();
        let pacer = Pacer::start(Duration::from_micros(300), poll.registry(), Token(9)).unwrap();
        let mut events = Events::with_capacity(4);
        for _ in 0..20 {
            poll.poll(&mut events, Some(Duration::from_secs(10)))
                .unwrap();
            assert_eq!(events.iter().next().unwrap().token(), Token(9));
            pacer.take().unwrap();
        }
    }
}
