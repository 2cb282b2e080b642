//! So many per minute.

/// Microseconds in a minute.
const MINUTE: u64 = 60_000_000;

/// How far a limit is used up: one number, the time at which nothing of it is. A bucket that starts
/// full and fills again within a minute.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bucket {
    full_at: u64,
}

impl Bucket {
    /// Takes one of `per_minute` at `now` (µs); false when none is left.
    pub(super) fn take(&mut self, per_minute: u32, now: u64) -> bool {
        let each = MINUTE / u64::from(per_minute.max(1));
        let full_at = self.full_at.max(now) + each;
        let left = full_at - now <= MINUTE;
        if left {
            self.full_at = full_at;
        }
        left
    }

    /// Takes one whether any is left or not, up to a minute's worth; true when it was the last.
    pub(super) fn drain(&mut self, per_minute: u32, now: u64) -> bool {
        let each = MINUTE / u64::from(per_minute.max(1));
        self.full_at = (self.full_at.max(now) + each).min(now + MINUTE);
        self.full_at - now + each > MINUTE
    }

    /// Whether half of it is there again.
    pub(super) const fn is_half_full(&self, now: u64) -> bool {
        self.full_at <= now + MINUTE / 2
    }

    /// Whether it is as if it had never been used.
    pub(super) const fn is_full(&self, now: u64) -> bool {
        self.full_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_worth_may_come_at_once_and_then_one_as_each_is_due() {
        let mut bucket = Bucket::default();
        let start = 5_000_000;
        assert!((0..30).all(|_| bucket.take(30, start)));
        assert!(!bucket.take(30, start));
        assert!(!bucket.take(30, start + 1_999_999));
        assert!(bucket.take(30, start + 2_000_000));
        assert!(!bucket.take(30, start + 2_000_000));
        assert!(!bucket.is_full(start + MINUTE));
        assert!(bucket.is_full(start + MINUTE + 2_000_000));
    }

    #[test]
    fn the_last_one_is_told_and_half_is_back_after_half_a_minute() {
        let mut bucket = Bucket::default();
        assert_eq!(
            [0, 0, 0].map(|now| bucket.drain(3, now)),
            [false, false, true]
        );
        assert!(bucket.drain(3, 0), "and no more than all are ever gone");
        assert!(!bucket.is_half_full(MINUTE / 2 - 1));
        assert!(bucket.is_half_full(MINUTE / 2));
    }
}
