//! Figures as people read them: three digits that count, thousands apart.

/// A value with as many decimals as matter: none for what was counted.
pub(crate) fn show(value: f64) -> String {
    let size = value.abs();
    let decimals = if size.fract() < 1e-9 || size >= 99.95 {
        0
    } else if size >= 9.995 {
        1
    } else if size >= 0.1 {
        2
    } else {
        3
    };
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text
        .split_once('.')
        .map_or((&*text, None), |(w, r)| (w, Some(r)));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |d| ("-", d));
    let mut shown = String::from(sign);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    if let Some(rest) = rest {
        shown.push('.');
        shown.push_str(rest);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_size_are_readable() {
        for (value, text) in [
            (0.0, "0"),
            (64.0, "64"),
            (1.0, "1"),
            (0.0213, "0.021"),
            (0.5, "0.50"),
            (1.4, "1.40"),
            (13.49, "13.5"),
            (99.99, "100"),
            (131.6, "132"),
            (999.6, "1,000"),
            (22_400.4, "22,400"),
            (1_234_567.0, "1,234,567"),
            (-9.2, "-9.20"),
            (-1_500.0, "-1,500"),
        ] {
            assert_eq!(show(value), text);
        }
    }
}
