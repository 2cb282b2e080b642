//! One picture of the whole: what matters most in the first three lines whatever is looked at, then the
//! view, then the keys.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::app::{App, View};
use super::format::{NO_DATA, count, or_no_data, percent, rate, scaled, span};
use super::seen::{Field, Seen};
use super::views;
use super::wrap::wrapped;

/// The smallest terminal that is drawn on.
const SMALLEST: (u16, u16) = (40, 10);

pub(super) fn good() -> Style {
    Style::new().fg(Color::Green)
}

pub(super) fn warning() -> Style {
    Style::new().fg(Color::Yellow)
}

pub(super) fn bad() -> Style {
    Style::new().fg(Color::Red).add_modifier(Modifier::BOLD)
}

pub(super) fn faint() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

pub(super) fn heading(text: impl Into<String>) -> Line<'static> {
    let style = Style::new().add_modifier(Modifier::BOLD);
    Line::from(Span::styled(text.into(), style))
}

pub(super) fn draw(frame: &mut Frame<'_>, app: &mut App, seen: &Seen) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        frame.render_widget(Paragraph::new("the terminal is too small"), area);
        return;
    }
    let rows = [
        Constraint::Length(3),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
    ];
    let [head, tabs, body, foot] = Layout::vertical(rows).areas(area);
    let said = Field::of(seen.overview.as_ref());
    let lines = vec![first(seen, said), verdict(said), trouble(seen, said)];
    frame.render_widget(Paragraph::new(lines), head);
    frame.render_widget(Paragraph::new(tab_line(app)), tabs);
    draw_body(frame, body, app, seen);
    let keys = "q quit   Tab 1-5 view   \u{2191}\u{2193} PgUp PgDn scroll   ? keys";
    frame.render_widget(Paragraph::new(Span::styled(keys, faint())), foot);
}

fn draw_body(frame: &mut Frame<'_>, area: Rect, app: &mut App, seen: &Seen) {
    if app.help {
        frame.render_widget(Paragraph::new(views::help()), area);
        return;
    }
    let lines = match app.view {
        View::Farm => views::farm(seen, area.width),
        View::Shares => views::shares(seen),
        View::Learning => views::learning(seen, area.width),
        View::Actors => views::actors(seen, area.width),
        View::Events => views::events(seen, area.width),
    };
    let columns = usize::from(area.width);
    let wrap = |line| wrapped(line, columns);
    let lines: Vec<_> = lines.into_iter().flat_map(wrap).collect();
    let page = usize::from(area.height);
    let first = app.first_line(lines.len(), page);
    let shown: Vec<_> = lines.into_iter().skip(first).take(page).collect();
    frame.render_widget(Paragraph::new(shown), area);
}

/// Who it is, and whether it is well.
fn first(seen: &Seen, said: Field<'_>) -> Line<'static> {
    let badge = |text: &'static str, style: Style| {
        Span::styled(text, style.add_modifier(Modifier::REVERSED))
    };
    let state = match (seen.fault.is_some(), said.at("ready").yes()) {
        (true, _) => badge(" NO ANSWER ", bad()),
        (false, Some(true)) => badge(" READY ", good()),
        (false, Some(false)) => badge(" NOT READY ", bad()),
        (false, None) => badge(" NO DATA YET ", warning()),
    };
    let version = or_no_data(said.at("version").text(), |version| version);
    let up = or_no_data(said.at("uptime_s").whole(), span);
    let rest = format!(" zartrux {version}  {}  up {up}", seen.url);
    Line::from(vec![state, Span::raw(rest)])
}

/// Is the farm earning?
fn verdict(said: Field<'_>) -> Line<'static> {
    let earning = said.at("earning");
    let accepted = earning.at("accepted_ratio_1h").real();
    let taken = or_no_data(accepted, percent);
    let style = match accepted {
        Some(ratio) if ratio < 0.95 => warning(),
        Some(_) | None => Style::new(),
    };
    let hash_rate = best_rate(earning).unwrap_or_else(|| NO_DATA.to_owned());
    let miners = earning.at("miners").whole();
    let working = or_no_data(earning.at("miners_at_work").whole(), count);
    let working = or_no_data(miners, |miners| {
        format!("{working} of {} at work", count(miners))
    });
    Line::from(vec![
        Span::styled(format!("accepted {taken}"), style),
        Span::raw(format!("  {hash_rate}  miners: {working}")),
    ])
}

/// The hash rate over an hour, or over what there is.
fn best_rate(earning: Field<'_>) -> Option<String> {
    let rates: Vec<_> = earning.at("hash_rates").list().collect();
    let is_of = |wanted: &str| {
        let of = |it: &&Field<'_>| it.at("over").text().as_deref() == Some(wanted);
        rates.iter().find(of)
    };
    let best = is_of("1h").or_else(|| is_of("10m")).or(rates.first())?;
    let figure = |name: &str| best.at(name).real();
    Some(format!(
        "{} ({} to {}, {})",
        rate(figure("per_second")?),
        scaled(figure("low")?),
        scaled(figure("high")?),
        best.at("over").text()?
    ))
}

/// What is wrong, the gravest first.
fn trouble(seen: &Seen, said: Field<'_>) -> Line<'static> {
    if let Some(fault) = &seen.fault {
        let since = if seen.overview.is_some() {
            format!("no answer for {}: ", span(seen.age_s))
        } else {
            String::new()
        };
        return Line::from(Span::styled(format!("{since}{fault}; trying again"), bad()));
    }
    let violations = said.at("invariant_violations").whole().unwrap_or(0);
    if violations > 0 {
        let text = format!(
            "DEFECT: invariants did not hold {} times",
            count(violations)
        );
        return Line::from(Span::styled(text, bad()));
    }
    let reasons: Vec<_> = said.at("not_ready_because").list().collect();
    if !reasons.is_empty() {
        let reasons: Vec<_> = reasons.iter().filter_map(|reason| reason.text()).collect();
        return Line::from(Span::styled(reasons.join("; "), bad()));
    }
    let open = said.at("alerts").list().count();
    let needing = said.at("attention_total").whole().unwrap_or(0);
    match (open, needing) {
        (0, 0) => Line::from(Span::styled("nothing needs you", faint())),
        (open, needing) => {
            let text = format!("open alerts: {open}  rigs that need somebody: {needing}");
            Line::from(Span::styled(text, warning()))
        }
    }
}

fn tab_line(app: &App) -> Line<'static> {
    let mut spans = Vec::new();
    for view in View::ALL {
        let style = if view == app.view && !app.help {
            Style::new().add_modifier(Modifier::REVERSED)
        } else {
            faint()
        };
        spans.push(Span::styled(format!(" {} ", view.title()), style));
        spans.push(Span::raw(" "));
    }
    Line::from(spans)
}
