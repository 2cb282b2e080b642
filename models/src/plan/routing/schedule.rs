//! When a route may serve: windows of the week.

use std::str::FromStr;

use thiserror::Error;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: i64 = 1_440;
const WEEK: i64 = 7 * DAY;

/// A window that repeats each week, such as `Mon-Fri 22:00-06:00` or `Sun 00:00-24:00`.
///
/// It begins on each of its days. One that ends at or before the time at which it begins goes on
/// into the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// By day, Monday is 0.
    days: [bool; 7],
    /// Minutes of the day.
    from: i64,
    /// Minutes since the start of the day on which it began.
    until: i64,
}

/// Why a text is no [`Window`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is not a window of the week: write it as \"Mon-Fri 22:00-06:00\" or \"Sat 00:00-24:00\"")]
pub struct BadWindow;

impl Window {
    /// Whether it is open at a time, in seconds since 1970 in UTC, where local time is
    /// `utc_offset` seconds later.
    #[must_use]
    pub fn is_open(&self, unix: i64, utc_offset: i64) -> bool {
        // The first day of 1970 was a Thursday.
        let minute = unix.saturating_add(utc_offset).div_euclid(60);
        let minute = (minute.rem_euclid(WEEK) + 3 * DAY).rem_euclid(WEEK);
        (0_i64..).zip(self.days).any(|(day, on)| {
            let since = (minute - day * DAY).rem_euclid(WEEK);
            on && (self.from..self.until).contains(&since)
        })
    }
}

/// Whether a schedule lets a route serve: any of its windows is open, or it has none.
#[must_use]
pub fn is_open(schedule: &[Window], unix: i64, utc_offset: i64) -> bool {
    schedule.is_empty() || schedule.iter().any(|it| it.is_open(unix, utc_offset))
}

impl FromStr for Window {
    type Err = BadWindow;

    fn from_str(text: &str) -> Result<Self, BadWindow> {
        let (days, times) = text.trim().split_once(' ').ok_or(BadWindow)?;
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let (first, last) = (day(first)?, day(last)?);
        let (from, until) = times.trim().split_once('-').ok_or(BadWindow)?;
        let (from, mut until) = (minute(from)?, minute(until)?);
        if from == DAY {
            return Err(BadWindow);
        }
        if until <= from {
            until += DAY;
        }
        let mut on = [false; 7];
        for at in 0..7 {
            // Fri-Mon goes over the end of the week.
            on[(first + at) % 7] = true;
            if (first + at) % 7 == last {
                break;
            }
        }
        Ok(Self {
            days: on,
            from,
            until,
        })
    }
}

fn day(text: &str) -> Result<usize, BadWindow> {
    DAYS.iter()
        .position(|name| text.eq_ignore_ascii_case(name))
        .ok_or(BadWindow)
}

/// Minutes of a day, up to 24:00.
fn minute(text: &str) -> Result<i64, BadWindow> {
    let number = |text: &str| match text.as_bytes() {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
            Ok(i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
        }
        _ => Err(BadWindow),
    };
    let (hours, minutes) = text.split_once(':').ok_or(BadWindow)?;
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let all = hours * 60 + minutes;
    (minutes < 60 && all <= DAY).then_some(all).ok_or(BadWindow)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Monday, 5 January 1970, 00:00 UTC.
    const MONDAY: i64 = 4 * 86_400;

    fn at(day: i64, hour: i64, minute: i64) -> i64 {
        MONDAY + ((day * 24 + hour) * 60 + minute) * 60
    }

    #[test]
    fn a_window_over_midnight_belongs_to_the_day_on_which_it_begins() {
        let window: Window = "Mon-Fri 22:00-06:00".parse().unwrap();
        for (time, open) in [
            (at(0, 21, 59), false),
            (at(0, 22, 0), true),
            (at(1, 5, 59), true),
            (at(1, 6, 0), false),
            (at(5, 5, 59), true),
            (at(5, 22, 0), false),
            (at(7, 3, 0), false),
        ] {
            assert_eq!(window.is_open(time, 0), open, "{time}");
        }
        assert!(window.is_open(at(0, 20, 0), 7_200));
        assert!(is_open(&[], at(0, 0, 0), 0) && !is_open(&[window], at(0, 0, 0), 0));
    }

    #[test]
    fn sunday_s_night_goes_on_into_monday_and_days_over_the_week_s_end() {
        let window: Window = "sat-sun 23:00-01:00".parse().unwrap();
        assert!(window.is_open(at(0, 0, 30), 0) && window.is_open(at(6, 0, 30), 0));
        let window: Window = "Sun-Mon 00:00-24:00".parse().unwrap();
        assert!(window.is_open(at(6, 12, 0), 0) && window.is_open(at(0, 23, 59), 0));
        assert!(!window.is_open(at(1, 0, 0), 0) && !window.is_open(at(5, 23, 59), 0));
    }

    #[test]
    fn what_is_no_window_is_refused() {
        for text in [
            "",
            "Mon",
            "Mon 22:00",
            "Mon 2:00-3:00",
            "Mon 24:00-03:00",
            "Mon 22:60-23:00",
            "Mon 22:00-24:01",
            "Foo 22:00-23:00",
            "Mon-Tue-Wed 00:00-01:00",
            "Mon +1:00-02:00",
        ] {
            assert_eq!(text.parse::<Window>(), Err(BadWindow), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_window_is_the_same_each_week(text in ".{0,40}", unix: i64, offset: i64) {
            let usual: Window = "Mon-Fri 22:00-06:00".parse().unwrap();
            let (unix, offset) = (unix / 4, offset / 4);
            for window in text.parse::<Window>().into_iter().chain([usual]) {
                let later = window.is_open(unix + 604_800, offset);
                prop_assert_eq!(window.is_open(unix, offset), later);
            }
            // The ends of time saturate; nothing overflows.
            prop_assert_eq!(
                usual.is_open(i64::MAX, offset.max(0)),
                usual.is_open(i64::MAX, 0)
            );
        }
    }
}
