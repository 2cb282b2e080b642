//! Figures as a person reads them. What was not measured is "no data".

use ratatui::text::Span;

/// What stands for a value that is not there.
pub(super) const NO_DATA: &str = "no data";

/// A value in words, or "no data".
pub(super) fn or_no_data<T>(value: Option<T>, words: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| NO_DATA.to_owned(), words)
}

/// With a comma between thousands.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// With a letter for thousands, millions and so on, and three digits.
pub(super) fn scaled(number: f64) -> String {
    let mut rest = number;
    for letter in ["", "k", "M", "G", "T", "P"] {
        if rest.abs() < 999.5 {
            let digits = match rest.abs() {
                small if small < 10.0 => 2,
                middle if middle < 100.0 => 1,
                _ => 0,
            };
            let space = if letter.is_empty() { "" } else { " " };
            return format!("{rest:.digits$}{space}{letter}");
        }
        rest /= 1000.0;
    }
    format!("{number:.2e}")
}

/// Hashes per second.
pub(crate) fn rate(per_second: f64) -> String {
    let text = scaled(per_second);
    let space = if text.contains(' ') { "" } else { " " };
    format!("{text}{space}H/s")
}

/// A part of the whole, 0 to 1.
pub(crate) fn percent(part: f64) -> String {
    format!("{:.2} %", part * 100.0)
}

/// A span of time, with its two largest units.
pub(super) fn span(seconds: u64) -> String {
    let (minute, hour, day) = (60, 3600, 86_400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / minute, seconds % minute),
        3600..86_400 => format!("{} h {} min", seconds / hour, seconds % hour / minute),
        _ => format!("{} d {} h", seconds / day, seconds % day / hour),
    }
}

/// Milliseconds as a span of time.
pub(super) fn span_ms(millis: u64) -> String {
    span(millis / 1000)
}

/// Microseconds in a unit that suits.
pub(super) fn micros(micros: f64) -> String {
    if micros < 1000.0 {
        format!("{micros:.0} µs")
    } else if micros < 1_000_000.0 {
        format!("{:.1} ms", micros / 1000.0)
    } else {
        format!("{:.1} s", micros / 1_000_000.0)
    }
}

/// Bytes in a unit that suits.
pub(super) fn bytes(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut place = 0;
    let mut unit = 1_u64;
    while place + 1 < units.len() && bytes / unit >= 1024 {
        unit *= 1024;
        place += 1;
    }
    let whole = bytes / unit;
    if place == 0 || whole >= 100 {
        return format!("{whole} {}", units[place]);
    }
    let tenths = bytes % unit * 10 / unit;
    format!("{whole}.{tenths} {}", units[place])
}

/// The time of day in UTC, `12:34:56`.
pub(super) fn time_of_day(unix_ms: u64) -> String {
    let seconds = unix_ms / 1000 % 86_400;
    let (hour, minute) = (seconds / 3600, seconds % 3600 / 60);
    format!("{hour:02}:{minute:02}:{:02}", seconds % 60)
}

/// The text in exactly so many columns: cut with an ellipsis, or filled up.
pub(super) fn cell(text: &str, columns: usize) -> String {
    let width = |text: &str| Span::raw(text).width();
    if width(text) <= columns {
        let blanks = columns - width(text);
        return format!("{text}{:blanks$}", "");
    }
    let mut cut = String::new();
    for c in text.chars() {
        let longer = format!("{cut}{c}");
        if width(&longer) + 1 > columns {
            break;
        }
        cut = longer;
    }
    if columns > 0 {
        cut.push('…');
    }
    let blanks = columns.saturating_sub(width(&cut));
    format!("{cut}{:blanks$}", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(rate(0.0), "0.00 H/s");
        assert_eq!(rate(999.4), "999 H/s");
        assert_eq!(rate(999.6), "1.00 kH/s");
        assert_eq!(rate(12_345.0), "12.3 kH/s");
        assert_eq!(scaled(3.2e11), "320 G");
        assert_eq!(percent(0.99284), "99.28 %");
        assert_eq!(span(59), "59 s");
        assert_eq!(span(3_725), "1 h 2 min");
        assert_eq!(span(200_000), "2 d 7 h");
        assert_eq!(micros(1_500.0), "1.5 ms");
        assert_eq!(bytes(1_000), "1000 bytes");
        assert_eq!(bytes(1_572_864), "1.5 MiB");
        assert_eq!(time_of_day(86_400_000 + 3_661_000), "01:01:01");
    }

    #[test]
    fn a_cell_has_exactly_its_columns_also_with_wide_characters() {
        for text in ["", "abc", "矿机矿机矿机", "a矿b", "abcdefghijkl"] {
            for columns in 0..12 {
                let cell = cell(text, columns);
                assert_eq!(Span::raw(&cell).width(), columns, "{text:?}: {cell:?}");
            }
        }
    }
}
