//! A report as one page that needs nothing else: no script, no network.

use std::fmt::Write as _;

use anyhow::Result;

use super::document::{Block, Document, Table};
use super::plots::{Plot, draw};
use crate::plain::plain;

const STYLE: &str = include_str!("page.css");

/// Writes the page.
///
/// # Errors
/// A picture can't be drawn.
pub(crate) fn page(document: &Document) -> Result<String> {
    let mut out = String::new();
    let title = escaped(document.title);
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'; img-src data:\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<nav>"
    );
    for (place, section) in document.sections.iter().enumerate() {
        let _ = write!(out, "<a href=\"#s{place}\">{}</a> ", escaped(section.title));
    }
    out.push_str("</nav>\n");
    for (place, section) in document.sections.iter().enumerate() {
        let title = escaped(section.title);
        let _ = writeln!(out, "<section id=\"s{place}\">\n<h2>{title}</h2>");
        let mut blocks = section.blocks.iter().peekable();
        while let Some(block) = blocks.next() {
            match block {
                Block::Words(words) => {
                    let _ = writeln!(out, "<p>{}</p>", escaped(words));
                }
                Block::Table(table) => write_table(&mut out, table),
                Block::Plot(plot) => {
                    // Pictures in a row stand beside each other where there is room.
                    out.push_str("<div class=\"plots\">\n");
                    figure(&mut out, plot)?;
                    while let Some(Block::Plot(next)) =
                        blocks.next_if(|block| matches!(block, Block::Plot(_)))
                    {
                        figure(&mut out, next)?;
                    }
                    out.push_str("</div>\n");
                }
            }
        }
        out.push_str("</section>\n");
    }
    out.push_str("</body>\n</html>\n");
    Ok(out)
}

fn write_table(out: &mut String, table: &Table) {
    let caption = escaped(&table.caption);
    if table.folded {
        let _ = writeln!(out, "<details><summary>{caption}</summary>");
    }
    out.push_str("<div class=\"wide\"><table>\n");
    if !table.folded {
        let _ = writeln!(out, "<caption>{caption}</caption>");
    }
    let class = |is_number: bool| if is_number { " class=\"n\"" } else { "" };
    out.push_str("<thead><tr>");
    for column in &table.head {
        let (class, name) = (class(column.is_number), escaped(&column.name));
        let _ = write!(out, "<th{class} scope=\"col\">{name}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (cell, column) in row.iter().zip(&table.head) {
            let inside = if cell.starts_with("  ") {
                " class=\"in\""
            } else {
                ""
            };
            let class = if column.is_number {
                " class=\"n\""
            } else {
                inside
            };
            let _ = write!(out, "<td{class}>{}</td>", escaped(cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    if table.folded {
        out.push_str("</details>\n");
    }
}

fn figure(out: &mut String, plot: &Plot) -> Result<()> {
    let svg = draw(plot)?;
    let title = escaped(plot.title());
    // What stands in a page needs no name of its language, and a role tells what it is.
    let inside = svg.split_once('>').map_or("", |(_, inside)| inside);
    let (width, height) = plot.size();
    let _ = write!(
        out,
        "<figure><figcaption>{title}</figcaption>\
         <svg role=\"img\" aria-label=\"{title}\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">{inside}"
    );
    let legend = plot.legend();
    if !legend.is_empty() {
        out.push_str("<p class=\"legend\">");
        for (place, name) in legend.iter().enumerate() {
            let name = escaped(name);
            let _ = write!(out, "<span class=\"c{place}\">■</span> {name} ");
        }
        out.push_str("</p>");
    }
    out.push_str("</figure>\n");
    Ok(())
}

/// What may stand in a page and in a quoted attribute, and is read as nothing but text.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '`' => safe.push_str("&#96;"),
            c => safe.push(c),
        }
    }
    safe
}
