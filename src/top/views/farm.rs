//! Is the farm earning, who serves it, and which rig needs somebody?

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{by_name, none};
use crate::top::draw::{bad, good, heading, warning};
use crate::top::format::{cell, count, micros, or_no_data, rate, scaled, span_ms};
use crate::top::seen::{Field, Seen};

pub(in crate::top) fn farm(seen: &Seen, width: u16) -> Vec<Line<'static>> {
    let said = Field::of(seen.overview.as_ref());
    let mut lines = vec![heading("Earning")];
    lines.extend(earning(said.at("earning")));
    lines.push(heading("Upstreams"));
    let upstreams: Vec<_> = said.at("upstreams").list().map(upstream).collect();
    if upstreams.is_empty() {
        lines.push(none("no data"));
    }
    lines.extend(upstreams.into_iter().flatten());
    lines.extend(attention(said, usize::from(width)));
    lines
}

fn earning(earning: Field<'_>) -> Vec<Line<'static>> {
    let answered = or_no_data(earning.at("answered_1h").whole(), count);
    let since = or_no_data(earning.at("since_accepted_ms").whole(), span_ms);
    let mut lines = vec![Line::from(format!(
        "  answers in the last hour: {answered}; last share taken: {since} ago"
    ))];
    let mut measured = false;
    for found in earning.at("hash_rates").list() {
        let figure = |name: &str| or_no_data(found.at(name).real(), rate);
        let over = or_no_data(found.at("over").text(), |over| over);
        let shares = or_no_data(found.at("shares").whole(), count);
        let (middle, low, high) = (figure("per_second"), figure("low"), figure("high"));
        lines.push(Line::from(format!(
            "  {over:>4}: {middle:>12}, 95 % within {low} to {high}, from {shares} shares"
        )));
        measured = true;
    }
    if !measured {
        lines.push(Line::from("  hash rate: no data"));
    }
    let mut reply = earning.at("reply_micros").list().map(Field::real);
    let mut next = || or_no_data(reply.next().flatten(), micros);
    let (median, slow) = (next(), next());
    lines.push(Line::from(format!(
        "  reply to a share within: {median} (median), {slow} (99 %)"
    )));
    lines
}

fn upstream(upstream: Field<'_>) -> [Line<'static>; 2] {
    let number = |name: &str| upstream.at(name).whole();
    let name = or_no_data(upstream.at("name").text(), |name| name);
    let (serves, lanes) = (number("serves"), number("lanes"));
    let (word, style) = match (serves, upstream.at("job_age_ms").whole()) {
        (Some(serves), _) if serves > 0 => ("serves", good()),
        (Some(_), Some(_)) => ("stands by", Style::new()),
        (Some(_), None) => ("away", warning()),
        (None, _) => ("no data", warning()),
    };
    let of_lanes = format!(
        "{} of {}",
        or_no_data(serves, count),
        or_no_data(lanes, count)
    );
    let age = or_no_data(number("job_age_ms"), span_ms);
    let tls = if upstream.at("tls").yes() == Some(true) {
        "TLS"
    } else {
        "plain"
    };
    let height = or_no_data(number("height"), count);
    let difficulty = or_no_data(upstream.at("difficulty").real(), scaled);
    let submit = or_no_data(upstream.at("submit_micros").real(), micros);
    let accepted = or_no_data(number("accepted"), count);
    let refused = by_name(upstream.at("rejected"));
    let first = Line::from(vec![
        Span::styled(format!("  {word:9}"), style),
        Span::raw(format!(" {name} ({tls}), lanes {of_lanes}, job {age} old")),
    ]);
    let second = Line::from(format!(
        "            height {height}, difficulty {difficulty}, verdict in {submit}, \
         accepted {accepted}, refused: {refused}"
    ));
    [first, second]
}

fn attention(said: Field<'_>, width: usize) -> Vec<Line<'static>> {
    let rigs: Vec<_> = said.at("attention").list().collect();
    let total = said.at("attention_total").whole();
    let title = format!("Rigs that need somebody: {}", or_no_data(total, count));
    let mut lines = vec![heading(title)];
    if rigs.is_empty() {
        let text = if total == Some(0) { "none" } else { "no data" };
        lines.push(none(text));
    }
    for rig in rigs {
        let text = |name: &str| rig.at(name).text();
        let name = text("rig_id")
            .or_else(|| text("user"))
            .or_else(|| text("rig"));
        let name = cell(&name.unwrap_or_default(), 20);
        let state = text("state").unwrap_or_default();
        let style = match state.as_str() {
            "quarantined" | "failing" | "silent" => bad(),
            _ => warning(),
        };
        let since = match (
            rig.at("since_unix_ms").whole(),
            said.at("at_unix_ms").whole(),
        ) {
            (Some(since), Some(now)) => format!("for {}", span_ms(now.saturating_sub(since))),
            _ => String::new(),
        };
        let reason = text("reason").unwrap_or_default();
        let used = 2 + 20 + 1 + 11 + 1 + 16 + 1;
        let reason = cell(&reason, width.saturating_sub(used));
        lines.push(Line::from(vec![
            Span::raw(format!("  {name} ")),
            Span::styled(cell(&state, 11), style),
            Span::raw(format!(" {} {reason}", cell(&since, 16))),
        ]));
    }
    lines
}
