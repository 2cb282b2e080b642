//! How fast seats work, measured by their shares.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use zartrux_models::plan::SeatKey;

/// Older work fades with this time constant, seconds.
const MEMORY: f64 = 600.0;

/// Before so much time nothing is said of a seat.
const FIRST: f64 = 30.0;

/// One for each seat that sits.
#[derive(Debug, Default)]
pub(super) struct Meters(HashMap<SeatKey, Meter>);

#[derive(Debug)]
struct Meter {
    work: f64,
    /// Seconds, fading as the work does.
    time: f64,
    at: Instant,
}

impl Meters {
    /// A seat begins to work, unless it does already.
    pub(super) fn begin(&mut self, seat: SeatKey, now: Instant) {
        self.0.entry(seat).or_insert(Meter::new(now));
    }

    /// These seats begin anew: another algorithm makes other rates.
    pub(super) fn restart(&mut self, whose: impl Fn(SeatKey) -> bool, now: Instant) {
        for (seat, meter) in &mut self.0 {
            if whose(*seat) {
                *meter = Meter::new(now);
            }
        }
    }

    /// A seat left, or was idle: what was measured before says nothing of the time since.
    pub(super) fn forget(&mut self, seat: SeatKey) {
        self.0.remove(&seat);
    }

    /// A seat did this work since the last time.
    pub(super) fn note(&mut self, seat: SeatKey, work: f64) {
        if let Some(meter) = self.0.get_mut(&seat)
            && work.is_finite()
            && work > 0.0
        {
            meter.work += work;
        }
    }

    /// Work a second of each seat of which that can be said.
    pub(super) fn rates(&mut self, now: Instant) -> Vec<(SeatKey, f64)> {
        let rate = |(seat, meter): (&SeatKey, &mut Meter)| {
            let passed = now.saturating_duration_since(meter.at);
            meter.fade(passed);
            meter.at = now;
            let known = meter.time >= FIRST && meter.work > 0.0;
            known.then(|| (*seat, meter.work / meter.time))
        };
        self.0.iter_mut().filter_map(rate).collect()
    }
}

impl Meter {
    const fn new(now: Instant) -> Self {
        Self {
            work: 0.0,
            time: 0.0,
            at: now,
        }
    }

    fn fade(&mut self, passed: Duration) {
        let seconds = passed.as_secs_f64();
        let left = (-seconds / MEMORY).exp();
        self.work *= left;
        self.time = self.time.mul_add(left, seconds);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn a_steady_seat_is_measured_within_a_few_percent() {
        let seat = SeatKey {
            index: 1,
            generation: 1,
        };
        let (mut meters, start) = (Meters::default(), Clock.now());
        meters.begin(seat, start);
        let mut last = Vec::new();
        for step in 1..=1_000_u32 {
            meters.note(seat, 5_000.0);
            last = meters.rates(start + Duration::from_secs(5) * step);
            // Time fades as well: six steps are a little less than half a minute.
            assert_eq!(last.is_empty(), step < 7, "{step}");
        }
        assert!((last[0].1 - 1_000.0).abs() < 20.0, "{last:?}");
        let end = start + Duration::from_secs(5_000);
        meters.restart(|of| of != seat, end);
        assert_eq!(meters.rates(end).len(), 1);
        meters.restart(|of| of == seat, end);
        assert!(meters.rates(end + Duration::from_secs(60)).is_empty());
        meters.forget(seat);
        meters.note(seat, 5_000.0);
        assert!(meters.rates(end + Duration::from_secs(90)).is_empty());
    }
}
