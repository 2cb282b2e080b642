//! What became of the shares, and how the rigs are.

use ratatui::text::Line;

use super::{by_name, none};
use crate::top::draw::heading;
use crate::top::format::{bytes, count, or_no_data, percent};
use crate::top::seen::{Field, Seen};

pub(in crate::top) fn shares(seen: &Seen) -> Vec<Line<'static>> {
    let said = Field::of(seen.overview.as_ref());
    let mut lines = vec![heading("Shares since launch")];
    lines.extend(funnel(said.at("shares")));
    lines.push(heading("Rigs"));
    let known = or_no_data(said.at("rigs.known").whole(), count);
    lines.push(row("known", known));
    lines.push(row("by presence", by_name(said.at("rigs.presence"))));
    lines.push(row("by standing", by_name(said.at("rigs.standing"))));
    lines.push(heading("Store"));
    lines.extend(store(said.at("store")));
    lines
}

fn row(name: &str, words: impl std::fmt::Display) -> Line<'static> {
    Line::from(format!("  {name:14} {words}"))
}

fn funnel(shares: Field<'_>) -> Vec<Line<'static>> {
    let received = shares.at("received").whole();
    let part = |number: u64| match received {
        // The figures of a farm are far below where a float would round them.
        Some(all) if all > 0 => {
            let part = shares_of(number, all);
            format!("{:>15}  {:>9}", count(number), percent(part))
        }
        Some(_) | None => format!("{:>15}", count(number)),
    };
    let of = |name: &str| or_no_data(shares.at(name).whole(), part);
    let classes = |name: &str| {
        let classes = shares.at(name);
        let sum = classes.pairs().filter_map(|(_, value)| value.whole()).sum();
        let is_there = classes.is_there().then_some(sum);
        let words = or_no_data(is_there, part);
        match is_there {
            Some(sum) if sum > 0 => format!("{words}  ({})", by_name(classes)),
            Some(_) | None => words,
        }
    };
    let mut lines = vec![row("received", of("received"))];
    lines.push(row("pending", of("pending")));
    lines.push(row("accepted", of("accepted")));
    lines.push(row("rejected", classes("rejected")));
    lines.push(row("unanswered", of("unanswered")));
    lines.push(row("credited", of("credited")));
    lines.push(row("refused here", classes("refused")));
    for name in ["held", "undeliverable", "overload"] {
        lines.push(row(name, of(name)));
    }
    lines.push(Line::from("  of those sent:"));
    lines.push(row("late", of("late")));
    lines.push(row("mended", of("mended")));
    lines
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a percentage on a screen: sixteen digits are enough"
)]
fn shares_of(number: u64, all: u64) -> f64 {
    number as f64 / all as f64
}

fn store(store: Field<'_>) -> Vec<Line<'static>> {
    if !store.is_there() {
        return vec![none("nothing is stored, or no data")];
    }
    let number = |name: &str| or_no_data(store.at(name).whole(), count);
    let failing = store.at("failing").text();
    let mut lines = vec![row("state", failing.unwrap_or_else(|| "writes".to_owned()))];
    lines.push(row("recorded", number("recorded")));
    let lost = format!(
        "{} lost, {} acknowledged before they were written",
        number("lost"),
        number("acknowledged_unrecorded")
    );
    lines.push(row("not recorded", lost));
    let room = format!(
        "{} used, {} free",
        or_no_data(store.at("bytes").whole(), bytes),
        or_no_data(store.at("disk_free_bytes").whole(), bytes)
    );
    lines.push(row("disk", room));
    let damage = store.at("damage").list().filter_map(Field::text);
    lines.extend(damage.map(|damage| row("damage", damage)));
    lines
}
