//! The table: one line a figure, one column a proxy.

use super::{Row, number};
use crate::bench::{
    figure::{Kind, Label},
    stats::Spread,
};

/// Renders `rows`, with those of an earlier report in columns of their own.
pub(super) fn render(rows: &[Row], earlier: Option<&[Row]>) -> String {
    let mut labels: Vec<&Label> = Vec::new();
    for row in rows {
        if !labels.contains(&&row.label) {
            labels.push(&row.label);
        }
    }
    let mut columns: Vec<(String, &[Row], &str)> = Vec::new();
    for (rows, suffix) in [(Some(rows), ""), (earlier, ", earlier")] {
        for row in rows.unwrap_or_default() {
            let title = format!("{}{suffix}", row.subject);
            if !columns.iter().any(|(known, ..)| *known == title) {
                columns.push((title, rows.unwrap_or_default(), &row.subject));
            }
        }
    }

    let mut lines: Vec<Vec<String>> = Vec::new();
    let mut head: Vec<String> = ["workload", "miners", "figure", "unit"]
        .map(String::from)
        .to_vec();
    head.extend(columns.iter().map(|(title, ..)| title.clone()));
    lines.push(head);
    for label in labels {
        let mut line = vec![
            label.workload.clone(),
            number::show(crate::bench::stats::count(label.miners)),
            match label.kind {
                Kind::Proxy => label.figure.clone(),
                Kind::Generator => format!("(generator) {}", label.figure),
                Kind::MustBeZero => format!("(must be 0) {}", label.figure),
            },
            label.unit.clone(),
        ];
        line.extend(columns.iter().map(|(_, rows, subject)| {
            rows.iter()
                .find(|row| row.label == *label && row.subject == *subject)
                .map_or_else(|| "–".to_owned(), |row| show(row.spread))
        }));
        lines.push(line);
    }
    align(&lines)
}

/// The median, with the extremes where there are any.
pub(crate) fn show(spread: Spread) -> String {
    let Spread { median, min, max } = spread;
    let median = number::show(median);
    let (min, max) = (number::show(min), number::show(max));
    if min == max {
        median
    } else {
        format!("{median} ({min} – {max})")
    }
}

/// Pads the cells of each column to the same width.
fn align(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let mut shown = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            shown.push_str(&format!("{cell:width$}  "));
        }
        text.push_str(shown.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_whatever_letters_they_hold() {
        let lines = [["µs →", "x"], ["long cell", "y"]].map(|l| l.map(String::from).to_vec());
        assert_eq!(align(&lines), "µs →       x\nlong cell  y\n");
    }

    #[test]
    fn a_spread_without_extent_is_one_number() {
        let spread = |min, max| Spread {
            median: 2.0,
            min,
            max,
        };
        assert_eq!(show(spread(2.0, 2.0)), "2");
        assert_eq!(show(spread(1.0, 3.0)), "2 (1 – 3)");
    }
}
