//! Figures as they are written.

use zartrux_models::learn::evaluation::Estimate;

use crate::report::rigs::{Interval, real};

/// Where there is no figure.
pub(super) const NONE: &str = "–";

/// With a comma at each thousand.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut written = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

/// Of one that fits in memory.
pub(super) fn size(number: usize) -> String {
    count(number as u64)
}

/// A part of all in percent; none of nothing.
pub(super) fn part(of: u64, all: u64) -> String {
    if all == 0 {
        return NONE.to_owned();
    }
    percent(real(of) / real(all))
}

pub(super) fn percent(part: f64) -> String {
    format!("{:.2} %", part * 100.0)
}

pub(super) fn percent_interval(interval: Option<Interval>) -> [String; 2] {
    match interval {
        Some(of) => [
            percent(of.value),
            format!("{:.2}–{:.2}", of.low * 100.0, of.high * 100.0),
        ],
        None => [NONE.to_owned(), NONE.to_owned()],
    }
}

/// To four digits after the point.
pub(super) fn number(value: f64) -> String {
    if value.is_finite() {
        format!("{value:.4}")
    } else {
        NONE.to_owned()
    }
}

/// To three significant digits, with a prefix of the unit.
pub(super) fn rounded(value: f64) -> String {
    const PREFIXES: [&str; 7] = ["", " k", " M", " G", " T", " P", " E"];
    if !value.is_finite() {
        return NONE.to_owned();
    }
    let (mut scaled, mut prefix) = (value, 0);
    while scaled.abs() >= 999.5 && prefix + 1 < PREFIXES.len() {
        scaled /= 1_000.0;
        prefix += 1;
    }
    let unit = PREFIXES[prefix];
    if scaled.abs() >= 99.95 {
        format!("{scaled:.0}{unit}")
    } else if scaled.abs() >= 9.995 {
        format!("{scaled:.1}{unit}")
    } else {
        format!("{scaled:.2}{unit}")
    }
}

/// A probability; of small ones their size.
pub(super) fn probability(p: f64) -> String {
    if p < 0.000_1 {
        format!("{p:.1e}")
    } else {
        format!("{p:.4}")
    }
}

pub(super) fn estimate(of: &Estimate) -> [String; 2] {
    [
        number(of.value),
        format!("{} to {}", number(of.low), number(of.high)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_people_read_them() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(part(1, 0), NONE);
        assert_eq!(part(1, 8), "12.50 %");
        assert_eq!(rounded(999.7), "1.00 k");
        assert_eq!(rounded(12_345.0), "12.3 k");
        assert_eq!(rounded(f64::NAN), NONE);
        assert_eq!(number(f64::INFINITY), NONE);
    }
}
