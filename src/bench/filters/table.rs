//! Figures as Markdown tables, padded so that a terminal shows them as well.

use super::figures::Figure;

/// A table of rows under a head; the first column is text, the others are numbers.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        widest
            .max(head.get(column).map_or(0, |name| name.chars().count()))
            .max(3)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut text = String::from("|");
        for (column, (cell, width)) in cells.zip(&widths).enumerate() {
            let padding = " ".repeat(width.saturating_sub(cell.chars().count()));
            text.push_str(&if column == 0 {
                format!(" {cell}{padding} |")
            } else {
                format!(" {padding}{cell} |")
            });
        }
        text.push('\n');
        text
    };
    let mut text = line(&mut head.iter().copied());
    text.push('|');
    for (column, width) in widths.iter().enumerate() {
        let rule = "-".repeat(width + 1);
        text.push_str(&if column == 0 {
            format!("{rule}-|")
        } else {
            format!("{rule}:|")
        });
    }
    text.push('\n');
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text
}

/// Mean and interval.
pub(super) fn show(figure: &Figure) -> String {
    let Some(mean) = figure.mean else {
        return "–".to_owned();
    };
    let low = figure.low.unwrap_or(mean);
    match figure.high {
        Some(high) if number(low) == number(high) => number(mean),
        Some(high) => format!("{} ({} – {})", number(mean), number(low), number(high)),
        None => format!("{} (from {})", number(mean), number(low)),
    }
}

/// Three digits, or a whole number with its thousands apart.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    let text = if size == 0.0 || size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else if size >= 0.995 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    };
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let digits = whole.trim_start_matches('-');
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if value < 0.0 { "−" } else { "" };
    fraction.map_or_else(
        || format!("{sign}{grouped}"),
        |fraction| format!("{sign}{grouped}.{fraction}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_and_thousands_apart() {
        for (value, text) in [
            (0.0, "0"),
            (0.012_3, "0.012"),
            (1.234, "1.23"),
            (12.34, "12.3"),
            (1_234.5, "1,234"),
            (1_234_567.0, "1,234,567"),
            (-12.0, "−12.0"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn a_table_is_markdown_with_columns_below_each_other() {
        let rows = [vec!["a".to_owned(), "1".to_owned()]];
        assert_eq!(
            table(&["policy", "%"], &rows),
            "| policy |   % |\n|--------|----:|\n| a      |   1 |\n"
        );
    }

    #[test]
    fn an_unknown_upper_end_is_said_to_be_unknown() {
        let figure = Figure {
            name: "x",
            mean: Some(20.0),
            low: Some(11.0),
            high: None,
            values: Vec::new(),
        };
        assert_eq!(show(&figure), "20.0 (from 11.0)");
        assert_eq!(show(&Figure::of("x", vec![None, None])), "–");
    }
}
