//! Each view as lines of text; whoever draws them scrolls.

mod actors;
mod events;
mod farm;
mod learning;
mod shares;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

pub(super) use actors::actors;
pub(super) use events::events;
pub(super) use farm::farm;
pub(super) use learning::learning;
pub(super) use shares::shares;

use super::draw::{bad, faint, good, heading, warning};
use super::format::{NO_DATA, count};
use super::seen::Field;

/// What keys do.
pub(super) fn help() -> Vec<Line<'static>> {
    let keys = [
        ("q, Esc, Ctrl-C", "quit"),
        ("Tab, Right", "the next view"),
        ("Shift-Tab, Left", "the one before"),
        ("1 to 5", "a view by its number"),
        ("Up, Down, k, j", "a line up or down"),
        ("PgUp, PgDn, space", "a page up or down"),
        ("Home, End", "the first lines, the last"),
        ("?, h", "this help, and back"),
    ];
    let mut lines = vec![heading("Keys")];
    lines.extend(keys.map(|(key, what)| Line::from(format!("  {key:18} {what}"))));
    lines.push(Line::default());
    lines.push(Line::from(
        "  What was not measured is \"no data\"; times of day are in UTC.",
    ));
    lines.push(Line::from(
        "  Where a name holds what can't be seen, it is written out: \\u{202e}",
    ));
    lines
}

/// A line that says that there is nothing to show.
fn none(text: &'static str) -> Line<'static> {
    Line::from(Span::styled(format!("  {text}"), faint()))
}

/// How a state of an actor or a filter looks.
fn state_style(state: &str) -> Style {
    match state {
        "running" => good(),
        "backing_off" | "degraded" | "bypassed" => warning(),
        "stopped" => bad(),
        _ => Style::new(),
    }
}

/// Counts by name, in one line; none of them 0.
fn by_name(field: Field<'_>) -> String {
    let pairs = field.pairs();
    let named: Vec<_> = pairs
        .filter_map(|(name, value)| Some((name, value.whole()?)))
        .filter(|(_, number)| *number > 0)
        .map(|(name, number)| format!("{name} {}", count(number)))
        .collect();
    match (field.is_there(), named.is_empty()) {
        (false, _) => NO_DATA.to_owned(),
        (true, true) => "none".to_owned(),
        (true, false) => named.join(", "),
    }
}
