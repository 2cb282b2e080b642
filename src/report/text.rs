//! A report as text.

use std::fmt::Write as _;

use super::document::{Block, Document, Table};
use crate::plain::plain;

/// Characters of a line of words.
const WIDTH: usize = 96;

/// Writes it; pictures are left out, their figures are in tables.
pub(crate) fn text(document: &Document) -> String {
    let mut out = format!("{}\n{}\n", document.title, "=".repeat(document.title.len()));
    for section in &document.sections {
        let _ = write!(
            out,
            "\n{}\n{}\n",
            section.title,
            "-".repeat(section.title.chars().count())
        );
        for block in &section.blocks {
            match block {
                Block::Words(words) => wrapped(&mut out, &plain(words)),
                Block::Table(table) => aligned(&mut out, table),
                Block::Plot(_) => {}
            }
        }
    }
    out
}

fn wrapped(out: &mut String, words: &str) {
    out.push('\n');
    let mut length = 0;
    for word in words.split(' ') {
        let wide = word.chars().count();
        if length > 0 && length + 1 + wide > WIDTH {
            out.push('\n');
            length = 0;
        } else if length > 0 {
            out.push(' ');
            length += 1;
        }
        out.push_str(word);
        length += wide;
    }
    out.push('\n');
}

fn aligned(out: &mut String, table: &Table) {
    let head: Vec<String> = table
        .head
        .iter()
        .map(|column| plain(&column.name))
        .collect();
    let rows: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| plain(cell)).collect())
        .collect();
    let wide = |place: usize| {
        let cells = rows.iter().chain([&head]).filter_map(|row| row.get(place));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(wide).collect();
    let _ = write!(out, "\n{}:\n", plain(&table.caption));
    for row in [&head].into_iter().chain(&rows) {
        let mut line = String::new();
        for ((cell, column), width) in row.iter().zip(&table.head).zip(&widths) {
            let fill = " ".repeat(width.saturating_sub(cell.chars().count()));
            line.push_str("  ");
            if column.is_number {
                line.push_str(&fill);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&fill);
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}
