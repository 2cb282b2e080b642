//! Durations: a whole number with its unit.

use std::time::Duration;

use super::{Invalid, number_and_unit, shown};

/// The units, the longest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads a whole number with one of the units `ms`, `s`, `m`, `h` and `d`, such as `"250ms"`.
///
/// # Errors
///
/// [`Invalid`] when the number or its unit is missing or not of that form, or the
/// duration is too long to be counted in milliseconds.
pub fn parse_duration(text: &str) -> Result<Duration, Invalid> {
    number_and_unit(text)
        .and_then(|(number, unit)| {
            let (_, millis) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
            number.checked_mul(millis).map(Duration::from_millis)
        })
        .ok_or_else(|| {
            Invalid::new(format!(
                "must be a whole number with a unit (ms, s, m, h or d), such as \"10s\", but is {}",
                shown(text)
            ))
        })
}

/// Writes a duration in the largest unit that holds it exactly, as [`parse_duration`] reads it.
///
/// Parts of a millisecond are dropped: no setting has them.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    UNITS
        .into_iter()
        .find(|(_, unit)| millis > 0 && millis.is_multiple_of(u128::from(*unit)))
        .map_or_else(
            || "0s".to_owned(),
            |(name, unit)| format!("{}{name}", millis / u128::from(unit)),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_unit_is_what_it_says() {
        let cases = [
            ("250ms", 250),
            ("10s", 10_000),
            ("10m", 600_000),
            ("2h", 7_200_000),
            ("7d", 604_800_000),
            (" 10 s ", 10_000),
            ("0s", 0),
        ];
        for (text, millis) in cases {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_a_duration_is_refused() {
        for text in [
            "",
            "10",
            "s",
            "1.5s",
            "-1s",
            "10 seconds",
            "10S",
            "1m30s",
            "99999999999999999999s",
            "18446744073709551615h",
            "１０s",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_largest_exact_unit_is_written() {
        let cases = [
            (0, "0s"),
            (1, "1ms"),
            (1_500, "1500ms"),
            (90_000, "90s"),
            (7_200_000, "2h"),
            (604_800_000, "7d"),
        ];
        for (millis, text) in cases {
            assert_eq!(format_duration(Duration::from_millis(millis)), text);
        }
    }

    proptest! {
        #[test]
        fn a_written_duration_is_read_back(millis: u64) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = parse_duration(&text);
        }
    }
}
