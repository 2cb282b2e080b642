//! Days of the ledger: UTC, one database each.

use std::fmt;

use time::{Date, Month};

/// A UTC day, counted from 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub u32);

/// Milliseconds of a day.
pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Julian day number of 1 January 1970.
const EPOCH_JULIAN: i32 = 2_440_588;

impl Day {
    /// The last day that has a name of four digits of year, 31 December 9999.
    const LAST: u32 = 2_932_896;

    /// The day of a time in milliseconds since 1970; what lies beyond the year 9999 counts as its
    /// last day.
    #[must_use]
    pub fn of_unix_ms(unix_ms: u64) -> Self {
        Self(u32::try_from(unix_ms / DAY_MS).map_or(Self::LAST, |day| day.min(Self::LAST)))
    }

    /// When it begins, milliseconds since 1970.
    #[must_use]
    pub const fn begins_ms(self) -> u64 {
        self.0 as u64 * DAY_MS
    }

    /// Reads `2026-11-24`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let digits = |range: std::ops::Range<usize>| {
            let part = name.get(range)?;
            let plain = part.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| part.parse::<i32>().ok()).flatten()
        };
        let dashes = name.len() == 10 && name.get(4..5) == Some("-") && name.get(7..8) == Some("-");
        if !dashes {
            return None;
        }
        let month = Month::try_from(u8::try_from(digits(5..7)?).ok()?).ok()?;
        let date =
            Date::from_calendar_date(digits(0..4)?, month, u8::try_from(digits(8..10)?).ok()?);
        let day = date.ok()?.to_julian_day() - EPOCH_JULIAN;
        u32::try_from(day).ok().map(Self)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = i32::try_from(self.0.min(Self::LAST)).unwrap_or_default();
        let date = Date::from_julian_day(EPOCH_JULIAN + days).unwrap_or(Date::MIN);
        let (year, month, day) = date.to_calendar_date();
        write!(f, "{year:04}-{:02}-{day:02}", u8::from(month))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_day_is_named_as_people_name_it() {
        assert_eq!(Day::of_unix_ms(0).to_string(), "1970-01-01");
        assert_eq!(Day::of_unix_ms(1_796_169_600_000).to_string(), "2026-12-02");
        assert_eq!(Day::of_unix_ms(u64::MAX).to_string(), "9999-12-31");
        for bad in [
            "",
            "2026-13-01",
            "2026-02-30",
            "1969-12-31",
            "2026-1-01",
            "+026-01-01",
            "2026-01-01x",
        ] {
            assert_eq!(Day::named(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_days_name_reads_back(day in 0..=Day::LAST) {
            prop_assert_eq!(Day::named(&Day(day).to_string()), Some(Day(day)));
            prop_assert_eq!(Day::of_unix_ms(Day(day).begins_ms()), Day(day));
        }
    }
}
