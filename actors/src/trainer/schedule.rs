//! When models are trained.

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// The first moment after `now_ms` at which a day's hour begins; milliseconds since 1970, UTC.
#[must_use]
pub fn next_at(hour: u32, now_ms: u64) -> u64 {
    let today = now_ms - now_ms % DAY_MS + u64::from(hour.min(23)) * HOUR_MS;
    if today > now_ms {
        today
    } else {
        today + DAY_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_hour_of_today_if_it_is_still_to_come_and_else_of_tomorrow() {
        let midnight = 20_000 * DAY_MS;
        assert_eq!(next_at(3, midnight), midnight + 3 * HOUR_MS);
        assert_eq!(
            next_at(3, midnight + 3 * HOUR_MS),
            midnight + DAY_MS + 3 * HOUR_MS
        );
        assert_eq!(next_at(0, midnight), midnight + DAY_MS);
    }

    proptest! {
        #[test]
        fn it_is_within_a_day_and_at_that_hour(hour in 0..24u32, now_ms in 0..u64::MAX / 2) {
            let next = next_at(hour, now_ms);
            prop_assert!(next > now_ms && next - now_ms <= DAY_MS);
            prop_assert_eq!(next % DAY_MS, u64::from(hour) * HOUR_MS);
        }
    }
}
