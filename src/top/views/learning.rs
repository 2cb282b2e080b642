//! What the IA does: filters, prover, models, lift, difficulty.

use ratatui::text::{Line, Span};

use super::{none, state_style};
use crate::top::draw::{bad, faint, heading, warning};
use crate::top::format::{cell, count, or_no_data, percent, scaled, span, span_ms};
use crate::top::seen::{Field, Seen};

pub(in crate::top) fn learning(seen: &Seen, width: u16) -> Vec<Line<'static>> {
    let said = Field::of(seen.overview.as_ref());
    let mut lines = vec![heading("Filters")];
    let filters: Vec<_> = said.at("filters").list().map(filter).collect();
    if filters.is_empty() {
        lines.push(none("off, or no data"));
    }
    lines.extend(filters);
    lines.push(heading("Prover"));
    lines.extend(prover(said.at("prover")));
    lines.push(heading("Models"));
    lines.extend(models(said, usize::from(width)));
    lines.push(heading("Difficulty of the network"));
    lines.extend(difficulty(said.at("difficulty")));
    lines
}

fn filter(filter: Field<'_>) -> Line<'static> {
    let text = |name: &str| filter.at(name).text();
    let number = |name: &str| or_no_data(filter.at(name).whole(), count);
    let state = text("state").unwrap_or_default();
    let model = match (text("model"), filter.at("needs_model").yes()) {
        (Some(model), _) => format!(", model {model}"),
        (None, Some(true)) => ", no model yet".to_owned(),
        (None, _) => String::new(),
    };
    let strongest = filter
        .at("strongest_log_e")
        .real()
        .map_or_else(String::new, |log_e| {
            let cause =
                text("strongest_cause").map_or_else(String::new, |cause| format!(" ({cause})"));
            format!(", strongest evidence ln {log_e:.1}{cause}")
        });
    Line::from(vec![
        Span::raw(format!(
            "  {} ",
            cell(&text("stage").unwrap_or_default(), 10)
        )),
        Span::styled(cell(&state, 11), state_style(&state)),
        Span::raw(format!(
            " {} shares, {} faults, {} suspects{strongest}{model}",
            number("looked_at"),
            number("faults"),
            number("suspects")
        )),
    ])
}

fn prover(prover: Field<'_>) -> Vec<Line<'static>> {
    if !prover.is_there() {
        return vec![none("off, or no data")];
    }
    let number = |name: &str| or_no_data(prover.at(name).whole(), count);
    let mode = or_no_data(prover.at("mode").text(), |mode| mode);
    let hash = or_no_data(prover.at("hash_ms").real(), |ms| format!("{ms:.1} ms"));
    let budget = or_no_data(prover.at("budget").real(), percent);
    let mut lines = vec![
        Line::from(format!(
            "  {mode}, {} of {} threads busy, {} of {} waiting, a hash takes {hash}",
            number("busy"),
            number("threads"),
            number("queue_depth"),
            number("queue_capacity")
        )),
        Line::from(format!(
            "  proved good {}, bad {}, not in time {}; sampling may use {budget}",
            number("proved_good"),
            number("proved_bad"),
            number("unproved")
        )),
    ];
    if let Some(failure) = prover.at("failure").text() {
        lines.push(Line::from(Span::styled(format!("  {failure}"), bad())));
    }
    lines
}

fn models(said: Field<'_>, width: usize) -> Vec<Line<'static>> {
    let models = said.at("models");
    if !models.is_there() {
        return vec![none("nothing is learnt, or no data")];
    }
    let now = said.at("at_unix_ms").whole();
    let phase = or_no_data(models.at("phase").text(), |phase| phase);
    let number = |name: &str| or_no_data(models.at(name).whole(), count);
    let next = match (models.at("next_training_unix_ms").whole(), now) {
        (Some(next), Some(now)) => format!("in {}", span_ms(next.saturating_sub(now))),
        _ => "no data".to_owned(),
    };
    let drifted = match models.at("drifted").yes() {
        Some(true) => "shares have changed",
        Some(false) => "shares look as before",
        None => "no data on drift",
    };
    let mut lines = vec![Line::from(format!(
        "  trainer {phase}, window {} (needs {}), next training {next}, {drifted}",
        number("window"),
        number("min_shares")
    ))];
    lines.push(Line::from(format!("  lift: {}", lift(models.at("lift")))));
    for model in models.at("models").list() {
        let text = |name: &str| model.at(name).text().unwrap_or_default();
        let age = match (model.at("since_unix_ms").whole(), now) {
            (Some(since), Some(now)) => span_ms(now.saturating_sub(since)),
            _ => "no data".to_owned(),
        };
        let worth: Vec<_> = model.at("worth").list().filter_map(Field::text).collect();
        let line = format!(
            "  {} {} {} for {age}; {}",
            cell(&text("slot"), 10),
            text("id"),
            text("state"),
            worth.join("; ")
        );
        lines.push(Line::from(cell(&line, width)));
    }
    let results = models.at("last_results").list().filter_map(Field::text);
    lines.extend(results.map(|it| Line::from(Span::styled(format!("  {it}"), faint()))));
    let faults = models.at("faults").list().filter_map(Field::text);
    lines.extend(faults.map(|it| Line::from(Span::styled(format!("  {it}"), warning()))));
    lines
}

fn lift(lift: Field<'_>) -> String {
    let figure = |name: &str| lift.at(name).real();
    let (Some(estimate), Some(low)) = (figure("estimate"), figure("low")) else {
        return "no data".to_owned();
    };
    let high = figure("high").map_or_else(|| "any".to_owned(), |high| format!("{high:.4}"));
    let shares = or_no_data(lift.at("shares").whole(), count);
    format!("{estimate:.4} ({low:.4} to {high}) from {shares} shares; chance gives 1")
}

fn difficulty(difficulty: Field<'_>) -> Vec<Line<'static>> {
    if !difficulty.is_there() {
        return vec![none("no node is asked, or no data")];
    }
    let figure = |name: &str| or_no_data(difficulty.at(name).real(), scaled);
    let height = or_no_data(difficulty.at("height").whole(), count);
    let age = or_no_data(difficulty.at("age_s").whole(), span);
    let mut lines = vec![Line::from(format!(
        "  block {height}: {}, next {}; the node answered {age} ago",
        figure("difficulty"),
        figure("next")
    ))];
    for ahead in difficulty.at("forecast").list() {
        let figure = |name: &str| or_no_data(ahead.at(name).real(), scaled);
        let blocks = or_no_data(ahead.at("blocks").whole(), count);
        let level = or_no_data(ahead.at("level").real(), |level| {
            format!("{:.0} %", level * 100.0)
        });
        lines.push(Line::from(format!(
            "  in {blocks} blocks: {} ({level} within {} to {})",
            figure("difficulty"),
            figure("low"),
            figure("high")
        )));
    }
    if let Some(missing) = difficulty.at("missing").text() {
        lines.push(Line::from(Span::styled(format!("  {missing}"), warning())));
    }
    lines
}
