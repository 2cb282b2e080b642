//! Every actor: those that are not well first.

use ratatui::text::{Line, Span};

use super::{none, state_style};
use crate::top::draw::{heading, warning};
use crate::top::format::{cell, count, micros, or_no_data, time_of_day};
use crate::top::seen::{Field, Seen};

pub(in crate::top) fn actors(seen: &Seen, width: u16) -> Vec<Line<'static>> {
    let said = Field::of(seen.overview.as_ref());
    let mut actors: Vec<_> = said.at("actors").list().collect();
    // Stable: the order of names stays.
    actors.sort_by_key(|actor| {
        let runs = actor.at("state").text().as_deref() == Some("running");
        (runs, actor.at("faults").whole().unwrap_or(0) == 0)
    });
    let mut lines = vec![heading(format!(
        "  {:26} {:11} {:>4} {:>6} {:>7} {:>9}",
        "actor", "state", "gen", "faults", "waiting", "step"
    ))];
    if actors.is_empty() {
        lines.push(none("no data"));
    }
    for actor in actors {
        lines.extend(of_one(actor, usize::from(width)));
    }
    lines
}

fn of_one(actor: Field<'_>, width: usize) -> Vec<Line<'static>> {
    let number = |name: &str| or_no_data(actor.at(name).whole(), count);
    let name = actor.at("name").text().unwrap_or_default();
    let state = actor.at("state").text().unwrap_or_default();
    let step = or_no_data(actor.at("step_micros").real(), micros);
    let mut lines = vec![Line::from(vec![
        Span::raw(format!("  {} ", cell(&name, 26))),
        Span::styled(cell(&state, 11), state_style(&state)),
        Span::raw(format!(
            " {:>4} {:>6} {:>7} {step:>9}",
            number("generation"),
            number("faults"),
            number("queue_depth")
        )),
    ])];
    let inner = width.saturating_sub(6);
    let note = actor.at("note").text().filter(|note| !note.is_empty());
    if let Some(note) = note.filter(|_| state != "running") {
        lines.push(Line::from(format!("      {}", cell(&note, inner))));
    }
    if let Some(fault) = actor.at("last_fault").text() {
        let when = actor.at("last_fault_unix_ms").whole();
        let when = when.map_or_else(String::new, |when| format!("{} ", time_of_day(when)));
        let text = format!("      {}", cell(&format!("{when}{fault}"), inner));
        lines.push(Line::from(Span::styled(text, warning())));
    }
    lines
}
