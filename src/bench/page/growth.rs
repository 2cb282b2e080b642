//! Cost against the number of miners.

use std::fmt::Write as _;

use super::{
    AS_IT_COMES, SUBJECTS, WITHOUT_STORE,
    inputs::Inputs,
    markdown::table,
    picture,
    plot::{Axis, Chart, Curve, Tone},
    rows::SIZES,
    show, show_spread,
};
use crate::bench::{
    report::{Document, Growth, WHOLE_PROCESS, number},
    stats::{Spread, count},
};

/// The farm that is asked for.
const GOAL: usize = 100_000;

/// A column: in which of the two reports, of which workload, which figure.
struct Column {
    of_shares: bool,
    workload: &'static str,
    figure: &'static str,
    words: &'static str,
}

const fn column(workload: &'static str, figure: &'static str, words: &'static str) -> Column {
    Column {
        of_shares: false,
        workload,
        figure,
        words,
    }
}

const COLUMNS: [Column; 8] = [
    column("idle", WHOLE_PROCESS, "process, MiB"),
    column("idle", "resident memory per miner", "each miner, KiB"),
    column("idle", "logins per second", "logins/s"),
    column("idle", "CPU per login", "CPU of a login, µs"),
    column(
        "fan-out",
        "pool's write → miner has it, 50 %",
        "job 50 %, ms",
    ),
    column("fan-out", "99 %", "job 99 %, ms"),
    column(
        "fan-out",
        "CPU per miner and job",
        "CPU of a job to a miner, µs",
    ),
    Column {
        of_shares: true,
        workload: "share, 1000/s",
        figure: "CPU per share",
        words: "CPU of a share, µs",
    },
];

/// The farms of a report, from the smallest.
fn sizes(document: &Document) -> Vec<usize> {
    let mut sizes: Vec<usize> = document
        .figures
        .iter()
        .map(|row| row.label.miners)
        .collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

fn spread(inputs: &Inputs, subject: &str, miners: usize, column: &Column) -> Option<Spread> {
    let report = if column.of_shares {
        &inputs.growth_share
    } else {
        &inputs.growth
    };
    let key = (column.workload, miners, column.figure);
    report.document.spread(subject, key)
}

/// The section.
pub(super) fn section(inputs: &Inputs) -> String {
    let document = &inputs.growth.document;
    let sizes = sizes(document);
    let largest = sizes.last().copied().unwrap_or(0);
    let mut text = String::from("## Cost against the number of miners\n\n");
    text.push_str(&reach(inputs, largest));
    let mut head = vec!["miners"];
    head.extend(COLUMNS.iter().map(|column| column.words));
    for (subject, title) in SUBJECTS {
        let line = |miners: &usize| {
            let mut cells = vec![show(*miners)];
            cells.extend(COLUMNS.iter().map(|column| {
                spread(inputs, subject, *miners, column).map_or_else(|| "–".to_owned(), show_spread)
            }));
            cells
        };
        let lines: Vec<Vec<String>> = sizes.iter().map(line).collect();
        let _ = write!(text, "### {title}\n\n{}\n", table(&head, 0, &lines));
        for growth in document.growth().iter().filter(|it| it.subject == subject) {
            text.push_str(&straight_line(growth));
        }
    }
    for chart in charts(inputs) {
        text.push_str(&picture(&chart));
    }
    text
}

/// How far it was measured, and why not farther.
fn reach(inputs: &Inputs, largest: usize) -> String {
    let limit = inputs.growth.document.machine.descriptors;
    let enough = u64::try_from(GOAL).unwrap_or(u64::MAX);
    let end = match limit {
        _ if largest >= GOAL => String::new(),
        Some(limit) if limit <= enough => format!(
            " {} were not: each takes a descriptor of the proxy, and a process may have {} on this machine.",
            show(GOAL),
            number::show(crate::bench::stats::nanos_to_f64(limit)),
        ),
        Some(_) | None => format!(" {} were not asked for.", show(GOAL)),
    };
    format!(
        "Farms of up to {} miners were measured.{end} One lane.\n\n",
        show(largest)
    )
}

fn straight_line(growth: &Growth) -> String {
    let mut text = format!(
        "Memory is on a straight line by least squares: {} MiB and {} KiB for each miner; the farthest point \
         is {} MiB off it.",
        number::show(growth.mib_without_miners),
        number::show(growth.kib_per_miner),
        number::show(growth.farthest_mib),
    );
    if growth.to < GOAL {
        let _ = write!(
            text,
            " If it goes on like that, {} miners take {} MiB: **an extrapolation**, not a measurement.",
            show(GOAL),
            number::show(growth.at(count(GOAL))),
        );
    }
    text.push_str("\n\n");
    text
}

/// A line for each of ours and the peer's published points.
fn curves(inputs: &Inputs, column: &Column) -> Vec<Curve> {
    let document = if column.of_shares {
        &inputs.growth_share.document
    } else {
        &inputs.growth.document
    };
    let sizes = sizes(document);
    let of = |subject: &str, title: &str, tone: Tone| Curve {
        name: title.to_owned(),
        tone,
        points: sizes
            .iter()
            .filter_map(|miners| Some((count(*miners), spread(inputs, subject, *miners, column)?)))
            .collect(),
        dashed: Vec::new(),
    };
    let peer = |miners: usize| {
        let key = (column.workload, miners, column.figure);
        Some((count(miners), inputs.peer.spread(key)?))
    };
    vec![
        of(WITHOUT_STORE, "without store", Tone::First),
        of(AS_IT_COMES, "as it comes", Tone::Second),
        Curve {
            name: format!("{}, as published", inputs.peer.name),
            tone: Tone::Other,
            points: SIZES.iter().filter_map(|miners| peer(*miners)).collect(),
            dashed: Vec::new(),
        },
    ]
}

/// The pictures.
pub(super) fn charts(inputs: &Inputs) -> Vec<Chart> {
    let chart = |file: &str, title: &str, unit: &str, column: usize| {
        let curves = COLUMNS
            .get(column)
            .map_or_else(Vec::new, |column| curves(inputs, column));
        Chart {
            file: file.to_owned(),
            title: title.to_owned(),
            x: Axis::logarithmic("miners"),
            y: Axis::from_zero(unit),
            curves,
        }
    };
    let mut memory = chart("memory", "Memory of the process", "MiB", 0);
    memory.y = Axis::logarithmic("MiB");
    for growth in inputs.growth.document.growth() {
        if growth.to >= GOAL {
            continue;
        }
        let place = SUBJECTS
            .iter()
            .position(|(name, _)| *name == growth.subject);
        if let Some(curve) = place.and_then(|place| memory.curves.get_mut(place)) {
            curve.dashed = extrapolated(&growth);
        }
    }
    let mut half = chart(
        "fan-out-50",
        "A new job: half of the miners have it",
        "ms",
        4,
    );
    let mut most = chart(
        "fan-out-99",
        "A new job: 99 % of the miners have it",
        "ms",
        5,
    );
    for chart in [&mut half, &mut most] {
        chart.y = Axis::logarithmic("ms");
    }
    vec![
        memory,
        chart("logins", "Logins", "logins per second", 2),
        half,
        most,
        chart("fan-out-cpu", "Processor time of a job to a miner", "µs", 6),
        chart(
            "share-cpu",
            "Processor time of a share, 1,000 a second",
            "µs",
            7,
        ),
    ]
}

/// The line beyond what was measured, up to the goal.
fn extrapolated(growth: &Growth) -> Vec<(f64, f64)> {
    const STEPS: u32 = 12;
    let (from, to) = (count(growth.to), count(GOAL));
    (0..=STEPS)
        .map(|step| {
            let miners = from * (to / from).powf(f64::from(step) / f64::from(STEPS));
            (miners, growth.at(miners))
        })
        .collect()
}
