//! Points in time as RFC 3339 has them, to the millisecond.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The last millisecond of the year 9999, where the format ends.
const LAST_MS: u64 = 253_402_300_799_999;

/// Milliseconds since 1970 as `2026-11-24T15:44:26.123Z`; beyond the year 9999 as the plain
/// number.
#[must_use]
pub fn written(unix_ms: u64) -> String {
    let seconds = i64::try_from(unix_ms / 1000).unwrap_or(i64::MAX);
    match OffsetDateTime::from_unix_timestamp(seconds) {
        Ok(at) if unix_ms <= LAST_MS => format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            unix_ms % 1000
        ),
        Ok(_) | Err(_) => unix_ms.to_string(),
    }
}

/// Reads RFC 3339 with any offset, or a whole number of milliseconds since 1970; `None` for
/// anything else, and for what was before.
#[must_use]
pub fn read(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    u64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_time_is_written_in_utc_with_three_places() {
        assert_eq!(written(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(written(1_796_000_000_005), "2026-11-30T00:53:20.005Z");
        assert_eq!(written(LAST_MS), "9999-12-31T23:59:59.999Z");
        assert_eq!(written(LAST_MS + 1), "253402300800000");
    }

    #[test]
    fn other_offsets_and_plain_milliseconds_are_read() {
        assert_eq!(read("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(read("2026-11-30T00:53:20.0059Z"), Some(1_796_000_000_005));
        assert_eq!(read("1796000000005"), Some(1_796_000_000_005));
        for text in [
            "",
            "1969-12-31T23:59:59Z",
            "2026-11-30",
            "2026-02-30T00:00:00Z",
            "99999999999999999999",
            "now",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_time_reads_back(unix_ms in prop_oneof![any::<u64>(), 0..=LAST_MS]) {
            prop_assert_eq!(read(&written(unix_ms)), Some(unix_ms));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = read(&text);
        }
    }
}
