//! Alerts that are open, and what happened lately, the newest first.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::none;
use crate::top::draw::{bad, faint, heading, warning};
use crate::top::format::{cell, span_ms, time_of_day};
use crate::top::seen::{Field, Seen};

pub(in crate::top) fn events(seen: &Seen, width: u16) -> Vec<Line<'static>> {
    let said = Field::of(seen.overview.as_ref());
    let width = usize::from(width);
    let mut lines = vec![heading("Open alerts")];
    let alerts: Vec<_> = said.at("alerts").list().collect();
    if alerts.is_empty() {
        let text = if said.at("alerts").is_there() {
            "none"
        } else {
            "alerts are off, or no data"
        };
        lines.push(none(text));
    }
    let now = said.at("at_unix_ms").whole();
    for alert in alerts {
        let since = alert.at("since_unix_ms").whole().zip(now);
        let since = since.map(|(since, now)| span_ms(now.saturating_sub(since)));
        lines.push(entry(alert, &since.unwrap_or_default(), width));
    }
    lines.push(heading("Events"));
    if seen.events.is_empty() {
        lines.push(none("none yet"));
    }
    for event in seen.events.iter().rev() {
        let event = Field::of(Some(event));
        let when = event.at("unix_ms").whole().map(time_of_day);
        lines.push(entry(event, &when.unwrap_or_default(), width));
    }
    lines
}

fn entry(entry: Field<'_>, when: &str, width: usize) -> Line<'static> {
    let text = |name: &str| entry.at(name).text().unwrap_or_default();
    let style = match text("severity").as_str() {
        "critical" => bad(),
        "warning" => warning(),
        _ => Style::new(),
    };
    let words = match (text("subject"), text("text")) {
        (subject, text) if subject.is_empty() || text.contains(&subject) => text,
        (subject, text) => format!("{subject}: {text}"),
    };
    let used = 2 + 10 + 1 + 20 + 1;
    Line::from(vec![
        Span::styled(format!("  {} ", cell(when, 10)), faint()),
        Span::styled(cell(&text("kind"), 20), style),
        Span::raw(format!(" {}", cell(&words, width.saturating_sub(used)))),
    ])
}
