//! What more lanes bring.

use std::fmt::Write as _;

use super::{
    SUBJECTS,
    inputs::{Inputs, Named, OfLanes},
    markdown::table,
    picture,
    plot::{Axis, Chart, Curve, Tone},
    show, show_spread,
};
use crate::bench::stats::Spread;

/// A column: whether of the report of saturation, which workload, which figure.
struct Column {
    saturation: bool,
    workload: &'static str,
    figure: &'static str,
    words: &'static str,
}

const COLUMNS: [Column; 5] = [
    Column {
        saturation: true,
        workload: "saturate",
        figure: "highest, nothing lost",
        words: "most shares/s",
    },
    Column {
        saturation: true,
        workload: "saturate",
        figure: "CPU per share at the highest",
        words: "CPU of a share, µs",
    },
    Column {
        saturation: false,
        workload: "fan-out",
        figure: "pool's write → miner has it, 50 %",
        words: "job 50 %, ms",
    },
    Column {
        saturation: false,
        workload: "fan-out",
        figure: "99 %",
        words: "job 99 %, ms",
    },
    Column {
        saturation: false,
        workload: "fan-out",
        figure: "CPU per miner and job",
        words: "CPU of a job to a miner, µs",
    },
];

impl Column {
    fn spread(&self, of_lanes: &OfLanes, subject: &str) -> Option<Spread> {
        let report = self.report(of_lanes);
        let key = (self.workload, miners(report)?, self.figure);
        report.document.spread(subject, key)
    }

    const fn report<'a>(&self, of_lanes: &'a OfLanes) -> &'a Named {
        if self.saturation {
            &of_lanes.saturate
        } else {
            &of_lanes.fanout
        }
    }
}

/// The largest farm of a report.
fn miners(report: &Named) -> Option<usize> {
    let sizes = report.document.figures.iter().map(|row| row.label.miners);
    sizes.max()
}

/// The section.
pub(super) fn section(inputs: &Inputs) -> String {
    let mut text = String::from("## Lanes\n\n");
    let first = inputs.lanes.first();
    let sizes = first.and_then(|it| Some((miners(&it.saturate)?, miners(&it.fanout)?)));
    if let Some((saturate, fanout)) = sizes {
        let _ = write!(
            text,
            "Shares of {} miners, jobs to {} miners, by the number of lanes (`node.lanes`). ",
            show(saturate),
            show(fanout)
        );
    }
    let most = inputs.lanes.last().map_or(0, |it| usize::from(it.lanes));
    let cores = first.map_or(0, |it| it.saturate.document.machine.cores);
    if cores <= most {
        let _ = write!(
            text,
            "This machine has {cores} cores, and the generator takes up to one of them. So what is seen \
             here is what lanes cost where they have no core of their own, and not what they bring on a \
             larger machine."
        );
    } else {
        let _ = write!(
            text,
            "This machine has {cores} cores; the generator, which is one thread, takes up to one of them."
        );
    }
    text.push_str("\n\n");
    let mut head = vec!["lanes"];
    head.extend(COLUMNS.iter().map(|column| column.words));
    for (subject, title) in SUBJECTS {
        let line = |of_lanes: &OfLanes| {
            let mut cells = vec![of_lanes.lanes.to_string()];
            cells.extend(COLUMNS.iter().map(|column| {
                let spread = column.spread(of_lanes, subject);
                spread.map_or_else(|| "–".to_owned(), show_spread)
            }));
            cells
        };
        let lines: Vec<Vec<String>> = inputs.lanes.iter().map(line).collect();
        let _ = write!(
            text,
            "### {title}, by lanes\n\n{}\n",
            table(&head, 0, &lines)
        );
    }
    for chart in charts(inputs) {
        text.push_str(&picture(&chart));
    }
    text
}

/// The pictures.
pub(super) fn charts(inputs: &Inputs) -> Vec<Chart> {
    let curve = |(place, (subject, title)): (usize, &(&str, &str)), column: &Column| Curve {
        name: title.to_lowercase(),
        tone: if place == 0 {
            Tone::First
        } else {
            Tone::Second
        },
        points: inputs
            .lanes
            .iter()
            .filter_map(|it| Some((f64::from(it.lanes), column.spread(it, subject)?)))
            .collect(),
        dashed: Vec::new(),
    };
    let chart = |file: &str, title: &str, unit: &str, place: usize| Chart {
        file: file.to_owned(),
        title: title.to_owned(),
        x: Axis::counted("lanes"),
        y: Axis::from_zero(unit),
        curves: COLUMNS.get(place).map_or_else(Vec::new, |column| {
            let subjects = SUBJECTS.iter().enumerate();
            subjects.map(|subject| curve(subject, column)).collect()
        }),
    };
    vec![
        chart(
            "lanes-saturate",
            "Most shares, by lanes",
            "shares per second",
            0,
        ),
        chart(
            "lanes-fan-out",
            "A new job: 99 % of the miners have it, by lanes",
            "ms",
            3,
        ),
    ]
}
