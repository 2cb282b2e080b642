//! Our figures beside the peer's.

use std::fmt::Write as _;

use super::{
    AS_IT_COMES, WITHOUT_STORE,
    inputs::Inputs,
    markdown::{listed, table},
    peer::{MEASURED, Published},
    rows::{Figure, Part, parts},
    show_spread,
    verdict::{Drift, Verdict, judge},
};
use crate::bench::stats::Spread;

/// The peer's figure, and whether it was measured in turn with ours.
struct Theirs {
    spread: Spread,
    in_turn: bool,
}

fn theirs(inputs: &Inputs, figure: &Figure, miners: usize) -> Option<Theirs> {
    let key = (figure.workload, miners, figure.figure);
    let measured = figure.report(inputs).document.spread(MEASURED, key);
    measured
        .map(|spread| (spread, true))
        .or_else(|| inputs.peer.spread(key).map(|spread| (spread, false)))
        .map(|(spread, in_turn)| Theirs { spread, in_turn })
}

fn verdict(ours: Option<Spread>, theirs: Option<&Theirs>, figure: &Figure) -> Option<Verdict> {
    let theirs = theirs?;
    let drift = if figure.drifts && !theirs.in_turn {
        Drift::Possible
    } else {
        Drift::None
    };
    Some(judge(ours?, theirs.spread, figure.better, drift))
}

/// A line of the table, judged.
struct Judged {
    cells: Vec<String>,
    name: String,
    in_turn: bool,
    without_store: Option<Verdict>,
    as_it_comes: Option<Verdict>,
}

fn judged(inputs: &Inputs, figure: &Figure, part: &Part) -> Judged {
    let key = (figure.workload, part.miners, figure.figure);
    let document = &figure.report(inputs).document;
    let [without_store, as_it_comes] =
        [WITHOUT_STORE, AS_IT_COMES].map(|subject| document.spread(subject, key));
    let theirs = theirs(inputs, figure, part.miners);
    let of = |ours| verdict(ours, theirs.as_ref(), figure);
    let shown = |spread: Option<Spread>| spread.map_or_else(none, show_spread);
    let marked = |verdict: Option<Verdict>| verdict.map_or_else(none, |it| it.words().to_owned());
    Judged {
        cells: vec![
            figure.title.to_owned(),
            figure.words.to_owned(),
            figure.unit.to_owned(),
            shown(theirs.as_ref().map(|it| it.spread)),
            shown(without_store),
            marked(of(without_store)),
            shown(as_it_comes),
            marked(of(as_it_comes)),
        ],
        name: format!(
            "{} ({}, {})",
            figure.words,
            figure.title,
            part.title.to_lowercase()
        ),
        in_turn: theirs.as_ref().is_some_and(|it| it.in_turn),
        without_store: of(without_store),
        as_it_comes: of(as_it_comes),
    }
}

fn none() -> String {
    "–".to_owned()
}

/// The section.
pub(super) fn section(inputs: &Inputs) -> String {
    let mut tables = String::new();
    let mut all = Vec::new();
    let in_turn = inputs.peer_is_measured();
    let name = if in_turn { MEASURED } else { &inputs.peer.name };
    let head = [
        "workload",
        "figure",
        "unit",
        name,
        "without store",
        "is",
        "as it comes",
        "is",
    ];
    for part in parts() {
        let lines: Vec<Judged> = part
            .figures
            .iter()
            .map(|figure| judged(inputs, figure, &part))
            .collect();
        let cells: Vec<Vec<String>> = lines.iter().map(|line| line.cells.clone()).collect();
        let _ = write!(
            tables,
            "### {}\n\n{}\n",
            part.title,
            table(&head, 3, &cells)
        );
        all.extend(lines);
    }
    let mut text = format!("## Beside {name}\n\n");
    text.push_str(&provenance(&inputs.peer, in_turn));
    text.push_str(
        "\nThe column **without store** (`store.enabled = false`) is the one to compare: the peer writes \
         nothing down. **As it comes** every share is on the disk before the miner hears of it, for which \
         shares are gathered for some milliseconds. Both with admission and the six filters on, which the \
         peer does not have, and with RandomX proving off, which it does not have either.\n\n\
         *Ahead* and *behind* are said only where every run of one is better than every run of the other; \
         else it is *within the spread*. ",
    );
    if !all.iter().all(|line| line.in_turn) {
        text.push_str(
            "Such machines drift by a third from hour to hour. A time that was not measured in turn with \
             the peer's, and whose median differs from it by less than a third, is marked *less than drift*: \
             it may be another hour that is seen there. ",
        );
    }
    text.push_str("Medians, with the least and the most of all runs in brackets.\n\n");
    text.push_str(&summary("Without store", &all, |line| line.without_store));
    text.push_str(&summary("As it comes", &all, |line| line.as_it_comes));
    text.push_str(&tables);
    if !in_turn {
        text.push_str(
            "The peer's churn was published as one figure for both forms, so that its extremes are over \
             both.\n",
        );
    }
    text
}

fn provenance(peer: &Published, in_turn: bool) -> String {
    if in_turn {
        return format!(
            "{} was measured in turn with this program, on this machine, in the same runs ({} is what was \
             published).\n",
            MEASURED, peer.name
        );
    }
    format!(
        "The figures of {} are **not measured side by side** with ours: {}. {} runs. Its machine: {}. Its \
         settings: {}. `make bench-performance BENCH_ARGS=\"--peer xmrig-proxy=PATH\"` measures it in turn.\n",
        peer.name, peer.provenance, peer.runs, peer.machine, peer.setup
    )
}

/// How many lines are what, and which ones are not ahead.
fn summary(title: &str, all: &[Judged], of: impl Fn(&Judged) -> Option<Verdict>) -> String {
    let total = all.iter().filter(|line| of(line).is_some()).count();
    let mut words = Vec::new();
    for verdict in Verdict::ALL {
        let names: Vec<String> = all
            .iter()
            .filter(|line| of(line) == Some(verdict))
            .map(|line| line.name.clone())
            .collect();
        if names.is_empty() {
            continue;
        }
        let count = format!("{} in {}", verdict.plainly(), names.len());
        words.push(match verdict {
            Verdict::Behind | Verdict::BehindWithinDrift => {
                format!("{count} ({})", names.join("; "))
            }
            Verdict::Ahead | Verdict::AheadWithinDrift | Verdict::Same | Verdict::WithinSpread => {
                count
            }
        });
    }
    format!("{title}, of {total} figures: {}.\n\n", listed(&words))
}
